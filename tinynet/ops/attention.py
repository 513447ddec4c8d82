"""Scaled dot-product attention: Vaswani et al. (2017)."""

import math

import numpy as np

from .. import random as streams
from ..arguments import boolean, number
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, put
from ..kernels.filled import contiguous, in_shape
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from . import reduction
from .choosing import where
from .loss import softmax, softmax_grad
from .operands import common_shape
from .pieces import repeat_interleave
from .random import _dropout
from .registry import op
from .shape import expand, mT

FUNCTIONAL = "scaled_dot_product_attention"

LOWEST = -math.inf


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False
):
    """softmax(scale · Q Kᵀ + mask) V, computed by tiles: the weights are never held at once.

    query (..., T, D), key (..., S, D), value (..., S, E); leading dimensions broadcast; the result is (..., T, E).
    attn_mask broadcasts to (..., T, S): of dtype bool, true where a query may look, or added to the scores. With
    `is_causal` query i sees keys 0 ... i, and no other mask is allowed. scale is 1/√D by default. A query that sees no
    key gives 0. `dropout_p` is applied whenever it is not 0: pass 0 in evaluation. With `enable_gqa` key and value
    (..., H', S, ·) may have fewer heads than query (..., H, T, D), each for H / H' query heads in a row: grouped-query
    attention, Ainslie et al. (2023).

    Raises: ShapeError, DTypeError where query, key, value and mask do not fit; ArgumentValueError for both kinds of
    mask.
    """
    name = "scaled_dot_product_attention"
    if boolean(name, "enable_gqa", enable_gqa):
        key, value = _for_each_query_head(name, query, key, value)
    lead = _check(name, query, key, value)
    dropout_p, is_causal = number(name, "dropout_p", dropout_p, 0, 1), boolean(name, "is_causal", is_causal)
    scores = (*lead, query.array.shape[-2], key.array.shape[-2])
    if attn_mask is not None:
        if is_causal:
            raise ArgumentValueError(f"{name}: expected attn_mask or is_causal=True, got both")
        expect_tensor(name, attn_mask, "attn_mask")
        attn_mask = _additive(name, attn_mask, scores, query.array.dtype)
    query, key, value = (x if x.array.shape[:-2] == lead else expand(x, *lead, -1, -1) for x in (query, key, value))
    scale = 1 / math.sqrt(max(query.array.shape[-1], 1)) if scale is None else float(number(name, "scale", scale))
    place = streams.default_generator.take(math.prod(scores), 4) if dropout_p > 0.0 else (0, 0)
    options = scale, is_causal, float(dropout_p), *place
    if attn_mask is not None and attn_mask._edge is not None:  # its gradient is as large as the weights are
        return _weights(query, key, attn_mask, *options)[1] @ value
    return attention(query, key, value, attn_mask, *options)


