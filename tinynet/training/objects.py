"""`tinynet.save` and `tinynet.load`: nested dicts, lists, numbers, strings and tensors in a file without a pickle.

The file is a safetensors file: its arrays are named by where they were found, "model.fc1.weight", and its metadata
holds the rest as JSON, in which each array is named where it belongs. So a file from a stranger can hold nothing but
data, and a state dict that was saved is read by everything that reads safetensors. `load` also reads what PyTorch wrote
(`torch_file.py`).
"""

import json
import math
import os
import zlib
from collections import OrderedDict

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save as serialize

from .. import devices, dtypes
from ..arguments import shown
from ..data.files import brief
from ..errors import ArgumentTypeError
from ..kernels.arrays import host
from ..nn.parameter import Parameter
from ..size import Size
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from . import torch_file
from .checkpoint import CheckpointError, Entry, array_of, checksum
from .files import parse_json, whole_file
from .foreign import description

_NOTES = "tinynet.objects"
_KINDS = "tuple, list, dict, OrderedDict, set, string, number, None, tensor, parameter, NumPy array, dtype or device"


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True):
    """Write an object to a path, whole or not at all, or to a binary file: containers, numbers, strings and tensors.

    A tensor that is found twice is the same one after `load`. The last three parameters are accepted: nothing is
    pickled.

    Raises: ArgumentTypeError, which names where, for anything else, such as a module: save its `state_dict()`.
    """
    writer = _Writer()
    try:
        tree = writer.encoded(obj, "obj")
    except RecursionError:
        raise ArgumentTypeError("save: expected containers nested less deeply") from None
    notes = json.dumps({"crc32": _checksum(writer.arrays, tree), "tree": tree})
    data = serialize(writer.arrays, {_NOTES: notes})
    if hasattr(f, "write"):
        f.write(data)
    else:
        with whole_file(f) as file:
            file.write(data)


def _checksum(arrays, tree):
    """Over all values, those in the JSON too: a flipped bit is a number as good as any."""
    return f"{checksum(arrays)}{zlib.crc32(json.dumps(tree).encode()):08x}"


class _Writer:
    """Objects as JSON, and the arrays that they hold."""

    def __init__(self):
        self.arrays, self.names, self.alive = {}, {}, []

    def array(self, x, key, path):
        """The name of an array, the same for each use of one object: its path where it is used first."""
        name = self.names.get(id(key))
        if name is None:
            name = path or "tensor"
            while name in self.arrays or name == "__metadata__":
                name += f".{len(self.arrays)}"
            self.names[id(key)] = name
            self.arrays[name] = np.asarray(host(x), order="C")
            self.alive.append(key)
        return name

    def encoded(self, x, where, path=""):
        """x as JSON; `where` names it in errors, `path` in the file."""
        kind = type(x)
        if x is None or kind in (bool, int, str):
            return x
        if kind is float:
            return x if math.isfinite(x) else {"float": repr(x)}
        inner = f"{path}." if path else ""
        if kind is list or kind in _SEQUENCES:
            items = [self.encoded(y, f"{where}[{i}]", f"{inner}{i}") for i, y in enumerate(x)]
            return items if kind is list else {_SEQUENCES[kind]: items}
        if kind in _MAPPINGS:
            keys = [self.encoded(k, f"{where}.keys()", f"{inner}keys") for k in x]
            values = [self.encoded(v, f"{where}[{k!r}]", f"{inner}{k}") for k, v in x.items()]
            return {_MAPPINGS[kind]: [list(pair) for pair in zip(keys, values)]}
        if kind in (Tensor, Parameter):
            if not x.is_leaf:
                x = x.detach()
            name = "parameter" if kind is Parameter else "tensor"
            return {name: self.array(x.array, x, path), "requires_grad": x.requires_grad, "device": str(x.device)}
        if isinstance(x, np.ndarray | np.generic) and x.dtype in dtypes.ALL:
            return {"array" if isinstance(x, np.ndarray) else "scalar": self.array(np.asarray(x), x, path)}
        if isinstance(x, np.dtype) and x in dtypes.ALL:
            return {"dtype": x.name}
        if kind is devices.device:
            return {"device": str(x)}
        if hasattr(x, "state_dict"):
            raise ArgumentTypeError(f"save: expected {where} to be data, got a {kind.__name__}; save its state_dict()")
        raise ArgumentTypeError(f"save: expected {where} to be a {_KINDS}, got {shown(x)}")


