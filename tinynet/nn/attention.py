"""Multi-head attention."""

from .. import dtypes
from ..arguments import boolean, integer, number
from ..errors import ArgumentValueError
from ..ops.creation import empty
from ..ops.multi_head_attention import Projections, attend
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
        weight = self.in_proj_weight
        if weight is None:
            weight = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        parameters = Projections(
            weight, self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.out_proj.weight,
            self.out_proj.bias,
        )  # fmt: skip
        return attend(
            query, key, value, self.num_heads, parameters, self.dropout if self.training else 0.0, key_padding_mask,
            need_weights, attn_mask, average_attn_weights, is_causal, self.batch_first,
        )  # fmt: skip
