"""Multi-head attention."""

import math

from .. import dtypes
from ..arguments import boolean, integer, number
from ..errors import ArgumentValueError, ShapeError
from ..ops.arithmetic import add, mul, to, where
from ..ops.attention import scaled_dot_product_attention
from ..ops.creation import empty, zeros
from ..ops.joining import cat
from ..ops.loss import softmax
from ..ops.matmul import linear, matmul
from ..ops.pieces import chunk
from ..ops.random import dropout
from ..ops.reduction import mean
from ..ops.shape import expand, mT, reshape, transpose, unsqueeze
from ..tensor import expect_tensor, optional_tensor
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter


class MultiheadAttention(Module):
    """Concat(head₁, ..., head_h) Wᵒ with headᵢ = Attention(Q Wᵢ, K Wᵢ, V Wᵢ): Vaswani et al. (2017).

    query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), or with `batch_first` N before L and S, or without
    the batch dimension N. Parameters: in_proj_weight (3 embed_dim, embed_dim), or with another kdim or vdim
    q_proj_weight, k_proj_weight and v_proj_weight; in_proj_bias; out_proj; and bias_k, bias_v if `add_bias_kv`.
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None,
        vdim=None, batch_first=False, device=None, dtype=None,
    ):  # fmt: skip
        name = "MultiheadAttention"
        embed_dim, num_heads = integer(name, "embed_dim", embed_dim, 1), integer(name, "num_heads", num_heads, 1)
        kdim = embed_dim if kdim is None else integer(name, "kdim", kdim, 1)
        vdim = embed_dim if vdim is None else integer(name, "vdim", vdim, 1)
        bias, add_bias_kv = boolean(name, "bias", bias), boolean(name, "add_bias_kv", add_bias_kv)
        if embed_dim % num_heads:
            raise ArgumentValueError(f"{name}: expected num_heads to divide {embed_dim}, got {num_heads}")
        dtype = dtypes.default if dtype is None else dtype
        new = lambda *shape: Parameter(empty(*shape, device=device, dtype=dtype))
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim, self.dropout = kdim, vdim, number(name, "dropout", dropout, 0, 1)
        self.batch_first = boolean(name, "batch_first", batch_first)
        self.add_zero_attn = boolean(name, "add_zero_attn", add_zero_attn)
        same = self.kdim == self.vdim == embed_dim
        self.q_proj_weight = None if same else new(embed_dim, embed_dim)
        self.k_proj_weight = None if same else new(embed_dim, self.kdim)
        self.v_proj_weight = None if same else new(embed_dim, self.vdim)
        self.in_proj_weight = new(3 * embed_dim, embed_dim) if same else None
        self.in_proj_bias = new(3 * embed_dim) if bias else None
        self.bias_k, self.bias_v = (new(1, 1, embed_dim), new(1, 1, embed_dim)) if add_bias_kv else (None, None)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self):
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True,
        is_causal=False,
    ):  # fmt: skip
        """(output, weights): the output of the shape of query, and the weights, or None unless `need_weights`.

        The weights are (N, L, S), or without `average_attn_weights` (N, num_heads, L, S). key_padding_mask (N, S) and
        attn_mask (L, S) or (N num_heads, L, S) are true where a query may not look, or numbers to add to the scores.
        `is_causal` says that attn_mask is the causal one, which is then not read. Without `need_weights` the weights
        are never held.
        """
        for name, x in (("query", query), ("key", key), ("value", value)):
            expect_tensor("MultiheadAttention", x, name)
        optional_tensor("MultiheadAttention", "key_padding_mask", key_padding_mask)
        optional_tensor("MultiheadAttention", "attn_mask", attn_mask)
        need_weights = boolean("MultiheadAttention", "need_weights", need_weights)
        average_attn_weights = boolean("MultiheadAttention", "average_attn_weights", average_attn_weights)
        is_causal = boolean("MultiheadAttention", "is_causal", is_causal)
        if is_causal and attn_mask is None:
            raise ArgumentValueError(
                "expected attn_mask with is_causal=True, which only says what attn_mask is, got None"
            )
        shapes = query.shape, key.shape, value.shape
        if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
            raise ShapeError(f"expected query, key and value of 3 dimensions, or of 2, got {shapes}")
        batched = query.ndim == 3
        xs = [x if self.batch_first else transpose(x, 0, 1) for x in (query, key, value)]
        xs = xs if batched else [unsqueeze(x, 0) for x in (query, key, value)]
        (n, length, _), keys = xs[0].shape, xs[1].shape[1]
        q, k, v = (linear(x, w, b) for x, (w, b) in zip(xs, self._projections()))
        k, v = self._with_extra_keys(k, v)
        extra = k.shape[1] - keys
        causal = is_causal and key_padding_mask is None and not need_weights
        mask = None if causal else self._mask(attn_mask, key_padding_mask, (n, length, keys), extra, q.dtype)
        q, k, v = (transpose(reshape(x, n, -1, self.num_heads, self.head_dim), 1, 2) for x in (q, k, v))
        p, weights = self.dropout if self.training else 0.0, None
        if need_weights:
            scores = mul(matmul(q, mT(k)), 1 / math.sqrt(self.head_dim))
            weights = dropout(softmax(scores if mask is None else add(scores, mask), -1), p)
            out = matmul(weights, v)
            weights = mean(weights, 1) if average_attn_weights else weights
            weights = weights if batched else weights[0]
        else:
            out = scaled_dot_product_attention(q, k, v, mask, p, causal)
        out = self.out_proj(reshape(transpose(out, 1, 2), n, length, self.embed_dim))
        if not batched:
            return out[0], weights
        return out if self.batch_first else transpose(out, 0, 1), weights

    def _projections(self):
        """(weight, bias) for query, key and value."""
        weights, biases = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight), (None, None, None)
        if self.in_proj_weight is not None:
            weights = chunk(self.in_proj_weight, 3)
        if self.in_proj_bias is not None:
            biases = chunk(self.in_proj_bias, 3)
        return zip(weights, biases)

    def _with_extra_keys(self, k, v):
        """Keys and values followed by the learned ones, and by zeros, if there are to be such."""
        shape = k.shape[0], 1, self.embed_dim
        if self.bias_k is not None:
            k, v = cat([k, expand(self.bias_k, shape)], 1), cat([v, expand(self.bias_v, shape)], 1)
        if self.add_zero_attn:
            k, v = (cat([x, zeros(shape, dtype=x.dtype, device=x.device)], 1) for x in (k, v))
        return k, v

    def _mask(self, attn_mask, key_padding_mask, shape, extra, dtype):
        """Both masks as numbers to add to the scores, of a shape that broadcasts to (N, heads, L, S + extra)."""
        n, length, keys = shape
        total = None
        if attn_mask is not None:
            if attn_mask.shape not in ((length, keys), (n * self.num_heads, length, keys)):
                raise ShapeError(
                    f"expected attn_mask ({length}, {keys}) or ({n * self.num_heads}, {length}, {keys}), "
                    f"got {attn_mask.shape}"
                )
            total = reshape(_additive(attn_mask, dtype), -1, 1 if attn_mask.ndim == 2 else self.num_heads, length, keys)
        if key_padding_mask is not None:
            if key_padding_mask.shape not in ((n, keys), (keys,)):
                raise ShapeError(f"expected key_padding_mask ({n}, {keys}), got {key_padding_mask.shape}")
            padding = reshape(_additive(key_padding_mask, dtype), -1, 1, 1, keys)
            total = padding if total is None else add(total, padding)
        if total is not None and extra:
            total = cat([total, zeros(*total.shape[:-1], extra, dtype=dtype, device=total.device)], -1)
        return total


def _additive(mask, dtype):
    if mask.dtype != dtypes.bool:
        return to(mask, dtype)
    return where(mask, -math.inf, zeros((), dtype=dtype, device=mask.device))
