"""Reductions: any axes of any layout, errors that do not grow, the same bits on any number of threads."""

import hashlib

import numba
import numpy as np
import pytest
from helpers import LAYOUTS, close, on_threads
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet.kernels import reference as kernels
from tinynet.kernels.cpu import reduction
from tinynet.kernels.runtime import parallel_for

SLOW = numba.config.DISABLE_JIT
KERNELS = {"sum": np.sum, "max": np.max, "min": np.min, "any": np.any, "all": np.all}


@st.composite
def arrays(draw, smallest=1):
    shape = draw(
        st.lists(st.sampled_from([smallest, 1, 2, 3, 5, 8, 33, 70]), max_size=4).filter(lambda s: np.prod(s) < 5e5)
    )
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal(shape).astype(dtype)
    return LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](x)


def reduced(name, x, axes, dtype=None):
    out = np.empty([1 if i in axes else n for i, n in enumerate(x.shape)], dtype or x.dtype)
    getattr(kernels, name).cpu(out, x, axes)
    return out


@settings(max_examples=300)
@given(arrays(smallest=0), st.data())
def test_sum(x, data):
    axes = tuple(data.draw(st.lists(st.sampled_from(range(x.ndim)), unique=True))) if x.ndim else ()
    out = reduced("sum", x, axes)
    exact = np.sum(x, axis=axes, keepdims=True, dtype=np.longdouble)
    size = np.sum(np.abs(x), axis=axes, keepdims=True, dtype=np.longdouble)
    assert (np.abs(out - exact) <= 8 * np.finfo(x.dtype).eps * size).all()


