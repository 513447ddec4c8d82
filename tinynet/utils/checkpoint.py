"""Checkpoints in a network: activations that are computed again in the walk backwards, and not kept until then."""

import contextlib
import warnings

from .. import random
from ..arguments import boolean, integer, one_of, only
from ..autograd.mode import mode, no_grad
from ..autograd.recompute import record_recomputed
from ..errors import ArgumentTypeError, ArgumentValueError
from ..nn.containers import Sequential
from ..tensor import Tensor
from ..trees import flatten

__all__ = ["checkpoint", "checkpoint_sequential", "noop_context_fn"]


def noop_context_fn():
    """Two contexts that do nothing, around the first call of a function and around the second."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function, *args, use_reentrant=None, context_fn=noop_context_fn, determinism_check="default", debug=False,
    early_stop=True, **kwargs,
):  # fmt: skip
    """function(*args, **kwargs), of which nothing is kept for gradients: the walk backwards calls the function again.

    So that it draws the same numbers, it gets the state of the random stream that it had, unless `preserve_rng_state`
    is False. Gradients flow to the arguments, and to what else the function uses, such as parameters.

    With `use_reentrant=True`, the default, which warns, there are no gradients unless a tensor among args requires
    grad. Else both are the same.

    Raises: TypeError and ValueError for arguments that do not fit together.
    """
    preserve = boolean("checkpoint", "preserve_rng_state", kwargs.pop("preserve_rng_state", True))
    one_of("checkpoint", "determinism_check", determinism_check, ("default", "none"))
    only("checkpoint", "debug", debug, False)
    boolean("checkpoint", "early_stop", early_stop)
    if not callable(function):
        raise ArgumentTypeError(f"checkpoint: expected a function, got {type(function).__name__}")
    if _is_reentrant("checkpoint", use_reentrant):
        if kwargs or context_fn is not noop_context_fn:
            what = ", ".join(kwargs) or "context_fn"
            raise ArgumentValueError(f"checkpoint: {what} can be given only with use_reentrant=False")
        if mode.enabled and not any(isinstance(x, Tensor) and x.requires_grad for x in args):
            warnings.warn("checkpoint: no input requires grad, so there will be no gradients", stacklevel=2)
            with no_grad():
                return function(*args)
    forward, again = context_fn()
    state = random.get_rng_state() if preserve else None

    def first_call():
        with forward:
            return function(*args, **kwargs)

    def second_call():
        with _stream_at(state), again:
            return function(*args, **kwargs)

    inputs = [x for x in flatten((args, kwargs))[0] if isinstance(x, Tensor)]
    return record_recomputed("checkpoint", first_call, second_call, inputs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """The functions one after the other, in segments of equal length, each a checkpoint but the last.

    Raises: as `checkpoint`.
    """
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ArgumentValueError(f"checkpoint_sequential: got unexpected arguments {', '.join(kwargs)}")
    reentrant = _is_reentrant("checkpoint_sequential", use_reentrant)
    functions = list(functions.children()) if isinstance(functions, Sequential) else list(functions)
    segments = integer("checkpoint_sequential", "segments", segments, 1, max(len(functions), 1))
    size = len(functions) // segments

    def run(chosen):
        def segment(x):
            for function in chosen:
                x = function(x)
            return x

        return segment

    for start in range(0, size * (segments - 1), size):
        segment = run(functions[start : start + size])
        input = checkpoint(segment, input, use_reentrant=reentrant, preserve_rng_state=preserve)
    return run(functions[size * (segments - 1) :])(input)


def _is_reentrant(where, use_reentrant):
    if use_reentrant is None:
        warnings.warn(f"{where}: pass use_reentrant=False, which is recommended, or True", stacklevel=3)
        return True
    return boolean(where, "use_reentrant", use_reentrant)


@contextlib.contextmanager
def _stream_at(state):
    """The random stream as it was, in a `with` block."""
    if state is None:
        yield
        return
    before = random.get_rng_state()
    random.set_rng_state(state)
    try:
        yield
    finally:
        random.set_rng_state(before)
