"""The Transformer of Vaswani et al. (2017): layers of attention, stacks of them, and the whole.

With `batch_first` tensors are (N, L, d_model), else (L, N, d_model), and without a batch (L, d_model). A mask of dtype
bool is true where a query may *not* look, one of numbers is added to the scores: of attention (L, S) or
(N · nhead, L, S), of padding (N, S). `is_causal` says that a mask is the causal one, which is then not read.
"""

import copy

import numpy as np

from .. import dtypes
from ..arguments import boolean, integer, one_of, wrong_kind
from ..errors import ShapeError
from ..kernels.arrays import host
from ..ops.creation import full
from ..ops.multi_head_attention import additive
from ..ops.pieces import triu
from ..tensor_arguments import expect_tensor
from . import functional, init
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

ACTIVATIONS = {"relu": functional.relu, "gelu": functional.gelu}


class _Layer(Module):
    """What the layers of encoder and decoder share: self-attention, and a network of two layers for each position."""

    attentions = ("self_attn",)

    def __init__(
        self, d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=functional.relu, layer_norm_eps=1e-5,
        batch_first=False, norm_first=False, bias=True, device=None, dtype=None,
    ):  # fmt: skip
        name, bias = type(self).__name__, boolean(type(self).__name__, "bias", bias)
        if not callable(activation):
            activation = ACTIVATIONS[one_of(name, "activation", activation, tuple(ACTIVATIONS))]
        new = {"bias": bias, "device": device, "dtype": dtype}
        for attention in self.attentions:
            setattr(self, attention, MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **new))
        self.linear1 = Linear(d_model, dim_feedforward, **new)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **new)
        self.norm_first = boolean(name, "norm_first", norm_first)
        parts = range(1, len(self.attentions) + 2)
        for i in parts:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, **new))
        for i in parts:
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = activation

    def _residual(self, x, i, function):
        """x plus a function of it, with the i-th norm before the function or after the sum."""
        norm = getattr(self, f"norm{i}")
        return x + function(norm(x)) if self.norm_first else norm(x + function(x))

    def _sa_block(self, x, attn_mask, key_padding_mask, is_causal=False):
        return self.dropout1(self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)[0])


