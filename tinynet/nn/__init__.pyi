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
from tinynet.nn.module import Module as Module
from tinynet.nn.parameter import Parameter as Parameter
from . import functional as functional
from . import init as init
from . import modules as modules
from . import parallel as parallel
from . import utils as utils

class LinearCrossEntropyOptions:
    """How `linear_cross_entropy` cuts its rows: `batch_chunk_size` of them at a time, or as `chunking_method` says."""
    def __post_init__(self): ...
    def rows(self, count, inputs, classes):
        """How many rows, of so many with so many inputs and classes, are computed at a time."""
    def __init__(self, allow_retain_graph: _bool = False, batch_chunk_size = None, chunking_method: _str = 'auto', acc_policy: _str = 'auto', acc_dtype = None) -> None: ...
    def __repr__(self) -> _str: ...
    def __eq__(self, other): ...
    def __setattr__(self, name, value): ...
    def __delattr__(self, name): ...
    def __hash__(self): ...
    def __getstate__(self): ...
    def __setstate__(self, state): ...

class ELU(Module):
    """x where x > 0, else α (eˣ − 1): Clevert, Unterthiner & Hochreiter (2016)."""
    alpha: Any
    inplace: Any
    def __init__(self, alpha: Any = 1.0, inplace: _bool = False) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class CELU(ELU):
    """x where x > 0, else α (exp(x / α) − 1): Barron (2017)."""
    def forward(self, input) -> Any: ...

class GELU(Module):
    """x Φ(x), or its approximation by tanh."""
    approximate: Any
    def __init__(self, approximate: _str = 'none') -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class GLU(Module):
    """a σ(b), for a and b the halves of x along `dim`: Dauphin et al. (2017)."""
    dim: Any
    def __init__(self, dim: _int | Sequence[_int] = -1) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class _InPlace(Module):
    """An activation without other options; `inplace=True` writes it over its input."""
    inplace: Any
    def __init__(self, inplace: _bool = False) -> None: ...
    def extra_repr(self) -> _str: ...

class SELU(_InPlace):
    """λ elu(x, α), which keeps mean 0 and variance 1: Klambauer et al. (2017)."""
    def forward(self, input) -> Any: ...

class Hardshrink(Module):
    """x where |x| > λ, else 0."""
    lambd: Any
    def __init__(self, lambd: Any = 0.5) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class Hardsigmoid(_InPlace):
    """relu6(x + 3) / 6."""
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str:
        """The arguments to show in `repr`."""

class Hardswish(_InPlace):
    """x · relu6(x + 3) / 6: Howard et al. (2019)."""
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str:
        """The arguments to show in `repr`."""

class Hardtanh(Module):
    """x, not below `min_val` nor above `max_val`."""
    max_val: Any
    min_val: Any
    inplace: Any
    def __init__(self, min_val: Any = -1.0, max_val: Any = 1.0, inplace: _bool = False, min_value = None, max_value = None) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LeakyReLU(Module):
    """x where x > 0, else negative_slope · x: Maas, Hannun & Ng (2013)."""
    negative_slope: Any
    inplace: Any
    def __init__(self, negative_slope: Any = 0.01, inplace: _bool = False) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LogSigmoid(Module):
    """log σ(x)."""
    def forward(self, input) -> Any: ...

class Softmax(Module):
    """eˣ / Σ eˣ along `dim`."""
    dim: Any
    def __init__(self, dim = None) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LogSoftmax(Softmax):
    """x − log Σ eˣ along `dim`."""
    def forward(self, input) -> Any: ...

class Mish(_InPlace):
    """x tanh(log(1 + eˣ)): Misra (2019)."""
    def forward(self, input) -> Any: ...

