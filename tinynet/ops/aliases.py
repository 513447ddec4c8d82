"""Other names that PyTorch has for the same operations, and those that do nothing to real numbers."""

from ..tensor_arguments import expect_tensor
from . import arithmetic, comparison, shape, special

SAME = "absolute negative subtract multiply divide true_divide not_equal less less_equal greater greater_equal"
IN_PLACE = f"{SAME} polygamma"
FUNCTIONS = f"{SAME} conj conj_physical resolve_conj resolve_neg adjoint real"
METHODS = f"{SAME} conj conj_physical resolve_conj resolve_neg adjoint polygamma"

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


def polygamma(input, n):
    """The n-th derivative of ψ, as a method: see `special.polygamma`."""
    return special.polygamma(n, input)
