"""PyTorch's own files, `.pt` and `.pth`: a zip archive with a pickle and the bytes of each tensor.

The pickle is not unpickled: `data/pickles.py` carries out those of its instructions that build plain data, and of the
functions that it names only those that PyTorch writes for tensors, by functions of this file.
"""

import io
import zipfile
from collections import OrderedDict

import numpy as np

from .. import devices, dtypes
from ..data.files import brief
from ..data.pickles import Function, Machine, PickleError
from ..errors import DeviceError
from ..nn.parameter import Parameter
from ..size import Size
from ..tensor import from_array
from .checkpoint import CheckpointError

BFLOAT16 = np.dtype("uint16")  # its bits, the upper half of those of a float32
_STORAGES = {
    "FloatStorage": dtypes.float32, "DoubleStorage": dtypes.float64, "HalfStorage": dtypes.float16,
    "BFloat16Storage": BFLOAT16, "LongStorage": dtypes.int64, "IntStorage": dtypes.int32,
    "ShortStorage": dtypes.int16, "CharStorage": dtypes.int8, "ByteStorage": dtypes.uint8,
    "BoolStorage": dtypes.bool,
}  # fmt: skip


def read(name, data, place):
    """The object in the bytes of a file called `name`; `place(tensor, location)` moves each tensor.

    Raises: CheckpointError for a file that is damaged, or that asks for more than data.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            machine = _Machine(archive, place)
            return machine.run(machine.member("data.pkl"))
    except (CheckpointError, PickleError) as error:
        raise CheckpointError(f"load: {name}: {error}") from None
    except (DeviceError, MemoryError):
        raise
    except Exception as error:  # zipfile, zlib and pickletools raise a dozen kinds for damaged files in memory
        raise CheckpointError(f"load: {name} is damaged, or no file of PyTorch's: {brief(error)}") from error


class _Storage:
    """The numbers that tensors are cut out of."""

    def __init__(self, numbers, location):
        self.numbers, self.location = numbers, location


class _Machine(Machine):
    """The pickle in an archive of PyTorch's, whose storages lie in files beside it."""

    def __init__(self, archive, place):
        super().__init__(_NAMES)
        self.archive, self.place = archive, place
        (pickle,) = [n for n in archive.namelist() if n.rpartition("/")[2] == "data.pkl"]
        self.folder = pickle.removesuffix("data.pkl")
        if f"{self.folder}byteorder" in archive.namelist() and self.member("byteorder") != b"little":
            raise CheckpointError("it was written on a machine of the other byte order")
        self.storages = {}

    def member(self, name):
        info = self.archive.getinfo(self.folder + name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(f"{name} is compressed, which PyTorch does not")
        return self.archive.read(info)

    def persistent(self, key):
        """The numbers that a tensor's instruction names: ("storage", type, file, location, count)."""
        kind, dtype, file, location, count = key
        if kind != "storage" or not isinstance(dtype, _StorageType) or not isinstance(location, str):
            raise CheckpointError("a tensor's memory is not described as PyTorch does")
        if (file, dtype.dtype) not in self.storages:
            numbers = np.frombuffer(bytearray(self.member(f"data/{file}")), dtype.dtype)
            if numbers.size != count:
                raise CheckpointError(f"data/{file} holds {numbers.size} numbers where {count} are announced")
            if dtype.dtype is BFLOAT16:
                numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
            self.storages[file, dtype.dtype] = _Storage(numbers, location)
        return self.storages[file, dtype.dtype]


class _StorageType:
    """The type of a tensor's memory."""

    def __init__(self, dtype):
        self.dtype = dtype


def _tensor(machine, storage, offset, size, stride, requires_grad=False, hooks=None, metadata=None):
    """A view of a storage. NumPy refuses one that would reach beyond it."""
    if not isinstance(storage, _Storage) or len(size) != len(stride) or min((offset, *size, *stride)) < 0:
        raise CheckpointError("a tensor is not described as PyTorch does")
    item = storage.numbers.itemsize
    array = np.ndarray(size, storage.numbers.dtype, storage.numbers, offset * item, [s * item for s in stride])
    if any(s == 0 and n > 1 for s, n in zip(stride, size)):
        array.flags.writeable = False  # as of a tensor that `expand` made
    return machine.place(from_array("load", array), storage.location).requires_grad_(requires_grad)


_NAMES = {
    "collections.OrderedDict": Function(lambda machine, *items: OrderedDict(*items)),
    "torch.Size": Function(lambda machine, sizes: Size(sizes)),
    "torch.device": Function(lambda machine, *where: devices.device(*where)),
    "torch._utils._rebuild_tensor_v2": Function(_tensor),
    "torch._utils._rebuild_parameter": Function(
        lambda machine, data, requires_grad, hooks: Parameter(data, requires_grad)
    ),
    "builtins.set": Function(lambda machine, items: set(items)),
    **{f"torch.{name}": _StorageType(dtype) for name, dtype in _STORAGES.items()},
    **{f"torch.{dtype.name}": dtype for dtype in dtypes.ALL},
}
_NAMES["__builtin__.set"] = _NAMES["builtins.set"]
