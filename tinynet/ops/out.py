"""Results written to tensors that are given: `tinynet.add(x, y, out=z)`."""

import functools
import inspect
import warnings

import numpy as np

from .. import dtypes
from ..arguments import wrong_kind
from ..autograd.mode import mode, no_grad
from ..errors import ArgumentTypeError, DeviceError, DTypeError, GraphError
from ..kernels import reference as kernels
from ..kernels.launch import launch
from ..tensor import Tensor, check_writable
from ..trees import flatten
from . import operands
from .resizing import resize_

# Functions that take `out`, as PyTorch has it; their methods do not.
FUNCTIONS = """abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax angle any
    arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin asin asinh atan atan2 atanh baddbmm
    bernoulli bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm bucketize cat
    ceil chain_matmul cholesky cholesky_inverse cholesky_solve clamp clamp_max clamp_min clip column_stack concat
    concatenate conj_physical copysign cos cosh cross cummax cummin cumprod cumsum deg2rad diag diff digamma div
    divide dot dstack empty eq erf erfc erfinv exp exp2 expm1 eye fix float_power floor floor_divide fmax fmin fmod
    frac frexp full gather gcd ge geqrf ger greater greater_equal gt heaviside histc histogram histogramdd hstack
    hypot i0 igamma igammac index_add index_copy index_reduce index_select inner inverse isin isneginf isposinf kron
    kthvalue lcm ldexp le lerp less less_equal lgamma linspace log log10 log1p log2 log_softmax logaddexp logaddexp2
    logcumsumexp logical_and logical_not logical_or logical_xor logit logspace logsumexp lt lu_solve lu_unpack
    masked_select matmul matrix_power max maximum mean median min minimum mm mode msort mul multinomial multiply mv
    mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow_copy ne neg negative nextafter nonzero
    nonzero_static normal not_equal ones orgqr ormqr outer polygamma pow prod qr quantile rad2deg rand randint randn
    randperm reciprocal remainder renorm round row_stack rsqrt scatter scatter_add scatter_reduce searchsorted sgn
    sigmoid sign signbit sin sinc sinh slice_scatter softmax sort sqrt square stack std sub subtract sum svd take
    take_along_dim tan tanh topk triangular_solve tril triu true_divide trunc var vdot vstack where xlogy zeros"""
LINALG = """cholesky cholesky_ex cond cross det eigh eigvalsh householder_product inv inv_ex ldl_factor ldl_factor_ex
    ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve matmul matrix_norm matrix_power matrix_rank multi_dot norm
    pinv qr slogdet solve solve_ex solve_triangular svd svdvals tensorinv tensorsolve vecdot vector_norm"""
SPECIAL = """digamma entr erf erfc erfcx erfinv exp2 expit expm1 gammainc gammaincc gammaln i0 i0e i1 i1e log1p log_ndtr
    logit logsumexp multigammaln ndtr ndtri polygamma psi round sinc xlog1py xlogy zeta"""


def taking_out(functions, names):
    """Those of {name: function} that are named, each with the keyword `out`."""
    return {name: with_out(functions[name]) for name in names.split()}


@functools.cache
def with_out(function):
    """A function with one more keyword, `out`: the tensor that its result is written to; several for several."""

    @functools.wraps(function)
    def writing(*args, out=None, **kwargs):
        if out is None:
            return function(*args, **kwargs)
        return write_to(out, function, *args, **kwargs)

    own = inspect.signature(function)
    keyword = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
    writing.__signature__ = own.replace(parameters=[*own.parameters.values(), keyword])
    return writing


def write_to(out, function, /, *args, **kwargs):
    """`out`, to which the result of function(*args, **kwargs) is written; a tuple of tensors if there are several.

    What has a `dtype` computes in that of `out`, unless another is given. A tensor of another shape is resized, with a
    warning unless it is empty.

    Raises: GraphError where a tensor requires grad, RuntimeError for memory that overlaps, DTypeError and DeviceError
    for results that `out` cannot hold.
    """
    name = function.__name__
    outs = [out] if isinstance(out, Tensor) else out
    if not isinstance(outs, tuple | list) or not all(isinstance(y, Tensor) for y in outs) or not outs:
        raise wrong_kind(name, "out", "a Tensor, or a tuple of them for several results", out)
    inputs = [x for x in flatten([args, kwargs])[0] if isinstance(x, Tensor)]
    _check_before(name, outs, inputs)
    with no_grad():
        found = function(*args, **kwargs, **_as_for(name, function, outs[0], args, kwargs))
    results = [found] if isinstance(found, Tensor) else list(found)
    if len(outs) != len(results):
        raise ArgumentTypeError(f"{name}: expected out to be {len(results)} tensors, got {len(outs)}")
    for y, result in zip(outs, results):
        _check_fits(name, y, result)
    for y, result in zip(outs, results):
        _store(name, y, result)
    return out if isinstance(found, Tensor) else found._make(outs) if hasattr(found, "_make") else tuple(outs)


def _check_before(name, outs, inputs):
    if mode.enabled and any(x.requires_grad for x in (*outs, *inputs)):
        raise GraphError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad; use no_grad(), or the function without out"
        )
    for y in outs:
        check_writable(name, y)
        for x in inputs:
            if x.shape == y.shape and _overlaps_in_part(x.array, y.array):
                raise RuntimeError(
                    f"{name}: some elements of an input and of out lie at the same place in memory, and not all of "
                    "them; clone() the input"
                )


def _overlaps_in_part(x, y):
    """Whether two arrays of one shape, whose elements are in order, share some of their memory, but not all."""
    if x.size < 2 or not (x.flags.c_contiguous and y.flags.c_contiguous) or x.__class__ is not y.__class__:
        return False
    same = x.dtype == y.dtype and np.may_share_memory(x.reshape(-1)[:1], y.reshape(-1)[:1])
    return np.may_share_memory(x, y) and not same


def _as_for(name, function, out, args, kwargs):
    """The keywords `dtype` and `device` of what computes in a dtype, or makes tensors, as `out` has them."""
    signature = inspect.signature(function)
    known, given = signature.parameters, signature.bind(*args, **kwargs).arguments
    found = {}
    if "dtype" in known and "requires_grad" in known and given.get("dtype") is not None:
        dtype = dtypes.as_dtype(given["dtype"])
        if dtype != out.dtype:
            raise DTypeError(f"{name}: expected out of the dtype given, {dtype}, got {out.dtype}")
    elif "dtype" in known and "dtype" not in given:
        found["dtype"] = out.dtype
    if "device" in known and "device" not in given:
        found["device"] = out.device
    return found


def _check_fits(name, y, result):
    if dtypes.category(result.dtype) > dtypes.category(y.dtype):
        raise DTypeError(f"{name}: a result of dtype {result.dtype} cannot be stored in out, of {y.dtype}")
    if result.device != y.device:
        raise DeviceError(f"{name}: expected out on {result.device}, where the result is, got it on {y.device}")


def _store(name, y, result):
    if y.shape != result.shape:
        if y.array.size:
            warnings.warn(
                f"{name}: out, of shape {y.shape}, was resized to that of the result, {result.shape}; give it that "
                "shape, or make it empty before: out.resize_(0)",
                stacklevel=5,
            )
        resize_(y, result.shape)
    launch(kernels.copy, y.array, operands.to(result, y.dtype).array)
    y.mark_written()
