"""Random streams, and batches whose passes can be gone on with in another process."""

import random

import numpy as np

from ..random import get_rng_state, set_rng_state


def get_streams():
    """The places of the default stream, and of those of Python and NumPy, which datasets of one's own may draw from."""
    version, words, gauss = random.getstate()
    name, key, *place = np.random.get_state()
    return {
        "tinynet": [*get_rng_state()],
        "python": [version, np.array(words, np.int64), gauss],
        "numpy": [name, key.astype(np.int64), *place],
    }


def set_streams(streams):
    """Put all streams where `get_streams` found them."""
    set_rng_state(streams["tinynet"])
    version, words, gauss = streams["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    name, key, *place = streams["numpy"]
    np.random.set_state((name, key.astype(np.uint32), *place))


class Batches:
    """The batches of a loader, or of any other iterable, on a device if one is given; each `iter` is a pass.

    A pass that was left goes on in another process: the streams are put where they stood as it began, what was given
    is passed over, and the streams are put where they stood as it was left.
    """

    def __init__(self, source, device=None):
        self.source, self.device = source, device
        self._begin, self._given, self._resumed = None, None, None

    def __len__(self):
        return len(self.source)

    @property
    def _has_state(self):
        return hasattr(self.source, "state_dict") and hasattr(self.source, "load_state_dict")

    def state_dict(self):
        return {
            "begin": None if self._given is None else self._begin,
            "given": self._given,
            "source": self.source.state_dict() if self._has_state else None,
            "now": get_streams(),
        }

    def load_state_dict(self, state):
        """Go on there, once `go_on` is called."""
        self._resumed = state

    def go_on(self):
        """Put the streams where they stood; in the middle of a pass, for the next `iter` to find its place first."""
        if self._resumed is not None:
            set_streams(self._resumed["now"])
            if self._resumed["given"] is None:
                self._load_source(self._resumed)
                self._resumed = None

    @property
    def is_between_passes(self):
        return self._resumed is None and self._given is None

    def __iter__(self):
        resumed, self._resumed = self._resumed, None
        if resumed is None:
            self._begin, self._given = get_streams(), 0
            return self._passed_on(iter(self.source))
        set_streams(resumed["begin"])
        self._load_source(resumed)
        self._begin, self._given = resumed["begin"], resumed["given"]
        batches = iter(self.source)
        if resumed["source"] is None:
            for _ in range(self._given):
                next(batches, None)
        set_streams(resumed["now"])
        return self._passed_on(batches)

    def _load_source(self, state):
        if state["source"] is not None:
            self.source.load_state_dict(state["source"])

    def _passed_on(self, batches):
        for batch in batches:
            self._given += 1
            yield batch if self.device is None else [part.to(self.device) for part in batch]
        self._given = None
