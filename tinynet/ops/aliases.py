"""Other names that PyTorch has for the same operations, and those that do nothing to real numbers."""

from ..tensor import expect_tensor
from . import arithmetic, comparison, shape

IN_PLACE = "absolute negative subtract multiply divide true_divide not_equal less less_equal greater greater_equal"
METHODS = f"{IN_PLACE} conj conj_physical resolve_conj resolve_neg adjoint"
FUNCTIONS = f"{METHODS} real"

absolute, negative, subtract, multiply = arithmetic.abs, arithmetic.neg, arithmetic.sub, arithmetic.mul
divide = true_divide = arithmetic.div
not_equal, less, less_equal = comparison.ne, comparison.lt, comparison.le
greater, greater_equal = comparison.gt, comparison.ge


def real(input):
    """x itself, whose numbers are real."""
    return expect_tensor("real", input)


conj = conj_physical = resolve_conj = resolve_neg = real


def adjoint(input):
    """Each matrix of the last two dimensions transposed; a view. Raises ShapeError for fewer than 2 dimensions."""
    return shape.mT(expect_tensor("adjoint", input))
