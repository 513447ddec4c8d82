"""The elementary functions of kernels, swept over all exponents and densely where a formula changes.

float32 is compared to float64, float64 to the 80-bit type of x86, in units of the last place (ulp) of the exact value.
"""

import math
import re

import numba
import numpy as np
import pytest
from helpers import llvm_of, sampled

from tinynet import activations, formulas
from tinynet.kernels import elementary
from tinynet.kernels import reference as kernels
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.runtime.jit import FLAGS

long = np.longdouble
SLOW = numba.config.DISABLE_JIT
needs_80_bits = pytest.mark.skipif(np.finfo(long).nmant < 63, reason="longdouble has no more digits than float64")
EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0]
# Where results overflow, underflow and become denormal, or one formula takes over from another.
THRESHOLDS = {
    "exp": [88.72284, -87.33654, -103.97208, 709.782712893384, -708.396418532264, -745.1332191019412],
    "expm1": [88.72284, 709.782712893384, -18.0, -40.0, 0.3465736, -0.3465736],
    "log": [0.70710678, 1.0, 1.41421356],
    "log1p": [-0.29289322, 0.41421356, -1.0],
    "tanh": [0.625, 9.010913, 10.0, 18.5, 22.0],
    "erf": [1.0, 3.9192059, 4.0, 5.921587195794507, 6.0],
    "normal_cdf": [0.67, -0.67, -12.7, -14.17, 5.4, -37.5, -38.4, 8.3],
    "gelu": [0.67, -0.67, -3.09, -5.29, -12.7, -13.0625, 5.4, -37.5, -38.4, 8.3],
    "gelu_slope": [0.67, -0.67, 0.7517916, -5.29, -13.0625, 5.4, -37.5, -38.4, 8.3],
    "sigmoid": [88.72284, -87.33654, -103.97208, 709.782712893384, -708.396418532264, -745.1332191019412],
    "normal_pdf": [12.9, 14.0, 14.5, 37.5, 38.5, 38.8],
}


def compiled(function):
    @numba.njit(**FLAGS)
    def loop(out, x):
        for i in range(out.size):
            out[i] = function(x[i])

    def run(x):
        out = np.empty_like(x)
        loop(out, x)
        return out

    return run


def samples(name, dtype):
    """All exponents with many fractions, and the neighbours of every threshold."""
    integer = np.uint32 if dtype == np.float32 else np.uint64
    steps = (6_000 if SLOW else 1_000_000) // (4 if dtype == np.float64 else 1)
    patterns = (np.arange(steps, dtype=np.float64) * (2.0 ** (8 * integer().itemsize) / steps)).astype(integer)
    patterns += np.random.default_rng(0).integers(0, 4096, steps).astype(integer)
    near = np.arange(-2000 if not SLOW else -20, 2000 if not SLOW else 20).astype(integer)
    thresholds = np.array(THRESHOLDS[name], dtype)
    around = np.concatenate([t.view(integer) + near for t in [*thresholds, *-thresholds]])
    low, high = {"log": (0, 4), "log1p": (-1, 4), "exp": (-104, 89)}.get(name, (-15, 15))
    spread = np.random.default_rng(1).uniform(low, high, steps).astype(dtype)
    return np.concatenate([patterns.view(dtype), around.view(dtype), spread, np.array(EDGES, dtype)])


@np.errstate(all="ignore")
def ulp(actual, exact):
    """The distance to the exact value in units of its last place; 0 where both are NaN or the same infinity."""
    dtype = actual.dtype
    nearest = exact.astype(dtype)
    distance = np.abs(actual.astype(exact.dtype) - exact) / np.spacing(np.abs(nearest)).astype(exact.dtype)
    same = (actual == nearest) | np.isnan(actual) & np.isnan(nearest)
    distance = np.where(same & ~(np.isfinite(nearest) & np.isfinite(distance)), 0, distance)
    return np.where(np.isnan(distance), np.inf, distance)


