"""DLPack: memory shared with other libraries, without a copy, as a capsule around a C structure.

The structure is that of version 0.8 of the standard, which every library reads: dmlc/dlpack, dlpack.h.
"""

import ctypes
import itertools

import numpy as np

from .... import dtypes
from ....errors import DeviceError, DTypeError
from ..device import driver

CPU, CUDA = 1, 2  # kinds of devices, as DLPack numbers them
DEVICE = (CPU if driver.SIMULATED else CUDA), 0
KINDS = {"i": 0, "u": 1, "f": 2, "b": 6}


class DLDevice(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device", DLDevice), ("ndim", ctypes.c_int32), ("dtype", DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


class DLManagedTensor(ctypes.Structure):
    pass


Deleter = ctypes.CFUNCTYPE(None, ctypes.POINTER(DLManagedTensor))
DLManagedTensor._fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", Deleter)]

_api = ctypes.pythonapi
_api.PyCapsule_New.restype = ctypes.py_object
_api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_api.PyCapsule_IsValid.argtypes = [ctypes.py_object, ctypes.c_char_p]
_api.PyCapsule_GetPointer.restype = ctypes.c_void_p
_api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
_api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]

_names = b"dltensor", b"used_dltensor"
_given = {}  # number: what must live until another library has done with it
_next = itertools.count(1).__next__


@Deleter
def _done(managed):
    _given.pop(managed.contents.context, None)


# A capsule that nobody took frees what it holds. Called by the collector, with a capsule that is already being freed.
@ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
def _forgotten(capsule):
    is_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_IsValid", _api))
    if is_valid(capsule, _names[0]):
        pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_GetPointer", _api))
        managed = ctypes.cast(pointer(capsule, _names[0]), ctypes.POINTER(DLManagedTensor))
        managed.contents.deleter(managed)


def to_capsule(array):
    """The array as a capsule that another library takes over. What was launched on it is waited for."""
    driver.current_stream().synchronize()
    steps = [s // array.itemsize for s in array.strides]
    number, counts = _next(), ctypes.c_int64 * max(array.ndim, 1)
    managed = DLManagedTensor(
        DLTensor(
            array.pointer, DLDevice(*DEVICE), array.ndim,
            DLDataType(KINDS[array.dtype.kind], 8 * array.itemsize, 1), counts(*array.shape), counts(*steps), 0,
        ),
        number,
        _done,
    )  # fmt: skip
    _given[number] = managed, array
    return _api.PyCapsule_New(ctypes.addressof(managed), _names[0], _forgotten)


def open_capsule(capsule, owner):
    """(address, shape, strides or None, dtype, what keeps it alive) of the memory in a capsule, which is taken over."""
    if not _api.PyCapsule_IsValid(capsule, _names[0]):
        raise ValueError("from_dlpack: expected a capsule that nobody has taken yet")
    managed = ctypes.cast(_api.PyCapsule_GetPointer(capsule, _names[0]), ctypes.POINTER(DLManagedTensor))
    tensor = managed.contents.tensor
    if tensor.device.type != DEVICE[0]:
        raise DeviceError(f"from_dlpack: expected memory of a CUDA device, got a device of kind {tensor.device.type}")
    code, bits = tensor.dtype.code, tensor.dtype.bits
    kind = next((k for k, c in KINDS.items() if c == code), None)
    dtype = np.dtype(bool) if kind == "b" else np.dtype(f"{kind or 'V'}{bits // 8}")
    check_dtype(dtype)
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = [tensor.strides[i] * dtype.itemsize for i in range(tensor.ndim)] if tensor.strides else None
    _api.PyCapsule_SetName(capsule, _names[1])
    return (tensor.data or 0) + tensor.byte_offset, shape, strides, dtype, _Keeper(managed, owner)


def check_dtype(dtype):
    """Raise DTypeError for a dtype that tensors on the GPU do not have."""
    if dtype not in dtypes.ALL or dtype == dtypes.float16:
        raise DTypeError(f"from_dlpack: expected {dtypes.NAMES.replace('float16, ', '')}, got {dtype}")


class _Keeper:
    """Holds what another library gave, and tells it when it is done with."""

    def __init__(self, managed, owner):
        self.managed, self.owner = managed, owner

    def __del__(self):
        if self.managed.contents.deleter:
            self.managed.contents.deleter(self.managed)
