"""Other names that PyTorch has for the same operations."""

from . import arithmetic

FUNCTIONS = """absolute negative subtract multiply divide true_divide not_equal less less_equal greater greater_equal"""
METHODS = FUNCTIONS
IN_PLACE = FUNCTIONS

absolute, negative, subtract, multiply = arithmetic.abs, arithmetic.neg, arithmetic.sub, arithmetic.mul
divide = true_divide = arithmetic.div
not_equal, less, less_equal = arithmetic.ne, arithmetic.lt, arithmetic.le
greater, greater_equal = arithmetic.gt, arithmetic.ge