class PReLU(Module):
    """x where x > 0, else weight · x, with `num_parameters` weights, one or one for each channel: He et al. (2015)."""
    num_parameters: Any
    init: Any
    weight: Parameter
    def __init__(self, num_parameters: Any = 1, init: Any = 0.25, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class ReLU(Module):
    """max(x, 0), with `inplace=True` written over x."""
    inplace: Any
    def __init__(self, inplace: _bool = False) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class ReLU6(Hardtanh):
    """min(max(x, 0), 6): Krizhevsky (2010)."""
    def __init__(self, inplace: _bool = False) -> None: ...
    def extra_repr(self) -> _str: ...

class RReLU(Module):
    """x where x > 0, else slope · x, with random slopes in training: see `functional.rrelu`."""
    upper: Any
    lower: Any
    inplace: Any
    def __init__(self, lower: Any = 0.125, upper: Any = 0.3333333333333333, inplace: _bool = False) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)."""
    def forward(self, input) -> Any: ...

class SiLU(_InPlace):
    """x σ(x): Hendrycks & Gimpel (2016)."""
    def forward(self, input) -> Any: ...

class Softmax2d(Module):
    """The softmax over the channels of x (N, C, H, W) or (C, H, W)."""
    def forward(self, input) -> Any: ...

class Softmin(Softmax):
    """e⁻ˣ / Σ e⁻ˣ along `dim`."""
    def forward(self, input) -> Any: ...

class Softplus(Module):
    """log(1 + exp(β x)) / β; x itself where β x > threshold."""
    beta: Any
    threshold: Any
    def __init__(self, beta: Any = 1.0, threshold: Any = 20.0) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class Softshrink(Hardshrink):
    """x − λ where x > λ, x + λ where x < −λ, else 0."""
    def forward(self, input) -> Any: ...

class Softsign(Module):
    """x / (1 + |x|)."""
    def forward(self, input) -> Any: ...

class Tanh(Module):
    """tanh x."""
    def forward(self, input) -> Any: ...

class Tanhshrink(Module):
    """x − tanh x."""
    def forward(self, input) -> Any: ...

class Threshold(Module):
    """x where x > threshold, else `value`."""
    threshold: Any
    value: Any
    inplace: Any
    def __init__(self, threshold, value, inplace: _bool = False) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class AdaptiveLogSoftmaxWithLoss(Module):
    """log p(y | x) where rare classes lie in clusters: log p(cluster | x) + log p(y | cluster, x): Grave et al. (2017)."""
    in_features: Any
    n_classes: Any
    cutoffs: Any
    div_value: Any
    head_bias: Any
    shortlist_size: Any
    n_clusters: Any
    head_size: Any
    head: Any
    tail: Any
    def __init__(self, in_features, n_classes, cutoffs, div_value: Any = 4.0, head_bias: _bool = False, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, input_, target_) -> Any: ...
    def log_prob(self, input) -> Tensor:
        """The log-probabilities of all classes, (N, n_classes)."""
    def predict(self, input):
        """The most probable class of each row, (N,)."""

class MultiheadAttention(Module):
    """Concat(head₁, ..., head_h) Wᵒ with headᵢ = Attention(Q Wᵢ, K Wᵢ, V Wᵢ): Vaswani et al. (2017)."""
    embed_dim: Any
    num_heads: Any
    head_dim: Any
    kdim: Any
    vdim: Any
    dropout: Any
    batch_first: Any
    add_zero_attn: Any
    q_proj_weight: Any
    k_proj_weight: Any
    v_proj_weight: Any
    in_proj_weight: Any
    in_proj_bias: Any
    bias_k: Any
    bias_v: Any
    out_proj: Any
    def __init__(self, embed_dim, num_heads, dropout: Any = 0.0, bias: _bool = True, add_bias_kv: _bool = False, add_zero_attn: _bool = False, kdim = None, vdim = None, batch_first: _bool = False, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, query, key, value, key_padding_mask = None, need_weights: _bool = True, attn_mask = None, average_attn_weights: _bool = True, is_causal: _bool = False) -> Any:
        """(output, weights): the output of the shape of query, and the weights, or None unless `need_weights`."""

class _Named(Module):
    """The methods of a mapping that follow from getting, setting and deleting by name, and from the names in order."""
    def items(self):
        """(name, value) pairs."""
    def values(self):
        """The values."""
    def pop(self, key):
        """Remove a value, and return it."""
    def clear(self):
        """Remove all values."""

class ModuleDict(_Named):
    """Modules by name, in the order in which they came; a module of yours calls them as it likes."""
    def __init__(self, modules = None) -> None: ...
    def __getitem__(self, key): ...
    def __setitem__(self, key, module): ...
    def __delitem__(self, key): ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __contains__(self, key): ...
    def keys(self):
        """The names."""
    def update(self, modules):
        """Add the modules of a mapping, or of pairs, or set them anew."""
    def forward(self, *args: Any, **kwargs: Any) -> Any: ...

class _Numbered(Module):
    """Modules as attributes '0', '1', ..., which is also how their parameters are named."""
    def __init__(self, modules) -> None: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __setitem__(self, index, module): ...
    def append(self, module):
        """Add a module at the end."""
    def extend(self, modules):
        """Add several modules at the end."""
    def __delitem__(self, index): ...
    def pop(self, key):
        """Remove a module, and return it; those after it get the numbers before theirs."""
    def insert(self, index, module):
        """Put a module before the one of this index; those after it get the numbers after theirs."""
    def __dir__(self): ...

class ModuleList(_Numbered):
    """A list of modules, which a module of yours calls as it likes."""
    def __init__(self, modules = None) -> None: ...
    def __getitem__(self, index): ...
    def __add__(self, other): ...
    def __iadd__(self, other): ...
    def __repr__(self) -> _str: ...

class _Parameters(Module):
    """The base of the containers of parameters: values are kept by name, a tensor as a Parameter."""
    def __init__(self) -> None: ...
    def __len__(self) -> _int: ...
    def extra_repr(self) -> _str: ...
    def __repr__(self) -> _str: ...
    def forward(self, *args: Any, **kwargs: Any) -> Any: ...

class ParameterDict(_Named, _Parameters):
    """Parameters by name; a tensor that is put in becomes one."""
    def __init__(self, parameters = None) -> None: ...
    def __getitem__(self, key): ...
    def __setitem__(self, key, value): ...
    def __delitem__(self, key): ...
    def __iter__(self) -> Iterator[Any]: ...
    def __contains__(self, key): ...
    def keys(self):
        """The names."""
    def __reversed__(self): ...
    def __or__(self, other): ...
    def __ror__(self, other): ...
    def __ior__(self, other): ...
    def copy(self):
        """Another ParameterDict with the same parameters."""
    def popitem(self):
        """Remove the last (name, value), and return it."""
    def setdefault(self, key, default = None):
        """The value by a name, which is set to the default if there is none."""
    def fromkeys(self, keys, default = None):
        """Another ParameterDict with these names, all with the default as their value."""
    def get(self, key, default = None):
        """The value by a name, or the default."""
    def update(self, parameters):
        """Add the values of a mapping, or of pairs, or set them anew."""

class ParameterList(_Parameters):
    """A list of parameters; a tensor that is put in becomes one."""
    def __init__(self, values = None) -> None: ...
    def __getitem__(self, index): ...
    def __setitem__(self, index, value): ...
    def __iter__(self) -> Iterator[Any]: ...
    def __iadd__(self, values): ...
    def append(self, value):
        """Add a value at the end."""
    def extend(self, values):
        """Add several values at the end."""

class Sequential(_Numbered):
    """Modules applied one after another: Sequential(a, b)(x) = b(a(x)). Takes modules, or an OrderedDict of them."""
    def __init__(self, *modules: Any) -> None: ...
    def __getitem__(self, index): ...
    def insert(self, index, module): ...
    def __add__(self, other): ...
    def __iadd__(self, other): ...
    def __mul__(self, other): ...
    def __rmul__(self, other): ...
    def __imul__(self, other): ...
    def forward(self, input) -> Any: ...

class _ConvNd(Module):
    """What the layers share. A number for a size along each axis stands for that number along all `dims` of them."""
    in_channels: Any
    out_channels: Any
    groups: Any
    padding_mode: Any
    kernel_size: Any
    stride: Any
    dilation: Any
    output_padding: Any
    weight: Parameter
    bias: Parameter | Any
    padding: Any
    def __init__(self, in_channels, out_channels, kernel_size, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1, bias: _bool = True, padding_mode: _str = 'zeros', device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None:
        """Weight and bias from U(−1/√fan_in, 1/√fan_in), fan_in = weight.shape[1] · ∏ kernel_size."""
    def extra_repr(self) -> _str: ...

class Conv1d(_ConvNd):
    """y[n, o, p] = b[o] + Σ x[n, c, p · stride + k · dilation − padding] w[o, c, k] over channels c and places k."""
    def forward(self, input) -> Any: ...

class Conv2d(_ConvNd):
    """As Conv1d, for images x: (N, in_channels, H, W) or (in_channels, H, W)."""
    def forward(self, input) -> Any: ...

class Conv3d(_ConvNd):
    """As Conv1d, for volumes x: (N, in_channels, D, H, W) or (in_channels, D, H, W)."""
    def forward(self, input) -> Any: ...

class _ConvTransposeNd(_ConvNd):
    output_padding: Any
    def __init__(self, in_channels, out_channels, kernel_size, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, bias: _bool = True, dilation: Any = 1, padding_mode: _str = 'zeros', device = None, dtype = None) -> None: ...

class ConvTranspose1d(_ConvTransposeNd):
    """y[n, o, i] = b[o] + Σ x[n, c, p] w[c, o, k] over p · stride + k · dilation − padding = i: transposed Conv1d."""
    def forward(self, input, output_size = None) -> Any: ...

class ConvTranspose2d(_ConvTransposeNd):
    """As ConvTranspose1d, for images x: (N, in_channels, H, W) or (in_channels, H, W)."""
    def forward(self, input, output_size = None) -> Any: ...

class ConvTranspose3d(_ConvTransposeNd):
    """As ConvTranspose1d, for volumes x: (N, in_channels, D, H, W) or (in_channels, D, H, W)."""
    def forward(self, input, output_size = None) -> Any: ...

class CosineSimilarity(Module):
    """The cosine of the angle between x₁ and x₂ along `dim`."""
    dim: Any
    eps: Any
    def __init__(self, dim: _int | Sequence[_int] = 1, eps: Any = 1e-08) -> None: ...
    def forward(self, x1, x2) -> Any: ...

class PairwiseDistance(Module):
    """‖x₁ − x₂ + ε‖ₚ along the last dimension."""
    norm: Any
    eps: Any
    keepdim: Any
    def __init__(self, p: Any = 2.0, eps: Any = 1e-06, keepdim: _bool = False) -> None: ...
    def forward(self, x1, x2) -> Any: ...

class _Dropout(Module):
    p: Any
    inplace: Any
    def __init__(self, p: Any = 0.5, inplace: _bool = False) -> None: ...
    def extra_repr(self) -> _str: ...

class AlphaDropout(_Dropout):
    """Dropout for SELU networks, which keeps mean 0 and variance 1: Klambauer et al. (2017)."""
    def forward(self, input) -> Any: ...

class Dropout(_Dropout):
    """In training, zeros each element with probability p and scales the others by 1/(1−p): Srivastava et al. (2014)."""
    def forward(self, input) -> Any: ...

class Dropout1d(_Dropout):
    """In training, zeros each channel of x (N, C, L) or (C, L) with probability p and scales the others by 1/(1−p)."""
    def forward(self, input) -> Any: ...

class Dropout2d(_Dropout):
    """In training, zeros each channel of x (N, C, H, W) with probability p and scales the others by 1/(1−p)."""
    def forward(self, input) -> Any: ...

class Dropout3d(_Dropout):
    """In training, zeros each channel of x (N, C, D, H, W) with probability p and scales the others by 1/(1−p)."""
    def forward(self, input) -> Any: ...

class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of x (N, C, ...)."""
    def forward(self, input) -> Any: ...