@settings(max_examples=200)
@given(arrays(), st.sampled_from(["max", "min", "any", "all"]), st.booleans(), st.data())
def test_others(x, name, nan, data):
    axes = tuple(data.draw(st.lists(st.sampled_from(range(x.ndim)), unique=True))) if x.ndim else ()
    if nan and name in ("max", "min"):
        x.flat[x.size // 2] = -np.nan
    out = reduced(name, x, axes, bool if name in ("any", "all") else None)
    np.testing.assert_array_equal(out, KERNELS[name](x, axis=axes, keepdims=True))


@settings(max_examples=200)
@given(arrays(), st.sampled_from(["argmax", "argmin"]), st.booleans(), st.booleans(), st.data())
def test_position(x, name, nan, ties, data):
    if x.ndim == 0:
        return
    axis = data.draw(st.sampled_from(range(x.ndim)))
    if ties:
        x[...] = np.round(x)
    if nan:
        x.flat[x.size // 2 :: 7] = np.nan
    out = np.empty([1 if i == axis else n for i, n in enumerate(x.shape)], np.int64)
    getattr(kernels, name).cpu(out, x, axis)
    np.testing.assert_array_equal(out, getattr(np, name)(x, axis=axis, keepdims=True))


LARGE = [
    ((1_000_003,), (0,)), ((3, 100_001), (1,)), ((100_001, 3), (0,)), ((700, 1100), (0,)), ((700, 1100), (1,)),
    ((8, 32, 28, 28), (0, 2, 3)), ((8, 32, 28, 28), (1,)), ((2, 50_000, 3), (1,)), ((65_536,), (0,)),
    ((5, 40_000), (0,)),
]  # fmt: skip


@pytest.mark.skipif(SLOW, reason="NumPy does it")
@pytest.mark.parametrize("shape, axes", LARGE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large(shape, axes, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    exact = np.sum(x, axis=axes, keepdims=True, dtype=np.longdouble)
    size = np.sum(np.abs(x), axis=axes, keepdims=True, dtype=np.longdouble)
    assert (np.abs(reduced("sum", x, axes) - exact) <= 4 * np.finfo(dtype).eps * size).all()
    for name in ("max", "min"):
        np.testing.assert_array_equal(reduced(name, x, axes), KERNELS[name](x, axis=axes, keepdims=True))
    if len(axes) == 1:
        out = np.empty([1 if i in axes else n for i, n in enumerate(shape)], np.int64)
        kernels.argmax.cpu(out, x, axes[0])
        np.testing.assert_array_equal(out, np.argmax(x, axis=axes[0], keepdims=True))


@pytest.mark.skipif(SLOW, reason="NumPy does it")
@pytest.mark.parametrize("shape, axes", [((10_000_000,), (0,)), ((200_000, 16), (0,))])
def test_the_error_does_not_grow_with_the_length(shape, axes):
    """All of one sign, so that an error has nothing to cancel with: half a unit in the last place, and a little."""
    x = np.random.default_rng(0).random(shape, np.float32)
    exact = np.sum(x, axis=axes, keepdims=True, dtype=np.float64)
    error = np.abs(reduced("sum", x, axes) - exact).max()
    assert error <= 2 * np.spacing(np.float32(exact.max()))
    assert error <= np.abs(np.sum(x, axis=axes, keepdims=True) - exact).max() + np.spacing(np.float32(exact.max()))


@pytest.mark.parametrize(
    "values", [[np.inf, 1], [np.inf, -np.inf], [-np.inf, 0], [np.nan, 0], [3e38, 3e38], [-0.0, -0.0]]
)
@pytest.mark.parametrize("length", [2, 5000])
def test_sum_at_the_edges(values, length):
    x = np.zeros(length, np.float32)
    x[:2] = values
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(reduced("sum", x, (0,)), np.sum(x, keepdims=True))
        np.testing.assert_array_equal(
            reduced("sum", x[:, None] * np.ones(3, "f"), (0,))[0, :1], np.sum(x, keepdims=True)
        )


def bits():
    """Of sums, and of functions, over arrays that are large enough for all threads."""
    digest, rng = hashlib.sha256(), np.random.default_rng(0)
    for shape, axes in LARGE:
        for dtype in "fd":
            x = rng.standard_normal(shape).astype(dtype)
            digest.update(reduced("sum", x, axes).tobytes())
            for name in ("exp", "gelu", "tanh"):
                out = np.empty_like(x)
                getattr(kernels, name).cpu(out, x)
                digest.update(out.tobytes())
    return digest.hexdigest()


@pytest.mark.skipif(SLOW, reason="no threads without compilation")
def test_the_same_bits_on_any_number_of_threads():
    assert on_threads(1, bits) == on_threads(numba.config.NUMBA_NUM_THREADS, bits)


@pytest.mark.skipif(SLOW, reason="nothing is compiled")
def test_one_version_is_compiled_for_each_dtype():
    for x in (
        np.ones((3, 4), "f"),
        np.ones((3, 4), "f")[:, ::2],
        np.ones((2, 3, 4), "f"),
        np.broadcast_to(np.float32(1), (3, 4)),
    ):
        for axes in ((0,), (1,), tuple(range(x.ndim))):
            reduced("sum", x, axes)
    for loops in (reduction._SUM.rows, reduction._SUM.columns):
        assert np.dtype("f") in loops.bodies
    assert all(len(start.signatures) == 1 for start in parallel_for._starts.values())


EXPANDED = {
    "all": lambda b: b(3, 1, 2).expand(4, 3, 5, 2),
    "scalar": lambda b: b(1).expand(2, 3),
    "behind": lambda b: b(2, 1).expand(2, 3),
    "transposed": lambda b: b(2, 1).expand(2, 3).transpose(0, 1),
    "empty": lambda b: b(1, 1).expand(0, 3),
}


@pytest.mark.parametrize("kind", EXPANDED)
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "any", "all", "argmax", "argmin"])
def test_what_is_repeated_is_reduced_as_its_copy_is(name, dtype, kind):
    x = EXPANDED[kind](lambda *shape: (tn.randn(*shape) * 3).to(getattr(tn, dtype)))
    copy = x.clone()
    assert x.array.strides != copy.array.strides or x.numel() == 0
    for dim in (None, 0, -1):
        for keepdim in (False, True):
            options = {} if dim is None else {"dim": dim, "keepdim": keepdim}
            try:
                expected = getattr(copy, name)(**options)
            except (tn.ShapeError, tn.DTypeError) as error:
                with pytest.raises(type(error)):
                    getattr(x, name)(**options)
                continue
            actual = getattr(x, name)(**options)
            for a, e in zip(*((r,) if isinstance(r, tn.Tensor) else r for r in (actual, expected))):
                close(a, e, ulp=8, scale=10)


def test_the_variance_of_nothing_in_each_place_is_nan():
    assert tn.zeros(4, 3, 2)[:0].var((0, 2)).isnan().tolist() == [True] * 3


def test_a_sum_of_what_is_repeated_takes_no_memory_and_has_its_gradient():
    x = tn.tensor([1.5, 2.0], requires_grad=True)
    many = x.expand(2**40, 2)
    assert many.sum(0).tolist() == [1.5 * 2**40, 2.0 * 2**40] and many.max(0).values.tolist() == [1.5, 2.0]
    x.expand(3, 2).sum(0, dtype=tn.float64).backward(tn.tensor([1.0, 2.0], dtype=tn.float64))
    assert x.grad.tolist() == [3, 6] and x.grad.dtype == tn.float32
    assert tn.ones(1, dtype=tn.bool).expand(2**40).sum().item() == 2**40
