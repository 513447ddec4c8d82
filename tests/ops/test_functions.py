"""Functions of real numbers, reductions, scans and sorting: the same call on PyTorch, at the edges and for integers."""

import numpy as np
import pytest
from helpers import TINYNET, close, numpy

import tinynet as tn

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 3.0, 1e-3, 20.0, -20.0, 1e-30, 1e30, np.inf, -np.inf, np.nan]
UNARY = """tan asin acos atan sinh cosh asinh acosh atanh sinc deg2rad rad2deg exp2 expm1 log2 log10 logit round trunc
    fix frac nan_to_num sgn signbit erf erfc erfinv lgamma digamma isposinf isneginf isreal absolute negative""".split()
SPECIAL = "ndtri erfcx i0e i1e i0 i1 entr".split()
HUGE = [3e38, -3e38, 1.5e308, -1.5e308]  # the last overflow in float32
SLOPES = "i0 erfcx entr logit".split()
BINARY = """atan2 hypot logaddexp logaddexp2 xlogy fmod copysign heaviside fmax fmin isclose float_power true_divide
    greater less_equal not_equal""".split()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*UNARY, *SPECIAL])
def test_unary_at_the_edges(torch, name, dtype):
    with np.errstate(over="ignore"):
        x = np.array(EDGES + HUGE, dtype)
    if name == "tan":
        x = x[~(np.abs(x) > 1e5)]
    ours, theirs = (lib.special if name in SPECIAL else lib for lib in (tn, torch))
    with np.errstate(invalid="ignore", over="ignore"):  # ∞ − ∞ in frac, 3e38 π in sinc
        actual = getattr(ours, name)(tn.tensor(x))
    ulp = 1e4 if name == "digamma" else 32  # of which PyTorch's has fewer digits
    close(actual, getattr(theirs, name)(torch.tensor(x)), ulp)


ACTIVATIONS = """relu relu6 leaky_relu elu selu celu silu mish softplus logsigmoid hardtanh hardsigmoid hardswish
    sigmoid tanh softsign softshrink hardshrink tanhshrink""".split()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_of_activations_at_the_edges(torch, name):
    x = np.array([*EDGES, 6.0, -3.0])
    gradients = []
    for lib in (tn, torch):
        t = lib.tensor(x, requires_grad=True)
        with np.errstate(invalid="ignore"):
            y = getattr(lib.nn.functional, name)(t)
        gradients += lib.autograd.grad(y, t, lib.ones_like(t))
    close(*gradients, ulp=1e9, scale=1)  # a sixth is a float32 in PyTorch


@pytest.mark.parametrize("name", SLOPES)
def test_gradients_of_special_functions_at_the_edges(torch, name):
    x, gradients = np.array(EDGES + HUGE), []
    for lib in (tn, torch):
        t = lib.tensor(x, requires_grad=True)
        gradients += lib.autograd.grad(getattr(lib.special, name)(t), t, lib.ones_like(t))
    close(*gradients, ulp=32, scale=1 if name == "erfcx" else None)


@pytest.mark.parametrize("name", BINARY)
def test_binary_at_the_edges(torch, name):
    x, y = (v.ravel() for v in np.meshgrid(np.array(EDGES), np.array(EDGES)))
    if name == "fmod":  # of PyTorch's, and of C's
        x, y = x[y != 0], y[y != 0]
    scale = 1 if "log" in name else None  # near their zeros digits cancel
    close(
        getattr(tn, name)(tn.tensor(x), tn.tensor(y)), getattr(torch, name)(torch.tensor(x), torch.tensor(y)), 8, scale
    )


INTEGERS = "tan erf exp2 log10 logit atan sinc round trunc sgn signbit isposinf deg2rad lgamma nan_to_num".split()


@pytest.mark.parametrize("dtype", ["int64", "int32", "bool"])
@pytest.mark.parametrize("name", INTEGERS)
def test_of_integers(torch, name, dtype):
    x = np.array([0, 1, 1] if dtype == "bool" else [3, 0, -2, 1]).astype(dtype)
    try:
        expected = getattr(torch, name)(torch.tensor(x))
    except RuntimeError:
        return
    close(getattr(tn, name)(tn.tensor(x)), expected)