class Embedding(Module):
    """The rows (*, embedding_dim) of a table for integers x (*)."""
    num_embeddings: Any
    embedding_dim: Any
    padding_idx: Any
    max_norm: Any
    norm_type: Any
    scale_grad_by_freq: Any
    sparse: Any
    weight: Parameter
    def __init__(self, num_embeddings, embedding_dim, padding_idx = None, max_norm = None, norm_type: Any = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False, _weight = None, _freeze: _bool = False, device = None, dtype = None) -> None: ...
    @classmethod
    def from_pretrained(self, embeddings, freeze: _bool = True, padding_idx = None, max_norm = None, norm_type: Any = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Self:
        """A table of given vectors (num_embeddings, embedding_dim), by default not to be trained."""
    def reset_parameters(self) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class EmbeddingBag(Module):
    """Of each bag of integers, the "mean", "sum" or "max" of the rows of a table: see `functional.embedding_bag`."""
    mode: Any
    include_last_offset: Any
    padding_idx: Any
    weight: Any
    def __init__(self, num_embeddings, embedding_dim, max_norm = None, norm_type: Any = 2.0, scale_grad_by_freq: _bool = False, mode: _str = 'mean', sparse: _bool = False, _weight = None, include_last_offset: _bool = False, padding_idx = None, device = None, dtype = None) -> None: ...
    @classmethod
    def from_pretrained(self, embeddings, freeze: _bool = True, max_norm = None, norm_type: Any = 2.0, scale_grad_by_freq: _bool = False, mode: _str = 'mean', sparse: _bool = False, include_last_offset: _bool = False, padding_idx = None) -> Self:
        """A table of given vectors (num_embeddings, embedding_dim), by default not to be trained."""
    def reset_parameters(self) -> None: ...
    def forward(self, input, offsets = None, per_sample_weights = None) -> Any: ...
    def extra_repr(self) -> _str: ...

class Fold(Module):
    """The image whose pixels are sums of columns x (N, C · kh · kw, L) or (C · kh · kw, L): see `functional.fold`."""
    output_size: Any
    kernel_size: Any
    dilation: Any
    padding: Any
    stride: Any
    def __init__(self, output_size, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class Unfold(Module):
    """The windows of x (N, C, H, W) or (C, H, W) as columns (N, C · kh · kw, L): see `functional.unfold`."""
    kernel_size: Any
    dilation: Any
    padding: Any
    stride: Any
    def __init__(self, kernel_size, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LazyModuleMixin:
    """To be inherited before a module: `initialize_parameters` is called with the inputs of the first call."""
    def __call__(self, *args: Any, **kwargs: Any): ...
    def initialize_parameters(self, *args: Any, **kwargs: Any):
        """Give uninitialized parameters their shapes, by `materialize`, and values; for a subclass to say how."""
    def has_uninitialized_params(self):
        """Whether a parameter or a buffer of the module itself has no shape yet."""
    def reset_parameters(self) -> None: ...

class _LazyNorm(LazyModuleMixin):
    affine: Any
    track_running_stats: Any
    weight: Any
    bias: Any
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    def __init__(self, eps: Any = 1e-05, momentum: Any = 0.1, affine: _bool = True, track_running_stats: _bool = True, device = None, dtype = None, *, bias: _bool = True) -> None: ...
    def initialize_parameters(self, input): ...

class _Affine(Module):
    """A norm with a weight and a bias of some shape, 1 and 0 at first, each of which may be absent."""
    def reset_parameters(self) -> None: ...

class _NormBase(_Affine):
    """weight and bias (num_features,), 1 and 0 at first, if `affine`; running statistics if they are tracked."""
    num_features: Any
    eps: Any
    momentum: Any
    affine: Any
    track_running_stats: Any
    def __init__(self, num_features, eps: Any = 1e-05, momentum: Any = 0.1, affine: _bool = True, track_running_stats: _bool = True, device = None, dtype = None, *, bias: _bool = True) -> None: ...
    def reset_running_stats(self): ...
    def reset_parameters(self) -> None: ...
    def extra_repr(self) -> _str: ...

class _BatchNorm(_NormBase):
    """In training the statistics are those of the batch, and running ← (1 − momentum) running + momentum · batch."""
    def forward(self, input) -> Any: ...

class BatchNorm1d(_BatchNorm):
    """Each feature of x (N, C), or channel of x (N, C, L), to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose `num_features` are the channels of its first input."""

class BatchNorm2d(_BatchNorm):
    """Each channel of x (N, C, H, W) to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose `num_features` are the channels of its first input."""

class BatchNorm3d(_BatchNorm):
    """Each channel of x (N, C, D, H, W) to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose `num_features` are the channels of its first input."""

class _LazyConv(LazyModuleMixin):
    def initialize_parameters(self, input, *args: Any, **kwargs: Any): ...

class _LazyConvForward(_LazyConv):
    def __init__(self, out_channels, kernel_size, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1, bias: _bool = True, padding_mode: _str = 'zeros', device = None, dtype = None) -> None: ...

class LazyConv1d(_LazyConvForward, Conv1d):
    """A Conv1d whose `in_channels` are those of its first input."""

class LazyConv2d(_LazyConvForward, Conv2d):
    """A Conv2d whose `in_channels` are those of its first input."""

class LazyConv3d(_LazyConvForward, Conv3d):
    """A Conv3d whose `in_channels` are those of its first input."""

class _LazyConvTranspose(_LazyConv):
    def __init__(self, out_channels, kernel_size, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, bias: _bool = True, dilation: Any = 1, padding_mode: _str = 'zeros', device = None, dtype = None) -> None: ...

class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose `in_channels` are those of its first input."""

class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose `in_channels` are those of its first input."""

class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose `in_channels` are those of its first input."""

class _LazyInstanceNorm(_LazyNorm):
    ...

class _InstanceNorm(_NormBase):
    """weight and bias (num_features,) if `affine`; running statistics, for evaluation, if they are tracked."""
    def __init__(self, num_features, eps: Any = 1e-05, momentum: Any = 0.1, affine: _bool = False, track_running_stats: _bool = False, device = None, dtype = None, *, bias: _bool = True) -> None: ...
    def forward(self, input) -> Any: ...

class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of x (N, C, L) or (C, L) to mean 0 and variance 1: Ulyanov et al. (2016)."""

class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d whose `num_features` are the channels of its first input."""

class InstanceNorm2d(_InstanceNorm):
    """Each channel of each sample of x (N, C, H, W) or (C, H, W) to mean 0 and variance 1: Ulyanov et al. (2016)."""

class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d whose `num_features` are the channels of its first input."""

class InstanceNorm3d(_InstanceNorm):
    """Each channel of each sample of x (N, C, D, H, W) or (C, D, H, W) to mean 0 and variance 1."""

class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d whose `num_features` are the channels of its first input."""

class Linear(Module):
    """y = x Wᵀ + b, for x (*, in_features) and y (*, out_features)."""
    in_features: Any
    out_features: Any
    weight: Parameter
    bias: Parameter | Any
    def __init__(self, in_features, out_features, bias: _bool = True, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose `in_features` are the size of the last dimension of its first input."""
    weight: Any
    bias: Any
    def __init__(self, out_features, bias: _bool = True, device = None, dtype = None) -> None: ...
    def initialize_parameters(self, input): ...

class Bilinear(Module):
    """y[..., o] = b[o] + Σ x₁[..., i] W[o, i, j] x₂[..., j], for x₁ (*, in1_features) and x₂ (*, in2_features)."""
    in1_features: Any
    in2_features: Any
    out_features: Any
    weight: Parameter
    bias: Parameter | Any
    def __init__(self, in1_features, in2_features, out_features, bias: _bool = True, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, input1, input2) -> Any: ...
    def extra_repr(self) -> _str: ...

class Flatten(Module):
    """x (N, ...) as (N, features): the dimensions from `start_dim` to `end_dim` made one."""
    start_dim: Any
    end_dim: Any
    def __init__(self, start_dim: Any = 1, end_dim: Any = -1) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class Identity(Module):
    """y = x; arguments are accepted and ignored."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def forward(self, input) -> Any: ...

class Unflatten(Module):
    """x with the dimension `dim` made several, of the sizes `unflattened_size`, one of which may be −1."""
    dim: Any
    unflattened_size: Any
    def __init__(self, dim, unflattened_size) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class BCELoss(Module):
    """−[t log x + (1−t) log(1−x)], averaged, for probabilities x: see `functional.binary_cross_entropy`."""
    reduction: Any
    def __init__(self, weight = None, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target) -> Any: ...

class BCEWithLogitsLoss(Module):
    """−[t log σ(x) + (1−t) log(1−σ(x))], averaged: see `functional.binary_cross_entropy_with_logits`."""
    reduction: Any
    def __init__(self, weight = None, size_average = None, reduce = None, reduction: _str = 'mean', pos_weight = None) -> None: ...
    def forward(self, input, target) -> Any: ...

class CosineEmbeddingLoss(Module):
    """1 − cos(x₁, x₂) for target 1, max(cos(x₁, x₂) − margin, 0) for −1, averaged."""
    reduction: Any
    margin: Any
    def __init__(self, margin: Any = 0.0, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input1, input2, target) -> Any: ...

class CrossEntropyLoss(Module):
    """−log softmax(x)[target], averaged over the rows: see `functional.cross_entropy`."""
    ignore_index: Any
    reduction: Any
    label_smoothing: Any
    def __init__(self, weight = None, size_average = None, ignore_index: Any = -100, reduce = None, reduction: _str = 'mean', label_smoothing: Any = 0.0) -> None: ...
    def forward(self, input, target) -> Any: ...

class CTCLoss(Module):
    """The loss of a sequence whose alignment to its target is not known: see `functional.ctc_loss`."""
    blank: Any
    reduction: Any
    zero_infinity: Any
    def __init__(self, blank: Any = 0, reduction: _str = 'mean', zero_infinity: _bool = False) -> None: ...
    def forward(self, log_probs, targets, input_lengths, target_lengths) -> Any: ...

class GaussianNLLLoss(Module):
    """The likelihood of normal variables: see `functional.gaussian_nll_loss`."""
    reduction: Any
    full: Any
    eps: Any
    def __init__(self, *, full: _bool = False, eps: Any = 1e-06, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target, var) -> Any: ...

class HingeEmbeddingLoss(Module):
    """x where the target is 1, max(margin − x, 0) where it is −1, averaged."""
    reduction: Any
    margin: Any
    def __init__(self, margin: Any = 1.0, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target) -> Any: ...

class HuberLoss(Module):
    """d² / 2 where d = |x − target| < δ, else δ (d − δ/2), averaged: Huber (1964)."""
    reduction: Any
    delta: Any
    def __init__(self, reduction: _str = 'mean', delta: Any = 1.0) -> None: ...
    def forward(self, input, target) -> Any: ...

class KLDivLoss(Module):
    """Σ t (log t − x) for a logarithm x of probabilities: see `functional.kl_div`. Wants reduction="batchmean"."""
    reduction: Any
    log_target: Any
    def __init__(self, size_average = None, reduce = None, reduction: _str = 'mean', log_target: _bool = False) -> None: ...
    def forward(self, input, target) -> Any: ...

class _Loss(Module):
    """A loss without other options than its reduction."""
    reduction: Any
    def __init__(self, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...

class L1Loss(_Loss):
    """|input − target|, averaged."""
    def forward(self, input, target) -> Any: ...

class LinearCrossEntropyLoss(Module):
    """The cross entropy of a linear layer: see `functional.linear_cross_entropy`."""
    num_classes: Any
    out_features: Any
    ignore_index: Any
    reduction: Any
    label_smoothing: Any
    linear: Any
    options: Any
    def __init__(self, in_features, num_classes, *, out_features: Any = ..., bias: _bool = False, device = None, dtype = None, reduction: _str = 'mean', weight = None, ignore_index = None, label_smoothing: Any = 0.0, options = None) -> None: ...
    def forward(self, input, target) -> Any: ...
    def extra_repr(self) -> _str: ...

class MarginRankingLoss(Module):
    """max(−t (x₁ − x₂) + margin, 0), averaged."""
    reduction: Any
    margin: Any
    def __init__(self, margin: Any = 0.0, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input1, input2, target) -> Any: ...

class MSELoss(_Loss):
    """(input − target)², averaged."""
    def forward(self, input, target) -> Any: ...

class MultiLabelMarginLoss(_Loss):
    """Σ max(1 − (x[j] − x[c]), 0) / C, averaged: see `functional.multilabel_margin_loss`."""
    def forward(self, input, target) -> Any: ...

class MultiLabelSoftMarginLoss(Module):
    """Binary cross entropy of logits for each class, averaged over classes and rows."""
    reduction: Any
    def __init__(self, weight = None, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target) -> Any: ...

class MultiMarginLoss(Module):
    """Σ max(margin − x[target] + x[c], 0)ᵖ / C, averaged: see `functional.multi_margin_loss`."""
    reduction: Any
    p: Any
    margin: Any
    def __init__(self, p: Any = 1, margin: Any = 1.0, weight = None, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target) -> Any: ...

class NLLLoss(Module):
    """−x[target] for log-probabilities x, averaged over the rows: see `functional.nll_loss`."""
    ignore_index: Any
    reduction: Any
    def __init__(self, weight = None, size_average = None, ignore_index: Any = -100, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, input, target) -> Any: ...

class PoissonNLLLoss(Module):
    """The likelihood of counts: see `functional.poisson_nll_loss`."""
    reduction: Any
    log_input: Any
    full: Any
    eps: Any
    def __init__(self, log_input: _bool = True, full: _bool = False, size_average = None, eps: Any = 1e-08, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, log_input, target) -> Any: ...

class SmoothL1Loss(Module):
    """d² / (2β) where d = |x − target| < β, else d − β/2, averaged: Girshick (2015)."""
    reduction: Any
    beta: Any
    def __init__(self, size_average = None, reduce = None, reduction: _str = 'mean', beta: Any = 1.0) -> None: ...
    def forward(self, input, target) -> Any: ...

class SoftMarginLoss(_Loss):
    """log(1 + exp(−t x)), averaged, for targets 1 and −1."""
    def forward(self, input, target) -> Any: ...

class TripletMarginLoss(Module):
    """max(d(a, p) − d(a, n) + margin, 0), averaged: Schroff et al. (2015)."""
    reduction: Any
    margin: Any
    p: Any
    eps: Any
    swap: Any
    def __init__(self, margin: Any = 1.0, p: Any = 2.0, eps: Any = 1e-06, swap: _bool = False, size_average = None, reduce = None, reduction: _str = 'mean') -> None: ...
    def forward(self, anchor, positive, negative) -> Any: ...

class TripletMarginWithDistanceLoss(Module):
    """`TripletMarginLoss` with a distance of your own, a function of two tensors."""
    reduction: Any
    distance_function: Any
    margin: Any
    swap: Any
    def __init__(self, *, distance_function = None, margin: Any = 1.0, swap: _bool = False, reduction: _str = 'mean') -> None: ...
    def forward(self, anchor, positive, negative) -> Any: ...

class GroupNorm(_Affine):
    """Each of `num_groups` groups of channels of each sample of x (N, C, ...) to mean 0 and variance 1: Wu & He (2018)."""
    num_groups: Any
    num_channels: Any
    eps: Any
    affine: Any
    def __init__(self, num_groups, num_channels, eps: Any = 1e-05, affine: _bool = True, device = None, dtype = None, *, bias: _bool = True) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LayerNorm(_Affine):
    """The last dimensions of x (*, *normalized_shape) to mean 0 and variance 1: Ba, Kiros & Hinton (2016)."""
    normalized_shape: Any
    eps: Any
    elementwise_affine: Any
    def __init__(self, normalized_shape, eps: Any = 1e-05, elementwise_affine: _bool = True, bias: _bool = True, device = None, dtype = None) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class LocalResponseNorm(Module):
    """x / (k + α/n Σ x²)^β with the sum over n = `size` neighbouring channels of x (N, C, *)."""
    size: Any
    alpha: Any
    beta: Any
    k: Any
    def __init__(self, size, alpha: Any = 0.0001, beta: Any = 0.75, k: Any = 1.0) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class RMSNorm(Module):
    """The last dimensions of x (*, *normalized_shape) to mean square 1: Zhang & Sennrich (2019)."""
    normalized_shape: Any
    eps: Any
    elementwise_affine: Any
    weight: Parameter | Any
    def __init__(self, normalized_shape, eps = None, elementwise_affine: _bool = True, device = None, dtype = None) -> None: ...
    def reset_parameters(self) -> None: ...
    def forward(self, x) -> Any: ...
    def extra_repr(self) -> _str: ...

class SyncBatchNorm(_BatchNorm):
    """Batch norm of x (N, C, ...) over the batches of all processes, of which there is one: BatchNorm1d, 2d or 3d."""
    process_group: Any
    def __init__(self, num_features, eps: Any = 1e-05, momentum: Any = 0.1, affine: _bool = True, track_running_stats: _bool = True, process_group = None, device = None, dtype = None, *, bias: _bool = True) -> None: ...
    @classmethod
    def convert_sync_batchnorm(self, module, process_group = None):
        """The module with every BatchNorm inside it, or itself, replaced by a SyncBatchNorm of the same tensors."""

class _Pad(Module):
    """`padding` is one number for all sides, or (left, right), (left, right, top, bottom), and front and back."""
    padding: Any
    def __init__(self, padding) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class CircularPad1d(_Pad):
    """x (N, C, L) or (C, L), repeated from its other end."""

class CircularPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), repeated from its other sides."""

class CircularPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), repeated from its other sides."""

class _ConstantPad(_Pad):
    value: Any
    def __init__(self, padding, value) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class ConstantPad1d(_ConstantPad):
    """x (N, C, L) or (C, L) with `value` around it."""

class ConstantPad2d(_ConstantPad):
    """x (N, C, H, W) or (C, H, W) with `value` around it."""

class ConstantPad3d(_ConstantPad):
    """x (N, C, D, H, W) or (C, D, H, W) with `value` around it."""

class ReflectionPad1d(_Pad):
    """x (N, C, L) or (C, L), mirrored at its ends."""

class ReflectionPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), mirrored at its borders."""

class ReflectionPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), mirrored at its borders."""

class ReplicationPad1d(_Pad):
    """x (N, C, L) or (C, L), whose outermost elements go on."""

class ReplicationPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), whose outermost pixels go on."""

class ReplicationPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), whose outermost elements go on."""

class ZeroPad1d(_Pad):
    """x (N, C, L) or (C, L) with zeros around it."""

class ZeroPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W) with zeros around it."""

class ZeroPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W) with zeros around it."""

class DataParallel(Module):
    """The module itself, called with its inputs moved to the device on which its parameters lie."""
    dim: Any
    module: Any
    device_ids: Any
    output_device: Any
    def __init__(self, module, device_ids = None, output_device = None, dim: _int | Sequence[_int] = 0) -> None: ...
    def forward(self, *inputs: Any, **kwargs: Any) -> Any: ...

class Buffer(Tensor):
    """A tensor that belongs to a module but is not trained: `self.mean = Buffer(tensor)` registers it."""
    persistent: Any
    def __init__(self, data = None, *, persistent: _bool = True) -> None: ...

class _Uninitialized:
    """A tensor of which only dtype and device are known: until `materialize`, whatever asks for more is an error."""
    @property
    def array(self): ...
    @array.setter
    def array(self, value: Any) -> None: ...
    @property
    def dtype(self): ...
    @property
    def device(self): ...
    @property
    def is_cuda(self): ...
    def is_floating_point(self): ...
    def to(self, *args: Any, **kwargs: Any):
        """A tensor of no elements, of the dtype and on the device asked for."""
    def materialize(self, shape, device = None, dtype = None):
        """Become a tensor of this shape, whose values are still to be set."""
    def __deepcopy__(self, memo): ...
    def __reduce_ex__(self, protocol): ...
    def __repr__(self) -> _str: ...

class UninitializedBuffer(_Uninitialized, Buffer):
    """A Buffer that gets its shape from the first input of its module."""
    persistent: Any
    def __init__(self, requires_grad: _bool = False, device = None, dtype = None, persistent: _bool = True) -> None: ...

class UninitializedParameter(_Uninitialized, Parameter):
    """A Parameter that gets its shape from the first input of its module, of the class LazyLinear or another."""
    def __init__(self, requires_grad: _bool = True, device = None, dtype = None) -> None: ...

class ChannelShuffle(Module):
    """x (N, C, *) with its channels, as a matrix of `groups` rows, transposed."""
    groups: Any
    def __init__(self, groups) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class PixelShuffle(Module):
    """x (*, C r², H, W) as (*, C, H r, W r): each r² channels become a square of pixels."""
    upscale_factor: Any
    def __init__(self, upscale_factor) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class PixelUnshuffle(Module):
    """x (*, C, H r, W r) as (*, C r², H, W): the inverse of `PixelShuffle`."""
    downscale_factor: Any
    def __init__(self, downscale_factor) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class _AdaptivePool(Module):
    output_size: Any
    def __init__(self, output_size) -> None: ...
    def extra_repr(self) -> _str: ...

class AdaptiveAvgPool1d(_AdaptivePool):
    """The mean of x (N, C, L) or (C, L) over `output_size` windows that cover it."""
    def forward(self, input) -> Any: ...

class AdaptiveAvgPool2d(_AdaptivePool):
    """The mean of x (N, C, H, W) or (C, H, W) over windows that cover it, `output_size` of them along each axis."""
    def forward(self, input) -> Any: ...

class AdaptiveAvgPool3d(_AdaptivePool):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over windows that cover it, `output_size` along each axis."""
    def forward(self, input) -> Any: ...

