"""PyTorch's own files, `.pt` and `.pth`: a zip archive with a pickle and the bytes of each tensor.

A pickle is a program, and may name any function to call. Here only those few of its instructions are carried out that
build containers, numbers and strings, and of functions only those that PyTorch writes for tensors, by functions of this
file; whatever else the file asks for is an error that names it. Nothing of Python's `pickle` runs.
"""

import io
import pickletools
import zipfile
from collections import OrderedDict

import numpy as np

from .. import devices, dtypes
from ..data.files import brief
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
_MARK = object()


def read(name, data, place):
    """The object in the bytes of a file called `name`; `place(tensor, location)` moves each tensor.

    Raises: CheckpointError for a file that is damaged, or that asks for more than data.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Machine(archive, place).run()
    except CheckpointError as error:
        raise CheckpointError(f"load: {name}: {error}") from None
    except (DeviceError, MemoryError):
        raise
    except Exception as error:  # zipfile, zlib and pickletools raise a dozen kinds for damaged files in memory
        raise CheckpointError(f"load: {name} is damaged, or no file of PyTorch's: {brief(error)}") from error


class _Storage:
    """The numbers that tensors are cut out of."""

    def __init__(self, numbers, location):
        self.numbers, self.location = numbers, location


class _Machine:
    """Carries out the instructions of a pickle that are methods here, on a stack and a memo as pickles have them."""

    def __init__(self, archive, place):
        self.archive, self.place = archive, place
        (pickle,) = [n for n in archive.namelist() if n.rpartition("/")[2] == "data.pkl"]
        self.folder = pickle.removesuffix("data.pkl")
        if f"{self.folder}byteorder" in archive.namelist() and self.member("byteorder") != b"little":
            raise CheckpointError("it was written on a machine of the other byte order")
        self.stack, self.memo, self.storages = [], {}, {}

    def member(self, name):
        info = self.archive.getinfo(self.folder + name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(f"{name} is compressed, which PyTorch does not")
        return self.archive.read(info)

    def run(self):
        """The object that the pickle builds."""
        for opcode, argument, _ in pickletools.genops(self.member("data.pkl")):
            if opcode.name in _PUSHED:
                self.stack.append(argument)
            elif opcode.name in _DONE:
                _DONE[opcode.name](self, argument)
            elif opcode.name == "STOP":
                (found,) = self.stack
                return found
            else:
                raise CheckpointError(f"the file uses {opcode.name}, an instruction that plain data does not need")
        raise CheckpointError("it has no end")

    def pop(self):
        found = self.stack.pop()
        if found is _MARK:
            raise CheckpointError("its instructions do not fit together")
        return found

    def pop_to_mark(self):
        at = len(self.stack) - 1 - self.stack[::-1].index(_MARK)
        found, self.stack[at:] = self.stack[at + 1 :], []
        return found

    def top(self, *kinds):
        if not isinstance(self.stack[-1], kinds):
            raise CheckpointError(f"it adds to a {type(self.stack[-1]).__name__} what only a container takes")
        return self.stack[-1]

    def global_(self, name):
        """What stands for a name: a dtype, or a function of this file."""
        name = name.replace(" ", ".")
        found = _NAMES.get(name)
        if found is None:
            raise CheckpointError(f"the file asks for {name!r}, which is not one of {', '.join(sorted(_NAMES))}")
        self.stack.append(found)

    def call(self):
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, _Function) or not isinstance(arguments, tuple):
            raise CheckpointError("it calls what is no function")
        self.stack.append(function.call(self, *arguments))

    def storage(self, key):
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

    def set_items(self, items):
        target = self.top(dict)
        if len(items) % 2:
            raise CheckpointError("a key has no value")
        for key, value in zip(items[::2], items[1::2]):
            target[key] = value

    def build(self):
        """The attributes of an OrderedDict, such as the versions of modules in a state dict."""
        self.pop()
        self.top(OrderedDict)


class _Function:
    """A function that a file may name."""

    def __init__(self, call):
        self.call = call


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
    "collections.OrderedDict": _Function(lambda machine, *items: OrderedDict(*items)),
    "torch.Size": _Function(lambda machine, sizes: Size(sizes)),
    "torch.device": _Function(lambda machine, *where: devices.device(*where)),
    "torch._utils._rebuild_tensor_v2": _Function(_tensor),
    "torch._utils._rebuild_parameter": _Function(
        lambda machine, data, requires_grad, hooks: Parameter(data, requires_grad)
    ),
    "builtins.set": _Function(lambda machine, items: set(items)),
    **{f"torch.{name}": _StorageType(dtype) for name, dtype in _STORAGES.items()},
    **{f"torch.{dtype.name}": dtype for dtype in dtypes.ALL},
}
_NAMES["__builtin__.set"] = _NAMES["builtins.set"]

# The instructions whose argument is a value
_PUSHED = set(
    """BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES
    BINBYTES8""".split()
)
_DONE = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "NONE": lambda m, a: m.stack.append(None),
    "NEWTRUE": lambda m, a: m.stack.append(True),
    "NEWFALSE": lambda m, a: m.stack.append(False),
    "EMPTY_DICT": lambda m, a: m.stack.append({}),
    "EMPTY_LIST": lambda m, a: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, a: m.stack.append(()),
    "EMPTY_SET": lambda m, a: m.stack.append(set()),
    "MARK": lambda m, a: m.stack.append(_MARK),
    "TUPLE": lambda m, a: m.stack.append(tuple(m.pop_to_mark())),
    "TUPLE1": lambda m, a: m.stack.append((m.pop(),)),
    "TUPLE2": lambda m, a: m.stack.append((m.pop(), m.pop())[::-1]),
    "TUPLE3": lambda m, a: m.stack.append((m.pop(), m.pop(), m.pop())[::-1]),
    "APPEND": lambda m, a: (lambda x: m.top(list).append(x))(m.pop()),
    "APPENDS": lambda m, a: (lambda x: m.top(list).extend(x))(m.pop_to_mark()),
    "ADDITEMS": lambda m, a: (lambda x: m.top(set).update(x))(m.pop_to_mark()),
    "SETITEM": lambda m, a: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, a: m.set_items(m.pop_to_mark()),
    "FROZENSET": lambda m, a: m.stack.append(frozenset(m.pop_to_mark())),
    "BINPUT": lambda m, a: m.memo.__setitem__(a, m.stack[-1]),
    "LONG_BINPUT": lambda m, a: m.memo.__setitem__(a, m.stack[-1]),
    "MEMOIZE": lambda m, a: m.memo.__setitem__(len(m.memo), m.stack[-1]),
    "BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "GLOBAL": lambda m, a: m.global_(a),
    "STACK_GLOBAL": lambda m, a: m.global_(".".join([m.pop(), m.pop()][::-1])),
    "REDUCE": lambda m, a: m.call(),
    "BINPERSID": lambda m, a: m.stack.append(m.storage(m.pop())),
    "BUILD": lambda m, a: m.build(),
}