A = np.array([[3.0, 1.0, 2.0, 2.0], [np.nan, 0.0, -1.0, 5.0], [4.0, 4.0, np.nan, -np.inf]], np.float32)
B = np.array([[2, 0, 3], [1, 1, 0]])
INFINITE = np.array([[-np.inf, np.inf, 1.0, -np.inf], [-np.inf, -np.inf, np.inf, 2.0], [3.0, np.inf, np.inf, np.nan]])
C = np.array([3, 1, 1, 2, 2, 2, 1])


CALLS = {
    "amax": lambda lib, a, b: lib.amax(a, (0, 1)),
    "amin of integers": lambda lib, a, b: b.amin(1, keepdim=True),
    "aminmax": lambda lib, a, b: lib.aminmax(b, dim=0),
    "prod": lambda lib, a, b: [b.prod(), b.prod(1), b.bool().prod(0, True), b.prod(1, dtype=lib.float64)],
    "logsumexp": lambda lib, a, b: [a.logsumexp(1), b.logsumexp((0, 1)), lib.logsumexp(a[:, 3:], 1, True)],
    "nansum": lambda lib, a, b: [a[:2].nansum(), a[:2].nansum(0), a[:2].nanmean(1), b.nansum(0)],
    "count_nonzero": lambda lib, a, b: [a.count_nonzero(), lib.count_nonzero(b, dim=1), b.count_nonzero((0, 1))],
    "norm": lambda lib, a, b: [a[:1].norm(), a[:1].norm(1), a[:1].norm(float("inf"), 1), a[:1].norm(0)],
    "norm of nothing": lambda lib, a, b: [a[:0].norm(), a[:, :0].norm(dim=1), a[:, :0].norm(3, 1)],
    "std_mean": lambda lib, a, b: [*lib.std_mean(a[:2, 1:], 1), *lib.var_mean(a[:1], unbiased=False)],
    "median": lambda lib, a, b: [a.median(), *a.median(1), a.nanmedian(), *a.nanmedian(1, True), b.median()],
    "median of nothing": lambda lib, a, b: [a[:0].median(), b[:0].median()],
    "mode": lambda lib, a, b: [a[:1].mode().values, b.mode(0).values],
    "quantile": lambda lib, a, b: [
        lib.quantile(a, 0.3, 1), lib.nanquantile(a[:2], 0.3, 1, True),
        lib.quantile(a[0], lib.tensor([0.0, 1.0]))],
    "cumsum": lambda lib, a, b: [a.cumsum(1), b.cumsum(0), b.bool().cumsum(1), b.int().cumprod(1)],
    "cumsum dtype": lambda lib, a, b: [b.cumsum(0, dtype=lib.float32), b[0, 0].cumsum(0), a[:0].cumprod(1)],
    "cummax": lambda lib, a, b: [*a.cummax(1), *a.cummin(0), *b.cummax(1), *b[0, 0].cummin(0)],
    "logcumsumexp": lambda lib, a, b: [a.logcumsumexp(d) for d in (0, 1)],
    "logcumsumexp of infinities": lambda lib, a, b: [
        lib.tensor(INFINITE).logcumsumexp(0), lib.tensor(INFINITE).T.clone().logcumsumexp(1)],
    "diff": lambda lib, a, b: [b.diff(), b.diff(2), b.diff(prepend=b), b.bool().diff(dim=0), b.diff(0)],
    "trapezoid": lambda lib, a, b: [lib.trapezoid(b), lib.trapezoid(a[0], dx=2), lib.trapz(a[:1], a[0])],
    "sort": lambda lib, a, b: [
        *lib.sort(a, stable=True), *lib.sort(a, dim=0, descending=True, stable=True), *b[0, 0].sort()],
    "argsort": lambda lib, a, b: [
        a.argsort(dim=1, stable=True), lib.argsort(b, dim=0, descending=True, stable=True), b.msort()],
    "sort of booleans": lambda lib, a, b: [*lib.sort(b.bool(), stable=True)],
    "topk": lambda lib, a, b: [*a[:2].topk(2), *b[:1].topk(1, -1, False), *a.topk(0), *b[0, 0].topk(1)],
    "kthvalue": lambda lib, a, b: [*lib.kthvalue(a, 2, 0), *b[:1].kthvalue(3, keepdim=True)],
    "unique": lambda lib, a, b: [b.unique(), *b.unique(True, True, True), *lib.unique(b, return_counts=True, dim=1)],
    "unique of NaN": lambda lib, a, b: [*a.unique(return_inverse=True, return_counts=True)],
    "unique_consecutive": lambda lib, a, b: [
        *lib.unique_consecutive(lib.tensor(C), True, True), *lib.unique_consecutive(b, return_counts=True, dim=0)],
    "searchsorted": lambda lib, a, b: [
        lib.searchsorted(lib.tensor([1, 2, 2, 4]), b), lib.searchsorted(b.sort(1).values, b, right=True),
        lib.searchsorted(lib.tensor([1, 3]), 2), lib.searchsorted(lib.tensor([1.0, 3.0]), b, side="right")],
    "searchsorted by a sorter": lambda lib, a, b: lib.searchsorted(b, b, sorter=b.argsort(1), out_int32=True),
    "bucketize": lambda lib, a, b: [
        lib.bucketize(a, lib.tensor([0.0, 2.0, 4.0]), right=True),
        lib.bucketize(3, b[0] * 0)],
    "histc": lambda lib, a, b: [lib.histc(a[0], 4), lib.histc(a[:2], 3, 0, 3), lib.histc(a[0], 2, 9, 10)],
    "histogram": lambda lib, a, b: [
        *lib.histogram(a[0], 4), *a[0].histogram(3, range=(0.0, 2.0), weight=a[0], density=True),
        *lib.histogram(a, lib.tensor([-1.0, 0.0, 0.0, 4.0])), *lib.histogram(a[:0], 2), *lib.histogram(a[0, 2:], 3)],
    "histogramdd": lambda lib, a, b: [
        lib.histogramdd(b * 1.0, 2).hist, *lib.histogramdd(a[:, :2], [2, 3], range=(0.0, 4.0, -1.0, 1.0)).bin_edges,
        lib.histogramdd(b[:, 1:] * 1.0, [lib.tensor([0.0, 1.0]), lib.tensor([0.0, 2.0, 3.0])], weight=a[0, 2:]).hist,
        lib.histogramdd(b * 1.0, [2, 1, 2], weight=a[0, 2:], density=True).hist],
    "einsum of masks": lambda lib, a, b: [
        lib.einsum("ij,ij->ji", b > 1, b > 0), lib.einsum("i,j->ij", b[0] > 1, b[1] > 0), lib.einsum("ij->i", b > 1),
        lib.einsum("ij,j->ij", b > 1, b[0]), lib.einsum("ij,i->ij", b, a[0, 2:]), lib.einsum(",j->j", b[0, 0], a[0])],
    "pdist": lambda lib, a, b: [lib.pdist(b * 1.0), lib.nn.functional.pdist(a[[0, 0]], 1), lib.pdist(a[:1], 0)],
    "bincount": lambda lib, a, b: [
        b[0].bincount(), b[0].bincount(minlength=6), b[0].bincount(a[0, :3]), b[0, :0].bincount()],
    "isin": lambda lib, a, b: [lib.isin(b, lib.tensor([1, 3])), lib.isin(b, 2, invert=True), lib.isin(2, b)],
    "isclose": lambda lib, a, b: [
        lib.isclose(a, a * (1 + 1e-6)), a.isclose(a, equal_nan=True), b.isclose(b + 1), b.equal(b)],
    "allclose": lambda lib, a, b: [lib.allclose(a, a), a.allclose(a, equal_nan=True), lib.equal(b, b[:1])],
    "clamp": lambda lib, a, b: [
        b.clamp(b[0]), a.clamp(a[0] - 1, a[0]), lib.clip(a, 1), b.clamp_min(1), b.clamp_max(1.5)],
    "div": lambda lib, a, b: [
        lib.div(b - 2, 2, rounding_mode="floor"), lib.div(b - 2, 2, rounding_mode="trunc"),
        a.div(-2, rounding_mode="trunc"), a.divide(2, rounding_mode="floor")],
    "fmod": lambda lib, a, b: [(b - 2).fmod(2), lib.fmod(b - 2, -2), a.fmod(1.5), (b + 1).int().fmod(b + 1)],
    "gcd": lambda lib, a, b: [lib.gcd(b * 6, b + 4), lib.lcm(b, b - 4), b.gcd(lib.tensor(2))],
    "lerp": lambda lib, a, b: [a[0].lerp(a[0] + 1, 0.3), lib.lerp(a[0], a[0] * 2, a[0] / 4)],
    "addcmul": lambda lib, a, b: [b.addcmul(b, b, value=2), a.addcdiv(a, a + 9, value=0.5), lib.rsub(b, 2, alpha=3)],
    "axis": lambda lib, a, b: [
        b.sum(axis=0, keepdims=True), lib.argmax(b, axis=1), lib.cumsum(b, axis=0), a.mean(axis=(0, 1))],
    "other": lambda lib, a, b: [lib.max(b, other=b * 2 - 2), b.min(other=lib.tensor(1))],
    "cov": lambda lib, a, b: [
        b.cov(), b[0].cov(correction=0), b[:1].corrcoef(),
        lib.cov(b, fweights=b[0], aweights=lib.tensor([0.5, 1.0, 2.0])),
        lib.cov(b * 1.0, aweights=b[0] + 0.5), b.corrcoef()],
    "gradient": lambda lib, a, b: [
        *lib.gradient(b), *lib.gradient(b * 1.0, dim=1, edge_order=2, spacing=0.5),
        *lib.gradient(b, spacing=(lib.tensor([0.0, 2.0]), lib.tensor([0.0, 1.0, 5.0])))],
    "frexp": lambda lib, a, b: [*a.frexp(), lib.nextafter(a[0], a[1]), a[0].angle(), (b - 1).angle()],
    "renorm": lambda lib, a, b: a[:1].renorm(2, 1, 1.5),
    "where": lambda lib, a, b: [
        *lib.where(b > 1), *lib.where(b[0, 0] > 1), b.where(b > 1, 7), *b.nonzero(as_tuple=True),
        lib.nonzero_static(b, size=2), b.nonzero_static(size=9, fill_value=7), a[0, 0].nonzero_static(size=1)],
    "unravel_index": lambda lib, a, b: [*lib.unravel_index(b, (2, 2)), *lib.unravel_index(-b[0] - 1, 4)],
    "in place of a view": lambda lib, a, b: [
        b.select_scatter(b[0], 0, 1), b.slice_scatter(b[:, :1], 1, -1), b.diagonal_scatter(b[0, :2], 1),
        lib.as_strided_scatter(b, b[:, :2] - 9, (2, 2), (1, 2), 1), b[1].as_strided_scatter(a[0, :2], [2], [2]),
        b.T.as_strided_scatter(b[0, :1], (1,), (1,), 0), b[:, 1:].as_strided_scatter(b[0, :0], (0,), (1,)),
        lib.index_reduce(b, 0, b[1, 1:], b, "amin", include_self=False)],
    "gather": lambda lib, a, b: [
        lib.gather(a[0, 0], 0, b[1, 2]), a.gather(0, b[:0]), a[0].gather(0, b[0, 0]), lib.gather(a[0, 0], 0, b[1, 2:])],
    "pieces": lambda lib, a, b: [
        *b.split_with_sizes([1, 2], 1), *b.unsafe_chunk(2), *b.unsafe_split(1), lib.repeat_interleave(b[0]),
        b.repeat_interleave(b[0], 1, output_size=5), b.narrow_copy(1, 1, 2)],
    "made": lambda lib, a, b: [
        lib.arange(0.9, 4.9, 1.9, dtype=lib.int32), lib.linspace(4.3, -3, 9, dtype=lib.int64), lib.scalar_tensor(3),
        lib.zeros(lib.broadcast_shapes((2, 1), 3))],
    "of real numbers": lambda lib, a, b: [a.conj(), lib.real(b), a.H, a.mH, b.adjoint()],
    "linalg": lambda lib, a, b: [
        lib.linalg.matrix_rank(b * 1.0), lib.linalg.matrix_rank(b.double() @ b.double().T, hermitian=True, atol=1e-3),
        (b * 1.0).norm("nuc"), lib.linalg.norm(b * 1.0, -2), *lib.slogdet(b[:, :2] * 1.0), lib.vander(b[0]),
        *lib.linalg.lstsq(b.T.double(), b[0].double() - 7, driver="gelsd"), lib.vander(b[0], 4, increasing=True),
        *lib.linalg.lstsq(b.T.double(), b.T.double() + b[0, 0], driver="gels"), *lib.linalg.qr(b.double(), "r"),
        (b * 1.0).pinverse(), lib.linalg.matrix_exp(b[:, :2].double())],
    "older names of linalg": lambda lib, a, b: [
        *lib.triangular_solve(a[:1].T, b[0, 0] + lib.eye(4), False, True),
        *lib.lu(b.T * 1.0, get_infos=True), *lib.lu_unpack(*(b.T * 1.0).lu(), unpack_pivots=False),
        lib.lu_solve(a[0, :2, None], *lib.lu(b[:, :2] * 1.0)), (b + 1.0).polygamma(2)],
    "sums to a size": lambda lib, a, b: [
        b.bool().sum_to_size(3), b.int().sum_to_size(2, 1), b[0, 0].bool().sum_to_size(())],
    "at the top": lambda lib, a, b: [
        lib.embedding(a, b[1]), lib.layer_norm(b * 1.0, (3,)), lib.max_pool1d(b[None] * 1.0, 2), lib.selu(b * 1.0),
        lib.threshold(b * 1.0, 1, 9), lib.dropout(a, 0.5, False), lib.exp_(b * 1.0), lib.zero_(a.clone()),
        lib.fill(b, 3),
        lib.batch_norm(b * 1.0, None, None, b[0] * 1.0, b[1] + 1.0, False, 0.1, 1e-5, True),
        lib.group_norm((b * 1.0)[:, :, None], 3), lib.constant_pad_nd(b, (1, 0), 7)],
    "in place": lambda lib, a, b: [
        a.clone().nan_to_num_(), b.clone().clamp_min_(1), a.clone().gt_(1), b.clone().lcm_(b),
        a.clone().cumsum_(1)],
}  # fmt: skip