class _AdaptiveMaxPool(_AdaptivePool):
    return_indices: Any
    def __init__(self, output_size, return_indices: _bool = False) -> None: ...

class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of x (N, C, L) or (C, L) in `output_size` windows that cover it."""
    def forward(self, input) -> Any: ...

class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of x (N, C, H, W) or (C, H, W) in windows that cover it, `output_size` of them along each axis."""
    def forward(self, input) -> Any: ...

class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows that cover it, `output_size` along each axis."""
    def forward(self, input) -> Any: ...

class AvgPool1d(Module):
    """The mean of x (N, C, L) or (C, L) over each window."""
    kernel_size: Any
    stride: Any
    padding: Any
    ceil_mode: Any
    count_include_pad: Any
    def __init__(self, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class _AvgPool(Module):
    kernel_size: Any
    stride: Any
    padding: Any
    ceil_mode: Any
    count_include_pad: Any
    divisor_override: Any
    def __init__(self, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override = None) -> None: ...
    def extra_repr(self) -> _str: ...

class AvgPool2d(_AvgPool):
    """The mean of x (N, C, H, W) or (C, H, W) over each window; see `functional.avg_pool2d`."""
    def forward(self, input) -> Any: ...

class AvgPool3d(_AvgPool):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over each window; see `functional.avg_pool2d`."""
    def forward(self, input) -> Any: ...

