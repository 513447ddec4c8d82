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

from . import return_types
from .convert import HoldsArray
from .devices import device as _device
from .size import Size

Operand: TypeAlias = Tensor | np.ndarray[Any, Any] | np.generic | _float | _bool

class Tensor(HoldsArray):
    """An n-dimensional array that operations can be recorded on."""
    array: Any
    def __init__(self, *data: Any) -> None: ...
    @property
    def shape(self) -> Size: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def device(self) -> _device:
        """Where it lies: `device("cpu")`, or `device("cuda")` for the GPU."""
    @property
    def is_cuda(self) -> _bool: ...
    @property
    def ndim(self) -> _int: ...
    def dim(self) -> _int: ...
    def size(self, dim = None) -> Any: ...
    def numel(self) -> _int: ...
    def element_size(self) -> _int: ...
    @property
    def nbytes(self) -> _int: ...
    def stride(self, dim = None) -> Any:
        """Steps in memory between neighbours along each dimension, or along one, in elements."""
    def is_contiguous(self, *, memory_format: Any = ...) -> _bool:
        """Whether elements are in memory in order, or in the order that a memory format says."""
    def settle(self) -> Tensor:
        """The tensor itself, its elements in memory in order, if it is the result of an operation."""
    def keep_order(self) -> Tensor:
        """Let the memory stay in the order in which it is, and `stride` tell of it; returns the tensor."""
    def is_floating_point(self) -> _bool: ...
    @property
    def requires_grad(self) -> _bool: ...
    @requires_grad.setter
    def requires_grad(self, value: Any) -> None: ...
    def requires_grad_(self, requires_grad: _bool = True) -> Tensor: ...
    @property
    def is_leaf(self) -> _bool: ...
    @property
    def grad_fn(self) -> Any:
        """The Node of the graph that made this tensor, or None for a leaf."""
    @property
    def grad(self) -> Tensor | Any:
        """The gradient that `backward` has accumulated here, or None."""
    @grad.setter
    def grad(self, value: Any) -> None: ...
    def borrow_grad(self) -> Tensor:
        """`grad` for code that does not keep it."""
    @property
    def data(self) -> Tensor:
        """The same memory as a tensor outside the graph, whose in-place changes autograd does not notice."""
    @data.setter
    def data(self, value: Any) -> None: ...
    def detach(self) -> Tensor:
        """The same memory as a tensor outside the graph."""
    def move_to(self, array) -> Tensor:
        """Let the same values lie in another array, a copy of this one: what was saved for gradients stays valid."""
    def version(self) -> Tensor:
        """What it shares with all tensors that view the same memory: its Version."""
    def mark_written(self) -> Tensor:
        """Note that the memory of this tensor, and of its views, has been overwritten."""
    def item(self) -> Any:
        """The value of a tensor with one element, as a Python number."""
    def tolist(self) -> Any: ...
    def numpy(self, *, force: _bool = False) -> np.ndarray[Any, Any]:
        """The NumPy array that holds the values, not a copy; with `force` also where that means detach() and cpu()."""
    def __array__(self, dtype = None, copy = None) -> Any: ...
    def __dlpack__(self, **options: Any) -> Any: ...
    @property
    def __cuda_array_interface__(self) -> Any: ...
    def __dlpack_device__(self) -> Any: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __bool__(self) -> _bool: ...
    def __float__(self) -> _float: ...
    def __int__(self) -> _int: ...
    def __index__(self) -> _int: ...
    def __format__(self, spec) -> _str: ...
    def __repr__(self) -> _str: ...
    def __deepcopy__(self, memo) -> Any: ...
    def __reduce_ex__(self, protocol) -> Any:
        """Values, and whether gradients are wanted; no gradient and no Version goes to another process."""
    def backward(self, gradient = None, retain_graph = None, create_graph: _bool = False, inputs = None) -> None:
        """Accumulate ∂(gradient · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only; see `backward`."""
    def register_hook(self, hook) -> Any:
        """Call `hook(grad)` whenever the gradient of `tensor` is computed; what it returns, if not None, replaces it."""
    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is not a leaf in its `grad`."""
    @property
    def retains_grad(self) -> _bool:
        """Whether this is a tensor in the middle of the graph whose gradient is kept."""
    def relu(self) -> Tensor:
        """max(x, 0), with gradient 0 at 0."""
    def sigmoid(self) -> Tensor:
        """1 / (1 + e⁻ˣ)."""
    def tanh(self) -> Tensor:
        """tanh x."""
    def absolute(self) -> Tensor:
        """|x|, with gradient 0 at 0."""
    def negative(self) -> Tensor:
        """−x."""
    def subtract(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """x − alpha y, of numbers."""
    def multiply(self, other: Operand) -> Tensor:
        """x · y, element by element."""
    def divide(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
    def true_divide(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
    def not_equal(self, other: Operand) -> Tensor:
        """ne element by element, as a bool tensor."""
    def less(self, other: Operand) -> Tensor:
        """lt element by element, as a bool tensor."""
    def less_equal(self, other: Operand) -> Tensor:
        """le element by element, as a bool tensor."""
    def greater(self, other: Operand) -> Tensor:
        """gt element by element, as a bool tensor."""
    def greater_equal(self, other: Operand) -> Tensor:
        """ge element by element, as a bool tensor."""
    def conj(self) -> Tensor:
        """x itself, whose numbers are real."""
    def conj_physical(self) -> Tensor:
        """x itself, whose numbers are real."""
    def resolve_conj(self) -> Tensor:
        """x itself, whose numbers are real."""
    def resolve_neg(self) -> Tensor:
        """x itself, whose numbers are real."""
    def adjoint(self) -> Tensor:
        """Each matrix of the last two dimensions transposed; a view. Raises ShapeError for fewer than 2 dimensions."""
    def polygamma(self, n) -> Tensor:
        """The n-th derivative of ψ, as a method: see `special.polygamma`."""
    def add(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """x + alpha y."""
    def sub(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """x − alpha y, of numbers."""
    def mul(self, other: Operand) -> Tensor:
        """x · y, element by element."""
    def div(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
    def floor_divide(self, other: Operand) -> Tensor:
        """⌊x / y⌋; not differentiable."""
    def remainder(self, other: Operand) -> Tensor:
        """x − y ⌊x / y⌋, with the sign of y."""
    def fmod(self, other: Operand) -> Tensor:
        """x − y · trunc(x / y), with the sign of x."""
    def pow(self, exponent: Operand) -> Tensor:
        """x to the power of a number or tensor."""
    def neg(self) -> Tensor:
        """−x."""
    def abs(self) -> Tensor:
        """|x|, with gradient 0 at 0."""
    def sign(self) -> Tensor:
        """−1, 0 or 1; of NaN 0, of booleans themselves."""
    def floor(self) -> Tensor:
        """The largest whole number ≤ x."""
    def ceil(self) -> Tensor:
        """The smallest whole number ≥ x."""
    def trunc(self) -> Tensor:
        """The whole number nearest to x on the side of 0."""
    def exp(self) -> Tensor:
        """eˣ."""
    def log(self) -> Tensor:
        """The natural logarithm; −inf at 0, NaN below."""
    def log1p(self) -> Tensor:
        """log(1 + x), accurate for small x."""
    def sqrt(self) -> Tensor:
        """√x; NaN below 0."""
    def sin(self) -> Tensor:
        """sin x."""
    def cos(self) -> Tensor:
        """cos x."""
    def square(self) -> Tensor:
        """x²; of booleans, as integers."""
    def rsqrt(self) -> Tensor:
        """1 / √x."""
    def reciprocal(self) -> Tensor:
        """1 / x."""
    def clone(self, *, memory_format = None) -> Tensor:
        """A copy of x in memory of its own, in the order of x unless `memory_format` names another."""
    def index_add(self, dim = ..., index = ..., source = ..., *, alpha: Any = 1, axis: Any = ...) -> Tensor:
        """x with alpha times the slices of `source` added to those of x along `dim` that a vector of indices names."""
    def index_copy(self, dim = ..., index = ..., source = ..., *, axis: Any = ...) -> Tensor:
        """x with the slices of `source` in place of those of x along `dim` that a vector of indices names."""
    def index_fill(self, dim = ..., index = ..., value: Operand = ..., *, axis: Any = ...) -> Tensor:
        """x with `value`, a number or a 0-d tensor, in all slices along `dim` that a vector of indices names."""
    def index_put(self, indices, values, accumulate: _bool = False) -> Tensor:
        """x with `values` at x[indices], a tuple of tensors of integers or booleans, or None for all along a dimension."""
    def masked_scatter(self, mask: Tensor, source) -> Tensor:
        """x with its elements where a mask, broadcast with it, is true replaced by the first elements of `source`."""
    def put(self, index, source, accumulate: _bool = False) -> Tensor:
        """x with the elements that `index` names, as if it were flattened, replaced by those of `source`, or added to."""
    def select_scatter(self, src: Operand = ..., dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
        """x with `src` in place of the slice number `index` along `dim`."""
    def slice_scatter(self, src: Operand = ..., dim: _int | Sequence[_int] = 0, start = None, end = None, step: Any = 1, *, axis: Any = ...) -> Tensor:
        """x with `src` in place of the slices start, start + step, ... below end along `dim`."""
    def diagonal_scatter(self, src: Operand, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
        """x with `src` in place of its `diagonal`."""
    def clamp(self, min: Operand | None = None, max: Operand | None = None) -> Tensor:
        """min(max(x, min), max), for numbers or tensors as bounds; the gradient by x is 0 outside."""
    def masked_fill(self, mask: Tensor, value: Operand) -> Tensor:
        """x with `value` where the mask holds."""
    def maximum(self, other: Operand) -> Tensor:
        """The larger of x and y; where they are equal each receives half of the gradient."""
    def minimum(self, other: Operand) -> Tensor:
        """The smaller of x and y; where they are equal each receives half of the gradient."""
    def allclose(self, other: Operand, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: _bool = False) -> _bool:
        """Whether all elements are close, see `isclose`: a bool."""
    def isclose(self, other: Operand, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: _bool = False) -> Tensor:
        """|x − y| ≤ atol + rtol |y|, element by element; infinities are close to themselves, and so is NaN if asked for."""
    def equal(self, other: Operand) -> _bool:
        """Whether two tensors have the same shape and the same elements: a bool."""
    def isposinf(self) -> Tensor:
        """Whether x is ∞, element by element."""
    def isneginf(self) -> Tensor:
        """Whether x is −∞, element by element."""
    def isreal(self) -> Tensor:
        """Whether x is a real number: here every number is."""
    def eq(self, other: Operand) -> Tensor:
        """eq element by element, as a bool tensor."""
    def ne(self, other: Operand) -> Tensor:
        """ne element by element, as a bool tensor."""
    def lt(self, other: Operand) -> Tensor:
        """lt element by element, as a bool tensor."""
    def le(self, other: Operand) -> Tensor:
        """le element by element, as a bool tensor."""
    def gt(self, other: Operand) -> Tensor:
        """gt element by element, as a bool tensor."""
    def ge(self, other: Operand) -> Tensor:
        """ge element by element, as a bool tensor."""
    def logical_and(self, other: Operand) -> Tensor:
        """logical_and element by element, as a bool tensor."""
    def logical_or(self, other: Operand) -> Tensor:
        """logical_or element by element, as a bool tensor."""
    def logical_xor(self, other: Operand) -> Tensor:
        """logical_xor element by element, as a bool tensor."""
    def logical_not(self) -> Tensor:
        """logical_not element by element, as a bool tensor."""
    def bitwise_and(self, other: Operand) -> Tensor:
        """bitwise_and element by element, of integers or booleans."""
    def bitwise_or(self, other: Operand) -> Tensor:
        """bitwise_or element by element, of integers or booleans."""
    def bitwise_xor(self, other: Operand) -> Tensor:
        """bitwise_xor element by element, of integers or booleans."""
    def bitwise_not(self) -> Tensor:
        """All bits of integers the other way round; of booleans their opposite."""
    def bitwise_left_shift(self, other: Operand) -> Tensor:
        """bitwise_left_shift element by element, of integers."""
    def bitwise_right_shift(self, other: Operand) -> Tensor:
        """bitwise_right_shift element by element, of integers."""
    def isnan(self) -> Tensor:
        """isnan element by element, as a bool tensor."""
    def isinf(self) -> Tensor:
        """isinf element by element, as a bool tensor."""
    def isfinite(self) -> Tensor:
        """isfinite element by element, as a bool tensor."""
    def lerp(self, end, weight: Operand) -> Tensor:
        """x + w (y − x), the point between x and y = end at w = weight; for w = 1 it is y itself."""
    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1) -> Tensor:
        """x + value · a · b, element by element."""
    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1) -> Tensor:
        """x + value · a / b, element by element."""
    def clamp_min(self, min: Operand) -> Tensor:
        """x where it is larger than `min`, else `min`."""
    def clamp_max(self, max: Operand) -> Tensor:
        """x where it is smaller than `max`, else `max`."""
    def clip(self, min: Operand | None = None, max: Operand | None = None) -> Tensor:
        """`clamp`, by its other name."""
    def gcd(self, other: Operand) -> Tensor:
        """The greatest common divisor of integers; of 0 and 0 it is 0."""
    def lcm(self, other: Operand) -> Tensor:
        """The least common multiple of integers; with 0 it is 0."""
    def cov(self, *, correction: Any = 1, fweights = None, aweights = None) -> Tensor:
        """C[i, j] = Σ w (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ) / n, for the variables in the rows of x, or for the one in a vector."""
    def corrcoef(self) -> Tensor:
        """R[i, j] = C[i, j] / √(C[i, i] C[j, j]), in [−1, 1], for the covariances C of the rows of x."""
    def to(self, *args: Any, dtype = None, device = None, non_blocking: _bool = False, copy: _bool = False, memory_format = None) -> Tensor:
        """x on a device, of a dtype, or with both as another tensor has them: to("cuda"), to(float64), to("cpu", float64)."""
    def cuda(self, device = None, non_blocking: _bool = False) -> Tensor:
        """x on the GPU."""
    def cpu(self) -> Tensor:
        """x on the CPU."""
    def diagonal(self, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
        """The diagonals of the matrices that two dimensions make, in the last dimension; a view."""
    def diag(self, diagonal: Any = 0) -> Tensor:
        """The diagonal of a matrix, or the matrix with a vector on its diagonal and 0 elsewhere."""
    def diag_embed(self, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
        """Matrices with the last dimension of x on a diagonal and 0 elsewhere, in two dimensions of the result."""
    def diagflat(self, offset: Any = 0) -> Tensor:
        """The matrix with all elements of x on its diagonal and 0 elsewhere."""
    def trace(self) -> Tensor:
        """Σ x[i, i] of a matrix. Raises ShapeError for other numbers of dimensions."""
    def diff(self, n: Any = 1, dim: _int | Sequence[_int] = -1, prepend = None, append = None, *, axis: Any = ...) -> Tensor:
        """x[k + 1] − x[k] along `dim`, n times; before that `prepend` and `append` are put to the ends of x."""
    def bernoulli(self, p = None, *, generator = None) -> Tensor:
        """1 with a probability, else 0: that of each element of the tensor `input`, or the number p for all of them."""
    def bernoulli_(self, p: Any = 0.5, *, generator = None) -> Tensor:
        """Fill x with 1, with a probability p, else 0; p is a number, or a tensor of one for each element."""
    def exponential_(self, lambd: Any = 1.0, *, generator = None) -> Tensor:
        """Fill x with numbers from the exponential distribution: −log u / lambd > 0."""
    def cauchy_(self, median: Any = 0.0, sigma: Any = 1.0, *, generator = None) -> Tensor:
        """Fill x with numbers from the Cauchy distribution: median + sigma tan(π (u − ½))."""
    def log_normal_(self, mean: Any = 1.0, std: Any = 2.0, *, generator = None) -> Tensor:
        """Fill x with numbers whose logarithm is from the normal distribution of a mean and a standard deviation."""
    def geometric_(self, p, *, generator = None) -> Tensor:
        """Fill x with the number of trials up to the first success, each with the probability p: 1, 2, ..."""
    def random_(self, from_ = None, to = None, *, generator = None) -> Tensor:
        """Fill x with whole numbers from [from_, to), or from [0, from_) if one bound is given."""
    def exp2(self) -> Tensor:
        """2ˣ."""
    def expm1(self) -> Tensor:
        """eˣ − 1, accurate for small x."""
    def log2(self) -> Tensor:
        """The logarithm to the base 2; −inf at 0, NaN below."""
    def log10(self) -> Tensor:
        """The logarithm to the base 10; −inf at 0, NaN below."""
    def logaddexp(self, other: Operand) -> Tensor:
        """log(eˣ + eʸ), where no exponential overflows."""
    def logaddexp2(self, other: Operand) -> Tensor:
        """log₂(2ˣ + 2ʸ)."""
    def xlogy(self, other: Operand) -> Tensor:
        """x log y, which is 0 for x = 0 also where the logarithm is −∞ or NaN."""
    def logit(self, eps = None) -> Tensor:
        """log(x / (1 − x)), the inverse of the sigmoid; with `eps`, of x clamped to [eps, 1 − eps]."""
    def float_power(self, exponent: Operand) -> Tensor:
        """x to the power of y, both as float64."""
    def ldexp(self, other: Operand) -> Tensor:
        """x · 2ʸ."""
    def qr(self, some: _bool = True) -> return_types.qr:
        """(Q, R): see `linalg.qr`, whose mode is "reduced" with `some`, else "complete"."""
    def svd(self, some: _bool = True, compute_uv: _bool = True) -> return_types.svd:
        """(U, S, V): A = U diag(S) Vᵀ, with `some` the first min(m, n) columns of U and V; U = V = 0 without `compute_uv`."""
    def frexp(self) -> return_types.frexp:
        """(mantissa, exponent), with x = m 2ᵉ and ½ ≤ |m| < 1, or m = e = 0; the exponents are int32."""
    def nextafter(self, other: Operand) -> Tensor:
        """The number next to x in the direction of y."""
    def angle(self) -> Tensor:
        """The angle of x in the complex plane: 0 for x ≥ 0, π for x < 0, NaN for NaN."""
    def histc(self, bins: Any = 100, min: Operand = 0, max: Operand = 0) -> Tensor:
        """How many elements lie in each of `bins` intervals of equal length from `min` to `max`."""
    def histogram(self, bins, *, range = None, weight: Operand | None = None, density: _bool = False) -> return_types.histogram:
        """(hist, bin_edges): how many elements lie in each interval [eᵢ, eᵢ₊₁), the last of which is closed."""
    def geqrf(self) -> return_types.geqrf:
        """(a, tau): R on and above the diagonal of a, and below it, with τ, the reflections whose product is Q: A = Q R."""
    def ormqr(self, input2: Tensor, input3, left: _bool = True, transpose: _bool = False) -> Tensor:
        """Q C for Q = H₁ ... Hₖ, tau = `input2`, C = `input3`; with left=False C Q, with `transpose` Qᵀ in place of Q."""
    def orgqr(self, input2: Tensor) -> Tensor:
        """The first n columns of H₁ ... Hₖ, for tau = `input2`: see `linalg.householder_product`."""
    def igamma(self, other: Operand) -> Tensor:
        """P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt."""
    def igammac(self, other: Operand) -> Tensor:
        """Q(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt = 1 − P(a, x)."""
    def gather(self, dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
        """out[i][j] = x[i][index[i][j]] for dim 1, and likewise for others; `index` has as many dimensions as x."""
    def narrow(self, dim = ..., start = ..., length = ..., *, axis: Any = ...) -> Tensor:
        """The part of x from `start`, `length` long, along `dim`; a view. A negative `start` counts from the end."""
    def narrow_copy(self, dim = ..., start = ..., length = ..., *, axis: Any = ...) -> Tensor:
        """`narrow`, as a copy. Raises ArgumentValueError for a part that is not inside x."""
    def copy_(self, src: Operand, non_blocking: _bool = False) -> Tensor:
        """Overwrite x by `src`, broadcast and converted to the dtype of x. `non_blocking` is accepted: nothing waits."""
    def fill_(self, value: Operand) -> Tensor:
        """Overwrite every element of x by a number."""
    def zero_(self) -> Tensor:
        """Overwrite every element of x by 0."""
    def inverse(self) -> Tensor:
        """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and LinAlgError if singular."""
    def det(self) -> Tensor:
        """The determinant of each matrix (..., n, n); its gradient needs the inverse."""
    def logdet(self) -> Tensor:
        """log det A of each matrix (..., n, n), NaN for a negative determinant. Raises ShapeError, DTypeError."""
    def cholesky_inverse(self, upper: _bool = False) -> Tensor:
        """A⁻¹, where L is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError if it is singular."""
    def cholesky_solve(self, input2: Tensor, upper: _bool = False) -> Tensor:
        """X with A X = B, where `input2` is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError."""
    def softmax(self, dim = ..., dtype = None, *, axis: Any = ...) -> Tensor:
        """eˣ / Σ eˣ along `dim`; of x converted to `dtype` first, if one is given."""
    def log_softmax(self, dim = ..., dtype = None, *, axis: Any = ...) -> Tensor:
        """x − log Σ eˣ along `dim`; of x converted to `dtype` first, if one is given."""
    def matmul(self, other: Operand) -> Tensor:
        """x @ y: out[..., i, j] = Σₖ x[..., i, k] y[..., k, j], where leading dimensions broadcast."""
    def slogdet(self) -> return_types.slogdet:
        """(sign, logabsdet) of the determinant of each matrix (..., n, n). Raises ShapeError, DTypeError."""
    def matrix_power(self, n) -> Tensor:
        """Aⁿ = A A ... A for each matrix (..., k, k), by repeated squaring; of the inverse for n < 0."""
    def matrix_exp(self) -> Tensor:
        """e^A = Σ Aᵏ / k! for each matrix (..., n, n)."""
    def pinverse(self, rcond: Any = 1e-15) -> Tensor:
        """A⁺: see `linalg.pinv`, with rtol = rcond."""
    def new(self, *data: Any) -> Tensor:
        """Memory of the sizes given, or a tensor of the data given, of the dtype and on the device of x."""
    def new_tensor(self, data, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """A tensor with a copy of `data`, by default of the dtype and on the device of x."""
    def new_zeros(self, *size: _int | Sequence[_int], dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """Zeros, by default of the dtype and on the device of x."""
    def new_ones(self, *size: _int | Sequence[_int], dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """Ones, by default of the dtype and on the device of x."""
    def new_full(self, size, fill_value, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """`fill_value` everywhere, by default of the dtype and on the device of x."""
    def new_empty(self, *size: _int | Sequence[_int], dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """Memory with whatever is in it, by default of the dtype and on the device of x."""
    def cholesky(self, upper: _bool = False) -> Tensor:
        """L, lower triangular, with x = L Lᵀ, or with `upper` Lᵀ: see `linalg.cholesky`."""
    def lu(self, pivot: _bool = True, get_infos: _bool = False) -> tuple[Tensor, ...]:
        """(LU, pivots), or with `get_infos` (LU, pivots, info): see `linalg.lu_factor_ex`."""
    def lu_solve(self, LU_data, LU_pivots) -> Tensor:
        """X with A X = B, for B (..., n, k) and what `lu` has made of A: see `linalg.lu_solve`."""
    def triangular_solve(self, A, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False) -> return_types.triangular_solve:
        """(X, a copy of A), with A X = B for B (..., n, k) and triangular A: see `linalg.solve_triangular`."""
    def split(self, split_size_or_sections = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """The parts of x along `dim`, each of a given size (the last may be smaller), or of the sizes listed; views."""
    def split_with_sizes(self, split_sizes = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """The parts of x along `dim` of the sizes listed; views. Raises ShapeError for sizes that do not add up."""
    def unsafe_split(self, split_size = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """`split`; the name is for parts that a script changes in place."""
    def unsafe_chunk(self, chunks = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """`chunk`; the name is for parts that a script changes in place."""
    def chunk(self, chunks = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """x in at most so many parts of equal size along `dim`, the last of which may be smaller; views."""
    def tensor_split(self, indices_or_sections = ..., dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """x in so many parts along `dim`, the first of which may be larger by one, or cut before each index; views."""
    def hsplit(self, indices_or_sections) -> tuple[Tensor, ...]:
        """x in parts of equal width along dimension 1, or 0 of a vector, or cut before each index; views."""
    def vsplit(self, indices_or_sections) -> tuple[Tensor, ...]:
        """x in parts of equal height along dimension 0, or cut before each index; views: see `hsplit`."""
    def dsplit(self, indices_or_sections) -> tuple[Tensor, ...]:
        """x in parts of equal depth along dimension 2, or cut before each index; views: see `hsplit`."""
    def unbind(self, dim: _int | Sequence[_int] = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """The slices of x along `dim`, without that dimension; views."""
    def tril(self, diagonal: Any = 0) -> Tensor:
        """The lower triangles of the matrices in x, up to a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    def triu(self, diagonal: Any = 0) -> Tensor:
        """The upper triangles of the matrices in x, from a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    def repeat_interleave(self, repeats = None, dim = None, *, output_size = None, axis: Any = ...) -> Tensor:
        """x with each slice along `dim` repeated so many times in a row: a number, or one for each slice."""
    def repeat(self, *repeats: _int | Sequence[_int]) -> Tensor:
        """x beside itself, repeats[i] times along dimension i; more repeats than dimensions make new ones in front."""
    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices. Raises ShapeError for other dimensions or sizes that do not fit."""
    def bmm(self, mat2: Tensor) -> Tensor:
        """The product of each matrix (b, n, k) with its partner (b, k, m)."""
    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix and a vector. Raises ShapeError for other dimensions or sizes that do not fit."""
    def dot(self, tensor: Tensor) -> Tensor:
        """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
    def vdot(self, other: Operand) -> Tensor:
        """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
    def inner(self, other: Operand) -> Tensor:
        """Σₖ x[..., k] y[..., k] for all rows of x with all rows of y; with a number, x times it."""
    def ger(self, vec2: Tensor) -> Tensor:
        """The matrix xᵢ yⱼ of two vectors. Raises ShapeError for other dimensions."""
    def outer(self, vec2: Tensor) -> Tensor:
        """The matrix xᵢ yⱼ of two vectors. Raises ShapeError for other dimensions."""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta x + alpha A B, for matrices A and B."""
    def addmv(self, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta x + alpha A v, for a matrix A and a vector v."""
    def addr(self, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta x + alpha v wᵀ, for vectors v and w."""
    def addbmm(self, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta x + alpha Σᵢ Aᵢ Bᵢ, for stacks of matrices A and B."""
    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta x + alpha Aᵢ Bᵢ, for stacks of matrices A and B."""
    def kron(self, other: Operand) -> Tensor:
        """The Kronecker product: each element of x times the whole of y, as blocks in the place of the element."""
    def cross(self, other: Operand = ..., dim = None, *, axis: Any = ...) -> Tensor:
        """The vectors x × y of three elements along `dim`, by default the first dimension of size 3."""
    def nelement(self) -> _int:
        """How many elements x has."""
    def ndimension(self) -> _int:
        """How many dimensions x has."""
    def get_device(self) -> _int:
        """The number of the GPU on which x is, or −1 on the CPU."""
    def storage_offset(self) -> _int:
        """How many elements are before x in the memory of the tensor of which it is a view."""
    def data_ptr(self) -> _int:
        """The address of the first element."""
    def is_complex(self) -> _bool:
        """Whether x holds complex numbers: never."""
    def is_nonzero(self) -> _bool:
        """Whether the one element of x is not zero."""
    def is_same_size(self, other: Operand) -> _bool:
        """Whether x and y have the same shape."""
    def is_pinned(self, device = None) -> _bool:
        """Whether copies of x to the GPU need not wait: never."""
    def pin_memory(self, device = None) -> Tensor:
        """x itself: there is no memory from which copies to the GPU are faster. Raises DeviceError for one on the GPU."""
    def is_shared(self) -> _bool:
        """Whether other processes see the memory of x: never."""
    def is_inference(self) -> _bool:
        """Whether x can take no part in gradients ever: never, since `inference_mode` makes ordinary tensors."""
    def uniform_(self, from_: Any = 0.0, to: Any = 1.0, *, generator = None) -> Tensor:
        """Fill x with numbers from the uniform distribution on [from_, to), in place."""
    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator = None) -> Tensor:
        """Fill x with numbers from the normal distribution, in place."""
    def multinomial(self, num_samples, replacement: _bool = False, *, generator = None) -> Tensor:
        """`num_samples` indices for each row of p (n,) or (rows, n), index i with probability p[i] / Σ p; of dtype int64."""
    def movedim(self, source, destination) -> Tensor:
        """x with the dimensions `source` in the places `destination`, and the others in their order; a view."""
    def moveaxis(self, source, destination) -> Tensor:
        """x with the dimensions `source` in the places `destination`, and the others in their order; a view."""
    def swapaxes(self, axis0, axis1) -> Tensor:
        """x with two dimensions exchanged; a view."""
    def swapdims(self, dim0, dim1) -> Tensor:
        """x with two dimensions exchanged; a view."""
    def flip(self, *args: Any, dims = None) -> Tensor:
        """x with its elements along `dims` from the last to the first; a copy."""
    def fliplr(self) -> Tensor:
        """x with its columns, dimension 1, from the last to the first; a copy. Raises ShapeError for fewer dimensions."""
    def flipud(self) -> Tensor:
        """x with its rows, dimension 0, from the last to the first; a copy. Raises ShapeError for a 0-d tensor."""
    def roll(self, shifts, dims: Any = ...) -> Tensor:
        """x with its elements moved by `shifts` along `dims`, those that fall off the end put in front; a copy."""
    def rot90(self, k: Any = 1, dims: Any = ...) -> Tensor:
        """x turned by k · 90° in the plane of two dimensions, from the first of them towards the second."""
    def tile(self, *args: Any, dims = None) -> Tensor:
        """x beside itself, dims[i] times along dimension i, counted from the last; further dimensions are not repeated."""
    def unflatten(self, dim = ..., sizes = ..., *, axis: Any = ...) -> Tensor:
        """x with the dimension `dim` made several, of the sizes given, one of which may be −1; a view."""
    def unfold(self, dimension, size, step) -> Tensor:
        """All windows of `size` elements along a dimension, `step` apart: the last dimension of the result; a view."""
    def ravel(self) -> Tensor:
        """The elements of x in one dimension; a view where x is contiguous."""
    def reshape_as(self, other: Operand) -> Tensor:
        """The elements of x in the shape of `other`."""
    def hardshrink(self, lambd: Any = 0.5) -> Tensor:
        """x where |x| > λ, else 0."""
    def prelu(self, weight: Operand) -> Tensor:
        """x where x > 0, else weight · x, with one weight (1,) for all, or (C,) for x (N, C, ...): He et al. (2015)."""
    def sum(self, dim = None, keepdim: _bool = False, *, dtype = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Σ x over `dim`, a number or several, or over all; of integers and booleans as int64."""
    def mean(self, dim = None, keepdim: _bool = False, *, dtype = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Σ x / n over `dim`, or over all; of x converted to `dtype` if one is given."""
    def var(self, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Σ (x − x̄)² / (n − c) over `dim`, or over all: c is `correction`, or 1 if `unbiased` (Bessel's), else 0."""
    def std(self, dim = None, unbiased: _bool = True, keepdim: _bool = False, *, correction = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """√var; its gradient where all elements are equal, and the root has none, is taken as 0."""
    @overload
    def max(self) -> Tensor: ...
    @overload
    def max(self, dim: _int, keepdim: _bool = False) -> return_types.max: ...
    @overload
    def max(self, *, axis: _int, keepdims: _bool = False) -> return_types.max: ...
    @overload
    def max(self, other: Tensor) -> Tensor: ...
    @overload
    def min(self) -> Tensor: ...
    @overload
    def min(self, dim: _int, keepdim: _bool = False) -> return_types.min: ...
    @overload
    def min(self, *, axis: _int, keepdims: _bool = False) -> return_types.min: ...
    @overload
    def min(self, other: Tensor) -> Tensor: ...
    def argmax(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """The index of the first largest element, along `dim` or in the flattened tensor."""
    def argmin(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """The index of the first smallest element, along `dim` or in the flattened tensor."""
    def any(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Whether any element is not zero; of uint8 as uint8, else as bool."""
    def all(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Whether no element is zero; of uint8 as uint8, else as bool."""
    def prod(self, dim = None, keepdim: _bool = False, *, dtype = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """Π x along `dim`, or over all; of integers and booleans as int64. Its gradient divides by no x, so x may be 0."""
    def amax(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """The largest element over `dim`, a number or several, or all. Where several share it, so does the gradient."""
    def amin(self, dim = None, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """The smallest element over `dim`, a number or several, or all. Where several share it, so does the gradient."""
    def aminmax(self, *, dim = None, keepdim: _bool = False, axis: Any = ..., keepdims: Any = ...) -> return_types.aminmax:
        """(min, max): the smallest and the largest element along `dim`, or over all."""
    def logsumexp(self, dim = ..., keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """log Σ eˣ over `dim`, a number or several, where no exponential overflows."""
    def nansum(self, dim = None, keepdim: _bool = False, *, dtype = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """`sum` of what is not NaN."""
    def nanmean(self, dim = None, keepdim: _bool = False, *, dtype = None, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """`mean` of what is not NaN."""
    def count_nonzero(self, dim = None, *, axis: Any = ...) -> Tensor:
        """How many elements are not 0, along `dim` or over all."""
    def resize_(self, *sizes: _int | Sequence[_int], memory_format = None) -> Tensor:
        """Let x have another shape: its elements in order as far as there are so many, then whatever is in memory."""
    def resize_as_(self, the_template, *, memory_format = None) -> Tensor:
        """Let x have the shape of another tensor: see `resize_`."""
    def round(self, *, decimals: Any = 0) -> Tensor:
        """The nearest whole number, or number with so many `decimals`; halfway between two, the one that is even."""
    def fix(self) -> Tensor:
        """The whole number nearest to x on the side of 0."""
    def frac(self) -> Tensor:
        """x − trunc x, with the sign of x."""
    def nan_to_num(self, nan = None, posinf = None, neginf = None) -> Tensor:
        """x with `nan` (0 by default) in place of NaN, and of ±∞ other numbers (by default the largest and smallest)."""
    def sgn(self) -> Tensor:
        """−1, 0 or 1: the sign of a real number."""
    def positive(self) -> Tensor:
        """x itself."""
    def signbit(self) -> Tensor:
        """Whether x has a minus sign, as −0.0 has."""
    def copysign(self, other: Operand) -> Tensor:
        """|x| with the sign of y."""
    def heaviside(self, values) -> Tensor:
        """0 for x < 0, 1 for x > 0, and `values` for x = 0; not differentiable."""
    def fmax(self, other: Operand) -> Tensor:
        """The larger of x and y; where one is NaN, the other."""
    def fmin(self, other: Operand) -> Tensor:
        """The smaller of x and y; where one is NaN, the other."""
    def cumsum(self, dim = ..., *, dtype = None, axis: Any = ...) -> Tensor:
        """out[k] = x[0] + ... + x[k] along `dim`; of integers and booleans as int64."""
    def cumprod(self, dim = ..., *, dtype = None, axis: Any = ...) -> Tensor:
        """out[k] = x[0] · ... · x[k] along `dim`; of integers and booleans as int64."""
    def cummax(self, dim = ..., *, axis: Any = ...) -> return_types.cummax:
        """(values, indices): the largest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
    def cummin(self, dim = ..., *, axis: Any = ...) -> return_types.cummin:
        """(values, indices): the smallest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
    def logcumsumexp(self, dim = ..., *, axis: Any = ...) -> Tensor:
        """out[k] = log(exp x[0] + ... + exp x[k]) along `dim`."""
    def scatter(self, dim = ..., index = ..., src: Operand | None = None, *, value: Operand | None = None, reduce = None, axis: Any = ...) -> Tensor:
        """A copy of x in which out[i][index[i][j]] = src[i][j], for dim 1, and likewise for others; `src` may be a number."""
    def scatter_add(self, dim = ..., index = ..., src: Operand = ..., *, axis: Any = ...) -> Tensor:
        """x with src[i][j] added to out[i][index[i][j]], for dim 1, and likewise for others."""
    def scatter_reduce(self, dim = ..., index = ..., src: Operand = ..., reduce = ..., *, include_self: _bool = True, axis: Any = ...) -> Tensor:
        """x with out[i][index[i][j]] combined with all src[i][j] for it, for dim 1, and likewise for others."""
    def index_reduce(self, dim = ..., index = ..., source = ..., reduce = ..., *, include_self: _bool = True, axis: Any = ...) -> Tensor:
        """x with the slices of `source` combined with those of x along `dim` that a vector of indices names."""
    def index_select(self, dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
        """The slices of x along `dim` that a vector of indices names; a copy."""
    def select(self, dim = ..., index = ..., *, axis: Any = ...) -> Tensor:
        """The slice number `index` of x along `dim`, without that dimension; a view."""
    def take(self, index) -> Tensor:
        """The elements of x, as if it were flattened, that `index` names, in the shape of the index."""
    def take_along_dim(self, indices = ..., dim = None, *, axis: Any = ...) -> Tensor:
        """`gather` after x and the indices are broadcast to each other outside `dim`; without `dim`, of the flattened x."""
    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements of x where a mask, broadcast with it, is true, in one dimension."""
    def nonzero(self, *, as_tuple: _bool = False) -> Any:
        """(n, dimensions): the indices of each element that is not 0, or with `as_tuple` one vector for each dimension."""
    def nonzero_static(self, *, size, fill_value: Any = -1) -> Tensor:
        """The first `size` rows of `nonzero`; where there are fewer, rows of `fill_value` after them."""
    def argwhere(self) -> Tensor:
        """(n, dimensions): the indices of each element that is not 0."""
    def reshape(self, *shape: _int | Sequence[_int]) -> Tensor:
        """The elements of x in the shape given, one size of which may be −1; a view where x is contiguous."""
    def view(self, *shape: _int | Sequence[_int]) -> Tensor:
        """The same memory in another shape."""
    def view_as(self, other: Operand) -> Tensor:
        """The same memory in the shape of `other`."""
    def flatten(self, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
        """x with the dimensions from `start_dim` to `end_dim` made one."""
    def permute(self, *dims: _int | Sequence[_int]) -> Tensor:
        """x with its dimensions in the order given; a view."""
    def transpose(self, dim0, dim1) -> Tensor:
        """x with two dimensions exchanged; a view."""
    def t(self) -> Tensor:
        """The transpose of a matrix; a view."""
    def expand(self, *size: _int | Sequence[_int]) -> Tensor:
        """x repeated along dimensions of length 1, without copying; −1 keeps a dimension."""
    def expand_as(self, other: Operand) -> Tensor:
        """x expanded to the shape of `other`."""
    def broadcast_to(self, size) -> Tensor:
        """x expanded to the sizes given."""
    def squeeze(self, dim = None, *, axis: Any = ...) -> Tensor:
        """x without its dimensions of length 1, or without those named in `dim` where they have length 1."""
    def unsqueeze(self, dim = ..., *, axis: Any = ...) -> Tensor:
        """x with a dimension of length 1 put in at `dim`; a view."""
    def sum_to_size(self, *size: _int | Sequence[_int]) -> Tensor:
        """The sum over the dimensions along which `size` would be broadcast to the shape of x; of integers as int64."""
    def contiguous(self, *, memory_format: Any = ...) -> Tensor:
        """x itself if its elements lie in memory in order, else a copy in which they do."""
    def sort(self, dim: _int | Sequence[_int] = -1, descending: _bool = False, *, stable: _bool = False, axis: Any = ...) -> return_types.sort:
        """(values, indices): x in order along `dim`, and where each element was. NaN is larger than every number."""
    def argsort(self, dim: _int | Sequence[_int] = -1, descending: _bool = False, *, stable: _bool = False, axis: Any = ...) -> Tensor:
        """The indices that put x in order along `dim`."""
    def msort(self) -> Tensor:
        """x in order along its first dimension."""
    def topk(self, k = ..., dim: _int | Sequence[_int] = -1, largest: _bool = True, sorted: _bool = True, *, axis: Any = ...) -> return_types.topk:
        """(values, indices) of the k largest elements along `dim`, or of the k smallest, in order."""
    def kthvalue(self, k = ..., dim: _int | Sequence[_int] = -1, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> return_types.kthvalue:
        """(values, indices) of the k-th smallest element along `dim`."""
    def unique(self, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim = None, *, axis: Any = ...) -> Any:
        """The elements of x that differ, in order; with `dim`, the slices along it that do."""
    def unique_consecutive(self, return_inverse: _bool = False, return_counts: _bool = False, dim = None, *, axis: Any = ...) -> Any:
        """x without the elements, or slices along `dim`, that are equal to the one before; see `unique`."""
    def bincount(self, weights = None, minlength: Any = 0) -> Tensor:
        """How often each of 0, 1, ... occurs in a row of integers ≥ 0, or the sums of their `weights`; float64."""
    def erf(self) -> Tensor:
        """2/√π ∫₀ˣ e^(−t²) dt."""
    def erfc(self) -> Tensor:
        """1 − erf x, with all its digits where erf x is nearly 1."""
    def erfinv(self) -> Tensor:
        """x with erf x = y; ±∞ for y = ±1, NaN beyond."""
    def lgamma(self) -> Tensor:
        """log |Γ(x)|."""
    def digamma(self) -> Tensor:
        """ψ(x), the derivative of log Γ."""
    def mvlgamma(self, p) -> Tensor:
        """log Γₚ(x) = p (p − 1) / 4 · log π + Σ log Γ(x − i / 2) over i = 0 ... p − 1."""
    def i0(self) -> Tensor:
        """I₀(x), Bessel's modified function of the first kind of order 0."""
    @overload
    def median(self) -> Tensor: ...
    @overload
    def median(self, dim: _int, keepdim: _bool = False) -> return_types.median: ...
    @overload
    def median(self, *, axis: _int, keepdims: _bool = False) -> return_types.median: ...
    @overload
    def nanmedian(self) -> Tensor: ...
    @overload
    def nanmedian(self, dim: _int, keepdim: _bool = False) -> return_types.nanmedian: ...
    @overload
    def nanmedian(self, *, axis: _int, keepdims: _bool = False) -> return_types.nanmedian: ...
    def quantile(self, q = ..., dim = None, keepdim: _bool = False, *, interpolation: _str = 'linear', axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """The element at q (n − 1) in order, for q in [0, 1], along `dim` or of all; NaN if one is NaN."""
    def nanquantile(self, q = ..., dim = None, keepdim: _bool = False, *, interpolation: _str = 'linear', axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """`quantile` of what is not NaN."""
    def mode(self, dim: _int | Sequence[_int] = -1, keepdim: _bool = False, *, axis: Any = ..., keepdims: Any = ...) -> return_types.mode:
        """(values, indices) of the most frequent element along `dim`; of several, of the smallest, at its last place."""
    def as_strided(self, size, stride, storage_offset = None) -> Tensor:
        """The memory of x, in which element i, j, ... is at storage_offset + i · stride[0] + j · stride[1] + ...; a view."""
    def as_strided_(self, size, stride, storage_offset = None) -> Tensor:
        """Let x see its memory by other strides: see `as_strided`. Raises ShapeError where it would leave it."""
    def as_strided_scatter(self, src: Operand, size, stride, storage_offset = None) -> Tensor:
        """x with `src` in place of `as_strided`: as that says where in memory an element is, so far as it is in x."""
    def new_empty_strided(self, size, stride, *, dtype = None, device = None, requires_grad: _bool = False) -> Tensor:
        """`empty_strided`, by default of the dtype and on the device of x."""
    def type(self, dtype = None, non_blocking: _bool = False) -> Any:
        """x as another type: a dtype, a TensorType or its name, "torch.cuda.LongTensor"; without one, the name of its own."""
    def type_as(self, other: Operand) -> Tensor:
        """x of the dtype and on the device of `other`."""
    def tan(self) -> Tensor:
        """tan x."""
    def asin(self) -> Tensor:
        """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
    def acos(self) -> Tensor:
        """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
    def atan(self) -> Tensor:
        """The angle in [−π/2, π/2] whose tangent is x."""
    def atan2(self, other: Operand) -> Tensor:
        """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
    def sinh(self) -> Tensor:
        """(eˣ − e⁻ˣ) / 2."""
    def cosh(self) -> Tensor:
        """(eˣ + e⁻ˣ) / 2."""
    def asinh(self) -> Tensor:
        """The number whose sinh is x."""
    def acosh(self) -> Tensor:
        """The number ≥ 0 whose cosh is x; NaN for x < 1."""
    def atanh(self) -> Tensor:
        """The number whose tanh is x; NaN outside [−1, 1]."""
    def hypot(self, other: Operand) -> Tensor:
        """√(x² + y²), where no square overflows."""
    def sinc(self) -> Tensor:
        """sin πx / πx, and 1 at 0."""
    def deg2rad(self) -> Tensor:
        """An angle in degrees, in radians."""
    def rad2deg(self) -> Tensor:
        """An angle in radians, in degrees."""
    def arcsin(self) -> Tensor:
        """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
    def arccos(self) -> Tensor:
        """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
    def arctan(self) -> Tensor:
        """The angle in [−π/2, π/2] whose tangent is x."""
    def arctan2(self, other: Operand) -> Tensor:
        """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
    def arcsinh(self) -> Tensor:
        """The number whose sinh is x."""
    def arccosh(self) -> Tensor:
        """The number ≥ 0 whose cosh is x; NaN for x < 1."""
    def arctanh(self) -> Tensor:
        """The number whose tanh is x; NaN outside [−1, 1]."""
    def norm(self, p: Any = 'fro', dim = None, keepdim: _bool = False, out: Tensor | Sequence[Tensor] | None = None, dtype = None, *, axis: Any = ..., keepdims: Any = ...) -> Tensor:
        """(Σ |x|ᵖ)^(1/p) over `dim`, a number or several, or over all; "fro" is p = 2, and p may be ±∞ or 0."""
    def dist(self, other: Operand, p: Any = 2) -> Tensor:
        """The p-norm of x − y."""
    def renorm(self, p = ..., dim = ..., maxnorm = ..., *, axis: Any = ...) -> Tensor:
        """x with each slice along `dim` whose p-norm is larger than `maxnorm` scaled down to it."""
    def unsqueeze_(self, dim = ..., *, axis: Any = ...) -> Tensor:
        """Put a dimension of length 1 into x at `dim`."""
    def squeeze_(self, dim = None, *, axis: Any = ...) -> Tensor:
        """Take the dimensions of length 1 out of x, or those named in `dim`."""
    def transpose_(self, dim0, dim1) -> Tensor:
        """Exchange two dimensions of x."""
    def t_(self) -> Tensor:
        """Transpose the matrix x."""
    def swapaxes_(self, axis0, axis1) -> Tensor:
        """Exchange two dimensions of x."""
    def swapdims_(self, dim0, dim1) -> Tensor:
        """Exchange two dimensions of x."""
    def detach_(self) -> Tensor:
        """Take x out of the graph: it becomes a leaf that requires no gradient. Raises GraphError for a view."""
    def relu_(self) -> Tensor:
        """`relu`, written over the tensor itself."""
    def sigmoid_(self) -> Tensor:
        """`sigmoid`, written over the tensor itself."""
    def tanh_(self) -> Tensor:
        """`tanh`, written over the tensor itself."""
    def absolute_(self) -> Tensor:
        """`abs`, written over the tensor itself."""
    def negative_(self) -> Tensor:
        """`neg`, written over the tensor itself."""
    def subtract_(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """`sub`, written over the tensor itself."""
    def multiply_(self, other: Operand) -> Tensor:
        """`mul`, written over the tensor itself."""
    def divide_(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """`div`, written over the tensor itself."""
    def true_divide_(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """`div`, written over the tensor itself."""
    def not_equal_(self, other: Operand) -> Tensor:
        """`ne`, written over the tensor itself."""
    def less_(self, other: Operand) -> Tensor:
        """`lt`, written over the tensor itself."""
    def less_equal_(self, other: Operand) -> Tensor:
        """`le`, written over the tensor itself."""
    def greater_(self, other: Operand) -> Tensor:
        """`gt`, written over the tensor itself."""
    def greater_equal_(self, other: Operand) -> Tensor:
        """`ge`, written over the tensor itself."""
    def polygamma_(self, n) -> Tensor:
        """`polygamma`, written over the tensor itself."""
    def add_(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """`add`, written over the tensor itself."""
    def sub_(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """`sub`, written over the tensor itself."""
    def mul_(self, other: Operand) -> Tensor:
        """`mul`, written over the tensor itself."""
    def div_(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """`div`, written over the tensor itself."""
    def floor_divide_(self, other: Operand) -> Tensor:
        """`floor_divide`, written over the tensor itself."""
    def remainder_(self, other: Operand) -> Tensor:
        """`remainder`, written over the tensor itself."""
    def fmod_(self, other: Operand) -> Tensor:
        """`fmod`, written over the tensor itself."""
    def pow_(self, exponent: Operand) -> Tensor:
        """`pow`, written over the tensor itself."""
    def neg_(self) -> Tensor:
        """`neg`, written over the tensor itself."""
    def abs_(self) -> Tensor:
        """`abs`, written over the tensor itself."""
    def sign_(self) -> Tensor:
        """`sign`, written over the tensor itself."""
    def floor_(self) -> Tensor:
        """`floor`, written over the tensor itself."""
    def ceil_(self) -> Tensor:
        """`ceil`, written over the tensor itself."""
    def trunc_(self) -> Tensor:
        """`trunc`, written over the tensor itself."""
    def exp_(self) -> Tensor:
        """`exp`, written over the tensor itself."""
    def log_(self) -> Tensor:
        """`log`, written over the tensor itself."""
    def log1p_(self) -> Tensor:
        """`log1p`, written over the tensor itself."""
    def sqrt_(self) -> Tensor:
        """`sqrt`, written over the tensor itself."""
    def sin_(self) -> Tensor:
        """`sin`, written over the tensor itself."""
    def cos_(self) -> Tensor:
        """`cos`, written over the tensor itself."""
    def square_(self) -> Tensor:
        """`square`, written over the tensor itself."""
    def rsqrt_(self) -> Tensor:
        """`rsqrt`, written over the tensor itself."""
    def reciprocal_(self) -> Tensor:
        """`reciprocal`, written over the tensor itself."""
    def index_add_(self, dim = ..., index = ..., source = ..., *, alpha: Any = 1, axis: Any = ...) -> Tensor:
        """`index_add`, written over the tensor itself."""
    def index_copy_(self, dim = ..., index = ..., source = ..., *, axis: Any = ...) -> Tensor:
        """`index_copy`, written over the tensor itself."""
    def index_fill_(self, dim = ..., index = ..., value: Operand = ..., *, axis: Any = ...) -> Tensor:
        """`index_fill`, written over the tensor itself."""
    def index_put_(self, indices, values, accumulate: _bool = False) -> Tensor:
        """`index_put`, written over the tensor itself."""
    def masked_scatter_(self, mask: Tensor, source) -> Tensor:
        """`masked_scatter`, written over the tensor itself."""
    def put_(self, index, source, accumulate: _bool = False) -> Tensor:
        """`put`, written over the tensor itself."""
    def clamp_(self, min: Operand | None = None, max: Operand | None = None) -> Tensor:
        """`clamp`, written over the tensor itself."""
    def masked_fill_(self, mask: Tensor, value: Operand) -> Tensor:
        """`masked_fill`, written over the tensor itself."""
    def eq_(self, other: Operand) -> Tensor:
        """`eq`, written over the tensor itself."""
    def ne_(self, other: Operand) -> Tensor:
        """`ne`, written over the tensor itself."""
    def lt_(self, other: Operand) -> Tensor:
        """`lt`, written over the tensor itself."""
    def le_(self, other: Operand) -> Tensor:
        """`le`, written over the tensor itself."""
    def gt_(self, other: Operand) -> Tensor:
        """`gt`, written over the tensor itself."""
    def ge_(self, other: Operand) -> Tensor:
        """`ge`, written over the tensor itself."""
    def logical_and_(self, other: Operand) -> Tensor:
        """`logical_and`, written over the tensor itself."""
    def logical_or_(self, other: Operand) -> Tensor:
        """`logical_or`, written over the tensor itself."""
    def logical_xor_(self, other: Operand) -> Tensor:
        """`logical_xor`, written over the tensor itself."""
    def logical_not_(self) -> Tensor:
        """`logical_not`, written over the tensor itself."""
    def bitwise_and_(self, other: Operand) -> Tensor:
        """`bitwise_and`, written over the tensor itself."""
    def bitwise_or_(self, other: Operand) -> Tensor:
        """`bitwise_or`, written over the tensor itself."""
    def bitwise_xor_(self, other: Operand) -> Tensor:
        """`bitwise_xor`, written over the tensor itself."""
    def bitwise_not_(self) -> Tensor:
        """`bitwise_not`, written over the tensor itself."""
    def bitwise_left_shift_(self, other: Operand) -> Tensor:
        """`bitwise_left_shift`, written over the tensor itself."""
    def bitwise_right_shift_(self, other: Operand) -> Tensor:
        """`bitwise_right_shift`, written over the tensor itself."""
    def lerp_(self, end, weight: Operand) -> Tensor:
        """`lerp`, written over the tensor itself."""
    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1) -> Tensor:
        """`addcmul`, written over the tensor itself."""
    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: Operand = 1) -> Tensor:
        """`addcdiv`, written over the tensor itself."""
    def clamp_min_(self, min: Operand) -> Tensor:
        """`clamp_min`, written over the tensor itself."""
    def clamp_max_(self, max: Operand) -> Tensor:
        """`clamp_max`, written over the tensor itself."""
    def clip_(self, min: Operand | None = None, max: Operand | None = None) -> Tensor:
        """`clip`, written over the tensor itself."""
    def gcd_(self, other: Operand) -> Tensor:
        """`gcd`, written over the tensor itself."""
    def lcm_(self, other: Operand) -> Tensor:
        """`lcm`, written over the tensor itself."""
    def exp2_(self) -> Tensor:
        """`exp2`, written over the tensor itself."""
    def expm1_(self) -> Tensor:
        """`expm1`, written over the tensor itself."""
    def log2_(self) -> Tensor:
        """`log2`, written over the tensor itself."""
    def log10_(self) -> Tensor:
        """`log10`, written over the tensor itself."""
    def xlogy_(self, other: Operand) -> Tensor:
        """`xlogy`, written over the tensor itself."""
    def logit_(self, eps = None) -> Tensor:
        """`logit`, written over the tensor itself."""
    def float_power_(self, exponent: Operand) -> Tensor:
        """`float_power`, written over the tensor itself."""
    def ldexp_(self, other: Operand) -> Tensor:
        """`ldexp`, written over the tensor itself."""
    def nextafter_(self, other: Operand) -> Tensor:
        """`nextafter`, written over the tensor itself."""
    def igamma_(self, other: Operand) -> Tensor:
        """`igamma`, written over the tensor itself."""
    def igammac_(self, other: Operand) -> Tensor:
        """`igammac`, written over the tensor itself."""
    def tril_(self, diagonal: Any = 0) -> Tensor:
        """`tril`, written over the tensor itself."""
    def triu_(self, diagonal: Any = 0) -> Tensor:
        """`triu`, written over the tensor itself."""
    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """`addmm`, written over the tensor itself."""
    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """`addmv`, written over the tensor itself."""
    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """`addr`, written over the tensor itself."""
    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """`addbmm`, written over the tensor itself."""
    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """`baddbmm`, written over the tensor itself."""
    def round_(self, *, decimals: Any = 0) -> Tensor:
        """`round`, written over the tensor itself."""
    def fix_(self) -> Tensor:
        """`trunc`, written over the tensor itself."""
    def frac_(self) -> Tensor:
        """`frac`, written over the tensor itself."""
    def nan_to_num_(self, nan = None, posinf = None, neginf = None) -> Tensor:
        """`nan_to_num`, written over the tensor itself."""
    def sgn_(self) -> Tensor:
        """`sgn`, written over the tensor itself."""
    def copysign_(self, other: Operand) -> Tensor:
        """`copysign`, written over the tensor itself."""
    def heaviside_(self, values) -> Tensor:
        """`heaviside`, written over the tensor itself."""
    def cumsum_(self, dim = ..., *, dtype = None, axis: Any = ...) -> Tensor:
        """`cumsum`, written over the tensor itself."""
    def cumprod_(self, dim = ..., *, dtype = None, axis: Any = ...) -> Tensor:
        """`cumprod`, written over the tensor itself."""
    def scatter_(self, dim = ..., index = ..., src: Operand | None = None, *, value: Operand | None = None, reduce = None, axis: Any = ...) -> Tensor:
        """`scatter`, written over the tensor itself."""
    def scatter_add_(self, dim = ..., index = ..., src: Operand = ..., *, axis: Any = ...) -> Tensor:
        """`scatter_add`, written over the tensor itself."""
    def scatter_reduce_(self, dim = ..., index = ..., src: Operand = ..., reduce = ..., *, include_self: _bool = True, axis: Any = ...) -> Tensor:
        """`scatter_reduce`, written over the tensor itself."""
    def index_reduce_(self, dim = ..., index = ..., source = ..., reduce = ..., *, include_self: _bool = True, axis: Any = ...) -> Tensor:
        """`index_reduce`, written over the tensor itself."""
    def erf_(self) -> Tensor:
        """`erf`, written over the tensor itself."""
    def erfc_(self) -> Tensor:
        """`erfc`, written over the tensor itself."""
    def erfinv_(self) -> Tensor:
        """`erfinv`, written over the tensor itself."""
    def lgamma_(self) -> Tensor:
        """`lgamma`, written over the tensor itself."""
    def digamma_(self) -> Tensor:
        """`digamma`, written over the tensor itself."""
    def mvlgamma_(self, p) -> Tensor:
        """`mvlgamma`, written over the tensor itself."""
    def i0_(self) -> Tensor:
        """`i0`, written over the tensor itself."""
    def tan_(self) -> Tensor:
        """`tan`, written over the tensor itself."""
    def asin_(self) -> Tensor:
        """`asin`, written over the tensor itself."""
    def acos_(self) -> Tensor:
        """`acos`, written over the tensor itself."""
    def atan_(self) -> Tensor:
        """`atan`, written over the tensor itself."""
    def atan2_(self, other: Operand) -> Tensor:
        """`atan2`, written over the tensor itself."""
    def sinh_(self) -> Tensor:
        """`sinh`, written over the tensor itself."""
    def cosh_(self) -> Tensor:
        """`cosh`, written over the tensor itself."""
    def asinh_(self) -> Tensor:
        """`asinh`, written over the tensor itself."""
    def acosh_(self) -> Tensor:
        """`acosh`, written over the tensor itself."""
    def atanh_(self) -> Tensor:
        """`atanh`, written over the tensor itself."""
    def hypot_(self, other: Operand) -> Tensor:
        """`hypot`, written over the tensor itself."""
    def sinc_(self) -> Tensor:
        """`sinc`, written over the tensor itself."""
    def deg2rad_(self) -> Tensor:
        """`deg2rad`, written over the tensor itself."""
    def rad2deg_(self) -> Tensor:
        """`rad2deg`, written over the tensor itself."""
    def arcsin_(self) -> Tensor:
        """`asin`, written over the tensor itself."""
    def arccos_(self) -> Tensor:
        """`acos`, written over the tensor itself."""
    def arctan_(self) -> Tensor:
        """`atan`, written over the tensor itself."""
    def arctan2_(self, other: Operand) -> Tensor:
        """`atan2`, written over the tensor itself."""
    def arcsinh_(self) -> Tensor:
        """`asinh`, written over the tensor itself."""
    def arccosh_(self) -> Tensor:
        """`acosh`, written over the tensor itself."""
    def arctanh_(self) -> Tensor:
        """`atanh`, written over the tensor itself."""
    def renorm_(self, p = ..., dim = ..., maxnorm = ..., *, axis: Any = ...) -> Tensor:
        """`renorm`, written over the tensor itself."""
    @property
    def is_sparse(self) -> _bool: ...
    @property
    def is_quantized(self) -> _bool: ...
    @property
    def is_meta(self) -> _bool: ...
    @property
    def is_mps(self) -> _bool: ...
    @property
    def is_nested(self) -> _bool: ...
    @property
    def is_cpu(self) -> _bool: ...
    @property
    def layout(self) -> Any: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def real(self) -> Tensor: ...
    def __add__(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """x + alpha y."""
    def __radd__(self, y) -> Tensor: ...
    def __sub__(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """x − alpha y, of numbers."""
    def __rsub__(self, y) -> Tensor: ...
    def __mul__(self, other: Operand) -> Tensor:
        """x · y, element by element."""
    def __rmul__(self, y) -> Tensor: ...
    def __truediv__(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype."""
    def __rtruediv__(self, y) -> Tensor: ...
    def __floordiv__(self, other: Operand) -> Tensor:
        """⌊x / y⌋; not differentiable."""
    def __rfloordiv__(self, y) -> Tensor: ...
    def __mod__(self, other: Operand) -> Tensor:
        """x − y ⌊x / y⌋, with the sign of y."""
    def __rmod__(self, y) -> Tensor: ...
    def __pow__(self, exponent: Operand) -> Tensor:
        """x to the power of a number or tensor."""
    def __rpow__(self, y) -> Tensor: ...
    def __matmul__(self, y) -> Tensor:
        """x @ y, where one may be a NumPy array."""
    def __rmatmul__(self, y) -> Tensor: ...
    def __and__(self, other: Operand) -> Tensor:
        """bitwise_and element by element, of integers or booleans."""
    def __rand__(self, y) -> Tensor: ...
    def __or__(self, other: Operand) -> Tensor:
        """bitwise_or element by element, of integers or booleans."""
    def __ror__(self, y) -> Tensor: ...
    def __xor__(self, other: Operand) -> Tensor:
        """bitwise_xor element by element, of integers or booleans."""
    def __rxor__(self, y) -> Tensor: ...
    def __lshift__(self, other: Operand) -> Tensor:
        """bitwise_left_shift element by element, of integers."""
    def __rlshift__(self, y) -> Tensor: ...
    def __rshift__(self, other: Operand) -> Tensor:
        """bitwise_right_shift element by element, of integers."""
    def __rrshift__(self, y) -> Tensor: ...
    def __iadd__(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """`add`, written over the tensor itself."""
    def __isub__(self, other: Operand, *, alpha: Any = 1) -> Tensor:
        """`sub`, written over the tensor itself."""
    def __imul__(self, other: Operand) -> Tensor:
        """`mul`, written over the tensor itself."""
    def __itruediv__(self, other: Operand, *, rounding_mode = None) -> Tensor:
        """`div`, written over the tensor itself."""
    def __ifloordiv__(self, other: Operand) -> Tensor:
        """`floor_divide`, written over the tensor itself."""
    def __imod__(self, other: Operand) -> Tensor:
        """`remainder`, written over the tensor itself."""
    def __ipow__(self, exponent: Operand) -> Tensor:
        """`pow`, written over the tensor itself."""
    def __iand__(self, other: Operand) -> Tensor:
        """`bitwise_and`, written over the tensor itself."""
    def __ior__(self, other: Operand) -> Tensor:
        """`bitwise_or`, written over the tensor itself."""
    def __ixor__(self, other: Operand) -> Tensor:
        """`bitwise_xor`, written over the tensor itself."""
    def __ilshift__(self, other: Operand) -> Tensor:
        """`bitwise_left_shift`, written over the tensor itself."""
    def __irshift__(self, other: Operand) -> Tensor:
        """`bitwise_right_shift`, written over the tensor itself."""
    def __neg__(self) -> Tensor:
        """−x."""
    def __pos__(self) -> Tensor:
        """x itself."""
    def __abs__(self) -> Tensor:
        """|x|, with gradient 0 at 0."""
    def __invert__(self) -> Tensor:
        """All bits of integers the other way round; of booleans their opposite."""
    def __eq__(self, other: Operand) -> Tensor:
        """eq element by element, as a bool tensor."""
    def __ne__(self, other: Operand) -> Tensor:
        """ne element by element, as a bool tensor."""
    def __lt__(self, other: Operand) -> Tensor:
        """lt element by element, as a bool tensor."""
    def __le__(self, other: Operand) -> Tensor:
        """le element by element, as a bool tensor."""
    def __gt__(self, other: Operand) -> Tensor:
        """gt element by element, as a bool tensor."""
    def __ge__(self, other: Operand) -> Tensor:
        """ge element by element, as a bool tensor."""
    def __getitem__(self, index) -> Tensor:
        """x[index]: a view for numbers and slices, a copy for arrays of integers or booleans."""
    def __setitem__(self, index, value: Operand) -> None:
        """x[index] = value, in place; gradients flow to `value` and to what x held elsewhere."""
    def __delitem__(self, index) -> None: ...
    def __contains__(self, element) -> _bool:
        """Whether an element of x is equal to a number, or to a tensor that is broadcast."""
    def __reversed__(self) -> Tensor:
        """The slices of x along its first dimension from the last to the first, as a copy."""
    def __complex__(self) -> complex: ...
    def where(self, condition, other: Operand) -> Tensor | Any:
        """x where the condition holds, else y, for x = input and y = other."""
    @property
    def T(self) -> Tensor:
        """The transpose of a matrix; a view."""
    @property
    def mT(self) -> Tensor:
        """Each matrix of the last two dimensions transposed; a view."""
    @property
    def H(self) -> Tensor:
        """A matrix transposed, whose numbers are real. Raises ShapeError for vectors and for more than 2 dimensions."""
    @property
    def mH(self) -> Tensor:
        """Each matrix of the last two dimensions transposed; a view."""
    def float(self, *, memory_format = None) -> Tensor:
        """x as float32."""
    def double(self, *, memory_format = None) -> Tensor:
        """x as float64."""
    def half(self, *, memory_format = None) -> Tensor:
        """x as float16."""
    def long(self, *, memory_format = None) -> Tensor:
        """x as int64."""
    def int(self, *, memory_format = None) -> Tensor:
        """x as int32."""
    def short(self, *, memory_format = None) -> Tensor:
        """x as int16."""
    def char(self, *, memory_format = None) -> Tensor:
        """x as int8."""
    def byte(self, *, memory_format = None) -> Tensor:
        """x as uint8."""
    def bool(self, *, memory_format = None) -> Tensor:
        """x as bool."""
def check_alike(what, x, model):
    """Raise ShapeError or DTypeError if x, named by `what`, is not of the shape and dtype of `model`."""
def check_writable(where, x):
    """Raise GraphError if the memory of x cannot be overwritten, or cannot be without changing several elements."""
def wrap(array):
    """A tensor over an array that the library has made."""
def from_array(where, array):
    """A tensor over the memory of an array from outside. Raises DTypeError, ValueError: see `convert.usable`."""
def view_of(base, array):
    """A tensor over `array`, which lies in the memory of `base`."""
