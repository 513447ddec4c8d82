"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
def gelu(input: Tensor, *, approximate: _str = 'none') -> Tensor:
    """x Φ(x), or with approximate="tanh" x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): Hendrycks & Gimpel (2016)."""
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e⁻ˣ)."""
def tanh(input: Tensor) -> Tensor:
    """tanh x."""
def adaptive_avg_pool1d(input: Tensor, output_size) -> Tensor:
    """The mean of x (N, C, L) or (C, L) over `output_size` windows: see `adaptive_avg_pool2d`."""
def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """The mean of x (N, C, H, W) or (C, H, W) over windows that cover it, `output_size` of them along each axis."""
def adaptive_avg_pool3d(input: Tensor, output_size) -> Tensor:
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over windows that cover it: see `adaptive_avg_pool2d`."""
def adaptive_max_pool1d(input: Tensor, output_size, return_indices: _bool = False) -> Tensor:
    """The largest of x (N, C, L) or (C, L) in `output_size` windows: see `adaptive_max_pool2d`."""
def adaptive_max_pool2d(input: Tensor, output_size, return_indices: _bool = False) -> Tensor:
    """The largest of x (N, C, H, W) or (C, H, W) in windows that cover it, `output_size` of them along each axis."""
def adaptive_max_pool3d(input: Tensor, output_size, return_indices: _bool = False) -> Tensor:
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows that cover it: see `adaptive_max_pool2d`."""
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Operand, attn_mask = None, dropout_p: Any = 0.0, is_causal: _bool = False, *, scale = None, enable_gqa: _bool = False) -> Tensor:
    """softmax(scale · Q Kᵀ + mask) V, computed by tiles: the weights are never held at once."""
def alpha_dropout(input: Tensor, p: Any = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """Dropout to the lowest value of SELU, with mean 0 and variance 1 kept: Klambauer et al. (2017)."""
def dropout1d(input: Tensor, p: Any = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero each channel of x (N, C, L) or (C, L) with probability p and scale the others by 1 / (1 − p)."""
def dropout2d(input: Tensor, p: Any = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero each channel of x (N, C, H, W) with probability p and scale the others by 1 / (1 − p)."""
def dropout3d(input: Tensor, p: Any = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero each channel of x (N, C, D, H, W) or (C, D, H, W) with probability p and scale the others by 1 / (1 − p)."""
def feature_alpha_dropout(input: Tensor, p: Any = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """`alpha_dropout` of whole channels of x (N, C, ...)."""
def conv1d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1) -> Tensor:
    """Convolution of x (N, C, L) or (C, L) with weight (O, C / groups, K): see `conv2d`."""
def conv2d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1) -> Tensor:
    """y[n, o, p] = b[o] + Σ x[n, c, p · stride + k · dilation − padding] w[o, c, k] over channels c and places k."""
def conv3d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1) -> Tensor:
    """Convolution of x (N, C, D, H, W) or (C, D, H, W) with weight (O, C / groups, kd, kh, kw): see `conv2d`."""
def conv_transpose1d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1) -> Tensor:
    """The transpose of conv1d, for x (N, C, L) or (C, L) and weight (C, O / groups, K): see `conv_transpose2d`."""
def conv_transpose2d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1) -> Tensor:
    """y[n, o, i] = b[o] + Σ x[n, c, p] w[c, o, k] over p · stride + k · dilation − padding = i: transposed conv2d."""
def conv_transpose3d(input: Tensor, weight: Operand, bias = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1) -> Tensor:
    """The transpose of conv3d, for x (N, C, D, H, W) or (C, D, H, W) and weight (C, O / groups, kd, kh, kw)."""
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank: Any = 0, reduction: _str = 'mean', zero_infinity: _bool = False) -> Tensor:
    """−log Σ Πₜ p(πₜ) over all paths π that give the target, when repeats are made one and blanks left out."""
def cosine_similarity(x1: Tensor, x2: Tensor = ..., dim: _int | Sequence[_int] = 1, eps: Any = 1e-08, *, axis: Any = ...) -> Tensor:
    """x₁ · x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along `dim`; the two broadcast."""
