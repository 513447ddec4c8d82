"""Comparisons, tests and logic, whose results are booleans, and logic on the bits of integers: without gradients."""

from .. import dtypes
from ..errors import DTypeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .operands import operands

IN_PLACE = """eq ne lt le gt ge logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor
    bitwise_not bitwise_left_shift bitwise_right_shift"""
FUNCTIONS = METHODS = f"{IN_PLACE} isnan isinf isfinite"


def _compare(name, kernel):
    def compare(input, other):
        x, y, like = operands(name, input, other)
        out = empty_like(like, dtypes.bool)
        launch(kernel, out, x.array, y.array)
        return wrap(out)

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = f"{name} element by element, as a bool tensor."
    return compare


def _test(name, kernel):
    def test(input):
        x = expect_tensor(name, input)
        out = empty_like(x.array, dtypes.bool)
        launch(kernel, out, x.array)
        return wrap(out)

    test.__name__ = test.__qualname__ = name
    test.__doc__ = f"{name} element by element, as a bool tensor."
    return test


eq, ne, lt, le, gt, ge = (_compare(n, getattr(kernels, n)) for n in ("eq", "ne", "lt", "le", "gt", "ge"))


def _bitwise(name, shift=False):
    """The operation on the bits of integers; of booleans, which a shift does not take, the one on truth."""
    kernel = getattr(kernels, name)

    def bitwise(input, other):
        x, y, like = operands(name, input, other)
        _expect_bits(name, x, shift)
        out = empty_like(like)
        launch(of_bool if x.array.dtype.kind == "b" else kernel, out, x.array, y.array)
        return wrap(out)

    of_bool = None if shift else getattr(kernels, name.replace("bitwise", "logical"))
    bitwise.__name__ = bitwise.__qualname__ = name
    bitwise.__doc__ = f"{name} element by element, of integers" + ("." if shift else " or booleans.")
    return bitwise


def _expect_bits(name, x, shift=False):
    kind = x.array.dtype.kind
    if kind == "f" or (shift and kind == "b"):
        raise DTypeError(f"{name}: expected integers{'' if shift else ' or booleans'}, got {x.dtype}")


bitwise_and, bitwise_or, bitwise_xor = map(_bitwise, ("bitwise_and", "bitwise_or", "bitwise_xor"))

bitwise_left_shift, bitwise_right_shift = (
    _bitwise(name, shift=True) for name in ("bitwise_left_shift", "bitwise_right_shift")
)


def bitwise_not(input):
    """All bits of integers the other way round; of booleans their opposite."""
    x = expect_tensor("bitwise_not", input)
    _expect_bits("bitwise_not", x)
    out = empty_like(x.array)
    launch(kernels.logical_not if x.array.dtype.kind == "b" else kernels.bitwise_not, out, x.array)
    return wrap(out)


logical_and, logical_or, logical_xor = (
    _compare(n, getattr(kernels, n)) for n in ("logical_and", "logical_or", "logical_xor")
)

logical_not, isnan, isinf, isfinite = (
    _test(n, getattr(kernels, n)) for n in ("logical_not", "isnan", "isinf", "isfinite")
)
