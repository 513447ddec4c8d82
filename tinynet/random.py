"""The random stream: one seed, and a place in it that moves on with each draw.

Randomness is counter-based (see `philox.py`): a draw is a pure function of (seed, place), the same on every
device and with any number of threads, and saving the place resumes the stream exactly.
"""

import numpy as np

from . import capture
from .arguments import integer, number, wrong_value
from .philox import LOW, PHILOX_M0, PHILOX_M1, PHILOX_W0, PHILOX_W1, philox

spread = None  # while batches are mapped over: how many blocks a draw of so many takes, for all of a batch
_MASK = (1 << 63) - 1
CONSTANTS = PHILOX_M0, PHILOX_M1, PHILOX_W0, PHILOX_W1, LOW, 32
_PLACES = 1 << 62  # a draw from there on still ends below 2⁶³


class Generator:
    """A stream of random numbers; `manual_seed` sets it to a beginning."""

    def __init__(self, seed=0):
        self.manual_seed(seed)

    def manual_seed(self, seed):
        capture.seeds()
        seed = seed if isinstance(seed, int) else number("manual_seed", "seed", seed, -(2.0**63), 2.0**63)
        self._seed, self._block = int(seed) & _MASK, 0
        return self

    def seed(self):
        """Start anew from a seed that the system draws; returns the seed."""
        return self.manual_seed(np.random.SeedSequence().entropy & _MASK)._seed

    def initial_seed(self):
        return self._seed

    def get_state(self):
        """(seed, place): all there is to know of the stream."""
        return self._seed, self._block

    def set_state(self, state):
        if not isinstance(state, tuple | list) or len(state) != 2:
            raise wrong_value("set_rng_state", "the (seed, place) that get_rng_state returned", state)
        capture.seeds()
        seed, block = integer("set_rng_state", "seed", state[0], 0, _MASK), state[1]
        self._seed, self._block = seed, integer("set_rng_state", "place", block, 0, _PLACES)

    def take(self, elements, per_block):
        """Reserve blocks of four words for `elements` numbers, `per_block` from each; returns (seed, first block)."""
        return self.reserve(-(-elements // per_block))

    def reserve(self, blocks):
        """Take the next blocks of the stream; returns (seed, first block)."""
        if spread is not None:
            blocks = spread(blocks)
        first = self._block
        self._block += blocks
        if capture.watcher is not None:
            capture.watcher.draws_from(self, first, blocks)
        return self._seed, first

    def substream(self, number):
        """The state, for `set_state`, of another stream for each number in [0, 2³²), from where this one stands."""
        words = philox(self._block & LOW, self._block >> 32, number, 1, self._seed & LOW, self._seed >> 32, *CONSTANTS)
        return ((words[0] << 32) | words[1]) & _MASK, 0

    def __repr__(self):
        return f"Generator(seed={self._seed}, block={self._block})"


default_generator = Generator(np.random.SeedSequence().entropy & _MASK)


def manual_seed(seed):
    """Start the default stream anew from `seed`; all later draws depend on nothing else. Returns the generator."""
    return default_generator.manual_seed(seed)


def seed():
    """Start the default stream anew from a seed that the system draws; returns the seed."""
    return default_generator.seed()


def initial_seed():
    """The seed from which the default stream started."""
    return default_generator.initial_seed()


def get_rng_state():
    """The default stream's (seed, place), for `set_rng_state`."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Continue the default stream from where `get_rng_state` was called."""
    default_generator.set_state(new_state)