_SEQUENCES = {tuple: "tuple", Size: "size", set: "set", frozenset: "frozenset"}
_MAPPINGS = {dict: "dict", OrderedDict: "ordered"}
_MADE = {name: kind for kind, name in (*_SEQUENCES.items(), *_MAPPINGS.items())}


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None):
    """What `save` wrote to a path or a binary file; a file of PyTorch's; or the tensors of a safetensors file, by name.

    `map_location` is where tensors go that were on a GPU: a device, {its name: another}, or a function of a tensor on
    the CPU and of where it was. Tensors of bfloat16 become float32. `weights_only` and the rest are accepted: nothing
    but data is ever read.

    Raises: CheckpointError for a damaged file, or of another kind, or one that asks for more than data; DeviceError for
    tensors of a GPU where there is none, unless `map_location` says where they go; OSError if there is no such file.
    """
    if hasattr(f, "read"):
        name, data = getattr(f, "name", "the file"), f.read()
    else:
        name = os.fspath(f)
        with open(f, "rb") as file:
            data = file.read()
    place = Placement(map_location)
    if data.startswith(b"PK\x03\x04"):
        return torch_file.read(name, data, place)
    try:
        return _read(name, bytes(data), place)
    except RecursionError:
        raise CheckpointError(f"{name} is damaged: it is nested too deeply") from None


class Placement:
    """Where loaded tensors go, by `map_location`."""

    def __init__(self, map_location):
        self.of = map_location if map_location is None or callable(map_location) else self._device(map_location)

    def _device(self, where):
        return where if isinstance(where, dict) else devices.device(where)

    def __call__(self, x, location):
        """A tensor on the CPU that was at `location`, where it is to go."""
        if callable(self.of):
            moved = self.of(x, location)
            if moved is not None:
                return expect_tensor("load", moved, "what map_location returns")
            where = location
        else:
            where = self.of.get(location, location) if isinstance(self.of, dict) else self.of or location
        return x if str(where) == "cpu" else x.to(devices.device(where))


def _read(name, data, place):
    try:
        arrays = {k: array_of(Entry.of(t["dtype"], t["shape"]), t["data"]) for k, t in deserialize(data)}
        size = int.from_bytes(data[:8], "little")
        metadata = parse_json(data[8 : 8 + size]).get("__metadata__", {})
    except (SafetensorError, ValueError, TypeError) as error:
        found = description(data[:512])
        what = f"is {found}" if found else f"cannot be read as a file of tinynet's or PyTorch's: {brief(error)}"
        raise CheckpointError(f"{name} {what}") from None
    if _NOTES not in metadata:
        return {k: place(wrap(_owned(name, array)), "cpu") for k, array in arrays.items()}
    try:
        notes = parse_json(metadata[_NOTES].encode())
        if notes["crc32"] != _checksum(arrays, notes["tree"]):
            raise ValueError("its values do not match the checksum that was saved with them")
        return _Reader(name, arrays, place).decoded(notes["tree"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{name} is damaged: {brief(error)}") from None


def _owned(name, array):
    """A copy that can be written to. Raises CheckpointError for a dtype that tensors do not have."""
    if array.dtype not in dtypes.ALL:
        raise CheckpointError(f"{name}: expected tensors of {dtypes.NAMES}, got {array.dtype}")
    dtypes.note(array.dtype)
    return array.copy()


class _Reader:
    """Objects from JSON and arrays."""

    def __init__(self, name, arrays, place):
        self.name, self.arrays, self.place, self.made = name, arrays, place, {}

    def decoded(self, x):
        if x is None or isinstance(x, bool | int | float | str):
            return x
        if isinstance(x, list):
            return [self.decoded(y) for y in x]
        kind, value = next(iter(x.items()))
        if kind in ("tensor", "parameter"):
            if value not in self.made:
                self.made[value] = self.tensor(**x)
            return self.made[value]
        if kind in _MADE:
            return _MADE[kind]([tuple(y) if _MADE[kind] in _MAPPINGS else y for y in map(self.decoded, value)])
        return getattr(self, f"_{kind}")(value) if kind in _VALUES else self._unknown(kind)

    def tensor(self, tensor=None, parameter=None, requires_grad=False, device="cpu"):
        data = wrap(_owned(self.name, self.arrays[tensor if parameter is None else parameter]))
        data = self.place(data, device)
        return data.requires_grad_(requires_grad) if parameter is None else Parameter(data, requires_grad)

    def _float(self, value):
        return float(value)

    def _array(self, value):
        return _owned(self.name, self.arrays[value])

    def _scalar(self, value):
        return self.arrays[value][()]

    def _dtype(self, value):
        return dtypes.as_dtype(value)

    def _device(self, value):
        return devices.device(value)

    def _unknown(self, kind):
        raise ValueError(f"it holds a {kind!r}, which no version known here has written")


_VALUES = {"float", "array", "scalar", "dtype", "device"}
