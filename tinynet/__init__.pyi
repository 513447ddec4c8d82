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

from .tensor import Operand
from . import accelerator as accelerator
from . import autograd as autograd
from . import backends as backends
from . import cuda as cuda
from . import dtypes as dtypes
from . import func as func
from . import linalg as linalg
from . import nn as nn
from . import ops as ops
from . import optim as optim
from . import return_types as return_types
from . import special as special
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .backends import get_float32_matmul_precision as get_float32_matmul_precision
from .backends import set_float32_matmul_precision as set_float32_matmul_precision
from .defaults import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from .defaults import get_default_device as get_default_device
from .defaults import get_default_dtype as get_default_dtype
from .defaults import is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled
from .defaults import set_default_device as set_default_device
from .defaults import set_default_dtype as set_default_dtype
from .defaults import use_deterministic_algorithms as use_deterministic_algorithms
from .devices import device as device
from .errors import CaptureError as CaptureError
from .errors import DeviceError as DeviceError
from .errors import DTypeError as DTypeError
from .errors import GraphError as GraphError
from .errors import NonFiniteError as NonFiniteError
from .errors import ShapeError as ShapeError
from .errors import TargetError as TargetError
from .func import vmap as vmap
from .kernels.runtime.threads import get_num_threads as get_num_threads
from .kernels.runtime.threads import set_num_threads as set_num_threads
from .memory_format import channels_last as channels_last
from .memory_format import channels_last_3d as channels_last_3d
from .memory_format import contiguous_format as contiguous_format
from .memory_format import layout as layout
from .memory_format import memory_format as memory_format
from .memory_format import preserve_format as preserve_format
from .memory_format import strided as strided
from .ops.questions import e as e
from .ops.questions import finfo as finfo
from .ops.questions import iinfo as iinfo
from .ops.questions import inf as inf
from .ops.questions import nan as nan
from .ops.questions import pi as pi
from .printing import set_printoptions as set_printoptions
from .random import Generator as Generator
from .random import default_generator as default_generator
from .random import get_rng_state as get_rng_state
from .random import initial_seed as initial_seed
from .random import manual_seed as manual_seed
from .random import seed as seed
from .random import set_rng_state as set_rng_state
from .size import Size as Size
from .tensor import Tensor as Tensor
from . import amp as amp
from . import compiler as compiler
from . import data as data
from . import distributed as distributed
from . import distributions as distributions
from . import jit as jit
from . import multiprocessing as multiprocessing
from . import onnx as onnx
from . import profiler as profiler
from . import serialization as serialization
from . import sklearn as sklearn
from . import training as training
from . import utils as utils
from .training.objects import load as load
from .training.objects import save as save
from .amp.autocast_mode import autocast as autocast
from .amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from .compiler import compile as compile
from .profiler import profile as profile
from .window import show as show

