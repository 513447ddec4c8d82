"""The safetensors format: eight bytes with the length of a header, the header, and the numbers of all tensors.

The header is JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, and "__metadata__", a
dict of texts. Nothing in such a file can run. Everything that a header says is checked against the size of the file
before a number is read. https://huggingface.co/docs/safetensors
"""

import json
import math
import os
from typing import NamedTuple

import numpy as np

from ..data.files import brief
from .files import parse_json

HEADER_LIMIT = 100_000_000  # bytes, as in the format's own library
DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8"}
DTYPES |= {"I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
NAMES = {np.dtype(kind): name for name, kind in DTYPES.items() if name != "BF16"}
TEXT = {"BF16": "bfloat16", **{name: str(dtype) for dtype, name in NAMES.items()}}  # as users call them


class Entry(NamedTuple):
    """What the header says of a tensor: a key of DTYPES, the shape, and which bytes, from the end of the header."""

    kind: str
    shape: tuple
    begin: int
    end: int


def write(file, arrays, metadata):
    """Write arrays by name, and a dict of texts, to a binary file. The same arrays give the same bytes."""
    header, end = {"__metadata__": metadata}, 0
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))  # so that each number lies aligned
    for name in order:
        array, begin = arrays[name], end
        end += array.nbytes
        header[name] = {"dtype": NAMES[array.dtype], "shape": array.shape, "data_offsets": (begin, end)}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        array = np.ascontiguousarray(arrays[name], arrays[name].dtype.newbyteorder("<"))
        file.write(array.reshape(-1).view(np.uint8).data)


def read_header(file):
    """(entries by name, metadata) of a binary file, which is left where the numbers begin.

    Raises ValueError for all that is not the header of exactly this file.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 10 or length > min(size - 8, HEADER_LIMIT):
        raise ValueError(f"its first eight bytes say that a header of {length:,} bytes follows")
    header = parse_json(file.read(length))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("expected texts as its metadata")
    entries = {name: _entry(name, value) for name, value in header.items()}
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].begin):
        if entry.begin != end:
            raise ValueError(f"expected {brief(name)} to begin at byte {end:,}, got {entry.begin:,}")
        end = entry.end
    if end != size - 8 - length:
        raise ValueError(f"its header says that {end:,} bytes follow, and {size - 8 - length:,} do")
    return entries, metadata


def _entry(name, value):
    fields = {"dtype", "shape", "data_offsets"}
    if not isinstance(value, dict) or value.keys() != fields:
        raise ValueError(f"{brief(name)}: expected dtype, shape and data_offsets")
    kind, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise ValueError(f"{brief(name)}: expected a dtype of {', '.join(DTYPES)}, got {brief(kind)}")
    if not _sizes(shape) or len(shape) > 32 or not _sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"{brief(name)}: expected a shape and two offsets, got {brief(shape)}, {brief(offsets)}")
    begin, end = offsets
    if end - begin != math.prod(shape) * np.dtype(DTYPES[kind]).itemsize:
        raise ValueError(f"{brief(name)}: {kind} of shape {brief(shape)} does not take {end - begin:,} bytes")
    return Entry(kind, tuple(shape), begin, end)


def _sizes(values):
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values)


def read_arrays(file, entries):
    """The arrays by name, from a file that `read_header` has left where they begin; bfloat16 comes as float32."""
    data = bytearray(sum(entry.end - entry.begin for entry in entries.values()))
    if file.readinto(data) != len(data):
        raise ValueError("the file became shorter while it was read")
    arrays = {}
    for name, (kind, shape, begin, _) in entries.items():
        flat = np.frombuffer(data, DTYPES[kind], math.prod(shape), begin) if data else np.empty(0, DTYPES[kind])
        if kind == "BF16":  # the upper half of a float32
            flat = (flat.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = np.require(flat.reshape(shape), requirements="A")
    return arrays