class _FractionalMaxPool(Module):
    kernel_size: Any
    output_size: Any
    output_ratio: Any
    return_indices: Any
    def __init__(self, kernel_size, output_size = None, output_ratio = None, return_indices: _bool = False, _random_samples = None) -> None: ...

class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest of x (N, C, H, W) in windows at random distances, of which `output_size` or a ratio decides."""
    def forward(self, input) -> Any: ...

class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest of x (N, C, D, H, W) in windows at random distances, of which `output_size` or a ratio decides."""
    def forward(self, input) -> Any: ...

class _LPPool(Module):
    norm_type: Any
    kernel_size: Any
    stride: Any
    ceil_mode: Any
    def __init__(self, norm_type, kernel_size, stride = None, ceil_mode: _bool = False) -> None: ...
    def extra_repr(self) -> _str: ...

class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, L) or (C, L), for p = `norm_type`."""
    def forward(self, input) -> Any: ...

class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, H, W) or (C, H, W), for p = `norm_type`."""
    def forward(self, input) -> Any: ...

class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, D, H, W) or (C, D, H, W), for p = `norm_type`."""
    def forward(self, input) -> Any: ...

class _MaxPool(Module):
    kernel_size: Any
    stride: Any
    padding: Any
    dilation: Any
    return_indices: Any
    ceil_mode: Any
    def __init__(self, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, return_indices: _bool = False, ceil_mode: _bool = False) -> None: ...
    def extra_repr(self) -> _str: ...

class MaxPool1d(_MaxPool):
    """The largest of x (N, C, L) or (C, L) in each window."""
    def forward(self, input) -> Any: ...

class MaxPool2d(_MaxPool):
    """The largest of x (N, C, H, W) or (C, H, W) in each window; see `functional.max_pool2d`."""
    def forward(self, input) -> Any: ...

class MaxPool3d(_MaxPool):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in each window; see `functional.max_pool2d`."""
    def forward(self, input) -> Any: ...

