"""Random numbers of an estimator: from a stream of its own, whatever else draws from the default one."""

import contextlib
import threading

from ..random import get_rng_state, set_rng_state

_default = threading.RLock()  # held by who draws: searches may fit in several threads of one process


@contextlib.contextmanager
def drawing_from(state):
    """The default stream goes on from `state` in the block, and afterwards from where it was before."""
    with _default:
        before = get_rng_state()
        try:
            set_rng_state(state)
            yield
        finally:
            set_rng_state(before)
