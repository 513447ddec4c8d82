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
    norm,
    operators,
    pieces,
    pool,
    random,
    reduction,
    rounding,
    scan,
    shape,
    sorting,
    special,
    statistics,
    trigonometry,
    vector_norm,
)
from .registry import exported

FAMILIES = (
    activation, aliases, arithmetic, attention, closeness, compound, conv, creation, device, differences, embedding,
    exponential, indexing, inplace, joining, loss, matmul, norm, pieces, pool, random, reduction, rounding, scan,
    shape, sorting, special, statistics, trigonometry, vector_norm,
)  # fmt: skip

FUNCTIONS = exported(FAMILIES, "FUNCTIONS")
FUNCTIONAL = exported(FAMILIES, "FUNCTIONAL")
METHODS = {
    **exported(FAMILIES, "METHODS"),
    **{f"{name}_": inplace.in_place(function) for name, function in exported(FAMILIES, "IN_PLACE").items()},
    **operators.OPERATORS,
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