class _MaxUnpool(Module):
    kernel_size: Any
    stride: Any
    padding: Any
    def __init__(self, kernel_size, stride = None, padding: Any = 0) -> None: ...
    def extra_repr(self) -> _str: ...

class MaxUnpool1d(_MaxUnpool):
    """x (N, C, L) or (C, L) at the places that MaxPool1d found, with zeros around."""
    def forward(self, input, indices, output_size = None) -> Any: ...

class MaxUnpool2d(_MaxUnpool):
    """x (N, C, H, W) or (C, H, W) at the places that MaxPool2d found, with zeros around."""
    def forward(self, input, indices, output_size = None) -> Any: ...

class MaxUnpool3d(_MaxUnpool):
    """x (N, C, D, H, W) or (C, D, H, W) at the places that MaxPool3d found, with zeros around."""
    def forward(self, input, indices, output_size = None) -> Any: ...

class _Recurrent(Module):
    def reset_parameters(self) -> None: ...

class RNNBase(_Recurrent):
    """What RNN, LSTM and GRU share: layers of a cell, in one direction or both."""
    mode: Any
    input_size: Any
    hidden_size: Any
    num_layers: Any
    bias: Any
    batch_first: Any
    dropout: Any
    bidirectional: Any
    proj_size: Any
    def __init__(self, mode, input_size, hidden_size, num_layers: Any = 1, bias: _bool = True, batch_first: _bool = False, dropout: Any = 0.0, bidirectional: _bool = False, proj_size: Any = 0, device = None, dtype = None) -> None: ...
    @property
    def all_weights(self):
        """The parameters of each direction of each layer, as lists."""
    def extra_repr(self) -> _str: ...
    def flatten_parameters(self):
        """Nothing: parameters lie together in the arena of their optimizer."""
    def forward(self, input, hx = None) -> Any: ...

class GRU(RNNBase):
    """Gated recurrent unit: Cho et al. (2014)."""
    def __init__(self, input_size, hidden_size, num_layers: Any = 1, bias: _bool = True, batch_first: _bool = False, dropout: Any = 0.0, bidirectional: _bool = False, device = None, dtype = None) -> None: ...

class LSTM(RNNBase):
    """Long short-term memory: Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000)."""
    def __init__(self, input_size, hidden_size, num_layers: Any = 1, bias: _bool = True, batch_first: _bool = False, dropout: Any = 0.0, bidirectional: _bool = False, proj_size: Any = 0, device = None, dtype = None) -> None: ...

