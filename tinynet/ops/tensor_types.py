"""Types of tensors by the names that a dtype and a device had together: `FloatTensor`, `cuda.LongTensor`."""

from .. import devices, dtypes
from ..arguments import wrong_kind
from ..convert import typed_array
from ..errors import DTypeError
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .device import array_on, to

METHODS = "type type_as"


class TensorType:
    """The tensors of a dtype on a device.

    `FloatTensor(2, 3)` is uninitialised memory of these sizes, `FloatTensor([1, 2])` holds these numbers,
    `isinstance(x, FloatTensor)` says whether x is of the dtype and on the device.
    """

    def __init__(self, name, dtype, device):
        self.__name__, self.dtype, self.is_cuda = name, dtype, device == devices.CUDA
        self._device = device

    def __call__(self, *data):
        return wrap(array_on(self._device, typed_array(self.__name__, data, self.dtype)))

    def __instancecheck__(self, x):
        return isinstance(x, Tensor) and x.dtype == self.dtype and x.device == self._device

    @property
    def text(self):
        """The name by which PyTorch's scripts know it."""
        return f"torch.{'cuda.' if self.is_cuda else ''}{self.__name__}"

    def __repr__(self):
        return f"<class '{self.text}'>"


_DTYPES = {
    "Float": dtypes.float32, "Double": dtypes.float64, "Half": dtypes.float16, "Long": dtypes.int64,
    "Int": dtypes.int32, "Short": dtypes.int16, "Char": dtypes.int8, "Byte": dtypes.uint8, "Bool": dtypes.bool,
}  # fmt: skip
ON_CPU, ON_GPU = (
    {f"{name}Tensor": TensorType(f"{name}Tensor", dtype, device) for name, dtype in _DTYPES.items()}
    for device in (devices.CPU, devices.CUDA)
)
_BY_TEXT = {kind.text: kind for kind in (*ON_CPU.values(), *ON_GPU.values())}
_TEXTS = {(kind.dtype, kind.is_cuda): text for text, kind in _BY_TEXT.items()}


def named_type(where, kind):
    """A TensorType by its text: "torch.FloatTensor", whose "torch." may also be "tinynet." or missing.

    Raises: DTypeError for another text.
    """
    found = kind if isinstance(kind, TensorType) else _BY_TEXT.get(f"torch.{_without_library(kind)}")
    if found is None:
        raise DTypeError(f"{where}: expected a type such as 'torch.FloatTensor', got {kind!r}")
    return found


def _without_library(text):
    library, _, name = str(text).partition(".")
    return name if library in ("torch", "tinynet") else text


def type(input, dtype=None, non_blocking=False):
    """x as another type: a dtype, a TensorType or its name, "torch.cuda.LongTensor"; without one, the name of its own.

    The names are PyTorch's, since scripts compare them.
    """
    x = expect_tensor("type", input)
    if dtype is None:
        return _TEXTS[x.dtype, x.is_cuda]
    if isinstance(dtype, str) and dtype.endswith("Tensor"):
        dtype = named_type("type", dtype)
    if isinstance(dtype, TensorType):
        return to(x, devices.CUDA if dtype.is_cuda else devices.CPU, dtype.dtype)
    return to(x, dtype=dtypes.default if dtype is Tensor else dtype)


def type_as(input, other):
    """x of the dtype and on the device of `other`."""
    return to(expect_tensor("type_as", input), expect_tensor("type_as", other, "other"))


def set_default_tensor_type(t):
    """Take the dtype and the device of a type, such as `FloatTensor` or "torch.FloatTensor", for the defaults.

    Raises:
        DTypeError: it is not a floating type.
    """
    kind = named_type("set_default_tensor_type", t)
    if not dtypes.is_floating(kind.dtype):
        raise wrong_kind("set_default_tensor_type", "t", "a floating type", kind.text)
    dtypes.set_default(kind.dtype)
    devices.set_default(devices.CUDA if kind.is_cuda else devices.CPU)
