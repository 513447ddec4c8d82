"""Checkpoints: the parameters and buffers of a model in a safetensors file, under PyTorch's names.

PyTorch reads them with `safetensors.torch.load_file`, and a file that PyTorch wrote is read here. There is no pickle,
so a file from a stranger can hold nothing but numbers.
"""

import zlib
from pathlib import Path

import numpy as np

from ..errors import nearest
from ..kernels.arrays import host
from ..tensor import wrap
from .files import whole_file


class CheckpointError(ValueError, RuntimeError):
    """A checkpoint that is damaged or does not fit the model."""


def save(model, path):
    """Write `model.state_dict()` to `path`, whole or not at all.

    Raises OSError, with the path, if it cannot be written; what was there before is then left as it was.
    """
    from safetensors.numpy import save as serialize

    # safetensors reads raw memory and takes it to be contiguous; a 0-d array must stay 0-d
    arrays = {name: np.asarray(host(tensor.array), order="C") for name, tensor in model.state_dict().items()}
    with whole_file(path) as temporary:
        # one entry: safetensors writes several in random order, and the same weights shall give the same file
        temporary.write_bytes(serialize(arrays, metadata={"crc32": _checksum(arrays)}))


def load(model, path):
    """Read `path` into the model; everything is checked before anything is written. Returns the model.

    Raises CheckpointError if the file is damaged, or if a name, shape or dtype differs from the model's; OSError if
    there is no such file.
    """
    arrays = _read(path)
    problems = _misfits(arrays, {name: tensor.array for name, tensor in model.state_dict().items()})
    if problems:
        raise CheckpointError(f"{path} does not fit the model:\n  " + "\n  ".join(problems))
    model.load_state_dict({name: wrap(array) for name, array in arrays.items()})
    return model


def _checksum(arrays):
    """Over all values, by name: safetensors itself would take a flipped bit for a weight."""
    crc = 0
    for name in sorted(arrays):
        crc = zlib.crc32(arrays[name].tobytes(), crc)
    return f"{crc:08x}"


def _read(path):
    """The arrays of a safetensors file, by name."""
    from safetensors import SafetensorError, safe_open

    with open(path, "rb"):  # so that a missing or unreadable file is the usual OSError
        size = Path(path).stat().st_size
    try:
        with safe_open(path, framework="np") as file:
            arrays, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except (SafetensorError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise CheckpointError(f"{path} ({size} bytes) cannot be read as a safetensors file: {error}") from None
    if "crc32" in metadata and metadata["crc32"] != _checksum(arrays):
        raise CheckpointError(f"{path} is damaged: its values do not match the checksum that was saved with them")
    return arrays


def _misfits(found, expected):
    """One line for each way in which the arrays found differ from those expected."""
    lines = [f"missing {name}, expected {_kind(expected[name])}" for name in expected if name not in found]
    for name, array in found.items():
        if name not in expected:
            lines.append(f"unexpected {name}, {_kind(array)}; {nearest(name, expected)}")
        elif (array.shape, array.dtype) != (expected[name].shape, expected[name].dtype):
            lines.append(f"{name}: expected {_kind(expected[name])}, got {_kind(array)}")
    return lines


def _kind(array):
    return f"{array.dtype} {array.shape}"
