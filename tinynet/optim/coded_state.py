"""State in codes of 8 bits and the same in whole numbers, as it stands in a `state_dict`."""

import numpy as np

from ..errors import DTypeError, ShapeError
from ..kernels.arrays import host
from ..kernels.codes import SIGNED, UNSIGNED, blocks, decode, encode
from ..tensor import Tensor, wrap

SCALE = "_scale"  # after the name of a state kept in codes: the name of its scales


def encoded(entry, codes):
    """One parameter's state, with what `codes` names encoded where it is not yet.

    Raises DTypeError for codes of another dtype.
    """
    out = dict(entry)
    for name, dtype in codes.items():
        if name in entry and name + SCALE in entry:
            _check_dtype(name, _array(entry[name]), (dtype,))
        elif name in entry:
            out[name], out[name + SCALE] = map(wrap, encode(_array(entry[name]), dtype))
    return out


def decoded(entry):
    """One parameter's state, with whole numbers in the place of codes and scales.

    Raises DTypeError for codes that are none, and ShapeError for another number of scales.
    """
    out = {}
    for name, value in entry.items():
        if name + SCALE in entry:
            codes, scales = _array(value), _array(entry[name + SCALE])
            _check_dtype(name, codes, (SIGNED, UNSIGNED))
            if scales.shape != (blocks(codes.size),):
                raise ShapeError(f"expected {name + SCALE} of shape {(blocks(codes.size),)}, got {scales.shape}")
            out[name] = wrap(decode(codes, scales))
        elif not name.endswith(SCALE):
            out[name] = value
    return out


def _check_dtype(name, codes, dtypes):
    if codes.dtype not in dtypes:
        raise DTypeError(f"expected {name} beside its scales as {' or '.join(map(str, dtypes))}, got {codes.dtype}")


def _array(value):
    return host(value.array) if isinstance(value, Tensor) else np.asarray(value)
