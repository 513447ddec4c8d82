"""A number, or one for each axis, as a tuple: what layers of a user's own take from `torch.nn.modules.utils`."""

from collections.abc import Iterable


def _ntuple(n):
    """A function that makes n of a number, and a tuple of what is several already."""
    return lambda x: tuple(x) if isinstance(x, Iterable) else (x,) * n


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4))
