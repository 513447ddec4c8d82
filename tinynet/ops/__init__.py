"""The operations on tensors, a family a file; each lists its public functions and methods (`registry.py`)."""

from ..tensor import Tensor
from . import (
    activation,
    aliases,
    arithmetic,
    attention,
    closeness,
    compound,
    conv,
    creation,
    device,
    differences,
    embedding,
    exponential,
    indexing,
    inplace,
    joining,
    loss,
    matmul,
    new,
    norm,
    operators,
    pieces,
    pool,
    questions,
    random,
    recurrent,
    reduction,
    rounding,
    scan,
    shape,
    sorting,
    special,
    statistics,
    tensor_types,
    trigonometry,
    vector_norm,
    view_in_place,
)
from .registry import exported

FAMILIES = (
    activation, aliases, arithmetic, attention, closeness, compound, conv, creation, device, differences, embedding,
    exponential, indexing, inplace, joining, loss, matmul, new, norm, pieces, pool, questions, random, reduction,
    rounding, scan, shape, sorting, special, statistics, tensor_types, trigonometry, vector_norm, view_in_place,
)  # fmt: skip

FUNCTIONS = exported(FAMILIES, "FUNCTIONS")
FUNCTIONAL = exported(FAMILIES, "FUNCTIONAL")
METHODS = {
    **exported(FAMILIES, "METHODS"),
    **{f"{name}_": inplace.in_place(function) for name, function in exported(FAMILIES, "IN_PLACE").items()},
    **questions.PROPERTIES,
    **operators.OPERATORS,
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
