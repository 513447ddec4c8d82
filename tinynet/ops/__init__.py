"""The operations on tensors, a family a file; each lists its public functions and methods (`registry.py`)."""

from ..tensor import Tensor
from . import (
    activation,
    adaptive_pool,
    aliases,
    arithmetic,
    assignment,
    attention,
    channel_dropout,
    closeness,
    compound,
    conv,
    creation,
    device,
    diagonals,
    differences,
    distance,
    draws,
    einsum,
    embedding,
    exponential,
    fold,
    fractional_pool,
    gates,
    grids,
    group_norm,
    indexing,
    inplace,
    joining,
    linear_algebra,
    loss,
    lp_pool,
    margin_loss,
    matmul,
    multi_head_attention,
    new,
    norm,
    operators,
    padding,
    pieces,
    pool,
    probability_loss,
    products,
    questions,
    random,
    rearrange,
    rectifiers,
    recurrent,
    reduction,
    regression_loss,
    resample,
    rounding,
    scan,
    scatter,
    selection,
    shape,
    sorting,
    special,
    statistics,
    tensor_types,
    trigonometry,
    unpool,
    vector_norm,
    view_in_place,
)
from .registry import exported

FAMILIES = (
    activation, adaptive_pool, aliases, arithmetic, assignment, attention, channel_dropout, closeness, compound, conv,
    creation, device, diagonals, differences, distance, draws, einsum, embedding, exponential, fold, fractional_pool,
    gates, grids, group_norm, indexing, inplace, joining, linear_algebra, loss, lp_pool, margin_loss, matmul,
    multi_head_attention, new, norm, padding, pieces, pool, probability_loss, products, questions, random, rearrange,
    rectifiers, reduction, regression_loss, resample, rounding, scan, scatter, selection, shape, sorting, special,
    statistics, tensor_types, trigonometry, unpool, vector_norm, view_in_place,
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
