"""Attention: the weights of scaled dot products."""

import numpy as np

from ...ops import attention
from .table import translates


@translates(attention.attention)
def attend(g, out, query, key, value, mask, scale, causal):
    """softmax(scale · Q Kᵀ + mask) V; a query that sees no key gives 0."""
    order = [*range(key.ndim - 2), key.ndim - 1, key.ndim - 2]
    scores = g.op("Mul", g.op("MatMul", query, g.transpose(key, order)), g.constant(scale, out.dtype))
    if mask is not None:
        scores = g.op("Add", scores, mask)
    lowest = g.constant(-np.inf, out.dtype)
    if causal:
        rows, columns = g.arange(query.shape[-2]), g.arange(key.shape[-2])
        seen = g.op("LessOrEqual", g.unsqueeze(columns, 0), g.unsqueeze(rows, 1))
        scores = g.op("Where", seen, scores, lowest)
    if mask is None:
        return g.op("MatMul", g.op("Softmax", scores, axis=-1), value)
    blind = g.op("Equal", g.reduce("ReduceMax", scores, (-1,), True), lowest)
    zero = g.constant(0, out.dtype)
    weights = g.op("Softmax", g.op("Where", blind, zero, scores), axis=-1)
    return g.op("MatMul", g.op("Where", blind, zero, weights), value)
