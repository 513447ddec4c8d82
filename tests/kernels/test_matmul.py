"""Matrix products: within the bound of rounding, within their arrays, and the same bits on any number of threads."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from tinynet.kernels import reference as kernels
from tinynet.kernels.cpu.gemm.matmul import _gemm, _parts, linear, matmul
from tinynet.kernels.runtime import parallel_for

SIZES = st.sampled_from([0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 97, 130])
DEPTHS = st.sampled_from([0, 1, 2, 3, 7, 15, 16, 17, 33, 97, 255, 256, 257, 600])
DTYPES = st.sampled_from([np.float32, np.float64])
LAYOUTS = st.sampled_from(["contiguous", "transposed", "rows apart", "columns apart", "backwards", "scattered"])
SEEDS = st.integers(0, 2**32 - 1)
examples = settings(max_examples=150, deadline=None)


def surrounded(rng, shape, dtype, layout="contiguous"):
    """Random numbers in a sea of NaN: a number read from outside the array shows in the product."""
    rows, columns = shape
    if layout == "contiguous":
        x = np.full(rows * columns + 96, np.nan, dtype)[48:-48].reshape(shape)
    elif layout in ("transposed", "columns apart"):
        gap = 5 * (layout == "columns apart")
        x = np.full((columns + 2, rows + gap), np.nan, dtype)[1:-1, : rows or None].T[:rows]
    else:
        step = 3 if layout == "scattered" else 1
        x = np.full((rows + 2, step * columns + 5), np.nan, dtype)[1:-1, 2 : 2 + step * columns : step]
        if layout == "backwards":
            x = x[::-1, ::-1]
    assert x.shape == shape
    x[...] = rng.standard_normal(shape)
    return x


def output(shape, dtype):
    """An output within a larger buffer, and a check that nothing outside of it was written."""
    size = int(np.prod(shape))
    buffer = np.full(size + 200, np.nan, dtype)

    def check():
        assert np.isnan(buffer[:100]).all() and np.isnan(buffer[100 + size :]).all()

    return buffer[100 : 100 + size].reshape(shape), check


def assert_product(out, a, b, bias=0.0):
    """|out - a b| ≤ (k + 2) u |a| |b|, u the unit roundoff: the bound of a sum in any order (Higham 2002, §3.1)."""
    a, b, bias = (np.asarray(x, np.float64) for x in (a, b, bias))
    u = np.finfo(out.dtype).eps / 2 * (2 if out.dtype == np.float64 else 1)  # the reference rounds in float64 too
    bound = (a.shape[-1] + 2) * u * (np.abs(a) @ np.abs(b) + np.abs(bias))
    assert (np.abs(out - (a @ b + bias)) <= bound).all()


@examples
@given(SIZES, DEPTHS, SIZES, DTYPES, LAYOUTS, LAYOUTS, SEEDS)
def test_matmul_of_any_size_and_strides(m, k, n, dtype, layout_a, layout_b, seed):
    rng = np.random.default_rng(seed)
    a, b = surrounded(rng, (m, k), dtype, layout_a), surrounded(rng, (k, n), dtype, layout_b)
    out, check = output((m, n), dtype)
    matmul(out, a, b)
    assert_product(out, a, b)
    check()


@examples
@given(SIZES, DEPTHS, SIZES, DTYPES, st.sampled_from(["none", "contiguous", "strided"]), SEEDS)
def test_linear(m, k, n, dtype, kind, seed):
    rng = np.random.default_rng(seed)
    x, weight = surrounded(rng, (m, k), dtype), surrounded(rng, (n, k), dtype)
    bias = {"none": None, "contiguous": np.ones(n, dtype), "strided": np.ones((n, 2), dtype)[:, 1]}[kind]
    if bias is not None:
        bias[:] = rng.standard_normal(n)
    out, check = output((m, n), dtype)
    linear(out, x, weight, bias)
    assert_product(out, x, weight.T, 0.0 if bias is None else bias)
    check()


@examples
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
    st.sampled_from([(2, 3, 4), (1, 1, 1), (17, 5, 33), (40, 20, 70), (3, 0, 2)]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from([np.float32, np.float64, np.int64]),
    SEEDS,
)
def test_matmul_of_broadcast_stacks(stacks, sizes, flips, dtype, seed):
    rng, (m, k, n) = np.random.default_rng(seed), sizes
    a = (8 * rng.standard_normal((*stacks.input_shapes[0], m, k))).astype(dtype)
    b = (8 * rng.standard_normal((*stacks.input_shapes[1], k, n))).astype(dtype)
    if flips[0]:
        a = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
    if flips[1]:  # such as the heads of attention: the stack's strides are out of order
        a, b = (np.ascontiguousarray(x.swapaxes(0, -2)).swapaxes(0, -2) for x in (a, b))
    if flips[2]:
        b = np.repeat(b, 2, axis=-1)[..., ::2]
    out, check = output((*stacks.result_shape, m, n), np.float64 if dtype == np.int64 else dtype)
    if dtype == np.int64:
        out = np.empty(out.shape, dtype)
    matmul(out, a, b)
    if dtype == np.int64:
        assert (out == a @ b).all()
    else:
        assert_product(out, a, b)
        check()


PATHS = {
    "dots": (1, 785, 259), "dots of three rows": (3, 255, 40), "a wide row": (1, 300, 389), "a column": (270, 513, 1),
    "a long row": (1, 1100, 801), "a long column": (801, 1100, 1), "one number": (1, 9, 1), "packed A": (301, 300, 97),
    "split": (20, 4101, 30), "split, no rest": (8, 8192, 40), "split dots": (2, 33_000, 33),
    "split column": (8, 270_001, 1),
}  # fmt: skip


@pytest.mark.parametrize("layouts", ["plain", "transposed", "A turned", "B turned"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m, k, n", PATHS.values(), ids=PATHS)
def test_paths_chosen_by_size(m, k, n, dtype, layouts):
    rng = np.random.default_rng(0)
    if layouts in ("plain", "B turned"):
        a = surrounded(rng, (m, k), dtype)
    else:  # with numbers as far apart along k as the packing of A asks for
        a = surrounded(rng, (k, 1100 if k < 1000 else m), dtype)[:, :m].T
    b = surrounded(rng, (k, n), dtype, "contiguous" if layouts in ("plain", "A turned") else "transposed")
    out, check = output((m, n), dtype)
    matmul(out, a, b)
    assert_product(out, a, b)
    out[...] = 1
    matmul(out, a, b, accumulate=True)
    assert_product(out, a, b, 1.0)
    linear(out, a, b.T, None)
    assert_product(out, a, b)
    check()


def test_only_small_outputs_with_long_sums_are_split():
    assert _parts(*PATHS["split"]) > 1 and _parts(*PATHS["split column"]) > 1
    assert _parts(1000, 1000, 1000) < 2 and _parts(64, 784, 256) < 2 and _parts(10, 300, 10) < 2


@examples
@given(SIZES, DEPTHS, SIZES, DTYPES, LAYOUTS, st.booleans(), SEEDS)
def test_accumulate(m, k, n, dtype, layout, stacked, seed):
    rng = np.random.default_rng(seed)
    a, b = surrounded(rng, (m, k), dtype, layout), surrounded(rng, (k, n), dtype)
    out, check = output((2, m, n) if stacked else (m, n), dtype)
    before = out[...] = rng.standard_normal(out.shape)
    matmul(out, np.stack([a, 2 * a]) if stacked else a, b, accumulate=True)
    for i in range(2):
        assert_product(out[i] if stacked else out, (i + 1 if stacked else 1) * a, b, before[i] if stacked else before)
    check()


@examples
@given(SIZES, DEPTHS, SIZES, DTYPES, SEEDS)
def test_linear_with_relu_has_the_bits_of_both_in_turn(m, k, n, dtype, seed):
    rng = np.random.default_rng(seed)
    x, weight, bias = rng.standard_normal((m, k)), rng.standard_normal((n, k)), rng.standard_normal(n)
    if x.size and n:
        x.flat[rng.integers(x.size)] = rng.choice([np.nan, np.inf, -np.inf])
        bias[rng.integers(n)] = -0.0
    x, weight, bias = (z.astype(dtype) for z in (x, weight, bias))
    one, two = np.empty((2, m, n), dtype)
    with np.errstate(invalid="ignore"):
        linear(one, x, weight, bias, True)
        linear(two, x, weight, bias)
        kernels.relu.cpu(two, two)
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("m, k, n", [(5, 7, 33), (9, 300, 17), (150, 40, 80), (1, 300, 200), (200, 300, 1)])
def test_nan_and_inf_pass_through(m, k, n):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-2, 3, shape).astype(np.float32) for shape in ((m, k), (k, n)))
    a[m // 4, 2], a[m // 2, k - 1], b[0, n - 1], b[k - 1, 0] = np.nan, np.inf, -np.inf, np.nan
    out, transposed = np.empty((2, m, n), np.float32)
    matmul(out, a, b)
    linear(transposed, a, np.ascontiguousarray(b.T), None)
    with np.errstate(invalid="ignore"):
        expected = (a[:, :, None] * b[None, :, :]).sum(1)  # small whole numbers: exact in any order
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(transposed, expected)


def test_wrong_shapes_are_refused():
    for a, b in (((2, 3), (4, 5)), ((3, 4), (4, 5)), ((2, 4), (4, 6))):
        with pytest.raises(ValueError, match=r"expected a \(m, k\)"):
            matmul(np.empty((2, 5), np.float32), np.ones(a, np.float32), np.ones(b, np.float32))


def test_no_recompilation():
    rng = np.random.default_rng(0)

    def products(m, k, n):
        for layout in ("contiguous", "transposed", "scattered"):
            a, b = surrounded(rng, (m, k), np.float32, layout), surrounded(rng, (k, n), np.float32, layout)
            b.flags.writeable = False
            matmul(np.empty((m, n), np.float32), a, b)
        linear(np.empty((m, n), np.float32), a, b.T, None)
        matmul(np.empty((2, m, n), np.float32), np.broadcast_to(a, (2, m, k)), b)

    products(3, 4, 5), products(100, 100, 100)
    products(7, 1, 2), products(130, 90, 110)
    assert np.dtype(np.float32) in _gemm.bodies
    assert all(len(start.signatures) == 1 for start in parallel_for._starts.values())


# --- in processes of their own: threads, an older CPU, no compiler -------------------------------------

SCRIPT = """
import hashlib, mmap, numpy as np
from tinynet.kernels import reference

