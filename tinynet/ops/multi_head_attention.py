"""Multi-head attention as a function: projections, masks, and attention in each head."""

import math
from typing import NamedTuple

from .. import dtypes
from ..arguments import boolean, integer, number
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor, optional_tensor
from .arithmetic import add, mul
from .attention import scaled_dot_product_attention
from .choosing import where
from .creation import zeros
from .indexing import getitem
from .joining import cat
from .loss import softmax
from .matmul import linear, matmul
from .operands import to
from .pieces import chunk
from .random import dropout
from .reduction import mean
from .shape import expand, mT, permute, reshape, unsqueeze

FUNCTIONAL = "multi_head_attention_forward"


class Projections(NamedTuple):
    """The parameters of multi-head attention, E = embed_dim."""

    weight: Tensor | tuple  # (3 E, E), or those of query, key and value one by one
    bias: Tensor | None  # (3 E,)
    bias_k: Tensor | None  # (1, 1, E): one more key and value, which are learned
    bias_v: Tensor | None
    add_zero_attn: bool  # whether one more key and value are 0
    out_weight: Tensor  # (E, E)
    out_bias: Tensor | None


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
    dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True,
    attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None,
    static_k=None, static_v=None, average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """(output, weights) of `MultiheadAttention`, which has the equation, for the parameters given.

    query (L, N, E), key (S, N, ·) and value (S, N, ·), or all without N. static_k and static_v, of shape
    (N · heads, S, E / heads), take the place of the projected keys and values.

    Raises: ShapeError, DTypeError, ArgumentValueError.
    """
    name = "multi_head_attention_forward"
    embed_dim = integer(name, "embed_dim_to_check", embed_dim_to_check, 1)
    if expect_tensor(name, query, "query").ndim and query.shape[-1] != embed_dim:
        raise ShapeError(f"{name}: expected query (..., {embed_dim}), got {query.shape}")
    separate = boolean(name, "use_separate_proj_weight", use_separate_proj_weight)
    weight = (q_proj_weight, k_proj_weight, v_proj_weight) if separate else in_proj_weight
    zero = boolean(name, "add_zero_attn", add_zero_attn)
    p = number(name, "dropout_p", dropout_p, 0, 1) if boolean(name, "training", training) else 0.0
    return attend(
        query, key, value, integer(name, "num_heads", num_heads, 1),
        Projections(weight, in_proj_bias, bias_k, bias_v, zero, out_proj_weight, out_proj_bias),
        p, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal, static=(static_k, static_v),
    )  # fmt: skip


def attend(
    query, key, value, heads, parameters, p, key_padding_mask=None, need_weights=True, attn_mask=None,
    average_attn_weights=True, is_causal=False, batch_first=False, static=(None, None),
):  # fmt: skip
    """`multi_head_attention_forward`; with `batch_first` N is the first dimension of query, key and value.

    Raises: as that.
    """
    name = "multi_head_attention_forward"
    need_weights, is_causal = boolean(name, "need_weights", need_weights), boolean(name, "is_causal", is_causal)
    average_attn_weights = boolean(name, "average_attn_weights", average_attn_weights)
    _check(name, query, key, value, heads, parameters)
    if is_causal and attn_mask is None:
        raise ArgumentValueError(
            f"{name}: expected attn_mask with is_causal=True, which only says what attn_mask is, got None"
        )
    batched, q_shape = query.ndim == 3, query.shape
    if not batched:
        query, key, value = _with_a_batch(query, key, value)
    n_axis = 0 if batch_first or not batched else 1
    n, length, keys = query.shape[n_axis], query.shape[1 - n_axis], key.shape[1 - n_axis]
    causal = is_causal and key_padding_mask is None and not need_weights
    mask = None if causal else _mask(name, attn_mask, key_padding_mask, heads, (n, length, keys), query.dtype)
    projected = _project(query, key, value, parameters.weight, parameters.bias)
    q, k, v = (_heads(x, heads, n_axis) for x in projected)
    k, v = (_static(name, *pair) for pair in zip(("static_k", "static_v"), static, (k, v)))
    k, v = _with_extra_keys(k, v, parameters)
    if mask is not None and k.shape[2] > mask.shape[3]:  # every query sees them
        extra = zeros(*mask.shape[:3], k.shape[2] - mask.shape[3], dtype=mask.dtype, device=mask.device)
        mask = cat([mask, extra], -1)
    weights = None
    if need_weights:
        scores = matmul(mul(q, 1 / math.sqrt(q.shape[-1])), mT(k))
        weights = dropout(softmax(scores if mask is None else add(scores, mask), -1), p)
        out = matmul(weights, v)
        weights = mean(weights, 1) if average_attn_weights else weights
        weights = weights if batched else getitem(weights, 0)
    else:
        out = scaled_dot_product_attention(q, k, v, mask, p, causal)
    out = permute(out, 0, 2, 1, 3) if n_axis == 0 else permute(out, 2, 0, 1, 3)
    return linear(reshape(out, q_shape), parameters.out_weight, parameters.out_bias), weights


