"""Matrix products on the GPU, or its simulator: every tile, stacks of matrices however they lie, and parts of a sum."""

import numpy as np
import pytest
from cuda_cases import SIMULATED, on
from helpers import close
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn

pytestmark = pytest.mark.cuda
rng = np.random.default_rng(0)


def product(a, b, accumulate=False, out=None):
    """a @ b by the kernel, for arrays of NumPy's that keep their strides on the device."""
    from tinynet.kernels.cuda.matmul import matmul

    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    out = on("cuda", np.ones(shape), a.dtype).array if out is None else out
    matmul(out, on("cuda", a).array, on("cuda", b).array, accumulate)
    return out.get()


@pytest.fixture
def planned(monkeypatch):
    """A function that has all products done by one tile, with sums in so many parts."""
    from tinynet.kernels.cuda import matmul, tiles
    from tinynet.kernels.runtime.plans import forget_plans

    def plan(tile, parts):
        monkeypatch.setattr(matmul, "plan", lambda *_, **__: ([*tiles.TILES][tile], parts))
        forget_plans()

    yield plan
    forget_plans()


SIZES = [(1, 1, 1), (4, 4, 2), (5, 3, 7), (9, 6, 20)] if SIMULATED else [(1, 1, 1), (127, 129, 65), (300, 70, 700)]


@pytest.mark.parametrize("tile", range(3))
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_tile(tile, parts, size, dtype, planned):
    planned(tile, parts)
    m, n, k = size
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
    exact = a.astype(np.float64) @ b
    for left, right in ((a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b))):
        close(product(left, right), exact.astype(dtype), ulp=4 * k, scale=1)
    close(product(a, b, accumulate=True), (1 + exact).astype(dtype), ulp=4 * k, scale=1)


def test_small_outputs_take_small_tiles_and_long_sums_are_cut():
    from tinynet.kernels.cuda.tiles import BUSY, LARGE, PART, SMALL, SPLIT_FROM, TALL, plan

    far = BUSY * LARGE.height
    assert plan(far, far, 4, 1) == (LARGE, 1) and plan(far, TALL.width, 4, 1) == (TALL, 1)
    assert plan(SMALL.height, SMALL.width, 4, 1) == (SMALL, 1)
    assert plan(1, 1, SPLIT_FROM, 1) == (SMALL, SPLIT_FROM // PART)
    assert plan(1, 1, SPLIT_FROM, 1, parted=False) == (SMALL, 1)


@st.composite
def stacks(draw):
    """Two arrays whose matrices lie in a stack in any order, some of them broadcast."""
    stack = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    m, n, k = (draw(st.integers(1, 3)) for _ in range(3))

    def operand(rows, columns):
        shape = *(1 if draw(st.booleans()) and draw(st.booleans()) else size for size in stack), rows, columns
        order = draw(st.permutations(range(len(shape))))
        x = np.arange(1.0, 1 + np.prod(shape)).reshape([shape[d] for d in order])
        return x.transpose(np.argsort(order))

    return operand(m, k), operand(k, n)


@given(stacks())
@settings(max_examples=40, deadline=None)
def test_stacks_of_any_strides(operands):
    a, b = operands
    np.testing.assert_array_equal(product(a, b), a @ b)


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 1, 3, 2), (2, 0, 1, 3)], ids=str)
@pytest.mark.parametrize("accumulate", [False, True])
def test_an_output_of_any_strides(order, accumulate):
    a, b = np.arange(2.0 * 3 * 4 * 2).reshape(2, 3, 4, 2), np.arange(2.0 * 3 * 2 * 5).reshape(2, 3, 2, 5)
    shape = 2, 3, 4, 5
    there = on("cuda", np.ones([shape[d] for d in order])).array.transpose(np.argsort(order).tolist())
    np.testing.assert_array_equal(product(a, b, accumulate, there), a @ b + accumulate)


def test_heads_are_multiplied_where_they_lie(monkeypatch):
    from tinynet.kernels.cuda.device import memory

    x = on("cuda", rng.standard_normal((2, 3, 4, 2))).array.transpose(0, 2, 1, 3)  # batch, heads, time, width
    made, kind = [], memory.Memory
    monkeypatch.setattr(memory, "Memory", lambda size: made.append(size) or kind(size))
    tn.Tensor(x) @ tn.Tensor(x).mT
    assert len(made) == 1  # the result alone
