"""The operations on tensors, and the names under which a tensor has them as methods."""

from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    attention,
    conv,
    creation,
    device,
    embedding,
    indexing,
    inplace,
    loss,
    matmul,
    norm,
    pieces,
    pool,
    random,
    reduction,
    shape,
)

# Public functions, `tinynet.<name>`, by family
FUNCTIONS = {
    arithmetic: """add sub mul div floor_divide remainder pow neg abs sign floor ceil exp log log1p sqrt sin cos square
        rsqrt reciprocal maximum minimum clamp where masked_fill clone eq ne lt le gt ge logical_and logical_or
        logical_xor logical_not isnan isinf isfinite""",
    activation: "relu sigmoid tanh",
    shape: """reshape flatten permute transpose t squeeze unsqueeze broadcast_to cat stack is_tensor""",
    indexing: "gather narrow",
    pieces: "split chunk unbind tril triu repeat_interleave",
    reduction: "sum mean var std max min argmax argmin any all",
    matmul: "matmul",
    loss: "softmax log_softmax",
    random: "rand randn rand_like randn_like randint randperm bernoulli multinomial",
    creation: """tensor as_tensor from_numpy from_dlpack zeros ones full empty zeros_like ones_like full_like empty_like
        arange linspace eye""",
}

# Methods with the name and the function of the same name
METHODS = {
    arithmetic: """add sub mul div floor_divide remainder pow neg abs sign floor ceil exp log log1p sqrt sin cos square
        rsqrt reciprocal maximum minimum clamp masked_fill clone eq ne lt le gt ge logical_and logical_or logical_xor
        logical_not isnan isinf isfinite""",
    activation: "relu sigmoid tanh",
    shape: """reshape view flatten permute transpose t expand expand_as broadcast_to squeeze unsqueeze sum_to_size
        contiguous""",
    indexing: "gather narrow",
    pieces: "split chunk unbind tril triu repeat repeat_interleave",
    reduction: "sum mean var std max min argmax argmin any all",
    matmul: "matmul",
    loss: "softmax log_softmax",
    inplace: "add_ sub_ mul_ div_ pow_ clamp_ neg_ exp_ sqrt_ masked_fill_ copy_ fill_ zero_",
    random: "uniform_ normal_ multinomial",
    device: "to cuda cpu",
}


def _swapped(function):
    return lambda x, y: function(y, x)


def _or_not_implemented(function):
    """For == and !=, which Python answers itself between things that do not compare: `x == None` is False."""

    def operator(x, y):
        try:
            return function(x, y)
        except TypeError:
            return NotImplemented

    return operator


OPERATORS = {
    "__add__": arithmetic.add,
    "__radd__": _swapped(arithmetic.add),
    "__sub__": arithmetic.sub,
    "__rsub__": _swapped(arithmetic.sub),
    "__mul__": arithmetic.mul,
    "__rmul__": _swapped(arithmetic.mul),
    "__truediv__": arithmetic.div,
    "__rtruediv__": _swapped(arithmetic.div),
    "__floordiv__": arithmetic.floor_divide,
    "__rfloordiv__": _swapped(arithmetic.floor_divide),
    "__mod__": arithmetic.remainder,
    "__rmod__": _swapped(arithmetic.remainder),
    "__pow__": arithmetic.pow,
    "__rpow__": _swapped(arithmetic.pow),
    "__neg__": arithmetic.neg,
    "__abs__": arithmetic.abs,
    "__matmul__": matmul.matmul,
    "__eq__": _or_not_implemented(arithmetic.eq),
    "__ne__": _or_not_implemented(arithmetic.ne),
    "__lt__": arithmetic.lt,
    "__le__": arithmetic.le,
    "__gt__": arithmetic.gt,
    "__ge__": arithmetic.ge,
    "__and__": arithmetic.logical_and,
    "__or__": arithmetic.logical_or,
    "__xor__": arithmetic.logical_xor,
    "__invert__": arithmetic.logical_not,
    "__iadd__": inplace.add_,
    "__isub__": inplace.sub_,
    "__imul__": inplace.mul_,
    "__itruediv__": inplace.div_,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "T": property(shape.t),
    "mT": property(shape.mT),
    "float": lambda x: arithmetic.to(x, "float32"),
    "double": lambda x: arithmetic.to(x, "float64"),
    "long": lambda x: arithmetic.to(x, "int64"),
    "int": lambda x: arithmetic.to(x, "int32"),
    "bool": lambda x: arithmetic.to(x, "bool"),
}

for _family, _names in METHODS.items():
    for _name in _names.split():
        setattr(Tensor, _name, getattr(_family, _name))
for _name, _operator in OPERATORS.items():
    setattr(Tensor, _name, _operator)
