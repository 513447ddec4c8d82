"""Translations of operations to nodes of ONNX, a family a file; importing them fills the table."""

from . import (
    arrangement,
    attention,
    convolution,
    elementwise,
    indexing,
    losses,
    normalization,
    pooling,
    products,
    recurrent,
    reduction,
    resampling,
)
from .table import SEAMS

FAMILIES = (
    arrangement, attention, convolution, elementwise, indexing, normalization, pooling, products, recurrent, reduction,
    resampling,
)  # fmt: skip

__all__ = ["FAMILIES", "SEAMS"]