def _for_each_query_head(name, query, key, value):
    """Keys and values repeated for the query heads that share them."""
    for what, x in (("query", query), ("key", key), ("value", value)):
        if expect_tensor(name, x, what).array.ndim < 3:
            raise ShapeError(f"{name}: expected {what} (..., H, T, D) with enable_gqa, got {x.shape}")
    heads = query.array.shape[-3]
    for what, x in (("key", key), ("value", value)):
        if not x.array.shape[-3] or heads % x.array.shape[-3]:
            raise ShapeError(f"{name}: expected heads of {what} that divide the {heads} of query, got {x.shape}")
    return [repeat_interleave(x, heads // x.array.shape[-3], -3) for x in (key, value)]


def _check(name, query, key, value):
    """The leading dimensions of the result."""
    tensors = expect_tensor(name, query, "query"), expect_tensor(name, key, "key"), expect_tensor(name, value, "value")
    q, k, v = (x.array.shape for x in tensors)
    if min(len(q), len(k), len(v)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ShapeError(f"{name}: expected query (..., T, D), key (..., S, D), value (..., S, E), got {q}, {k}, {v}")
    dtype = query.array.dtype
    if dtype.kind != "f" or key.array.dtype != dtype or value.array.dtype != dtype:
        raise DTypeError(
            f"{name}: expected one floating dtype, got query {dtype}, key {key.dtype}, value {value.dtype}"
        )
    try:
        return common_shape(q[:-2], k[:-2], v[:-2])
    except ValueError:
        raise ShapeError(f"{name}: expected leading dimensions that broadcast together, got {q}, {k}, {v}") from None


def _additive(name, mask, shape, dtype):
    """The mask as numbers to add to the scores: a bool mask says where a query may look."""
    try:
        np.broadcast_to(mask.array, shape)
    except ValueError:
        raise ShapeError(f"{name}: expected an attn_mask that broadcasts to {shape}, got {mask.shape}") from None
    if mask.array.dtype.kind == "b":
        return where(mask, wrap(np.array(0, dtype)), wrap(np.array(LOWEST, dtype)))
    if mask.array.dtype != dtype:
        raise DTypeError(f"{name}: expected an attn_mask of dtype bool or {dtype}, got {mask.dtype}")
    return mask


# The kernels want four dimensions and contiguous rows


def _four(array):
    """The array as (B, H, rows, columns); a view where that can be."""
    if array.ndim < 4:
        array = in_shape(array, *[1] * (4 - array.ndim), *array.shape)
    elif array.ndim > 4:
        array = in_shape(array, -1, 1, *array.shape[-2:])
    if array.shape[-1] > 1 and array.strides[-1] != array.itemsize:
        array = contiguous(array)
    return array


def _four_mask(mask, shape):
    """The mask as (B or 1, H or 1, T or 1, S)."""
    array = mask.array
    array = array.reshape((1,) * (len(shape) - array.ndim) + array.shape)
    if len(shape) > 4:
        array = np.broadcast_to(array, shape)
    elif array.shape[-1] != shape[-1]:
        array = np.broadcast_to(array, (*array.shape[:-1], shape[-1]))
    return contiguous(_four(array))


def _like(array, shape):
    """A new array with the order of dimensions in memory that `array` has, so that a transpose costs nothing."""
    if array.ndim == 4 and array.strides[1] < array.strides[2]:
        batch, heads, rows, columns = shape
        return empty((batch, rows, heads, columns), array.dtype, array).swapaxes(1, 2)
    return empty(shape, array.dtype, array)


@op
def attention(query, key, value, mask, scale, causal, p, seed, block):
    """`scaled_dot_product_attention` of tensors with the same leading dimensions, and a mask of numbers or None."""
    q, k, v = (_four(x.array) for x in (query, key, value))
    shape = (*query.array.shape[:-1], value.array.shape[-1])
    out = _like(query.array, shape)
    lse = empty(q.shape[:3], q.dtype, q)
    scores = (*query.array.shape[:-1], key.array.shape[-2])
    numbers = None if mask is None else _four_mask(mask, scores)
    launch(kernels.attention, _four(out), lse, q, k, v, numbers, scale, causal, p, seed, block)
    options = mask, lse, scale, causal, p, seed, block
    gradients = lambda g, y: attention_grad(g, query, key, value, y, *options)
    y = record("attention", out, (query, key, value), joint=gradients, saves_output=True)
    return y if out.flags.c_contiguous else y.keep_order()


@op
def attention_grad(g, query, key, value, y, mask, lse, scale, causal, p, seed, block):
    """The gradients of `attention` by query, key and value, given its output y. With weights P, P̃ = dropout(P):

    gV = P̃ᵀ g,  gP = dropout(g Vᵀ),  gS = scale · P (gP − Σ gP P),  gQ = gS K,  gK = gSᵀ Q.
    """
    q, k, v = (_four(x.array) for x in (query, key, value))
    by = [_like(x.array, x.array.shape) for x in (query, key, value)]
    scores = (*query.array.shape[:-1], key.array.shape[-2])
    numbers = None if mask is None else _four_mask(mask, scores)
    arrays = _four(g.array), q, k, v, _four(y.array), lse
    launch(kernels.attention_grad, *map(_four, by), *arrays, numbers, scale, causal, p, seed, block)
    options = mask, scale, causal, p, seed, block

    def by_scores(g, query, key, value):
        gp = g @ mT(value)
        gp = gp if p == 0.0 else _dropout(gp, p, seed, block)
        return softmax_grad(gp, _weights(query, key, *options)[0], -1) * scale

    equations = (
        lambda g, query, key, value: by_scores(g, query, key, value) @ key,
        lambda g, query, key, value: mT(by_scores(g, query, key, value)) @ query,
        lambda g, query, key, value: mT(_weights(query, key, *options)[1]) @ g,
    )
    inputs = g, query, key, value
    return tuple(record_equation("attention_grad", a, inputs, e) for a, e in zip(by, equations))


def _weights(query, key, mask, scale, causal, p, seed, block):
    """The weights as a whole, (..., T, S), before and after dropout."""
    scores = query @ mT(key) * scale
    if mask is not None:
        scores = scores + mask
    if causal:
        below = put(np.tri(*scores.array.shape[-2:], dtype=bool), scores.array)
        scores = where(wrap(below), scores, LOWEST)
    blind = reduction.all(scores == LOWEST, -1, True)
    weights = softmax(where(blind, 0.0, scores), -1)
    weights = where(blind, 0.0, weights)
    return weights, weights if p == 0.0 else _dropout(weights, p, seed, block)
