"""`Variable`: what a tensor that records operations was called before every tensor did."""

import warnings

from ..arguments import boolean
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor


class _IsTensor(type):
    def __instancecheck__(cls, x):
        return isinstance(x, Tensor)


class Variable(metaclass=_IsTensor):
    """`Variable(x)` is a tensor over the memory of x, outside of its graph; `isinstance(x, Variable)` holds for all."""

    def __new__(cls, data, requires_grad=False, volatile=None):
        out = expect_tensor("Variable", data, "data").detach()
        if volatile is not None:
            warnings.warn(
                "Variable: volatile has no effect, as in PyTorch today; use `with tinynet.no_grad()`", stacklevel=2
            )
        return out.requires_grad_(boolean("Variable", "requires_grad", requires_grad))
