"""Checkpoints: the parameters and buffers of a model in a safetensors file, under PyTorch's names.

PyTorch reads them with `safetensors.torch.load_file`, and a file that PyTorch wrote is read here. There is no pickle,
so a file from a stranger can hold nothing but numbers.
"""

import os
import warnings
import zlib

import numpy as np

from .. import __version__
from ..errors import nearest
from ..kernels.arrays import host
from ..tensor import wrap
from . import safetensors
from .files import whole_file
from .foreign import description

LISTED = 20  # problems of a file that are told one by one


class CheckpointError(ValueError, RuntimeError):
    """A checkpoint that is damaged or does not fit the model."""


def save(model, path):
    """Write `model.state_dict()` to `path`, whole or not at all. Raises OSError if it cannot be written."""
    with whole_file(path) as file:
        write(model, file)


def write(model, file, **notes):
    """Write the model to a binary file, with texts to be found by `read_notes`."""
    arrays = {name: np.asarray(host(tensor.array)) for name, tensor in model.state_dict().items()}
    safetensors.write(file, arrays, {"tinynet": __version__, "crc32": _checksum(arrays), **notes})


def read_notes(path):
    """The texts that `write` left in a file."""
    with open(path, "rb") as file:
        return _header(file, path)[1]


def load(model, path):
    """Read `path` into the model; everything is checked before anything is written. Returns the model.

    Floating dtypes of all widths, bfloat16 too, are converted to the model's, with a warning that says so, and integers
    to wider ones. Raises CheckpointError if the file is damaged or of another kind, or if a name, shape or dtype does
    not fit the model's; OSError if there is no such file.
    """
    own = {name: tensor.array for name, tensor in model.state_dict().items()}
    with open(path, "rb") as file:
        entries, metadata = _header(file, path)
        _refuse(path, _misfits(entries, own))
        try:
            arrays = safetensors.read_arrays(file, entries)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}") from None
    # Two marks say that tinynet wrote the file, so that damage to one of them is noticed too.
    if metadata.keys() & {"crc32", "tinynet"} and metadata.get("crc32") != _checksum(arrays):
        raise CheckpointError(f"{path} is damaged: its values do not match the checksum that was saved with them")
    with np.errstate(over="ignore"):
        converted = {name: array.astype(own[name].dtype, copy=False) for name, array in arrays.items()}
    _refuse(path, _overflows(arrays, converted))
    _tell_conversions(path, entries, own)
    model.load_state_dict({name: wrap(array) for name, array in converted.items()})
    return model


def _header(file, path):
    try:
        return safetensors.read_header(file)
    except ValueError as error:
        file.seek(0)
        found = description(file.read(512))
        if found is not None:
            raise CheckpointError(f"{path}: expected a safetensors file, got {found}") from None
        size = os.fstat(file.fileno()).st_size
        raise CheckpointError(f"{path} ({size:,} bytes) cannot be read as a safetensors file: {error}") from None


def _checksum(arrays):
    """Over all values, by name: the format itself would take a flipped bit for a weight."""
    crc = 0
    for name in sorted(arrays):
        crc = zlib.crc32(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8), crc)
    return f"{crc:08x}"


def _refuse(path, problems):
    if problems:
        more = [f"and {len(problems) - LISTED} more"] if len(problems) > LISTED else []
        raise CheckpointError("\n  ".join([f"{path} does not fit the model:", *problems[:LISTED], *more]))


def _misfits(entries, own):
    """One line for each way in which what the file holds does not fit the model's own arrays."""
    lines = [f"missing {name}, expected {_text(own[name])}" for name in own if name not in entries]
    for name, entry in entries.items():
        if name not in own:
            hint = f"; {nearest(name, own)}" if len(lines) < LISTED else ""
            lines.append(f"unexpected {name}, {safetensors.TEXT[entry.kind]} {entry.shape}{hint}")
        elif entry.shape != own[name].shape or not _converts(entry.kind, own[name].dtype):
            lines.append(f"{name}: expected {_text(own[name])}, got {safetensors.TEXT[entry.kind]} {entry.shape}")
    return lines


def _text(array):
    return f"{array.dtype} {array.shape}"


def _converts(kind, dtype):
    found = np.dtype(safetensors.DTYPES[kind])
    if kind == "BF16" or found.kind == "f":
        return dtype.kind == "f"
    return found == dtype or (found.kind != "b" and dtype.kind == "i" and np.can_cast(found, dtype, "safe"))


def _overflows(arrays, converted):
    """One line for each array whose finite numbers are not all finite in the model's dtype."""
    return [
        f"{name}: its numbers, up to {np.abs(array[np.isfinite(array)]).max():g}, do not fit {converted[name].dtype}"
        for name, array in arrays.items()
        if array.dtype.kind == "f"
        and array.itemsize > converted[name].itemsize
        and (np.isfinite(array) & ~np.isfinite(converted[name])).any()
    ]


def _tell_conversions(path, entries, own):
    kinds = {(safetensors.TEXT[entry.kind], str(own[name].dtype)) for name, entry in entries.items()}
    told = [f"{found} to {dtype}" for found, dtype in sorted(kinds) if found != dtype]
    if told:
        warnings.warn(f"{path}: converted {' and '.join(told)}, the model's dtype", stacklevel=3)
