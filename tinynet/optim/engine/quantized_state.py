"""State quantized to codes of 8 bits, and the same as floats, as it is in a `state_dict`: arrays by name."""

import numpy as np

from ...errors import DTypeError, ShapeError
from ...kernels.lifting.codec import SIGNED, UNSIGNED, blocks, decode, encode

SCALE = "_scale"  # after the name of a state kept in codes: the name of its scales


def encoded(arrays, codes):
    """One parameter's state, with what `codes` names encoded where it is not yet.

    Raises: DTypeError for codes of another dtype.
    """
    out = dict(arrays)
    for name, dtype in codes.items():
        if name in arrays and name + SCALE in arrays:
            _check_dtype(name, arrays[name], (dtype,))
        elif name in arrays:
            x = arrays[name] if arrays[name].dtype == np.float64 else arrays[name].astype(np.float32)
            out[name], out[name + SCALE] = encode(x, dtype)
    return out


def decoded(arrays):
    """One parameter's state, with floats in the place of codes and scales.

    Raises: DTypeError for codes that are none, and ShapeError for another number of scales.
    """
    out = {}
    for name, codes in arrays.items():
        if name + SCALE in arrays:
            scales = arrays[name + SCALE]
            _check_dtype(name, codes, (SIGNED, UNSIGNED))
            if scales.shape != (blocks(codes.size),):
                raise ShapeError(f"expected {name + SCALE} of shape {(blocks(codes.size),)}, got {scales.shape}")
            out[name] = decode(codes, scales)
        elif not name.endswith(SCALE):
            out[name] = codes
    return out


def _check_dtype(name, codes, dtypes):
    if codes.dtype not in dtypes:
        raise DTypeError(f"expected {name} beside its scales as {' or '.join(map(str, dtypes))}, got {codes.dtype}")