def _check(name, query, key, value, heads, parameters):
    for what, x in (("query", query), ("key", key), ("value", value)):
        expect_tensor(name, x, what)
    shapes = query.shape, key.shape, value.shape
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        raise ShapeError(f"{name}: expected query, key and value of 3 dimensions, or of 2, got {shapes}")
    if key.shape[:-1] != value.shape[:-1]:
        raise ShapeError(f"{name}: expected a value for each key, got key {key.shape}, value {value.shape}")
    if query.shape[-1] % heads:
        raise ArgumentValueError(f"{name}: expected num_heads to divide {query.shape[-1]}, got {heads}")
    if (parameters.bias_k is None) != (parameters.bias_v is None):
        raise ArgumentValueError(f"{name}: expected both bias_k and bias_v, or neither")


def _with_a_batch(query, key, value):
    """All three as a batch of one; what was one tensor stays one."""
    q = unsqueeze(query, 0)
    k = q if key is query else unsqueeze(key, 0)
    return q, k, k if value is key else unsqueeze(value, 0)


def _project(query, key, value, weight, bias):
    """Query, key and value times their weights, which for one input is one product."""
    if query is key is value and not isinstance(weight, tuple):
        return chunk(linear(query, weight, bias), 3, -1)
    weights = weight if isinstance(weight, tuple) else chunk(weight, 3)
    biases = (None, None, None) if bias is None else chunk(bias, 3)
    return [linear(*arguments) for arguments in zip((query, key, value), weights, biases)]


def _heads(x, heads, n_axis):
    """x (N, L, E), or (L, N, E) where `n_axis` is 1, as a view (N, heads, L, E / heads)."""
    x = reshape(x, *x.shape[:2], heads, x.shape[2] // heads)
    return permute(x, 0, 2, 1, 3) if n_axis == 0 else permute(x, 1, 2, 0, 3)


def _static(name, what, given, projected):
    """The keys or values given as (N · heads, S, E / heads), or else those that were projected."""
    if optional_tensor(name, what, given) is None:
        return projected
    n, heads, _, size = projected.shape
    if given.ndim != 3 or given.shape[::2] != (n * heads, size):
        raise ShapeError(f"{name}: expected {what} ({n * heads}, S, {size}), got {given.shape}")
    return reshape(given, n, heads, given.shape[1], size)


def _with_extra_keys(k, v, parameters):
    """Keys and values followed by the learned ones, and by zeros, if there are to be such."""
    shape = *k.shape[:2], 1, k.shape[3]
    if parameters.bias_k is not None:
        extra = (expand(reshape(x, 1, shape[1], 1, shape[3]), shape) for x in (parameters.bias_k, parameters.bias_v))
        k, v = (cat(pair, 2) for pair in zip((k, v), extra))
    if parameters.add_zero_attn:
        k, v = (cat([x, zeros(shape, dtype=x.dtype, device=x.device)], 2) for x in (k, v))
    return k, v


def _mask(name, attn_mask, key_padding_mask, heads, shape, dtype):
    """Both masks as numbers to add to the scores, (1 or N, 1 or heads, 1 or L, S), or None where there is none."""
    n, length, keys = shape
    total = None
    if optional_tensor(name, "attn_mask", attn_mask) is not None:
        if attn_mask.shape not in ((length, keys), (n * heads, length, keys)):
            expected = f"({length}, {keys}) or ({n * heads}, {length}, {keys})"
            raise ShapeError(f"{name}: expected attn_mask {expected}, got {attn_mask.shape}")
        total = additive(name, "attn_mask", attn_mask, dtype)
        total = reshape(total, *((1, 1) if attn_mask.ndim == 2 else (n, heads)), length, keys)
    if optional_tensor(name, "key_padding_mask", key_padding_mask) is not None:
        if key_padding_mask.shape not in ((n, keys), (keys,)):
            raise ShapeError(f"{name}: expected key_padding_mask ({n}, {keys}), got {key_padding_mask.shape}")
        padding = additive(name, "key_padding_mask", key_padding_mask, dtype)
        padding = reshape(padding, n if padding.ndim == 2 else 1, 1, 1, keys)
        total = padding if total is None else add(total, padding)
    return total


def additive(name, what, mask, dtype):
    """A mask as numbers to add to the scores: −∞ where a bool mask is true, and a query may not look.

    Raises: DTypeError for a mask that is neither bool nor floating.
    """
    if expect_tensor(name, mask, what).dtype == dtypes.bool:
        return where(mask, -math.inf, zeros((), dtype=dtype, device=mask.device))
    if mask.dtype.kind != "f":
        raise DTypeError(f"{name}: expected {what} of dtype bool or floating, got {mask.dtype}")
    return to(mask, dtype)
