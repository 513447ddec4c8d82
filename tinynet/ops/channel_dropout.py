"""Dropout of whole channels, and dropout that keeps mean 0 and variance 1."""

import warnings

from ..arguments import boolean, number
from ..errors import ShapeError
from ..tensor_arguments import expect_tensor
from .creation import full
from .random import bernoulli, dropout
from .rectifiers import SELU_ALPHA, SELU_SCALE, placed
from .shape import squeeze, unsqueeze

FUNCTIONAL = "alpha_dropout dropout1d dropout2d dropout3d feature_alpha_dropout"


def _mask_of_channels(x):
    """Ones (N, C, 1, ...), one for each channel of x (N, C, ...)."""
    return full((*x.array.shape[:2], *[1] * (x.array.ndim - 2)), 1.0, dtype=x.dtype, device=x.device)


def _of_channels(name, input, p, training, inplace, ndims):
    """Dropout of the channels of x (N, C, ...), or where it has the fewer of `ndims` dimensions of x (C, ...)."""
    x, p = expect_tensor(name, input), number(name, "p", p, 0, 1)
    if x.array.ndim not in ndims:
        raise ShapeError(f"{name}: expected an input with {' or '.join(map(str, ndims))} dimensions, got {x.shape}")
    if not boolean(name, "training", training) or p == 0.0:
        return x

    def dropped(x):
        batch = x if x.array.ndim == ndims[-1] else unsqueeze(x, 0)
        out = batch * dropout(_mask_of_channels(batch), p)
        return out if batch is x else squeeze(out, 0)

    return placed(name, x, inplace, dropped)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Zero each channel of x (N, C, L) or (C, L) with probability p and scale the others by 1 / (1 − p).

    Raises: ShapeError, ArgumentValueError for p outside [0, 1].
    """
    return _of_channels("dropout1d", input, p, training, inplace, (2, 3))


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Zero each channel of x (N, C, H, W) with probability p and scale the others by 1 / (1 − p).

    Three dimensions are taken for (N, C, L), with a warning. Tompson et al. (2015).

    Raises: ShapeError, ArgumentValueError for p outside [0, 1].
    """
    x = expect_tensor("dropout2d", input)
    if x.array.ndim == 3:
        warnings.warn("dropout2d: an input of 3 dimensions is taken for (N, C, L); dropout1d says so", stacklevel=2)
        return _of_channels("dropout2d", x, p, training, inplace, (3,))
    return _of_channels("dropout2d", x, p, training, inplace, (4,))


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Zero each channel of x (N, C, D, H, W) or (C, D, H, W) with probability p and scale the others by 1 / (1 − p).

    Raises: ShapeError, ArgumentValueError for p outside [0, 1].
    """
    return _of_channels("dropout3d", input, p, training, inplace, (4, 5))


def _alpha(name, input, p, training, inplace, mask_like):
    """a (x m + α' (1 − m)) + b, for a mask m and the α', a and b that keep mean and variance."""
    x, p = expect_tensor(name, input), number(name, "p", p, 0, 1)
    if not boolean(name, "training", training) or p == 0.0:
        return x
    if p == 1.0:
        return placed(name, x, inplace, lambda x: x * 0.0)
    low = -SELU_SCALE * SELU_ALPHA
    a = ((1 - p) * (1 + p * low**2)) ** -0.5

    def dropped(x):
        mask = bernoulli(mask_like(x) * (1 - p))
        return (x * mask + (1.0 - mask) * low) * a - a * low * p

    return placed(name, x, inplace, dropped)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout to the lowest value of SELU, with mean 0 and variance 1 kept: Klambauer et al. (2017).

    Raises: ArgumentValueError for p outside [0, 1].
    """
    ones = lambda x: full(x.array.shape, 1.0, dtype=x.dtype, device=x.device)
    return _alpha("alpha_dropout", input, p, training, inplace, ones)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels of x (N, C, ...).

    Raises: ArgumentValueError for p outside [0, 1].
    """
    return _alpha("feature_alpha_dropout", input, p, training, inplace, _mask_of_channels)