class TransformerEncoderLayer(_Layer):
    """x ← norm₁(x + attention(x)), x ← norm₂(x + W₂ f(W₁ x)), with dropout behind each part.

    With `norm_first` each part sees the norm of x, and no norm follows. `activation` f is "relu", "gelu" or a function.
    """

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        masks = src_mask, src_key_padding_mask, is_causal
        x = self._residual(src, 1, lambda x: self._sa_block(x, *masks))
        return self._residual(x, 2, self._ff_block)

    def _ff_block(self, x):
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(_Layer):
    """x ← norm₁(x + attention(x)), x ← norm₂(x + attention(x, memory)), x ← norm₃(x + W₂ f(W₁ x)).

    With dropout behind each part; the options are those of `TransformerEncoderLayer`.
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None,
        tgt_is_causal=False, memory_is_causal=False,
    ):  # fmt: skip
        masks = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        memory_masks = memory_mask, memory_key_padding_mask, memory_is_causal
        x = self._residual(tgt, 1, lambda x: self._sa_block(x, *masks))
        x = self._residual(x, 2, lambda x: self._mha_block(x, memory, *memory_masks))
        return self._residual(x, 3, self._ff_block)

    def _mha_block(self, x, mem, attn_mask, key_padding_mask, is_causal=False):
        out, _ = self.multihead_attn(x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal)
        return self.dropout2(out)

    def _ff_block(self, x):
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


def _copies(name, layer, num_layers):
    """A list of copies of a layer, which begin with the same weights."""
    if not isinstance(layer, Module):
        raise wrong_kind(name, "the layer", "a Module", layer)
    return ModuleList([copy.deepcopy(layer) for _ in range(integer(name, "num_layers", num_layers, 0))])


class TransformerEncoder(Module):
    """norm(layer(... layer(x))), with `num_layers` copies of a layer, and without a norm where it is None.

    `enable_nested_tensor` and `mask_check` concern a fast path of PyTorch's, and change nothing.
    """

    def __init__(self, encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True):
        name = type(self).__name__
        self.layers = _copies(name, encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor = boolean(name, "enable_nested_tensor", enable_nested_tensor)
        self.mask_check = boolean(name, "mask_check", mask_check)

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
        name, x = type(self).__name__, expect_tensor(type(self).__name__, src, "src")
        causal = _is_causal(name, mask, is_causal)
        mask, padding = _as_numbers(name, x.dtype, mask=mask, src_key_padding_mask=src_key_padding_mask)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """norm(layer(... layer(x, memory), memory)), with `num_layers` copies of a layer."""

    def __init__(self, decoder_layer, num_layers, norm=None):
        self.layers = _copies(type(self).__name__, decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None,
        tgt_is_causal=None, memory_is_causal=False,
    ):  # fmt: skip
        name, x = type(self).__name__, expect_tensor(type(self).__name__, tgt, "tgt")
        causal = _is_causal(name, tgt_mask, tgt_is_causal)
        tgt_mask, memory_mask, padding, memory_padding = _as_numbers(
            name, x.dtype, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )  # fmt: skip
        for layer in self.layers:
            x = layer(
                x, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=padding,
                memory_key_padding_mask=memory_padding, tgt_is_causal=causal, memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return x if self.norm is None else self.norm(x)


def _as_numbers(name, dtype, **masks):
    """The masks to add to the scores, made once for all layers."""
    return [None if mask is None else additive(name, what, mask, dtype) for what, mask in masks.items()]


def _is_causal(name, mask, is_causal):
    """What `is_causal` says, or where that is None, whether the mask is the causal one, so that half is computed."""
    if is_causal is not None:
        return boolean(name, "is_causal", is_causal)
    if mask is None or expect_tensor(name, mask, "a mask").ndim != 2 or mask.requires_grad:
        return False
    numbers, (length, keys) = host(mask.array), mask.shape
    if length != keys or length < 2 or not numbers[0, -1]:  # most masks that are not causal end here
        return False
    future = ~np.tri(length, dtype=bool)
    return np.array_equal(numbers, future if numbers.dtype == bool else np.where(future, -np.inf, 0))


class Transformer(Module):
    """decoder(tgt, encoder(src)): encoder and decoder as stacks of layers, each with a norm at its end.

    src (S, N, d_model) and tgt (T, N, d_model) give (T, N, d_model), or with `batch_first` N comes first. Weights of
    more than one dimension are from U(−a, a) with a = √(6 / (inputs + outputs)): Glorot & Bengio (2010).
    """

    def __init__(
        self, d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1,
        activation=functional.relu, custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-5, batch_first=False,
        norm_first=False, bias=True, device=None, dtype=None,
    ):  # fmt: skip
        options = dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device, dtype
        norm = lambda: LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        if custom_encoder is None:
            layer = TransformerEncoderLayer(d_model, nhead, *options)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        if custom_decoder is None:
            layer = TransformerDecoderLayer(d_model, nhead, *options)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm())
        self.encoder, self.decoder = custom_encoder, custom_decoder
        self.d_model, self.nhead = d_model, nhead
        self.batch_first = boolean("Transformer", "batch_first", batch_first)
        self._reset_parameters()

    def _reset_parameters(self):
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(
        self, src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None,
        tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None,
        memory_is_causal=False,
    ):  # fmt: skip
        shapes, d = (
            [expect_tensor("Transformer", x, name).shape for x, name in ((src, "src"), (tgt, "tgt"))],
            self.d_model,
        )
        batches = {shape[0 if self.batch_first else 1] if len(shape) == 3 else None for shape in shapes}
        if any(shape[-1:] != (d,) for shape in shapes) or len(batches) > 1:
            raise ShapeError(f"expected src (S, N, {d}) and tgt (T, N, {d}) of one N, got {shapes[0]} and {shapes[1]}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz, device=None, dtype=None):
        """The causal mask (sz, sz) in numbers: 0 for each key up to the query, −∞ after it."""
        sz, dtype = integer("generate_square_subsequent_mask", "sz", sz, 0), dtypes.default if dtype is None else dtype
        return triu(full((sz, sz), -np.inf, dtype=dtype, device=device), 1)