def flat(found):
    return [y for x in found for y in flat(x)] if isinstance(found, tuple | list) else [found]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:index_reduce:UserWarning", "ignore:.*is deprecated in favor:UserWarning")
def test_calls_give_the_same(torch, name):
    results = [flat(CALLS[name](lib, lib.tensor(A), lib.tensor(B))) for lib in (tn, torch)]
    for ours, theirs in zip(*results, strict=True):
        if isinstance(theirs, bool):
            assert ours is theirs
        else:
            close(ours, theirs, ulp=8)


TIES = np.array([[1.0, 2.0, 2.0, 0.0], [2.0, 2.0, -1.0, 0.0]])
GRADIENTS = {
    "amax": lambda lib, x: x.amax(1),
    "aminmax": lambda lib, x: x.aminmax().max,
    "median": lambda lib, x: x.median(),
    "prod": lambda lib, x: x.prod(1),
    "cumprod": lambda lib, x: x.cumprod(1),
    "cummax": lambda lib, x: x.cummax(1).values,
    "norm": lambda lib, x: (x * 0).norm() + x.norm(0.5),
    "norm inf": lambda lib, x: x.norm(float("inf"), 1),
    "clamp": lambda lib, x: x.clamp(x.detach(), 1.0 + 0 * x.detach()),
    "fmax": lambda lib, x: lib.fmax(x, x.detach()),
    "sinc": lambda lib, x: x.sinc(),
    "xlogy": lambda lib, x: lib.xlogy(x, x.detach() - 1),
    "logaddexp": lambda lib, x: lib.logaddexp(x - float("inf"), x - float("inf")),
    "logsumexp": lambda lib, x: lib.logsumexp(x * 0 - float("inf"), 1),
    "hypot": lambda lib, x: lib.hypot(x + 1, x),
    "atan2": lambda lib, x: lib.atan2(x, x.detach()),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_where_elements_are_equal_or_0(torch, name):
    found = []
    for lib in (tn, torch):
        x = lib.tensor(TIES, requires_grad=True)
        with np.errstate(all="ignore"):
            GRADIENTS[name](lib, x).sum().backward()
        found.append(x.grad)
    close(*found, ulp=8)


def test_results_have_names():
    x = tn.tensor([[1.0, 3.0, 2.0]])
    found = x.sort(1)
    assert found._fields == ("values", "indices") and type(found) is tn.return_types.sort
    assert x.aminmax().max == 3 and type(x.max(1)) is tn.return_types.max
    values, indices = x.topk(2)
    assert values.tolist() == [[3, 2]] and indices.tolist() == [[1, 2]]


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("k", [1, 7, 64, 65])
def test_the_largest_are_the_first_in_order(dtype, k):
    """Also among elements that are equal, in lines that begin or end with the largest, and among NaN."""
    draws = np.random.default_rng(0)
    for array in (draws.integers(0, 9, (12, 200)), draws.permuted(np.arange(2400).reshape(12, 200), axis=1)):
        for x in (array, np.sort(array), -np.sort(-array)):
            x = x.astype(dtype)
            if dtype == "float32":
                x[1, ::9], x[2, 5:] = np.nan, np.nan
            for largest in (True, False):
                for lines, dim in ((tn.tensor(x), 1), (tn.tensor(x).T, 0)):
                    expected = [part.narrow(dim, 0, k) for part in lines.sort(dim, largest)]
                    found = lines.topk(k, dim, largest)
                    assert [part.dtype for part in found] == [part.dtype for part in expected]
                    for ours, theirs in zip(found, expected):
                        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_cumprod_and_prod_divide_by_no_element():
    x = tn.tensor([0.0, 2.0, 0.0, 3.0], requires_grad=True)
    x[1:].prod().backward()
    assert x.grad.tolist() == [0, 0, 6, 0]


X = tn.tensor([[1.0, 2.0], [3.0, 4.0]])
MASK = X > 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: X.sum(dim=0, axis=1), TypeError, "'dim' and 'axis', which are the same"),
        (lambda: X[:0].amax(0), tn.ShapeError, "amax: expected at least one element"),
        (lambda: X[:0].median(0), tn.ShapeError, "median: expected at least one element"),
        (lambda: X.topk(3), ValueError, r"topk: expected k in \[0, 2\], got 3"),
        (lambda: X.kthvalue(0), ValueError, r"kthvalue: expected k in \[1, 2\]"),
        (lambda: X.quantile(1.5), ValueError, "quantile: expected q in"),
        (lambda: X.quantile(0.5, interpolation="cubic"), ValueError, "interpolation to be 'linear'"),
        (lambda: X.quantile(tn.tensor(0.5, dtype=tn.float64)), tn.DTypeError, "q of the dtype of input"),
        (lambda: tn.linalg.matrix_norm(X, 3), ValueError, "ord to be 'fro', 'nuc', ±1, ±2 or ±inf, got 3"),
        (lambda: tn.linalg.eigh(X[:1]), tn.ShapeError, "eigh: expected square matrices"),
        (lambda: tn.linalg.eigh(X, "M"), ValueError, "UPLO to be 'L' or 'U', got 'M'"),
        (lambda: tn.linalg.svd(X * np.nan), ValueError, "svd: expected finite matrices: SVD did not converge"),
        (lambda: tn.linalg.lstsq(X, X[:1]), tn.ShapeError, "lstsq: expected 2 rows in B"),
        (lambda: tn.matrix_power(X - X, -1), ValueError, "expected matrices that have an inverse"),
        (lambda: tn.matrix_exp(X.long()), tn.DTypeError, "matrix_exp: expected float32 or float64"),
        (lambda: tn.bincount(X), tn.DTypeError, "bincount: expected integers, got float32"),
        (lambda: tn.bincount(tn.tensor([-1])), ValueError, "integers ≥ 0"),
        (lambda: tn.histc(X, min=2, max=1), ValueError, "a finite interval"),
        (lambda: tn.isclose(X, X.long()), tn.DTypeError, "one dtype"),
        (lambda: tn.searchsorted(tn.tensor(1.0), X), tn.ShapeError, "at least 1 dimension"),
        (lambda: tn.gcd(X, X), tn.DTypeError, "gcd: expected integers"),
        (lambda: MASK @ MASK, tn.DTypeError, "matmul: expected numbers, got two bool tensors"),
        (lambda: tn.einsum("ij,jk", MASK, MASK), tn.DTypeError, "expected numbers, got two bool tensors"),
        (lambda: TINYNET.linear(MASK, MASK), tn.DTypeError, "linear: expected numbers, got two bool tensors"),
        (lambda: X.long().fmod(0), ZeroDivisionError, "fmod"),
        (lambda: tn.div(X, 2, rounding_mode="up"), ValueError, "rounding_mode to be 'floor' or 'trunc'"),
        (lambda: tn.polygamma(-1, X), ValueError, "n in"),
        (lambda: tn.as_strided_scatter(X, X[0], (2, 2), (2, 1)), tn.ShapeError, "expected a src of shape"),
        (lambda: tn.as_strided_scatter(X, X[:, :1], (2, 1), (0, 1)), tn.ShapeError, "no two elements are one"),
        (lambda: tn.trapezoid(X, X, dx=1), TypeError, "x or dx, got both"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_special_functions_far_from_0():
    x = np.array([-300.0, -40.0, -10.0, -3.0, 3.0])
    expected = [-45006.62273211867, -804.6084420137538, -53.23128515051247, -6.607726221510349, -0.0013508099647481923]
    np.testing.assert_allclose(numpy(tn.special.log_ndtr(tn.tensor(x))), expected, rtol=1e-14)
    for dtype in ("float32", "float64"):  # φ(x) / Φ(x) = z + 1 / z − ... for z = −x
        z = np.array([1e3, 1e4, 1e7, 1e18, 1e37], dtype)
        t = tn.tensor(-z, requires_grad=True)
        tn.special.log_ndtr(t).sum().backward()
        close(t.grad, z + 1 / z - 2 / z / z / z, ulp=8)
    y = tn.tensor([1e-300, 1e-20, 0.3, 1 - 1e-15], dtype=tn.float64)
    np.testing.assert_allclose(numpy(tn.special.ndtr(tn.special.ndtri(y))), numpy(y), rtol=1e-11)
    np.testing.assert_allclose(numpy(tn.erf(tn.erfinv(y))), numpy(y), rtol=1e-14)


@pytest.mark.torch
def test_losses_with_two_branches_far_away():
    """The gradient at ±∞ is that of the branch that is taken, as at NaN."""
    torch, found = pytest.importorskip("torch"), []
    for lib in tn, torch:
        for loss in lib.nn.functional.smooth_l1_loss, lib.nn.functional.huber_loss:
            x = lib.tensor([np.inf, -np.inf, np.nan, 0.5, 2.0]).requires_grad_()
            loss(x, lib.zeros(5), reduction="sum").backward()
            found.append(np.array(x.grad.tolist()))
    np.testing.assert_array_equal(found[:2], found[2:])