__version__: _str
dtype: TypeAlias = np.dtype[Any]
bool: np.dtype[Any]
float16: np.dtype[Any]
float32: np.dtype[Any]
float64: np.dtype[Any]
int8: np.dtype[Any]
int16: np.dtype[Any]
int32: np.dtype[Any]
int64: np.dtype[Any]
uint8: np.dtype[Any]
float: np.dtype[Any]
double: np.dtype[Any]
half: np.dtype[Any]
long: np.dtype[Any]
int: np.dtype[Any]
short: np.dtype[Any]
class FloatTensor(Tensor): ...
class DoubleTensor(Tensor): ...
class HalfTensor(Tensor): ...
class LongTensor(Tensor): ...
class IntTensor(Tensor): ...
class ShortTensor(Tensor): ...
class CharTensor(Tensor): ...
class ByteTensor(Tensor): ...
class BoolTensor(Tensor): ...
def tensor(data, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
    """A tensor with a copy of `data`: a number, nested sequences, or an array; on the CPU, or where `device` says."""
def set_default_tensor_type(t) -> Tensor:
    """Take the dtype and the device of a type, such as `FloatTensor` or "torch.FloatTensor", for the defaults."""
def relu(input: Tensor) -> Tensor:
    """max(x, 0), with gradient 0 at 0."""
def sigmoid(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 / (1 + e⁻ˣ)."""
def tanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """tanh x."""
def adaptive_avg_pool1d(input: Tensor, output_size) -> Tensor:
    """The mean of x (N, C, L) or (C, L) over `output_size` windows: see `adaptive_avg_pool2d`."""
def absolute(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """|x|, with gradient 0 at 0."""
def negative(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """−x."""
def subtract(input: Tensor, other: Operand, *, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x − alpha y, of numbers."""
def multiply(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x · y, element by element."""
def divide(input: Tensor, other: Operand, *, rounding_mode = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
def true_divide(input: Tensor, other: Operand, *, rounding_mode = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
def not_equal(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ne element by element, as a bool tensor."""
def less(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """lt element by element, as a bool tensor."""
def less_equal(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """le element by element, as a bool tensor."""
def greater(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """gt element by element, as a bool tensor."""
def greater_equal(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ge element by element, as a bool tensor."""
def conj(input: Tensor) -> Tensor:
    """x itself, whose numbers are real."""
def conj_physical(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x itself, whose numbers are real."""
def resolve_conj(input: Tensor) -> Tensor:
    """x itself, whose numbers are real."""
def resolve_neg(input: Tensor) -> Tensor:
    """x itself, whose numbers are real."""
def adjoint(input: Tensor) -> Tensor:
    """Each matrix of the last two dimensions transposed; a view. Raises ShapeError for fewer than 2 dimensions."""
def real(input: Tensor) -> Tensor:
    """x itself, whose numbers are real."""
def add(input: Tensor, other: Operand, *, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x + alpha y."""
def sub(input: Tensor, other: Operand, *, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x − alpha y, of numbers."""
def mul(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x · y, element by element."""
def div(input: Tensor, other: Operand, *, rounding_mode = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
def floor_divide(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """⌊x / y⌋; not differentiable."""
def remainder(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x − y ⌊x / y⌋, with the sign of y."""
def fmod(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x − y · trunc(x / y), with the sign of x."""
def pow(input: Tensor, exponent: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x to the power of a number or tensor."""
def neg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """−x."""
def abs(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """|x|, with gradient 0 at 0."""
def sign(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """−1, 0 or 1; of NaN 0, of booleans themselves."""
def floor(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The largest whole number ≤ x."""
def ceil(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The smallest whole number ≥ x."""
def trunc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The whole number nearest to x on the side of 0."""
def exp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """eˣ."""
def log(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The natural logarithm; −inf at 0, NaN below."""
def log1p(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log(1 + x), accurate for small x."""
def sqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """√x; NaN below 0."""
def sin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """sin x."""
def cos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """cos x."""
def square(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x²; of booleans, as integers."""
def rsqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 / √x."""
def reciprocal(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 / x."""
def clone(input: Tensor, *, memory_format = None) -> Tensor:
    """A copy of x in memory of its own, in the order of x unless `memory_format` names another."""
def index_add(input: Tensor, dim = ..., index = ..., source = ..., *, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with alpha times the slices of `source` added to those of x along `dim` that a vector of indices names."""
def index_copy(input: Tensor, dim = ..., index = ..., source = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with the slices of `source` in place of those of x along `dim` that a vector of indices names."""
def index_fill(input: Tensor, dim = ..., index = ..., value: Operand = ..., *, axis: Any = ...) -> Tensor:
    """x with `value`, a number or a 0-d tensor, in all slices along `dim` that a vector of indices names."""
def index_put(input: Tensor, indices, values, accumulate: _bool = False) -> Tensor:
    """x with `values` at x[indices], a tuple of tensors of integers or booleans, or None for all along a dimension."""
def masked_scatter(input: Tensor, mask: Tensor, source) -> Tensor:
    """x with its elements where a mask, broadcast with it, is true replaced by the first elements of `source`."""
def put(input: Tensor, index, source, accumulate: _bool = False) -> Tensor:
    """x with the elements that `index` names, as if it were flattened, replaced by those of `source`, or added to."""
def select_scatter(input: Tensor, src: Operand = ..., dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
    """x with `src` in place of the slice number `index` along `dim`."""
def slice_scatter(input: Tensor, src: Operand = ..., dim: _int | Sequence[_int] = 0, start = None, end = None, step: Any = 1, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with `src` in place of the slices start, start + step, ... below end along `dim`."""
def diagonal_scatter(input: Tensor, src: Operand, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
    """x with `src` in place of its `diagonal`."""
def clamp(input: Tensor, min: Operand | None = None, max: Operand | None = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """min(max(x, min), max), for numbers or tensors as bounds; the gradient by x is 0 outside."""
def masked_fill(input: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """x with `value` where the mask holds."""
def maximum(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The larger of x and y; where they are equal each receives half of the gradient."""
def minimum(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The smaller of x and y; where they are equal each receives half of the gradient."""
def where(condition, input: Tensor | None = None, other: Operand | None = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor | Any:
    """x where the condition holds, else y, for x = input and y = other."""
def allclose(input: Tensor, other: Operand, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: _bool = False) -> _bool:
    """Whether all elements are close, see `isclose`: a bool."""
def isclose(input: Tensor, other: Operand, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: _bool = False) -> Tensor:
    """|x − y| ≤ atol + rtol |y|, element by element; infinities are close to themselves, and so is NaN if asked for."""
def equal(input: Tensor, other: Operand) -> _bool:
    """Whether two tensors have the same shape and the same elements: a bool."""
def isposinf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Whether x is ∞, element by element."""
def isneginf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Whether x is −∞, element by element."""
def isreal(input: Tensor) -> Tensor:
    """Whether x is a real number: here every number is."""
def eq(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """eq element by element, as a bool tensor."""
def ne(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ne element by element, as a bool tensor."""
def lt(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """lt element by element, as a bool tensor."""
def le(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """le element by element, as a bool tensor."""
def gt(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """gt element by element, as a bool tensor."""
def ge(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ge element by element, as a bool tensor."""
def logical_and(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """logical_and element by element, as a bool tensor."""
def logical_or(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """logical_or element by element, as a bool tensor."""
def logical_xor(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """logical_xor element by element, as a bool tensor."""
def logical_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """logical_not element by element, as a bool tensor."""
def bitwise_and(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """bitwise_and element by element, of integers or booleans."""
def bitwise_or(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """bitwise_or element by element, of integers or booleans."""
def bitwise_xor(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """bitwise_xor element by element, of integers or booleans."""
def bitwise_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """All bits of integers the other way round; of booleans their opposite."""
def bitwise_left_shift(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """bitwise_left_shift element by element, of integers."""
def bitwise_right_shift(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """bitwise_right_shift element by element, of integers."""
def isnan(input: Tensor) -> Tensor:
    """isnan element by element, as a bool tensor."""
def isinf(input: Tensor) -> Tensor:
    """isinf element by element, as a bool tensor."""
def isfinite(input: Tensor) -> Tensor:
    """isfinite element by element, as a bool tensor."""
def lerp(input: Tensor, end, weight: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x + w (y − x), the point between x and y = end at w = weight; for w = 1 it is y itself."""
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x + value · a · b, element by element."""
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x + value · a / b, element by element."""
def rsub(input: Tensor, other: Operand, *, alpha: Any = 1) -> Tensor:
    """y − alpha x."""
def clamp_min(input: Tensor, min: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x where it is larger than `min`, else `min`."""
def clamp_max(input: Tensor, max: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x where it is smaller than `max`, else `max`."""
def clip(input: Tensor, min: Operand | None = None, max: Operand | None = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`clamp`, by its other name."""
def gcd(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The greatest common divisor of integers; of 0 and 0 it is 0."""
def lcm(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The least common multiple of integers; with 0 it is 0."""
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
def cov(input: Tensor, *, correction: Any = 1, fweights = None, aweights = None) -> Tensor:
    """C[i, j] = Σ w (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ) / n, for the variables in the rows of x, or for the one in a vector."""
def corrcoef(input: Tensor) -> Tensor:
    """R[i, j] = C[i, j] / √(C[i, i] C[j, j]), in [−1, 1], for the covariances C of the rows of x."""
def as_tensor(data, dtype = None, device = None) -> Tensor:
    """`data` itself if it is a tensor of that dtype on that device, its memory if it is such an array, else a copy."""
def from_numpy(ndarray) -> Tensor:
    """A tensor over the memory of a NumPy array; of one that is read-only with a warning."""
def from_dlpack(ext_tensor) -> Tensor:
    """A tensor over the memory of any object with `__dlpack__`, on the CPU or the GPU."""
def zeros(*sizes: _int | Sequence[_int], size = None, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Zeros."""
def ones(*sizes: _int | Sequence[_int], size = None, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Ones."""
def full(size, fill_value, *, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`fill_value` everywhere; its type decides the dtype unless one is given."""
def empty(*sizes: _int | Sequence[_int], size = None, dtype = None, device = None, requires_grad: _bool = False, memory_format = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Memory with whatever is in it, its elements in order, or in the order that a memory format says."""
def zeros_like(input: Tensor, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Zeros in the shape, and by default of the dtype and on the device, of x."""
def ones_like(input: Tensor, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Ones in the shape, and by default of the dtype and on the device, of x."""
def full_like(input: Tensor, fill_value, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """`fill_value` in the shape, and by default of the dtype and on the device, of x."""
def empty_like(input: Tensor, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Memory in the shape, and by default of the dtype and on the device, of x, with whatever is in it."""
def arange(start = None, end = None, step: Any = 1, *, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """start, start + step, ... below end; arange(n) counts from 0."""
def linspace(start, end, steps, *, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`steps` evenly spaced numbers from start to end, both included."""
def logspace(start, end, steps, base: Any = 10.0, *, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`steps` powers of the base, whose exponents are evenly spaced from start to end, both included."""
def eye(n, m = None, *, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The identity matrix, n × n or n × m."""
def scalar_tensor(s, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
    """A number as a tensor without dimensions, of the default dtype unless one is given."""
def diagonal(input: Tensor, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
    """The diagonals of the matrices that two dimensions make, in the last dimension; a view."""
def diag(input: Tensor, diagonal: Any = 0, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal and 0 elsewhere."""
def diag_embed(input: Tensor, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
    """Matrices with the last dimension of x on a diagonal and 0 elsewhere, in two dimensions of the result."""
def diagflat(input: Tensor, offset: Any = 0) -> Tensor:
    """The matrix with all elements of x on its diagonal and 0 elsewhere."""
def trace(input: Tensor) -> Tensor:
    """Σ x[i, i] of a matrix. Raises ShapeError for other numbers of dimensions."""
def diff(input: Tensor, n: Any = 1, dim: _int | Sequence[_int] = -1, prepend = None, append = None, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x[k + 1] − x[k] along `dim`, n times; before that `prepend` and `append` are put to the ends of x."""
def gradient(input: Tensor, *, spacing = None, dim = None, edge_order: Any = 1, axis: Any = ...) -> list[Tensor]:
    """The derivative of sampled values along each dimension, or along those in `dim`; a list with one for each."""
def trapezoid(y, x = None, *, dx = None, dim: _int | Sequence[_int] = -1, axis: Any = ...) -> Tensor:
    """∫ y dx by the trapezoidal rule along `dim`, for samples at x, or a distance `dx` (1 by default) apart."""
def trapz(y, x = None, *, dx = None, dim: _int | Sequence[_int] = -1, axis: Any = ...) -> Tensor:
    """∫ y dx by the trapezoidal rule along `dim`, for samples at x, or a distance `dx` (1 by default) apart."""
def cumulative_trapezoid(y, x = None, *, dx = None, dim: _int | Sequence[_int] = -1, axis: Any = ...) -> Tensor:
    """The integral from the first sample to each of the others, see `trapezoid`."""
def cosine_similarity(x1: Tensor, x2: Tensor = ..., dim: _int | Sequence[_int] = 1, eps: Any = 1e-08, *, axis: Any = ...) -> Tensor:
    """x₁ · x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along `dim`; the two broadcast."""
def pairwise_distance(x1: Tensor, x2: Tensor = ..., p: Any = 2.0, eps: Any = 1e-06, keepdim: _bool = False, *, keepdims: Any = ...) -> Tensor:
    """‖x₁ − x₂ + ε‖ₚ along the last dimension; the two broadcast."""
def pdist(input: Tensor, p: Any = 2) -> Tensor:
    """‖xᵢ − xⱼ‖ₚ of all pairs of rows i < j of x (n, m), as a row of n (n − 1) / 2; 0 has the gradient 0."""
def normal(mean, std: Any = 1.0, size = None, *, generator = None, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Numbers from normal distributions, of a mean and a standard deviation for each, or `size` numbers from one."""
def randint_like(input: Tensor, low, high = None, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Whole numbers from [low, high), or from [0, low) if one bound is given, shaped as x, by default of its dtype."""
def poisson(input: Tensor, generator = None) -> Tensor:
    """Counts from the Poisson distributions whose means are the elements of x, in its dtype."""
def binomial(count, prob, generator = None) -> Tensor:
    """Successes in `count` trials, each with the probability `prob`, for each element of two tensors, in their dtype."""
def einsum(equation, *operands: Any) -> Tensor:
    """Σ over the indices that the equation names for the operands, but not for the result: "ik,kj->ij" is A B."""
def tensordot(a, b, dims: Any = 2, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Σ over the last `dims` dimensions of a and the first of b, or over those listed for a and for b."""
def exp2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """2ˣ."""
def expm1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """eˣ − 1, accurate for small x."""
def log2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The logarithm to the base 2; −inf at 0, NaN below."""
def log10(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The logarithm to the base 10; −inf at 0, NaN below."""
def logaddexp(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log(eˣ + eʸ), where no exponential overflows."""
def logaddexp2(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log₂(2ˣ + 2ʸ)."""
def xlogy(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x log y, which is 0 for x = 0 also where the logarithm is −∞ or NaN."""
def logit(input: Tensor, eps = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log(x / (1 − x)), the inverse of the sigmoid; with `eps`, of x clamped to [eps, 1 − eps]."""
def float_power(input: Tensor, exponent: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x to the power of y, both as float64."""
def ldexp(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x · 2ʸ."""
def qr(input: Tensor, some: _bool = True, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.qr:
    """(Q, R): see `linalg.qr`, whose mode is "reduced" with `some`, else "complete"."""
def svd(input: Tensor, some: _bool = True, compute_uv: _bool = True, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.svd:
    """(U, S, V): A = U diag(S) Vᵀ, with `some` the first min(m, n) columns of U and V; U = V = 0 without `compute_uv`."""
def frexp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.frexp:
    """(mantissa, exponent), with x = m 2ᵉ and ½ ≤ |m| < 1, or m = e = 0; the exponents are int32."""
def nextafter(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number next to x in the direction of y."""
def angle(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle of x in the complex plane: 0 for x ≥ 0, π for x < 0, NaN for NaN."""
def formula(function = None, *, derivative = None) -> Tensor:
    """An elementwise operation from a scalar function, compiled for CPU and GPU, and with gradients of any order."""
def broadcast_tensors(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The tensors, each expanded to the shape that all broadcast to; views. Raises ShapeError where there is none."""
def broadcast_shapes(*shapes: Any) -> Any:
    """The shape to which shapes, or sizes of vectors, broadcast. Raises ShapeError where there is none."""
def meshgrid(*tensors: Tensor | Sequence[Tensor], indexing = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: out[i][j₀, j₁, ...] = xᵢ[jᵢ], views of the vectors given."""
def cartesian_prod(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """All choices of one element from each vector, a row each; of a single vector, its elements."""
def combinations(input: Tensor, r: Any = 2, with_replacement: _bool = False) -> Tensor:
    """All choices of r elements of a vector in their order, a row each; `with_replacement` an element may repeat."""
def tril_indices(row, col, offset: Any = 0, *, dtype: Any = ..., device = None) -> Tensor:
    """(2, n): rows and columns of the elements on and below a diagonal of a row × col matrix, row by row."""
def triu_indices(row, col, offset: Any = 0, *, dtype: Any = ..., device = None) -> Tensor:
    """(2, n): rows and columns of the elements on and above a diagonal of a row × col matrix, row by row."""
def histc(input: Tensor, bins: Any = 100, min: Operand = 0, max: Operand = 0, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """How many elements lie in each of `bins` intervals of equal length from `min` to `max`."""
def histogram(input: Tensor, bins, *, range = None, weight: Operand | None = None, density: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> return_types.histogram:
    """(hist, bin_edges): how many elements lie in each interval [eᵢ, eᵢ₊₁), the last of which is closed."""
def histogramdd(input: Tensor, bins, range = None, weight: Operand | None = None, density: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.histogramdd:
    """(hist, bin_edges): how many points, rows of x (..., n), lie in each box of a grid: see `histogram`."""
def geqrf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.geqrf:
    """(a, tau): R on and above the diagonal of a, and below it, with τ, the reflections whose product is Q: A = Q R."""
def ormqr(input: Tensor, input2: Tensor, input3, left: _bool = True, transpose: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Q C for Q = H₁ ... Hₖ, tau = `input2`, C = `input3`; with left=False C Q, with `transpose` Qᵀ in place of Q."""
def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The first n columns of H₁ ... Hₖ, for tau = `input2`: see `linalg.householder_product`."""
def igamma(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt."""
def igammac(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Q(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt = 1 − P(a, x)."""
def gather(input: Tensor, dim = ..., index = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """out[i][j] = x[i][index[i][j]] for dim 1, and likewise for others; `index` has as many dimensions as x."""
def narrow(input: Tensor, dim = ..., start = ..., length = ..., *, axis: Any = ...) -> Tensor:
    """The part of x from `start`, `length` long, along `dim`; a view. A negative `start` counts from the end."""
def narrow_copy(input: Tensor, dim = ..., start = ..., length = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """`narrow`, as a copy. Raises ArgumentValueError for a part that is not inside x."""
def fill(input: Tensor, value: Operand) -> Tensor:
    """`value`, a number or a 0-d tensor, in the shape and the dtype of x."""
def fill_(input: Tensor, value: Operand) -> Tensor:
    """Overwrite every element of x by a number."""
def zero_(input: Tensor) -> Tensor:
    """Overwrite every element of x by 0."""
def cat(tensors, dim: _int | Sequence[_int] = 0, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The tensors one after another along `dim`; the other sizes must agree."""
def concat(tensors, dim: _int | Sequence[_int] = 0, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The tensors one after another along `dim`; the other sizes must agree."""
def concatenate(tensors, dim: _int | Sequence[_int] = 0, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The tensors one after another along `dim`; the other sizes must agree."""
def stack(tensors, dim: _int | Sequence[_int] = 0, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The tensors, all of one shape, along a new dimension `dim`."""
def hstack(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The tensors beside each other: along dimension 1, or 0 of vectors."""
def vstack(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The tensors below each other: along dimension 0, where a vector is a row."""
def dstack(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The tensors behind each other: along dimension 2."""
def column_stack(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The tensors beside each other: along dimension 1, where a vector is a column."""
def row_stack(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The tensors below each other: along dimension 0, where a vector is a row."""
def block_diag(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """The matrix that has the tensors, matrices or less, along its diagonal and 0 elsewhere."""
def inverse(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and LinAlgError if singular."""
def det(input: Tensor) -> Tensor:
    """The determinant of each matrix (..., n, n); its gradient needs the inverse."""
def logdet(input: Tensor) -> Tensor:
    """log det A of each matrix (..., n, n), NaN for a negative determinant. Raises ShapeError, DTypeError."""
def cholesky_inverse(input: Tensor, upper: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """A⁻¹, where L is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError if it is singular."""
def cholesky_solve(input: Tensor, input2: Tensor, upper: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B, where `input2` is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError."""
def softmax(input: Tensor, dim = ..., dtype = None, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """eˣ / Σ eˣ along `dim`; of x converted to `dtype` first, if one is given."""
def log_softmax(input: Tensor, dim = ..., dtype = None, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x − log Σ eˣ along `dim`; of x converted to `dtype` first, if one is given."""
def svd_lowrank(A, q: Any = 6, niter: Any = 2, M = None) -> tuple[Tensor, Tensor, Tensor]:
    """(U, S, V): the q largest singular values of A − M (..., m, n), about, and their vectors, A − M ≈ U diag(S) Vᵀ."""
def pca_lowrank(A, q = None, center: _bool = True, niter: Any = 2) -> tuple[Tensor, Tensor, Tensor]:
    """(U, S, V): `svd_lowrank` of rows of data (..., m, n), from which with `center` their mean is subtracted."""
def matmul(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x @ y: out[..., i, j] = Σₖ x[..., i, k] y[..., k, j], where leading dimensions broadcast."""
def slogdet(input: Tensor) -> return_types.slogdet:
    """(sign, logabsdet) of the determinant of each matrix (..., n, n). Raises ShapeError, DTypeError."""
def matrix_power(input: Tensor, n, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Aⁿ = A A ... A for each matrix (..., k, k), by repeated squaring; of the inverse for n < 0."""
def matrix_exp(input: Tensor) -> Tensor:
    """e^A = Σ Aᵏ / k! for each matrix (..., n, n)."""
def pinverse(input: Tensor, rcond: Any = 1e-15) -> Tensor:
    """A⁺: see `linalg.pinv`, with rtol = rcond."""
def vander(x, N = None, increasing: _bool = False) -> Tensor:
    """`linalg.vander` of a vector, the highest power first unless `increasing`. Raises ShapeError for no vector."""
def cholesky(input: Tensor, upper: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """L, lower triangular, with x = L Lᵀ, or with `upper` Lᵀ: see `linalg.cholesky`."""
def lu(A, pivot: _bool = True, get_infos: _bool = False) -> tuple[Tensor, ...]:
    """(LU, pivots), or with `get_infos` (LU, pivots, info): see `linalg.lu_factor_ex`."""
def lu_solve(input: Tensor, LU_data, LU_pivots, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B, for B (..., n, k) and what `lu` has made of A: see `linalg.lu_solve`."""
def lu_unpack(LU_data, LU_pivots, unpack_data: _bool = True, unpack_pivots: _bool = True, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.lu_unpack:
    """(P, L, U) of what `lu` has made of a matrix P L U; without `unpack_data` or `unpack_pivots`, empty ones."""
def triangular_solve(input: Tensor, A, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.triangular_solve:
    """(X, a copy of A), with A X = B for B (..., n, k) and triangular A: see `linalg.solve_triangular`."""
def constant_pad_nd(input: Tensor, pad, value: Operand = 0) -> Tensor:
    """`nn.functional.pad` by a constant."""
def split(tensor: Tensor, split_size_or_sections = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """The parts of x along `dim`, each of a given size (the last may be smaller), or of the sizes listed; views."""
def split_with_sizes(input: Tensor, split_sizes = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """The parts of x along `dim` of the sizes listed; views. Raises ShapeError for sizes that do not add up."""
def unsafe_split(input: Tensor, split_size = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """`split`; the name is for parts that a script changes in place."""
def unsafe_chunk(input: Tensor, chunks = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """`chunk`; the name is for parts that a script changes in place."""
def chunk(input: Tensor, chunks = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """x in at most so many parts of equal size along `dim`, the last of which may be smaller; views."""
def tensor_split(input: Tensor, indices_or_sections = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """x in so many parts along `dim`, the first of which may be larger by one, or cut before each index; views."""
def hsplit(input: Tensor, indices_or_sections) -> tuple[Tensor, ...]:
    """x in parts of equal width along dimension 1, or 0 of a vector, or cut before each index; views."""
def vsplit(input: Tensor, indices_or_sections) -> tuple[Tensor, ...]:
    """x in parts of equal height along dimension 0, or cut before each index; views: see `hsplit`."""
def dsplit(input: Tensor, indices_or_sections) -> tuple[Tensor, ...]:
    """x in parts of equal depth along dimension 2, or cut before each index; views: see `hsplit`."""
def unbind(input: Tensor, dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
    """The slices of x along `dim`, without that dimension; views."""
def tril(input: Tensor, diagonal: Any = 0, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The lower triangles of the matrices in x, up to a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
def triu(input: Tensor, diagonal: Any = 0, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The upper triangles of the matrices in x, from a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
def repeat_interleave(input: Tensor, repeats = None, dim = None, *, output_size = None, axis: Any = ...) -> Tensor:
    """x with each slice along `dim` repeated so many times in a row: a number, or one for each slice."""
def pixel_shuffle(input: Tensor, upscale_factor) -> Tensor:
    """x (*, C r², H, W) as (*, C, H r, W r): each r² channels become a square of pixels. Shi et al. (2016)."""
def pixel_unshuffle(input: Tensor, downscale_factor) -> Tensor:
    """x (*, C, H r, W r) as (*, C r², H, W): the inverse of `pixel_shuffle`."""
def channel_shuffle(input: Tensor, groups) -> Tensor:
    """x (N, C, *) with its channels, as a matrix of `groups` rows, transposed: Zhang et al. (2018)."""
def avg_pool1d(input: Tensor, kernel_size, stride = None, padding: Any = 0, ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """The mean of x (N, C, L) or (C, L) over each window: see `avg_pool2d`."""
def mm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of two matrices. Raises ShapeError for other dimensions or sizes that do not fit."""
def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of each matrix (b, n, k) with its partner (b, k, m)."""
def mv(input: Tensor, vec: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of a matrix and a vector. Raises ShapeError for other dimensions or sizes that do not fit."""
def dot(input: Tensor, tensor: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
def vdot(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
def inner(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Σₖ x[..., k] y[..., k] for all rows of x with all rows of y; with a number, x times it."""
def ger(input: Tensor, vec2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The matrix xᵢ yⱼ of two vectors. Raises ShapeError for other dimensions."""
def outer(input: Tensor, vec2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The matrix xᵢ yⱼ of two vectors. Raises ShapeError for other dimensions."""
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """beta x + alpha A B, for matrices A and B."""
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """beta x + alpha A v, for a matrix A and a vector v."""
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """beta x + alpha v wᵀ, for vectors v and w."""
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """beta x + alpha Σᵢ Aᵢ Bᵢ, for stacks of matrices A and B."""
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """beta x + alpha Aᵢ Bᵢ, for stacks of matrices A and B."""
def kron(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The Kronecker product: each element of x times the whole of y, as blocks in the place of the element."""
def cross(input: Tensor, other: Operand = ..., dim = None, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The vectors x × y of three elements along `dim`, by default the first dimension of size 3."""
def cdist(x1: Tensor, x2: Tensor, p: Any = 2.0, compute_mode: _str = 'use_mm_for_euclid_dist_if_necessary') -> Tensor:
    """The distances (Σₖ |x1[..., i, k] − x2[..., j, k]|ᵖ)^(1/p) of all rows of x1 and x2; leading dimensions broadcast."""
def chain_matmul(*matrices: Any, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of several matrices, in the order of the fewest multiplications. See `linalg.multi_dot`."""
def bilinear(input1: Tensor, input2: Tensor, weight: Operand, bias = None) -> Tensor:
    """y[..., o] = b[o] + Σ x₁[..., i] w[o, i, j] x₂[..., j], for x₁ (*, in1), x₂ (*, in2) and w (out, in1, in2)."""
def is_tensor(obj) -> _bool:
    """Whether an object is a Tensor."""
def numel(input: Tensor) -> _int:
    """How many elements x has."""
def is_floating_point(input: Tensor) -> _bool:
    """Whether x holds floating point numbers."""
def is_complex(input: Tensor) -> _bool:
    """Whether x holds complex numbers: never."""
def is_nonzero(input: Tensor) -> _bool:
    """Whether the one element of x is not zero."""
def is_same_size(input: Tensor, other: Operand) -> _bool:
    """Whether x and y have the same shape."""
def result_type(tensor: Tensor, other: Operand) -> Any:
    """The dtype of an operation between two operands, each a tensor or a number."""
def promote_types(type1, type2) -> Any:
    """The dtype that holds numbers of two dtypes."""
def can_cast(from_, to) -> _bool:
    """Whether in-place operations convert one dtype to another: not floats to integers, nor numbers to bool."""
def is_inference(input: Tensor) -> _bool:
    """Whether x can take no part in gradients ever: never, since `inference_mode` makes ordinary tensors."""
def rand(*sizes: _int | Sequence[_int], size = None, generator = None, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Numbers from the uniform distribution on [0, 1)."""
def randn(*sizes: _int | Sequence[_int], size = None, generator = None, dtype = None, device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Numbers from the standard normal distribution."""
def rand_like(input: Tensor, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Numbers from the uniform distribution on [0, 1), shaped as x, by default of its dtype and on its device."""
def randn_like(input: Tensor, *, dtype = None, device = None, requires_grad: _bool = False, memory_format = None) -> Tensor:
    """Numbers from the standard normal distribution, shaped as x, by default of its dtype and on its device."""
def randint(low = None, high = None, size = None, *, generator = None, dtype: Any = ..., device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Whole numbers from [low, high), or from [0, low) if one bound is given: randint(high, size=...)."""
def randperm(n, *, generator = None, dtype: Any = ..., device = None, requires_grad: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The numbers 0 ... n−1 in random order."""
def bernoulli(input: Tensor, p = None, *, generator = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 with a probability, else 0: that of each element of the tensor `input`, or the number p for all of them."""
def multinomial(input: Tensor, num_samples, replacement: _bool = False, *, generator = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`num_samples` indices for each row of p (n,) or (rows, n), index i with probability p[i] / Σ p; of dtype int64."""
def movedim(input: Tensor, source, destination) -> Tensor:
    """x with the dimensions `source` in the places `destination`, and the others in their order; a view."""
def moveaxis(input: Tensor, source, destination) -> Tensor:
    """x with the dimensions `source` in the places `destination`, and the others in their order; a view."""
def swapaxes(input: Tensor, axis0, axis1) -> Tensor:
    """x with two dimensions exchanged; a view."""
def swapdims(input: Tensor, dim0, dim1) -> Tensor:
    """x with two dimensions exchanged; a view."""
def flip(input: Tensor, *args: Any, dims = None) -> Tensor:
    """x with its elements along `dims` from the last to the first; a copy."""
def fliplr(input: Tensor) -> Tensor:
    """x with its columns, dimension 1, from the last to the first; a copy. Raises ShapeError for fewer dimensions."""
def flipud(input: Tensor) -> Tensor:
    """x with its rows, dimension 0, from the last to the first; a copy. Raises ShapeError for a 0-d tensor."""
def roll(input: Tensor, shifts, dims: Any = ...) -> Tensor:
    """x with its elements moved by `shifts` along `dims`, those that fall off the end put in front; a copy."""
def rot90(input: Tensor, k: Any = 1, dims: Any = ...) -> Tensor:
    """x turned by k · 90° in the plane of two dimensions, from the first of them towards the second."""
def tile(input: Tensor, *args: Any, dims = None) -> Tensor:
    """x beside itself, dims[i] times along dimension i, counted from the last; further dimensions are not repeated."""
def unflatten(input: Tensor, dim = ..., sizes = ..., *, axis: Any = ...) -> Tensor:
    """x with the dimension `dim` made several, of the sizes given, one of which may be −1; a view."""
def ravel(input: Tensor) -> Tensor:
    """The elements of x in one dimension; a view where x is contiguous."""
def atleast_1d(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """Each tensor, a 0-d one in a new dimension; views."""
def atleast_2d(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """Each tensor in at least two dimensions, new ones in front; views."""
def atleast_3d(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """Each tensor in at least three dimensions, a row (n,) becoming (1, n, 1) and a matrix (m, n, 1); views."""
def hardshrink(input: Tensor, lambd: Any = 0.5) -> Tensor:
    """x where |x| > λ, else 0."""
def prelu(input: Tensor, weight: Operand) -> Tensor:
    """x where x > 0, else weight · x, with one weight (1,) for all, or (C,) for x (N, C, ...): He et al. (2015)."""
def sum(input: Tensor, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Σ x over `dim`, a number or several, or over all; of integers and booleans as int64."""
def mean(input: Tensor, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Σ x / n over `dim`, or over all; of x converted to `dtype` if one is given."""
def var(input: Tensor, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Σ (x − x̄)² / (n − c) over `dim`, or over all: c is `correction`, or 1 if `unbiased` (Bessel's), else 0."""
def std(input: Tensor, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """√var; its gradient where all elements are equal, and the root has none, is taken as 0."""
@overload
def max(input: Tensor) -> Tensor: ...
@overload
def max(input: Tensor, dim: _int, keepdim: _bool = False) -> return_types.max: ...
@overload
def max(input: Tensor, *, axis: _int, keepdims: _bool = False) -> return_types.max: ...
@overload
def max(input: Tensor, other: Tensor) -> Tensor: ...
@overload
def min(input: Tensor) -> Tensor: ...
@overload
def min(input: Tensor, dim: _int, keepdim: _bool = False) -> return_types.min: ...
@overload
def min(input: Tensor, *, axis: _int, keepdims: _bool = False) -> return_types.min: ...
@overload
def min(input: Tensor, other: Tensor) -> Tensor: ...
def argmax(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """The index of the first largest element, along `dim` or in the flattened tensor."""
def argmin(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """The index of the first smallest element, along `dim` or in the flattened tensor."""
def any(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Whether any element is not zero; of uint8 as uint8, else as bool."""
def all(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Whether no element is zero; of uint8 as uint8, else as bool."""
def prod(input: Tensor, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """Π x along `dim`, or over all; of integers and booleans as int64. Its gradient divides by no x, so x may be 0."""
def amax(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """The largest element over `dim`, a number or several, or all. Where several share it, so does the gradient."""
def amin(input: Tensor, dim = None, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """The smallest element over `dim`, a number or several, or all. Where several share it, so does the gradient."""
def aminmax(input: Tensor, *, dim = None, keepdim: _bool = False, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> return_types.aminmax:
    """(min, max): the smallest and the largest element along `dim`, or over all."""
def logsumexp(input: Tensor, dim = ..., keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """log Σ eˣ over `dim`, a number or several, where no exponential overflows."""
def nansum(input: Tensor, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """`sum` of what is not NaN."""
def nanmean(input: Tensor, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """`mean` of what is not NaN."""
def count_nonzero(input: Tensor, dim = None, *, axis: Any = ...) -> Tensor:
    """How many elements are not 0, along `dim` or over all."""
def std_mean(input: Tensor, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, axis: Any = ..., keepdims: Any = ...) -> tuple[Tensor, Tensor]:
    """(std, mean) of the same elements."""
def var_mean(input: Tensor, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, axis: Any = ..., keepdims: Any = ...) -> tuple[Tensor, Tensor]:
    """(var, mean) of the same elements."""
def resize_as_(input: Tensor, the_template, *, memory_format = None) -> Tensor:
    """Let x have the shape of another tensor: see `resize_`."""
def round(input: Tensor, *, decimals: Any = 0, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The nearest whole number, or number with so many `decimals`; halfway between two, the one that is even."""
def fix(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The whole number nearest to x on the side of 0."""
def frac(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x − trunc x, with the sign of x."""
def nan_to_num(input: Tensor, nan = None, posinf = None, neginf = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x with `nan` (0 by default) in place of NaN, and of ±∞ other numbers (by default the largest and smallest)."""
def sgn(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """−1, 0 or 1: the sign of a real number."""
def positive(input: Tensor) -> Tensor:
    """x itself."""
def signbit(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Whether x has a minus sign, as −0.0 has."""
def copysign(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """|x| with the sign of y."""
def heaviside(input: Tensor, values, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """0 for x < 0, 1 for x > 0, and `values` for x = 0; not differentiable."""
def fmax(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The larger of x and y; where one is NaN, the other."""
def fmin(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The smaller of x and y; where one is NaN, the other."""
def cumsum(input: Tensor, dim = ..., *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """out[k] = x[0] + ... + x[k] along `dim`; of integers and booleans as int64."""
def cumprod(input: Tensor, dim = ..., *, dtype = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """out[k] = x[0] · ... · x[k] along `dim`; of integers and booleans as int64."""
def cummax(input: Tensor, dim = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> return_types.cummax:
    """(values, indices): the largest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
def cummin(input: Tensor, dim = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> return_types.cummin:
    """(values, indices): the smallest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
def logcumsumexp(input: Tensor, dim = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """out[k] = log(exp x[0] + ... + exp x[k]) along `dim`."""
def scatter(input: Tensor, dim = ..., index = ..., src: Operand | None = None, *, value: Operand | None = None, reduce = None, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """A copy of x in which out[i][index[i][j]] = src[i][j], for dim 1, and likewise for others; `src` may be a number."""
def scatter_add(input: Tensor, dim = ..., index = ..., src: Operand = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with src[i][j] added to out[i][index[i][j]], for dim 1, and likewise for others."""
def scatter_reduce(input: Tensor, dim = ..., index = ..., src: Operand = ..., reduce = ..., *, include_self: _bool = True, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with out[i][index[i][j]] combined with all src[i][j] for it, for dim 1, and likewise for others."""
def index_reduce(input: Tensor, dim = ..., index = ..., source = ..., reduce = ..., *, include_self: _bool = True, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with the slices of `source` combined with those of x along `dim` that a vector of indices names."""
def index_select(input: Tensor, dim = ..., index = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """The slices of x along `dim` that a vector of indices names; a copy."""
def select(input: Tensor, dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
    """The slice number `index` of x along `dim`, without that dimension; a view."""
def take(input: Tensor, index, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The elements of x, as if it were flattened, that `index` names, in the shape of the index."""
def take_along_dim(input: Tensor, indices = ..., dim = None, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """`gather` after x and the indices are broadcast to each other outside `dim`; without `dim`, of the flattened x."""
def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The elements of x where a mask, broadcast with it, is true, in one dimension."""
def nonzero(input: Tensor, *, as_tuple: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Any:
    """(n, dimensions): the indices of each element that is not 0, or with `as_tuple` one vector for each dimension."""
def nonzero_static(input: Tensor, *, size, fill_value: Any = -1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The first `size` rows of `nonzero`; where there are fewer, rows of `fill_value` after them."""
def argwhere(input: Tensor) -> Tensor:
    """(n, dimensions): the indices of each element that is not 0."""
def unravel_index(indices, shape) -> Tensor:
    """The index in each dimension of a tensor of this shape, for indices into the flattened tensor."""
def reshape(input: Tensor, *shape: _int | Sequence[_int]) -> Tensor:
    """The elements of x in the shape given, one size of which may be −1; a view where x is contiguous."""
def flatten(input: Tensor, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    """x with the dimensions from `start_dim` to `end_dim` made one."""
def permute(input: Tensor, *dims: _int | Sequence[_int]) -> Tensor:
    """x with its dimensions in the order given; a view."""
def transpose(input: Tensor, dim0, dim1) -> Tensor:
    """x with two dimensions exchanged; a view."""
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a view."""
def squeeze(input: Tensor, dim = None, *, axis: Any = ...) -> Tensor:
    """x without its dimensions of length 1, or without those named in `dim` where they have length 1."""
def unsqueeze(input: Tensor, dim = ..., *, axis: Any = ...) -> Tensor:
    """x with a dimension of length 1 put in at `dim`; a view."""
def broadcast_to(input: Tensor, size) -> Tensor:
    """x expanded to the sizes given."""
def sort(input: Tensor, dim: _int | Sequence[_int] = -1, descending: _bool = False, *, stable: _bool = False, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> return_types.sort:
    """(values, indices): x in order along `dim`, and where each element was. NaN is larger than every number."""
def argsort(input: Tensor, dim: _int | Sequence[_int] = -1, descending: _bool = False, *, stable: _bool = False, axis: Any = ...) -> Tensor:
    """The indices that put x in order along `dim`."""
def msort(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x in order along its first dimension."""
def topk(input: Tensor, k = ..., dim: _int | Sequence[_int] = -1, largest: _bool = True, sorted: _bool = True, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> return_types.topk:
    """(values, indices) of the k largest elements along `dim`, or of the k smallest, in order."""
def kthvalue(input: Tensor, k = ..., dim: _int | Sequence[_int] = -1, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> return_types.kthvalue:
    """(values, indices) of the k-th smallest element along `dim`."""
def unique(input: Tensor, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim = None, *, axis: Any = ...) -> Any:
    """The elements of x that differ, in order; with `dim`, the slices along it that do."""
def unique_consecutive(input: Tensor, return_inverse: _bool = False, return_counts: _bool = False, dim = None, *, axis: Any = ...) -> Any:
    """x without the elements, or slices along `dim`, that are equal to the one before; see `unique`."""
def searchsorted(sorted_sequence, input: Tensor, *, out_int32: _bool = False, right: _bool = False, side = None, sorter = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """For each number of x the index in the sorted sequence before which it belongs."""
def bucketize(input: Tensor, boundaries, *, out_int32: _bool = False, right: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """For each number of x how many of the sorted `boundaries` lie below it, or with `right`, not above."""
def bincount(input: Tensor, weights = None, minlength: Any = 0) -> Tensor:
    """How often each of 0, 1, ... occurs in a row of integers ≥ 0, or the sums of their `weights`; float64."""
def isin(elements, test_elements, *, assume_unique: _bool = False, invert: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Whether each element is one of `test_elements`; with `invert`, whether it is none."""
def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """2/√π ∫₀ˣ e^(−t²) dt."""
def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 − erf x, with all its digits where erf x is nearly 1."""
def erfinv(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x with erf x = y; ±∞ for y = ±1, NaN beyond."""
def lgamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log |Γ(x)|."""
def digamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ψ(x), the derivative of log Γ."""
def polygamma(n, input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The n-th derivative of ψ: (−1)ⁿ⁺¹ n! ζ(n + 1, x) for n ≥ 1."""
def mvlgamma(input: Tensor, p, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log Γₚ(x) = p (p − 1) / 4 · log π + Σ log Γ(x − i / 2) over i = 0 ... p − 1."""
def i0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """I₀(x), Bessel's modified function of the first kind of order 0."""
@overload
def median(input: Tensor) -> Tensor: ...
@overload
def median(input: Tensor, dim: _int, keepdim: _bool = False) -> return_types.median: ...
@overload
def median(input: Tensor, *, axis: _int, keepdims: _bool = False) -> return_types.median: ...
@overload
def nanmedian(input: Tensor) -> Tensor: ...
@overload
def nanmedian(input: Tensor, dim: _int, keepdim: _bool = False) -> return_types.nanmedian: ...
@overload
def nanmedian(input: Tensor, *, axis: _int, keepdims: _bool = False) -> return_types.nanmedian: ...
def quantile(input: Tensor, q = ..., dim = None, keepdim: _bool = False, *, interpolation: _str = 'linear', out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """The element at q (n − 1) in order, for q in [0, 1], along `dim` or of all; NaN if one is NaN."""
def nanquantile(input: Tensor, q = ..., dim = None, keepdim: _bool = False, *, interpolation: _str = 'linear', out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """`quantile` of what is not NaN."""
def mode(input: Tensor, dim: _int | Sequence[_int] = -1, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ..., keepdims: Any = ...) -> return_types.mode:
    """(values, indices) of the most frequent element along `dim`; of several, of the smallest, at its last place."""
def as_strided(input: Tensor, size, stride, storage_offset = None) -> Tensor:
    """The memory of x, in which element i, j, ... is at storage_offset + i · stride[0] + j · stride[1] + ...; a view."""
def as_strided_scatter(input: Tensor, src: Operand, size, stride, storage_offset = None) -> Tensor:
    """x with `src` in place of `as_strided`: as that says where in memory an element is, so far as it is in x."""
def empty_strided(size, stride, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
    """Memory with whatever is in it, of any strides; elements may share it."""
def dropout(input: Tensor, p, train) -> Tensor:
    """`nn.functional.dropout`."""
def alpha_dropout(input: Tensor, p, train) -> Tensor:
    """`nn.functional.alpha_dropout`."""
def feature_alpha_dropout(input: Tensor, p, train) -> Tensor:
    """`nn.functional.feature_alpha_dropout`."""
def batch_norm(input: Tensor, weight: Operand, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled) -> Tensor:
    """`nn.functional.batch_norm`. `cudnn_enabled` is accepted: there is one implementation."""
def layer_norm(input: Tensor, normalized_shape, weight: Operand | None = None, bias = None, eps: Any = 1e-05, cudnn_enable: _bool = True) -> Tensor:
    """`nn.functional.layer_norm`. `cudnn_enable` is accepted: there is one implementation."""
def group_norm(input: Tensor, num_groups, weight: Operand | None = None, bias = None, eps: Any = 1e-05, cudnn_enabled: _bool = True) -> Tensor:
    """`nn.functional.group_norm`. `cudnn_enabled` is accepted: there is one implementation."""
def instance_norm(input: Tensor, weight: Operand, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled) -> Tensor:
    """`nn.functional.instance_norm`. `cudnn_enabled` is accepted: there is one implementation."""
def embedding(weight: Operand, indices, padding_idx: Any = -1, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Tensor:
    """`nn.functional.embedding`, the table first; a negative `padding_idx` is none."""
def max_pool1d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False) -> Tensor:
    """`nn.functional.max_pool1d`, without the indices."""
def max_pool2d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False) -> Tensor:
    """`nn.functional.max_pool2d`, without the indices."""
def max_pool3d(input: Tensor, kernel_size, stride = None, padding: Any = 0, dilation: Any = 1, ceil_mode: _bool = False) -> Tensor:
    """`nn.functional.max_pool3d`, without the indices."""
def celu(input: Tensor, alpha: Any = 1.0) -> Tensor:
    """`nn.functional.celu`."""
def selu(input: Tensor) -> Tensor:
    """`nn.functional.selu`."""
def threshold(input: Tensor, threshold, value: Operand) -> Tensor:
    """`nn.functional.threshold`."""
def tan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """tan x."""
def asin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
def acos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
def atan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π/2, π/2] whose tangent is x."""
def atan2(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
def sinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(eˣ − e⁻ˣ) / 2."""
def cosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(eˣ + e⁻ˣ) / 2."""
def asinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number whose sinh is x."""
def acosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number ≥ 0 whose cosh is x; NaN for x < 1."""
def atanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number whose tanh is x; NaN outside [−1, 1]."""
def hypot(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """√(x² + y²), where no square overflows."""
def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """sin πx / πx, and 1 at 0."""
def deg2rad(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """An angle in degrees, in radians."""
def rad2deg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """An angle in radians, in degrees."""
def arcsin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
def arccos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
def arctan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π/2, π/2] whose tangent is x."""
def arctan2(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
def arcsinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number whose sinh is x."""
def arccosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number ≥ 0 whose cosh is x; NaN for x < 1."""
def arctanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The number whose tanh is x; NaN outside [−1, 1]."""
def norm(input: Tensor, p: Any = 'fro', dim = None, keepdim: _bool = False, out: Tensor | Sequence[Tensor] | None = None, dtype = None, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
    """(Σ |x|ᵖ)^(1/p) over `dim`, a number or several, or over all; "fro" is p = 2, and p may be ±∞ or 0."""
def dist(input: Tensor, other: Operand, p: Any = 2) -> Tensor:
    """The p-norm of x − y."""
def renorm(input: Tensor, p = ..., dim = ..., maxnorm = ..., *, out: Tensor | Sequence[Tensor] | None = None, axis: Any = ...) -> Tensor:
    """x with each slice along `dim` whose p-norm is larger than `maxnorm` scaled down to it."""
def abs_(input: Tensor) -> Tensor:
    """`abs`, written over the tensor itself."""
def acos_(input: Tensor) -> Tensor:
    """`acos`, written over the tensor itself."""
def acosh_(input: Tensor) -> Tensor:
    """`acosh`, written over the tensor itself."""
def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`addmv`, written over the tensor itself."""
def arccos_(input: Tensor) -> Tensor:
    """`acos`, written over the tensor itself."""
def arccosh_(input: Tensor) -> Tensor:
    """`acosh`, written over the tensor itself."""
def arcsin_(input: Tensor) -> Tensor:
    """`asin`, written over the tensor itself."""
def arcsinh_(input: Tensor) -> Tensor:
    """`asinh`, written over the tensor itself."""
def arctan_(input: Tensor) -> Tensor:
    """`atan`, written over the tensor itself."""
def arctanh_(input: Tensor) -> Tensor:
    """`atanh`, written over the tensor itself."""
def asin_(input: Tensor) -> Tensor:
    """`asin`, written over the tensor itself."""
def asinh_(input: Tensor) -> Tensor:
    """`asinh`, written over the tensor itself."""
def atan_(input: Tensor) -> Tensor:
    """`atan`, written over the tensor itself."""
def atanh_(input: Tensor) -> Tensor:
    """`atanh`, written over the tensor itself."""
def ceil_(input: Tensor) -> Tensor:
    """`ceil`, written over the tensor itself."""
def clamp_(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """`clamp`, written over the tensor itself."""
def clamp_max_(input: Tensor, max: Operand) -> Tensor:
    """`clamp_max`, written over the tensor itself."""
def clamp_min_(input: Tensor, min: Operand) -> Tensor:
    """`clamp_min`, written over the tensor itself."""
def clip_(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """`clip`, written over the tensor itself."""
def cos_(input: Tensor) -> Tensor:
    """`cos`, written over the tensor itself."""
def cosh_(input: Tensor) -> Tensor:
    """`cosh`, written over the tensor itself."""
def deg2rad_(input: Tensor) -> Tensor:
    """`deg2rad`, written over the tensor itself."""
def detach_(input: Tensor) -> Tensor:
    """Take x out of the graph: it becomes a leaf that requires no gradient. Raises GraphError for a view."""
def erf_(input: Tensor) -> Tensor:
    """`erf`, written over the tensor itself."""
def erfc_(input: Tensor) -> Tensor:
    """`erfc`, written over the tensor itself."""
def exp2_(input: Tensor) -> Tensor:
    """`exp2`, written over the tensor itself."""
def exp_(input: Tensor) -> Tensor:
    """`exp`, written over the tensor itself."""
def expm1_(input: Tensor) -> Tensor:
    """`expm1`, written over the tensor itself."""
def fix_(input: Tensor) -> Tensor:
    """`trunc`, written over the tensor itself."""
def floor_(input: Tensor) -> Tensor:
    """`floor`, written over the tensor itself."""
def frac_(input: Tensor) -> Tensor:
    """`frac`, written over the tensor itself."""
def gcd_(input: Tensor, other: Operand) -> Tensor:
    """`gcd`, written over the tensor itself."""
def i0_(input: Tensor) -> Tensor:
    """`i0`, written over the tensor itself."""
def index_put_(input: Tensor, indices, values, accumulate: _bool = False) -> Tensor:
    """`index_put`, written over the tensor itself."""
def lcm_(input: Tensor, other: Operand) -> Tensor:
    """`lcm`, written over the tensor itself."""
def ldexp_(input: Tensor, other: Operand) -> Tensor:
    """`ldexp`, written over the tensor itself."""
def log10_(input: Tensor) -> Tensor:
    """`log10`, written over the tensor itself."""
def log1p_(input: Tensor) -> Tensor:
    """`log1p`, written over the tensor itself."""
def log2_(input: Tensor) -> Tensor:
    """`log2`, written over the tensor itself."""
def log_(input: Tensor) -> Tensor:
    """`log`, written over the tensor itself."""
def logit_(input: Tensor, eps = None) -> Tensor:
    """`logit`, written over the tensor itself."""
def nan_to_num_(input: Tensor, nan = None, posinf = None, neginf = None) -> Tensor:
    """`nan_to_num`, written over the tensor itself."""
def neg_(input: Tensor) -> Tensor:
    """`neg`, written over the tensor itself."""
def negative_(input: Tensor) -> Tensor:
    """`neg`, written over the tensor itself."""
def rad2deg_(input: Tensor) -> Tensor:
    """`rad2deg`, written over the tensor itself."""
def reciprocal_(input: Tensor) -> Tensor:
    """`reciprocal`, written over the tensor itself."""
def relu_(input: Tensor) -> Tensor:
    """`relu`, written over the tensor itself."""
def round_(input: Tensor, *, decimals: Any = 0) -> Tensor:
    """`round`, written over the tensor itself."""
def rsqrt_(input: Tensor) -> Tensor:
    """`rsqrt`, written over the tensor itself."""
def sigmoid_(input: Tensor) -> Tensor:
    """`sigmoid`, written over the tensor itself."""
def sin_(input: Tensor) -> Tensor:
    """`sin`, written over the tensor itself."""
def sinc_(input: Tensor) -> Tensor:
    """`sinc`, written over the tensor itself."""
def sinh_(input: Tensor) -> Tensor:
    """`sinh`, written over the tensor itself."""
def sqrt_(input: Tensor) -> Tensor:
    """`sqrt`, written over the tensor itself."""
def square_(input: Tensor) -> Tensor:
    """`square`, written over the tensor itself."""
def tan_(input: Tensor) -> Tensor:
    """`tan`, written over the tensor itself."""
def tanh_(input: Tensor) -> Tensor:
    """`tanh`, written over the tensor itself."""
def trunc_(input: Tensor) -> Tensor:
    """`trunc`, written over the tensor itself."""
def xlogy_(input: Tensor, other: Operand) -> Tensor:
    """`xlogy`, written over the tensor itself."""