def normalize(input: Tensor, p: Any = 2.0, dim: _int | Sequence[_int] = 1, eps: Any = 1e-12, out: Tensor | Sequence[Tensor] | None = None, *, axis: Any = ...) -> Tensor:
    """x / max(‖x‖ₚ, ε), with norms along `dim`."""
def pairwise_distance(x1: Tensor, x2: Tensor = ..., p: Any = 2.0, eps: Any = 1e-06, keepdim: _bool = False, *, keepdims: Any = ...) -> Tensor:
    """‖x₁ − x₂ + ε‖ₚ along the last dimension; the two broadcast."""
def pdist(input: Tensor, p: Any = 2) -> Tensor:
    """‖xᵢ − xⱼ‖ₚ of all pairs of rows i < j of x (n, m), as a row of n (n − 1) / 2; 0 has the gradient 0."""
def gumbel_softmax(logits, tau: Any = 1.0, hard: _bool = False, eps: Any = 1e-10, dim: _int | Sequence[_int] = -1, *, axis: Any = ...) -> Tensor:
    """softmax((x + g) / tau) along `dim` with Gumbel noise g; with `hard` 1 for the largest and 0 for all else."""
def embedding(input: Tensor, weight: Operand, padding_idx = None, max_norm = None, norm_type: Any = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Tensor:
    """weight[x]: the rows (*, embedding_dim) of the table `weight` (num_embeddings, embedding_dim) for integers x (*)."""
def one_hot(input: Tensor, num_classes: Any = -1) -> Tensor:
    """1 at the place that each integer in x names along a new last dimension, elsewhere 0; of dtype int64."""
def embedding_bag(input: Tensor, weight: Operand, offsets = None, max_norm = None, norm_type: Any = 2, scale_grad_by_freq: _bool = False, mode: _str = 'mean', sparse: _bool = False, per_sample_weights = None, include_last_offset: _bool = False, padding_idx = None) -> Tensor:
    """Of each bag of indices, the "mean", "sum" or "max" (bags, dim) of the rows of `weight` (num_embeddings, dim)."""
def fold(input: Tensor, output_size, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The image (N, C, *output_size) whose pixels are the sums of what the columns x (N, C · kh · kw, L) hold for them."""
def unfold(input: Tensor, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of x (N, C, H, W) or (C, H, W) as columns: (N, C · kh · kw, L), of L windows row by row."""
def fractional_max_pool2d(input: Tensor, kernel_size, output_size = None, output_ratio = None, return_indices: _bool = False, _random_samples = None) -> Tensor:
    """The largest of x (N, C, H, W) or (C, H, W) in windows that begin at random distances, `output_size` of them."""
def fractional_max_pool3d(input: Tensor, kernel_size, output_size = None, output_ratio = None, return_indices: _bool = False, _random_samples = None) -> Tensor:
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows at random distances: see `fractional_max_pool2d`."""
def glu(input: Tensor, dim: _int | Sequence[_int] = -1, *, axis: Any = ...) -> Tensor:
    """a σ(b), for a and b the first and the second half of x along `dim`: Dauphin et al. (2017)."""
def logsigmoid(input: Tensor) -> Tensor:
    """log σ(x) = −log(1 + e⁻ˣ)."""
def mish(input: Tensor, inplace: _bool = False) -> Tensor:
    """x tanh(log(1 + eˣ)): Misra (2019)."""
def silu(input: Tensor, inplace: _bool = False) -> Tensor:
    """x σ(x), also called swish: Hendrycks & Gimpel (2016)."""
def softplus(input: Tensor, beta: Any = 1, threshold: Any = 20) -> Tensor:
    """log(1 + exp(β x)) / β; x itself where β x > threshold."""
def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
def tanhshrink(input: Tensor) -> Tensor:
    """x − tanh x."""
def affine_grid(theta, size, align_corners = None) -> Tensor:
    """Points (N, H, W, 2) for `grid_sample`: θ (x, y, 1)ᵀ for the pixels of an output of `size` (N, C, H, W)."""
def grid_sample(input: Tensor, grid, mode: _str = 'bilinear', padding_mode: _str = 'zeros', align_corners = None) -> Tensor:
    """y[n, c, i, j] = x[n, c] at the point (column, row) = grid[n, i, j], between whose pixels `mode` interpolates."""
def group_norm(input: Tensor, num_groups, weight: Operand | None = None, bias = None, eps: Any = 1e-05) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε) · weight + bias, over each of `num_groups` groups of channels: Wu & He (2018)."""
def instance_norm(input: Tensor, running_mean = None, running_var = None, weight: Operand | None = None, bias = None, use_input_stats: _bool = True, momentum: Any = 0.1, eps: Any = 1e-05) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε) · weight + bias, over each channel of each sample: Ulyanov et al. (2016)."""
def linear_cross_entropy(input: Tensor, linear_weight, target: Tensor, *, linear_bias = None, weight: Operand | None = None, reduction: _str = 'mean', ignore_index = None, label_smoothing: Any = 0.0, options = None) -> Tensor:
    """The `cross_entropy` of the logits x Wᵀ + b, for x (N, in) or (in,), weight W (C, *, in) and bias b (C, *)."""
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Operand | None = None, size_average = None, reduce = None, reduction: _str = 'mean', pos_weight = None) -> Tensor:
    """−w [p t log σ(x) + (1−t) log(1−σ(x))], averaged, for logits x and targets t in [0, 1] of one shape."""
def cross_entropy(input: Tensor, target: Tensor, weight: Operand | None = None, size_average = None, ignore_index: Any = -100, reduce = None, reduction: _str = 'mean', label_smoothing: Any = 0.0) -> Tensor:
    """−log softmax(x)[target], averaged over the rows."""
def nll_loss(input: Tensor, target: Tensor, weight: Operand | None = None, size_average = None, ignore_index: Any = -100, reduce = None, reduction: _str = 'mean') -> Tensor:
    """−x[target] for log-probabilities x (N, C), (C,) or (N, C, d₁, ...); the rest is as in `cross_entropy`."""
def lp_pool1d(input: Tensor, norm_type, kernel_size, stride = None, ceil_mode: _bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of x (N, C, L) or (C, L), for p = `norm_type`: see `lp_pool2d`."""
def lp_pool2d(input: Tensor, norm_type, kernel_size, stride = None, ceil_mode: _bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of x (N, C, H, W) or (C, H, W), for p = `norm_type`."""
def lp_pool3d(input: Tensor, norm_type, kernel_size, stride = None, ceil_mode: _bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of x (N, C, D, H, W) or (C, D, H, W), for p = `norm_type`: see `lp_pool2d`."""
def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: Any = 0, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """1 − cos(x₁, x₂) where the target is 1, max(cos(x₁, x₂) − margin, 0) where it is −1, averaged."""
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: Any = 1.0, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """x where the target is 1, max(margin − x, 0) where it is −1, averaged."""
def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: Any = 0, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """max(−t (x₁ − x₂) + margin, 0), averaged: for t = 1 the first is to be ranked higher, for −1 the second."""
def multi_margin_loss(input: Tensor, target: Tensor, p: Any = 1, margin: Any = 1.0, weight: Operand | None = None, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """Σ max(margin − x[target] + x[c], 0)ᵖ / C over the classes c ≠ target, averaged; times weight[target]."""
def multilabel_margin_loss(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """Σ max(1 − (x[j] − x[c]), 0) / C over the labels j of a row and the classes c that are none, averaged."""
def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Operand | None = None, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """−[t log σ(x) + (1−t) log σ(−x)], weighted and averaged over the classes (the last dimension), then averaged."""
def soft_margin_loss(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """log(1 + exp(−t x)), averaged, for targets 1 and −1."""
def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: Any = 1.0, p: Any = 2, eps: Any = 1e-06, swap: _bool = False, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """max(d(a, p) − d(a, n) + margin, 0), averaged, with d the p-norm of a difference plus ε: Schroff et al. (2015)."""
def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function = None, margin: Any = 1.0, swap: _bool = False, reduction: _str = 'mean') -> Tensor:
    """`triplet_margin_loss` with a distance of your own, a function of two tensors."""
def linear(input: Tensor, weight: Operand, bias = None) -> Tensor:
    """x Wᵀ + b, for x (*, in), weight W (out, in), bias b (out,); the result is (*, out)."""
def multi_head_attention_forward(query: Tensor, key: Tensor, value: Operand, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training: _bool = True, key_padding_mask = None, need_weights: _bool = True, attn_mask = None, use_separate_proj_weight: _bool = False, q_proj_weight = None, k_proj_weight = None, v_proj_weight = None, static_k = None, static_v = None, average_attn_weights: _bool = True, is_causal: _bool = False) -> Any:
    """(output, weights) of `MultiheadAttention`, which has the equation, for the parameters given."""
def batch_norm(input: Tensor, running_mean, running_var, weight: Operand | None = None, bias = None, training: _bool = False, momentum: Any = 0.1, eps: Any = 1e-05) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε) · weight + bias for each channel: Ioffe & Szegedy (2015)."""
def layer_norm(input: Tensor, normalized_shape, weight: Operand | None = None, bias = None, eps: Any = 1e-05) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε) · weight + bias over the last dimensions: Ba, Kiros & Hinton (2016)."""
def rms_norm(input: Tensor, normalized_shape, weight: Operand | None = None, eps = None) -> Tensor:
    """x / √(E[x²] + ε) · weight over the last dimensions: Zhang & Sennrich (2019)."""
def pad(input: Tensor, pad, mode: _str = 'constant', value: Operand | None = None) -> Tensor:
    """x with pad[0] more elements before and pad[1] behind in its last dimension, pad[2] and pad[3] in the one before."""
def pixel_shuffle(input: Tensor, upscale_factor) -> Tensor:
    """x (*, C r², H, W) as (*, C, H r, W r): each r² channels become a square of pixels. Shi et al. (2016)."""
def pixel_unshuffle(input: Tensor, downscale_factor) -> Tensor:
    """x (*, C, H r, W r) as (*, C r², H, W): the inverse of `pixel_shuffle`."""
def channel_shuffle(input: Tensor, groups) -> Tensor:
    """x (N, C, *) with its channels, as a matrix of `groups` rows, transposed: Zhang et al. (2018)."""
def local_response_norm(input: Tensor, size, alpha: Any = 0.0001, beta: Any = 0.75, k: Any = 1.0) -> Tensor:
    """x / (k + α/n Σ x²)^β with the sum over n = `size` neighbouring channels of x (N, C, *): Krizhevsky et al. (2012)."""
def max_pool1d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Tensor:
    """The largest of x (N, C, L) or (C, L) in each window: see `max_pool2d`."""
def max_pool2d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Tensor:
    """y[n, c, p] = max x[n, c, p · stride + k · dilation − padding] over places k, for x (N, C, H, W) or (C, H, W)."""
def max_pool3d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False, return_indices: _bool = False) -> Tensor:
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in each window: see `max_pool2d`."""
def avg_pool1d(input: Tensor, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """The mean of x (N, C, L) or (C, L) over each window: see `avg_pool2d`."""
def avg_pool2d(input: Tensor, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override = None) -> Tensor:
    """y[n, c, p] = the mean of x[n, c, p · stride + k − padding] over places k, for x (N, C, H, W) or (C, H, W)."""
def avg_pool3d(input: Tensor, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override = None) -> Tensor:
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over each window: see `avg_pool2d`."""
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Operand | None = None, size_average = None, reduce = None, reduction: _str = 'mean') -> Tensor:
    """−w [t log x + (1−t) log(1−x)], averaged, for probabilities x and targets t in [0, 1] of one shape."""
def kl_div(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean', log_target: _bool = False) -> Tensor:
    """t (log t − x), for a logarithm x of probabilities; with `log_target` eᵗ (t − x). See `KLDivLoss`."""
def bilinear(input1: Tensor, input2: Tensor, weight: Operand, bias = None) -> Tensor:
    """y[..., o] = b[o] + Σ x₁[..., i] w[o, i, j] x₂[..., j], for x₁ (*, in1), x₂ (*, in2) and w (out, in1, in2)."""
def celu(input: Tensor, alpha: Any = 1.0, inplace: _bool = False) -> Tensor:
    """x where x > 0, else α (exp(x / α) − 1): Barron (2017)."""
def elu(input: Tensor, alpha: Any = 1.0, inplace: _bool = False) -> Tensor:
    """x where x > 0, else α (eˣ − 1): Clevert, Unterthiner & Hochreiter (2016)."""
def hardshrink(input: Tensor, lambd: Any = 0.5) -> Tensor:
    """x where |x| > λ, else 0."""
def hardsigmoid(input: Tensor, inplace: _bool = False) -> Tensor:
    """relu6(x + 3) / 6."""
def hardswish(input: Tensor, inplace: _bool = False) -> Tensor:
    """x · relu6(x + 3) / 6: Howard et al. (2019)."""
def hardtanh(input: Tensor, min_val: Any = -1.0, max_val: Any = 1.0, inplace: _bool = False) -> Tensor:
    """x, not below `min_val` nor above `max_val`; its gradient at and beyond the bounds is 0."""
def leaky_relu(input: Tensor, negative_slope: Any = 0.01, inplace: _bool = False) -> Tensor:
    """x where x > 0, else slope · x: Maas, Hannun & Ng (2013)."""
def prelu(input: Tensor, weight: Operand) -> Tensor:
    """x where x > 0, else weight · x, with one weight (1,) for all, or (C,) for x (N, C, ...): He et al. (2015)."""
def relu6(input: Tensor, inplace: _bool = False) -> Tensor:
    """min(max(x, 0), 6): Krizhevsky (2010)."""
def rrelu(input: Tensor, lower: Any = 0.125, upper: Any = 0.3333333333333333, training: _bool = False, inplace: _bool = False) -> Tensor:
    """x where x > 0, else slope · x, the slope from U(lower, upper), or without `training` its mean: Xu et al. (2015)."""
def selu(input: Tensor, inplace: _bool = False) -> Tensor:
    """λ elu(x, α) with the λ and α that keep mean 0 and variance 1: Klambauer et al. (2017)."""
def softshrink(input: Tensor, lambd: Any = 0.5) -> Tensor:
    """x − λ where x > λ, x + λ where x < −λ, else 0."""
def threshold(input: Tensor, threshold, value: Operand, inplace: _bool = False) -> Tensor:
    """x where x > threshold, else `value`; of integers, with both rounded towards 0."""
def gaussian_nll_loss(input: Tensor, target: Tensor, var, full: _bool = False, eps: Any = 1e-06, reduction: _str = 'mean') -> Tensor:
    """(log v + (x − t)² / v) / 2, averaged, for v = max(var, ε): Nix & Weigend (1994). With `full` + log(2π)/2."""
def huber_loss(input: Tensor, target: Tensor, reduction: _str = 'mean', delta: Any = 1.0, weight: Operand | None = None) -> Tensor:
    """d² / 2 where d = |x − target| < δ, else δ (d − δ/2), averaged: Huber (1964). A `weight` is as in `l1_loss`."""
def l1_loss(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean', weight: Operand | None = None) -> Tensor:
    """|x − target|, averaged; with a `weight` w of the shape of x, w |x − target|, whose mean is Σ / Σ w."""
def mse_loss(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean', weight: Operand | None = None) -> Tensor:
    """(x − target)², averaged; with a `weight` w of the shape of x, w (x − target)², whose mean is Σ / Σ w."""
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: _bool = True, full: _bool = False, size_average = None, eps: Any = 1e-08, reduce = None, reduction: _str = 'mean') -> Tensor:
    """eˣ − t x, averaged, for the logarithm x of a rate; with log_input=False the rate itself: x − t log(x + ε)."""
def smooth_l1_loss(input: Tensor, target: Tensor, size_average = None, reduce = None, reduction: _str = 'mean', beta: Any = 1.0) -> Tensor:
    """d² / (2β) where d = |x − target| < β, else d − β/2, averaged: Girshick (2015)."""
def interpolate(input: Tensor, size = None, scale_factor = None, mode: _str = 'nearest', align_corners = None, recompute_scale_factor = None, antialias: _bool = False) -> Tensor:
    """x (N, C, ...) with its 1 to 3 last dimensions resampled to `size`, or to ⌊size · scale_factor⌋ each."""
def upsample(input: Tensor, size = None, scale_factor = None, mode: _str = 'nearest', align_corners = None) -> Tensor:
    """`interpolate`, by its older name, which is deprecated."""
def upsample_nearest(input: Tensor, size = None, scale_factor = None) -> Tensor:
    """`interpolate` in mode "nearest", by an older name, which is deprecated."""
def upsample_bilinear(input: Tensor, size = None, scale_factor = None) -> Tensor:
    """`interpolate` in mode "bilinear" with `align_corners`, by an older name, which is deprecated."""
def max_unpool1d(input: Tensor, indices, kernel_size, stride = None, padding: Any = 0, output_size = None) -> Tensor:
    """x (N, C, L) or (C, L) where `max_pool1d` found it: see `max_unpool2d`."""
def max_unpool2d(input: Tensor, indices, kernel_size, stride = None, padding: Any = 0, output_size = None) -> Tensor:
    """An image with the elements of x (N, C, H, W) or (C, H, W) at `indices`, those that `max_pool2d` returns; else 0."""
def max_unpool3d(input: Tensor, indices, kernel_size, stride = None, padding: Any = 0, output_size = None) -> Tensor:
    """x (N, C, D, H, W) or (C, D, H, W) where `max_pool3d` found it: see `max_unpool2d`."""
def dropout(input: Tensor, p: Any = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zero each element with probability p and scale the others by 1 / (1 − p): Srivastava et al. (2014)."""
def log_softmax(input: Tensor, dim = None, _stacklevel: Any = 3, dtype = None) -> Tensor:
    """x − log Σ eˣ along `dim`; of x converted to `dtype` first, if one is given. For no `dim` see `implicit_dim`."""
def relu(input: Tensor, inplace: _bool = False) -> Tensor:
    """max(x, 0), with gradient 0 at 0; with `inplace=True` written over x."""
def relu_(input: Tensor) -> Tensor:
    """max(x, 0), written over x."""
def softmax(input: Tensor, dim = None, _stacklevel: Any = 3, dtype = None) -> Tensor:
    """eˣ / Σ eˣ along `dim`; of x converted to `dtype` first, if one is given. For no `dim` see `implicit_dim`."""
def softmin(input: Tensor, dim = None, _stacklevel: Any = 3, dtype = None) -> Tensor:
    """`softmax` of −x."""
def celu_(input: Tensor, alpha: Any = 1.0) -> Tensor:
    """`celu`, written over x."""
def elu_(input: Tensor, alpha: Any = 1.0) -> Tensor:
    """`elu`, written over x."""
def hardtanh_(input: Tensor, min_val: Any = -1.0, max_val: Any = 1.0) -> Tensor:
    """`hardtanh`, written over x."""
def leaky_relu_(input: Tensor, negative_slope: Any = 0.01) -> Tensor:
    """`leaky_relu`, written over x."""
def rrelu_(input: Tensor, lower: Any = 0.125, upper: Any = 0.3333333333333333, training: _bool = False) -> Tensor:
    """`rrelu`, written over x."""
def selu_(input: Tensor) -> Tensor:
    """`selu`, written over x."""
def threshold_(input: Tensor, threshold, value: Operand) -> Tensor:
    """`threshold`, written over x."""