@np.errstate(all="ignore")
def assert_within(name, limit, x, actual, exact):
    distance = ulp(actual, exact)
    worst = int(np.argmax(distance))
    assert distance[worst] <= limit, f"{name}({x[worst]!r}) is {actual[worst]!r}, {distance[worst]:.2f} ulp off"
    odd = np.isfinite(exact) & (np.signbit(actual) != np.signbit(exact.astype(actual.dtype)))
    assert not odd.any(), f"{name}({x[odd][0]!r}) is {actual[odd][0]!r}"


# References


def vectorized(function, x):
    return np.frompyfunc(function, 1, 1)(x).astype(np.float64)


def bell(z):
    """e^(−z²/2) with z = h + l, h² exact."""
    h = z.astype(np.float32).astype(long)
    return np.exp(-h * h / 2) * np.exp(-(z - h) * (z + h) / 2)


def long_cdf(x):
    """Φ(x) by its Taylor series φ(x) Σ x^(2k+1) / (2k+1)!!, and in the tails by the continued fraction of Laplace."""
    x = np.asarray(x, long)
    z = np.minimum(np.abs(x), 40)
    tail = bell(z) / np.sqrt(2 * long(math.pi) + 2 * long(1.2246467991473531772e-16))
    near, tiny, far = z < 3, z < 1e-9, (z >= 3) & (z < 40)
    series, middle = z.copy(), z[near & ~tiny]  # of a tiny number the first term is all
    term = total = middle
    for k in range(1, 90):
        term = term * middle * middle / (2 * k + 1)
        total = total + term
    series[near & ~tiny] = total
    fraction, large = z.copy(), z[far]  # beyond 40 the density is 0 in float64
    below = large
    for k in range(150, 0, -1):
        below = large + k / below
    fraction[far] = below
    tail = np.where(near, long(0.5) - tail * series, tail / fraction)
    return np.where(np.isnan(x), x, np.where(x < 0, tail, 1 - tail))


def long_erf(x):
    x = np.asarray(x, long)
    near, out = np.abs(x) < 1, x.copy()
    term = total = small = x[near]
    for k in range(1, 40):
        term = -term * small * small / k
        total = total + term / (2 * k + 1)
    pi = long(math.pi) + long(1.2246467991473531772e-16)
    large = x[~near]
    out[near] = total * 2 / np.sqrt(pi)
    out[~near] = np.sign(large) * (1 - 2 * long_cdf(-np.abs(large) * np.sqrt(long(2))))
    return np.where(np.isnan(x) | (x == 0), x, out)


def density(x):
    z = np.minimum(np.abs(x), 40 if x.dtype == long else 20)
    pi = x.dtype.type(math.pi) + x.dtype.type(1.2246467991473531772e-16)
    return (bell(z) if x.dtype == long else np.exp(-z * z / 2)) / np.sqrt(2 * pi)


def logistic(x):
    return np.where(x < 0, np.exp(x) / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))


SINGLE = {
    "erf": lambda x: vectorized(math.erf, x),
    "normal_cdf": lambda x: vectorized(lambda v: math.erfc(-v * math.sqrt(0.5)) / 2, x),
    "normal_pdf": density,
    "sigmoid": logistic,
    "gelu": lambda x: x * SINGLE["normal_cdf"](x),
    "gelu_slope": lambda x: np.where(np.isinf(x), np.nan, SINGLE["normal_cdf"](x) + x * density(x)),
}
DOUBLE = {
    "erf": long_erf,
    "normal_cdf": long_cdf,
    "normal_pdf": density,
    "sigmoid": logistic,
    "gelu": lambda x: x * np.where(x < -40, 0, long_cdf(x)),
    "gelu_slope": lambda x: np.where(np.isinf(x), np.nan, long_cdf(x) + x * density(x)),
}


def computed(name, dtype):
    """x, the function of it, and the exact values."""
    x = samples(name, dtype)
    references, wide = (SINGLE, np.float64) if dtype == np.float32 else (DOUBLE, long)
    with np.errstate(all="ignore"):
        exact = references.get(name, getattr(np, name, None))(x.astype(wide))
    return x, compiled(getattr(elementary, name))(x), exact


