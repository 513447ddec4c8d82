"""Several steps of arithmetic in one call, and clamping to one side."""

from ..arguments import number
from ..errors import DTypeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import abs, add, floor_divide, mul, sub
from .choosing import clamp, where
from .comparison import eq
from .operands import operands

FUNCTIONS = "lerp addcmul addcdiv rsub clamp_min clamp_max clip gcd lcm"
METHODS = "lerp addcmul addcdiv clamp_min clamp_max clip gcd lcm"
IN_PLACE = METHODS


def lerp(input, end, weight):
    """x + w (y − x), the point between x and y = end at w = weight; for w = 1 it is y itself."""
    x, y, _ = operands("lerp", expect_tensor("lerp", input), expect_tensor("lerp", end, "end"))
    step = y - x
    if isinstance(weight, Tensor):
        return where(weight < 0.5, x + step * weight, y - step * (1 - weight))
    weight = number("lerp", "weight", weight)
    return x + step * weight if weight < 0.5 else y - step * (1 - weight)


def addcmul(input, tensor1, tensor2, *, value=1):
    """x + value · a · b, element by element."""
    product = expect_tensor("addcmul", tensor1, "tensor1") * expect_tensor("addcmul", tensor2, "tensor2")
    return add(expect_tensor("addcmul", input), product, alpha=value)


def addcdiv(input, tensor1, tensor2, *, value=1):
    """x + value · a / b, element by element.

    Raises: DTypeError where two tensors of integers are divided.
    """
    a, b = expect_tensor("addcdiv", tensor1, "tensor1"), expect_tensor("addcdiv", tensor2, "tensor2")
    if a.array.dtype.kind != "f" and b.array.dtype.kind != "f":
        raise DTypeError(f"addcdiv: expected tensors of a floating dtype to divide, got {a.dtype} and {b.dtype}")
    return add(expect_tensor("addcdiv", input), a / b, alpha=value)


def rsub(input, other, *, alpha=1):
    """y − alpha x."""
    return sub(other, input, alpha=alpha)


def clip(input, min=None, max=None):
    """`clamp`, by its other name."""
    return clamp(input, min, max)


def clamp_min(input, min):
    """x where it is larger than `min`, else `min`."""
    return clamp(input, min)


def clamp_max(input, max):
    """x where it is smaller than `max`, else `max`."""
    return clamp(input, None, max)


def gcd(input, other):
    """The greatest common divisor of integers; of 0 and 0 it is 0.

    Raises: DTypeError unless both hold integers.
    """
    x, y, like = operands("gcd", input, other)
    if x.array.dtype.kind not in "iu":
        raise DTypeError(f"gcd: expected integers, got {x.dtype}")
    out = empty_like(like)
    launch(kernels.gcd, out, x.array, y.array)
    return wrap(out)


def lcm(input, other):
    """The least common multiple of integers; with 0 it is 0."""
    divisor = gcd(input, other)
    return abs(mul(floor_divide(input, where(eq(divisor, 0), 1, divisor)), other))
