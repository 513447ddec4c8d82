"""New tensors of the dtype and on the device of another: `x.new_zeros(2, 3)`."""

from ..tensor_arguments import expect_tensor
from .creation import empty, full, like_batch, ones, tensor, zeros

METHODS = "new new_tensor new_zeros new_ones new_full new_empty"


def _as(x, dtype, device):
    return {"dtype": x.dtype if dtype is None else dtype, "device": x.device if device is None else device}


def new_tensor(input, data, *, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of `data`, by default of the dtype and on the device of x."""
    return tensor(data, **_as(input, dtype, device), requires_grad=requires_grad)


def new_zeros(input, *size, dtype=None, device=None, requires_grad=False):
    """Zeros, by default of the dtype and on the device of x."""
    return like_batch(input, zeros(*size, **_as(input, dtype, device))).requires_grad_(requires_grad)


def new_ones(input, *size, dtype=None, device=None, requires_grad=False):
    """Ones, by default of the dtype and on the device of x."""
    return like_batch(input, ones(*size, **_as(input, dtype, device))).requires_grad_(requires_grad)


def new_full(input, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """`fill_value` everywhere, by default of the dtype and on the device of x."""
    return like_batch(input, full(size, fill_value, **_as(input, dtype, device))).requires_grad_(requires_grad)


def new_empty(input, *size, dtype=None, device=None, requires_grad=False):
    """Memory with whatever is in it, by default of the dtype and on the device of x."""
    return like_batch(input, empty(*size, **_as(input, dtype, device))).requires_grad_(requires_grad)


def new(input, *data):
    """Memory of the sizes given, or a tensor of the data given, of the dtype and on the device of x."""
    x = expect_tensor("new", input)
    if len(data) == 1 and not isinstance(data[0], int):
        return new_tensor(x, data[0])
    return new_empty(x, *(data or (0,)))
