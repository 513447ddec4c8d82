"""What a script may ask of a tensor or a dtype, where the answer is short."""

import math

import numpy as np

from .. import dtypes, memory_format
from ..errors import DeviceError
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .strides import storage_of

FUNCTIONS = """is_tensor numel is_floating_point is_complex is_nonzero is_same_size result_type promote_types can_cast
    is_inference"""
METHODS = """nelement ndimension get_device storage_offset data_ptr is_complex is_nonzero is_same_size is_pinned
    pin_memory is_shared is_inference"""


def is_tensor(obj):
    """Whether an object is a Tensor."""
    return isinstance(obj, Tensor)


def numel(input):
    """How many elements x has."""
    return expect_tensor("numel", input).numel()


def nelement(input):
    """How many elements x has."""
    return input.numel()


def ndimension(input):
    """How many dimensions x has."""
    return input.ndim


def is_floating_point(input):
    """Whether x holds floating point numbers."""
    return expect_tensor("is_floating_point", input).is_floating_point()


def is_complex(input):
    """Whether x holds complex numbers: never."""
    expect_tensor("is_complex", input)
    return False


def is_inference(input):
    """Whether x can take no part in gradients ever: never, since `inference_mode` makes ordinary tensors."""
    expect_tensor("is_inference", input)
    return False


def is_nonzero(input):
    """Whether the one element of x is not zero."""
    return bool(expect_tensor("is_nonzero", input))


def is_same_size(input, other):
    """Whether x and y have the same shape."""
    return expect_tensor("is_same_size", input).shape == expect_tensor("is_same_size", other, "other").shape


def get_device(input):
    """The number of the GPU on which x is, or −1 on the CPU."""
    return 0 if input.is_cuda else -1


def storage_offset(input):
    """How many elements are before x in the memory of the tensor of which it is a view."""
    return storage_of(input.settle().array)[1]


def data_ptr(input):
    """The address of the first element."""
    if input.is_cuda:
        return input.settle().__cuda_array_interface__["data"][0]
    return input.settle().array.ctypes.data


def pin_memory(input, device=None):
    """x itself: there is no memory from which copies to the GPU are faster. Raises DeviceError for one on the GPU."""
    if input.is_cuda:
        raise DeviceError("pin_memory: expected a tensor on the CPU")
    return input


def is_pinned(input, device=None):
    """Whether copies of x to the GPU need not wait: never."""
    return False


def is_shared(input):
    """Whether other processes see the memory of x: never."""
    return False


def result_type(tensor, other):
    """The dtype of an operation between two operands, each a tensor or a number."""
    return dtypes.promote(tensor, other)


def promote_types(type1, type2):
    """The dtype that holds numbers of two dtypes."""
    return dtypes.wider(dtypes.as_dtype(type1), dtypes.as_dtype(type2))


def can_cast(from_, to):
    """Whether in-place operations convert one dtype to another: not floats to integers, nor numbers to bool."""
    return dtypes.category(dtypes.as_dtype(from_)) <= dtypes.category(dtypes.as_dtype(to))


def _constant(value, doc):
    return property(lambda x: value, doc=doc)


PROPERTIES = {
    "is_sparse": _constant(False, "Whether only some elements are stored: never."),
    "is_quantized": _constant(False, "Whether elements are stored as integers with a scale: never."),
    "is_meta": _constant(False, "Whether there is no memory behind it: never."),
    "is_mps": _constant(False, "Whether it is on a GPU of Apple's: never."),
    "is_nested": _constant(False, "Whether it holds tensors of several shapes: never."),
    "is_cpu": property(lambda x: not x.is_cuda, doc="Whether it is on the CPU."),
    "layout": _constant(memory_format.strided, "How elements are stored: `strided`."),
    "itemsize": property(lambda x: x.array.itemsize, doc="Bytes of an element."),
    "real": property(lambda x: x, doc="x itself, whose numbers are real."),
}


class finfo:
    """The limits of a floating dtype, by default of the default one: bits, eps, max, min, tiny, resolution, dtype."""

    def __init__(self, type=None):
        self._limits = np.finfo(dtypes.default if type is None else dtypes.as_dtype(type))
        for name in ("eps", "max", "min", "tiny", "resolution", "smallest_normal"):
            setattr(self, name, float(getattr(self._limits, name)))
        self.bits, self.dtype = self._limits.bits, self._limits.dtype.name

    def __repr__(self):
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype")
        return f"finfo({', '.join(f'{name}={getattr(self, name)}' for name in names)})"


class iinfo:
    """The limits of an integer dtype: bits, max, min, dtype."""

    def __init__(self, type):
        limits = np.iinfo(dtypes.as_dtype(type))
        self.bits, self.max, self.min, self.dtype = limits.bits, int(limits.max), int(limits.min), limits.dtype.name

    def __repr__(self):
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