@pytest.mark.parametrize("name", [name for name in elementary.__all__ if not name.startswith("gelu")])
def test_float32_within_2_ulp(name):
    unfused = SLOW and name == "normal_cdf"  # which finds its rounding errors by fused multiply-adds
    x, actual, exact = computed(name, np.float32)
    assert_within(name, 3.0 if unfused else 2.0, x, actual, exact)


def assert_gelu_within_bounds(x, actual, exact):
    """Within 4 ulp where |GELU(x)| ≥ 10⁻³ |x|, and within 2⁻²⁴ |x| elsewhere."""
    with np.errstate(all="ignore"):
        below = np.abs(exact) < 1e-3 * np.abs(x).astype(exact.dtype)
    assert_within("gelu", 4.0, x[~below], actual[~below], exact[~below])
    x, actual, exact = x[below], actual[below], exact[below]
    distance = np.abs(actual - exact) / np.abs(x)
    assert distance.max(initial=0) <= 2**-24, f"gelu({x[distance.argmax()]!r}) is {actual[distance.argmax()]!r}"
    assert (np.signbit(actual) == np.signbit(exact)).all()


def test_gelu_of_float32():
    assert_gelu_within_bounds(*computed("gelu", np.float32))


@needs_80_bits
@pytest.mark.parametrize("name", sampled([name for name in elementary.__all__ if name != "gelu_slope"], 2))
def test_float64_within_4_ulp(name):
    x, actual, exact = computed(name, np.float64)
    if name == "gelu":  # where Φ(x) is denormal, it has lost digits before it is multiplied
        normal = ~(x < -37.5)
        x, actual, exact = x[normal], actual[normal], exact[normal]
    assert_within(name, 4.0, x, actual, exact)


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=needs_80_bits)])
def test_the_slope_of_gelu_within_2_ulp_of_1(dtype):
    _, actual, exact = computed("gelu_slope", dtype)
    np.testing.assert_allclose(actual, exact, rtol=0, atol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", elementary.__all__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_call_from_python_gives_what_a_kernel_computes(name, dtype):
    """But for a unit in the last place, where the kernel fuses a product and a sum."""
    function = getattr(elementary, name)
    x = np.array([*EDGES, 0.3, -0.7, 2.5, -3.5, 12.0, 1e-30, 1e30], dtype)
    alone = np.array([function(v) for v in x])
    assert alone.dtype == dtype
    np.testing.assert_allclose(compiled(function)(x), alone, rtol=8 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
@pytest.mark.parametrize("name", ["exp", "log", "log1p", "tanh", "sigmoid", "gelu"])
def test_kernels_are_as_accurate_whatever_the_size(name, size):
    """Small arrays and large ones go different ways."""
    if SLOW and size > 1000:
        pytest.skip("slow without compilation")
    x = np.random.default_rng(0).uniform(-20, 20, size).astype(np.float32)
    x = np.abs(x) if name.startswith("log") else x
    out = np.empty_like(x)
    getattr(kernels, name).cpu(out, x)
    wide = x.astype(np.float64)
    exact = SINGLE.get(name, getattr(np, name, None))(wide)
    if name == "gelu":
        return assert_gelu_within_bounds(x, out, exact)
    limit = 3.0 if SLOW else 2.0  # without fused multiply-adds
    assert_within(name, limit if name == "sigmoid" else 4.0, x, out, exact)  # NumPy's own may be 4 ulp off


@pytest.mark.skipif(SLOW, reason="nothing is compiled")
@pytest.mark.parametrize("name", ["sigmoid", "gelu", "gelu_grad", "hyperbolic_tangent", "logarithm", "bce_with_logits"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lifted_loops_are_vectors(name, dtype):
    """A call or a branch that is left in a loop makes it ten times slower, and nothing else shows it."""
    code = llvm_of(lift(getattr(activations if hasattr(activations, name) else formulas, name)), dtype)
    assert re.search(rf"fmul contract <\d+ x {'float' if dtype == 'float32' else 'double'}>", code)