class RNN(RNNBase):
    """h_t = f(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) with f = tanh or relu: Elman (1990). See `RNNBase` for shapes."""
    nonlinearity: Any
    def __init__(self, input_size, hidden_size, num_layers: Any = 1, nonlinearity: _str = 'tanh', bias: _bool = True, batch_first: _bool = False, dropout: Any = 0.0, bidirectional: _bool = False, device = None, dtype = None) -> None: ...

class RNNCellBase(_Recurrent):
    """What the cells share: one step of one layer, for input (N, input_size) or (input_size,) and a state alike."""
    input_size: Any
    hidden_size: Any
    bias: Any
    bias_ih: Any
    bias_hh: Any
    def __init__(self, input_size, hidden_size, bias, num_chunks, device = None, dtype = None) -> None: ...
    def extra_repr(self) -> _str: ...

class GRUCell(RNNCellBase):
    """One step of a GRU: input and h, 0 unless given, to the new h. See `RNNCellBase` for shapes."""
    def __init__(self, input_size, hidden_size, bias: _bool = True, device = None, dtype = None) -> None: ...
    def forward(self, input, hx = None) -> Any: ...

class LSTMCell(RNNCellBase):
    """One step of an LSTM: input and (h, c), 0 unless given, to the new (h, c). See `RNNCellBase` for shapes."""
    def __init__(self, input_size, hidden_size, bias: _bool = True, device = None, dtype = None) -> None: ...
    def forward(self, input, hx = None) -> Any: ...

class RNNCell(RNNCellBase):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh) with f = tanh or relu. See `RNNCellBase` for shapes."""
    nonlinearity: Any
    def __init__(self, input_size, hidden_size, bias: _bool = True, nonlinearity: _str = 'tanh', device = None, dtype = None) -> None: ...
    def forward(self, input, hx = None) -> Any: ...

class Upsample(Module):
    """x (N, C, ...) resampled to `size`, or to ⌊size · scale_factor⌋: see `functional.interpolate`."""
    size: Any
    scale_factor: Any
    mode: Any
    align_corners: Any
    recompute_scale_factor: Any
    def __init__(self, size = None, scale_factor = None, mode: _str = 'nearest', align_corners = None, recompute_scale_factor = None) -> None: ...
    def forward(self, input) -> Any: ...
    def extra_repr(self) -> _str: ...

class UpsamplingBilinear2d(Upsample):
    """`Upsample` of x (N, C, H, W), linear between pixels, with the corners where they were."""
    def __init__(self, size = None, scale_factor = None) -> None: ...

class UpsamplingNearest2d(Upsample):
    """`Upsample` of x (N, C, H, W) to the nearest pixel."""
    def __init__(self, size = None, scale_factor = None) -> None: ...

class Transformer(Module):
    """decoder(tgt, encoder(src)): encoder and decoder as stacks of layers, each with a norm at its end."""
    encoder: Any
    decoder: Any
    d_model: Any
    nhead: Any
    batch_first: Any
    def __init__(self, d_model: Any = 512, nhead: Any = 8, num_encoder_layers: Any = 6, num_decoder_layers: Any = 6, dim_feedforward: Any = 2048, dropout: Any = 0.1, activation: Any = ..., custom_encoder = None, custom_decoder = None, layer_norm_eps: Any = 1e-05, batch_first: _bool = False, norm_first: _bool = False, bias: _bool = True, device = None, dtype = None) -> None: ...
    def forward(self, src, tgt, src_mask = None, tgt_mask = None, memory_mask = None, src_key_padding_mask = None, tgt_key_padding_mask = None, memory_key_padding_mask = None, src_is_causal = None, tgt_is_causal = None, memory_is_causal: _bool = False) -> Any: ...
    @staticmethod
    def generate_square_subsequent_mask(sz, device = None, dtype = None):
        """The causal mask (sz, sz) in numbers: 0 for each key up to the query, −∞ after it."""

class TransformerDecoder(Module):
    """norm(layer(... layer(x, memory), memory)), with `num_layers` copies of a layer."""
    layers: Any
    num_layers: Any
    norm: Any
    def __init__(self, decoder_layer, num_layers, norm = None) -> None: ...
    def forward(self, tgt, memory, tgt_mask = None, memory_mask = None, tgt_key_padding_mask = None, memory_key_padding_mask = None, tgt_is_causal = None, memory_is_causal: _bool = False) -> Any: ...

class _Layer(Module):
    """What the layers of encoder and decoder share: self-attention, and a network of two layers for each position."""
    linear1: Any
    dropout: Any
    linear2: Any
    norm_first: Any
    activation: Any
    def __init__(self, d_model, nhead, dim_feedforward: Any = 2048, dropout: Any = 0.1, activation: Any = ..., layer_norm_eps: Any = 1e-05, batch_first: _bool = False, norm_first: _bool = False, bias: _bool = True, device = None, dtype = None) -> None: ...

class TransformerDecoderLayer(_Layer):
    """x ← norm₁(x + attention(x)), x ← norm₂(x + attention(x, memory)), x ← norm₃(x + W₂ f(W₁ x))."""
    def forward(self, tgt, memory, tgt_mask = None, memory_mask = None, tgt_key_padding_mask = None, memory_key_padding_mask = None, tgt_is_causal: _bool = False, memory_is_causal: _bool = False) -> Any: ...

class TransformerEncoder(Module):
    """norm(layer(... layer(x))), with `num_layers` copies of a layer, and without a norm where it is None."""
    layers: Any
    num_layers: Any
    norm: Any
    enable_nested_tensor: Any
    mask_check: Any
    def __init__(self, encoder_layer, num_layers, norm = None, enable_nested_tensor: _bool = True, mask_check: _bool = True) -> None: ...
    def forward(self, src, mask = None, src_key_padding_mask = None, is_causal = None) -> Any: ...

class TransformerEncoderLayer(_Layer):
    """x ← norm₁(x + attention(x)), x ← norm₂(x + W₂ f(W₁ x)), with dropout behind each part."""
    def forward(self, src, src_mask = None, src_key_padding_mask = None, is_causal: _bool = False) -> Any: ...

