"""Checkpoints: the parameters and buffers of a model in a safetensors file, under PyTorch's names.

PyTorch reads them with `safetensors.torch.load_file`, and a file that PyTorch wrote is read here. There is no pickle,
so a file from a stranger can hold nothing but numbers.
"""

import json
import os
import warnings
import zlib
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save as serialize

from .. import __version__
from ..data.files import brief
from ..errors import nearest
from ..kernels.arrays import host
from ..tensor import wrap
from .files import parse_json, whole_file
from .foreign import description

LISTED = 20  # problems of a file that are told one by one
BITS = (8, 16, 32, 64)
# The dtypes of files that can be converted to one of tinynet's, by the format's names.
DTYPES = {"BOOL": "bool", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
DTYPES |= {f"{letter}{bits}": f"{kind}{bits}" for letter, kind in (("I", "int"), ("U", "uint")) for bits in BITS}


class Entry(NamedTuple):
    """What a file's header says of an array."""

    dtype: str
    shape: tuple

    @classmethod
    def of(cls, dtype, shape):
        """From the format's name of a dtype, which stays where tinynet has nothing for it, and a list."""
        return cls(DTYPES.get(dtype, dtype), tuple(shape))

    def __str__(self):
        return f"{self.dtype} {brief(self.shape)}"


class CheckpointError(ValueError, RuntimeError):
    """A checkpoint that is damaged or does not fit the model."""


def save(model, path):
    """Write `model.state_dict()` to `path`, whole or not at all. Raises OSError if it cannot be written."""
    with whole_file(path) as file:
        write(model, file)


def write(model, file, **notes):
    """Write the model to a binary file, with values for JSON to be found by `read_notes`."""
    # The library reads raw memory and takes it to be contiguous; a 0-d array must stay 0-d.
    arrays = {name: np.asarray(host(tensor.array), order="C") for name, tensor in model.state_dict().items()}
    text = json.dumps({"version": __version__, "crc32": checksum(arrays), **notes})
    # One entry: the library writes several in random order, and the same weights shall give the same file.
    file.write(serialize(arrays, {"tinynet": text}))


def read_notes(path):
    """What `write` noted in a file; {} if another program wrote it. Raises as `load` does."""
    with open(path, "rb") as file:
        return _notes(_header(file, path)[1], path) or {}


def load(model, path):
    """Read `path` into the model; everything is checked before anything is written. Returns the model.

    Floating dtypes of all widths, bfloat16 too, are converted to the model's, with a warning that says so, and integers
    to wider ones. Raises CheckpointError if the file is damaged or of another kind, or if a name, shape or dtype does
    not fit the model's; OSError if there is no such file.
    """
    own = {name: tensor.array for name, tensor in model.state_dict().items()}
    with open(path, "rb") as file:
        entries, metadata = _header(file, path)
        _refuse(path, _misfits(entries, own))  # before a number is read: a file may be larger than memory
        if not os.path.samestat(os.fstat(file.fileno()), os.stat(path)):  # replaced since it was opened
            return load(model, path)
        arrays = _arrays(file, path, entries)
    notes = _notes(metadata, path)
    if notes is not None and notes.get("crc32") != checksum(arrays):
        raise CheckpointError(f"{path} is damaged: its values do not match the checksum that was saved with them")
    with np.errstate(over="ignore"):
        converted = {name: array.astype(own[name].dtype, copy=False) for name, array in arrays.items()}
    _refuse(path, _overflows(arrays, converted))
    _tell_conversions(path, entries, own)
    model.load_state_dict({name: wrap(array) for name, array in converted.items()})
    return model


def _header(file, path):
    """The entries of a file by name, which the library has compared with its size, and its metadata."""
    try:
        with safe_open(path, framework="np") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}
            entries = {name: Entry.of(found.get_dtype(), found.get_shape()) for name, found in slices.items()}
            return entries, opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        found = description(file.read(512))
        if found is not None:
            raise CheckpointError(f"{path}: expected a safetensors file, got {found}") from None
        size = os.fstat(file.fileno()).st_size
        raise CheckpointError(f"{path} ({size:,} bytes) cannot be read as a safetensors file: {brief(error)}") from None


def _arrays(file, path, entries):
    """The arrays of a file by name, which `_header` has checked; they are copies."""
    try:
        tensors = dict(deserialize(file.read()))
        found = {name: Entry.of(tensor["dtype"], tensor["shape"]) for name, tensor in tensors.items()}
        if found != entries:
            raise SafetensorError("it has another header")
    except SafetensorError as error:
        raise CheckpointError(f"{path} changed while it was read: {brief(error)}") from None
    return {name: array_of(entries[name], tensor["data"]) for name, tensor in tensors.items()}


def array_of(entry, data):
    if entry.dtype == "bfloat16":  # the upper half of a float32; NumPy has no such dtype
        flat = (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    else:
        flat = np.frombuffer(data, entry.dtype)
    return flat.reshape(entry.shape)


def _notes(metadata, path):
    """The notes of `write`, or None. They are known by two marks, so that damage to one of them is noticed too."""
    for name, text in metadata.items():
        if name == "tinynet" or '"crc32"' in text:
            try:
                return parse_json(text.encode())
            except ValueError as error:
                raise CheckpointError(f"{path} is damaged: its notes cannot be read: {error}") from None
    return None


def checksum(arrays):
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
            lines.append(f"unexpected {brief(name)}, {entry}{hint}")
        elif entry.shape != own[name].shape or not _converts(entry.dtype, own[name].dtype):
            lines.append(f"{name}: expected {_text(own[name])}, got {entry}")
    return lines


def _text(array):
    return f"{array.dtype} {array.shape}"


def _converts(found, dtype):
    if found not in DTYPES.values():
        return False
    if found.endswith(("float16", "float32", "float64")):
        return dtype.kind == "f"
    return found == dtype or (found != "bool" and dtype.kind == "i" and np.can_cast(found, dtype, "safe"))


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
    kinds = {(entry.dtype, str(own[name].dtype)) for name, entry in entries.items()}
    told = [f"{found} to {dtype}" for found, dtype in sorted(kinds) if found != dtype]
    if told:
        warnings.warn(f"{path}: converted {' and '.join(told)}, the model's dtype", stacklevel=3)
