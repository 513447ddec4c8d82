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
    operators,
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
        logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
        isnan isinf isfinite""",
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
        logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift isnan isinf
        isfinite""",
    activation: "relu sigmoid tanh",
    shape: """reshape view flatten permute transpose t expand expand_as broadcast_to squeeze unsqueeze sum_to_size
        contiguous""",
    indexing: "gather narrow",
    pieces: "split chunk unbind tril triu repeat repeat_interleave",
    reduction: "sum mean var std max min argmax argmin any all",
    matmul: "matmul",
    loss: "softmax log_softmax",
    inplace: """add_ sub_ mul_ div_ floor_divide_ remainder_ pow_ clamp_ neg_ exp_ sqrt_ masked_fill_ copy_ fill_ zero_
        bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_not_ bitwise_left_shift_ bitwise_right_shift_""",
    random: "uniform_ normal_ multinomial",
    device: "to cuda cpu",
}


for _family, _names in METHODS.items():
    for _name in _names.split():
        setattr(Tensor, _name, getattr(_family, _name))
for _name, _operator in operators.OPERATORS.items():
    setattr(Tensor, _name, _operator)