matmul, linear = reference.matmul.cpu, reference.linear.cpu
rng, digest = np.random.default_rng(0), hashlib.sha256()

def array(*shape):
    # At the very end of a mapping, whose next page is taken away: reading past the end kills the process.
    size = int(np.prod(shape)) * 4
    pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, pages + mmap.PAGESIZE)
    x = np.frombuffer(memory, np.float32, size // 4, pages - size).reshape(shape)
    x[...] = rng.standard_normal(shape)
    guard(memory, pages)
    return x

def guard(memory, pages):
    import ctypes, sys
    if sys.platform == "linux":
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory, pages))
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        assert protect(start, mmap.PAGESIZE, 0) == 0

def near(out, a, b):
    u = np.finfo(np.float32).eps / 2
    a, b = a.astype(float), b.astype(float)
    assert (np.abs(out - a @ b) <= (a.shape[-1] + 2) * u * (np.abs(a) @ np.abs(b))).all()
    digest.update(out.tobytes())

sizes = (3, 5, 7), (33, 17, 31), (64, 784, 256), (130, 300, 45), (300, 90, 70)
few = (1, 785, 259), (1, 1100, 1301), (1301, 1100, 1), (3, 90, 50), (20, 4101, 30), (1030, 256, 70)
for m, k, n in (*sizes, *few):
    a, b, out = array(m, k), array(k, n), array(m, n)
    at, bt = array(k, m), array(n, k)
    matmul(out, a, b); near(out, a, b)
    matmul(out, at.T, b); near(out, at.T, b)
    linear(out, a, bt, None); near(out, a, bt.T)
    matmul(out, at.T, bt.T); near(out, at.T, bt.T)
    linear(out, a, bt, array(n), True); digest.update(out.tobytes())
a, b, out = array(6, 40, 70), array(6, 70, 50), array(6, 40, 50)
matmul(out, a, b); near(out, a, b)
print(digest.hexdigest())
"""


def run(script=SCRIPT, **environment):
    process = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert process.returncode == 0, f"{process.returncode}: {process.stderr[-2000:]}"
    return process.stdout


def test_same_bits_on_any_number_of_threads():
    twice = f"import numba\nfor n in (1, 2):\n    numba.set_num_threads(n)\n    exec({SCRIPT!r})"
    one, two = run(twice, NUMBA_NUM_THREADS="2").split()
    assert one == two


# AVX2; SSE, which has no masked loads
@pytest.mark.thorough
@pytest.mark.parametrize("cpu", ["haswell", "nehalem"])
def test_an_older_cpu(cpu):
    import platform

    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the names are of x86")
    run(NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES="")


def test_without_the_compiler():
    run(NUMBA_DISABLE_JIT="1")
