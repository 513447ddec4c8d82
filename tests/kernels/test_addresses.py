"""Every address that a kernel can form lies within its arrays: for random shapes, strides and sizes up to millions."""

import math
import os

import numba
import numpy as np
import pytest
from addresses import Memory, OutsideError
from hypothesis import given, settings
from hypothesis import strategies as st

from tinynet.kernels import reference as kernels
from tinynet.kernels.windows import NOWHERE, Geometry
from tinynet.ops.adaptive_pool import _mean_windows

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="only compiled kernels use addresses")
DTYPES = st.sampled_from([np.dtype("float32"), np.dtype("float64")])


def sizes(most):
    """Whole numbers up to `most`, of every order of magnitude."""
    return st.integers(0, int(math.log2(most))).flatmap(lambda b: st.integers(1, min(most, 2 << b)))


@st.composite
def arrays(draw, memory, shape, dtype, name):
    """An array of this shape with its dimensions in any order in memory, gaps, and strides that are negative or 0."""
    order, strides, step = draw(st.permutations(range(len(shape)))), [0] * len(shape), dtype.itemsize
    for axis in order:
        step *= draw(st.sampled_from([1, 1, 1, 2, 5]))
        strides[axis] = step * draw(st.sampled_from([1, 1, 1, 1, -1, 0]))
        step *= max(shape[axis], 1)
    return memory.array(shape, dtype, tuple(strides), name)


def channels_last(memory, n, channels, *size, dtype, name="out", **options):
    return memory.array((n, *size, channels), dtype, name=name, **options).transpose(0, 3, 1, 2)


def examples(n):
    """So many examples, and many more where CI asks for them."""
    return settings(max_examples=n * int(os.environ.get("THOROUGH", 1)))


@st.composite
def geometries(draw):
    """(images, channels of a group, outputs of a group, Geometry); one side may be long."""
    side = st.one_of(sizes(40), sizes(40), sizes(300_000))
    kernel = draw(st.tuples(*[sizes(9)] * 2))
    size = [draw(side), draw(sizes(40))]
    if draw(st.booleans()):
        size.reverse()
    stride, dilation = (tuple(draw(st.one_of(sizes(3), sizes(300))) for _ in size) for _ in range(2))
    padding = tuple(draw(st.one_of(st.just(0), sizes(3), sizes(100))) for _ in size)
    dilation = tuple(
        min(d, max(1, (n + 2 * p - 1) // max(k - 1, 1))) for d, n, p, k in zip(dilation, size, padding, kernel)
    )
    kernel = tuple(min(k, (n + 2 * p - 1) // d + 1) for k, d, n, p in zip(kernel, dilation, size, padding))
    y = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(size, padding, dilation, kernel, stride))
    groups = draw(st.sampled_from([1, 1, 2, 3, 17, 40]))
    inputs, outputs = draw(st.one_of(st.just((1, 1)), st.tuples(sizes(40), sizes(40))))
    images = draw(st.one_of(sizes(3), sizes(100)))
    return images, inputs, outputs, Geometry(tuple(size), y, kernel, stride, padding, dilation, groups)


@examples(10)
@given(st.data(), geometries(), DTYPES)
def test_convolutions(data, case, dtype):
    (n, inputs, outputs, geometry), memory = case, Memory(turns=300)
    c, o = inputs * geometry.groups, outputs * geometry.groups
    draw = lambda *shape, name: data.draw(arrays(memory, shape, dtype, name))
    x, y = draw(n, c, *geometry.x_size, name="x"), draw(n, o, *geometry.y_size, name="y")
    weight, gw = (memory.array((o, inputs, *geometry.kernel), dtype, name=name) for name in ("weight", "its gradient"))
    bias = [None if data.draw(st.booleans()) else memory.array((k,), dtype, name="bias") for k in (o, c)]
    out = channels_last(memory, n, o, *geometry.y_size, dtype=dtype)
    memory.interpreted(kernels.convolve)(out, x, weight, bias[0], geometry)
    memory.interpreted(kernels.correlate)(gw, x, y, geometry)
    out = channels_last(memory, n, c, *geometry.x_size, dtype=dtype)
    memory.interpreted(kernels.convolve_transposed)(out, y, weight, bias[1], geometry)


def some_maxima(geometry):
    """A place in each window that lies in the image: the first or the last along each axis. NOWHERE where none does."""
    axes = []
    for x, y, k, s, p, d in list(zip(*geometry[:6])):
        start = np.arange(y) * s - p
        first, last = np.maximum(0, -(start // d)), np.minimum(k - 1, (x - 1 - start) // d)
        axes.append(np.where(first > last, NOWHERE, np.where(np.arange(y) % 2, first, last)))
    high, wide = axes[0][:, None], axes[1]
    return np.where((high == NOWHERE) | (wide == NOWHERE), NOWHERE, high * geometry.kernel[1] + wide)


@examples(20)
@given(st.data(), geometries(), DTYPES)
def test_pooling(data, case, dtype):
    (n, channels, _, geometry), memory = case, Memory(turns=12)
    image = data.draw(arrays(memory, (n, channels, *geometry.x_size), dtype, "x"))
    windows = data.draw(arrays(memory, (n, channels, *geometry.y_size), dtype, "g"))
    size = (n, channels, *geometry.y_size)
    indices = channels_last(memory, *size, dtype=np.uint16, name="indices", real=True)
    indices[...] = some_maxima(geometry)
    out = channels_last(memory, *size, dtype=dtype)
    memory.interpreted(kernels.max_pool)(out, indices, image, geometry)
    memory.interpreted(kernels.gather_maxima)(out, image, indices, geometry)
    back = channels_last(memory, n, channels, *geometry.x_size, dtype=dtype)
    memory.interpreted(kernels.scatter_maxima)(back, windows, indices, geometry)


@examples(20)
@given(st.data(), sizes(3), sizes(40), sizes(3000), sizes(3000), sizes(3000), sizes(3000), DTYPES)
def test_adaptive_pooling(data, n, channels, high, wide, rows, columns, dtype):
    memory, windows = Memory(turns=12), _mean_windows((high, wide), (rows, columns))[0]
    memory.own(windows.vertical, "windows"), memory.own(windows.horizontal, "windows")
    image = data.draw(arrays(memory, (n, channels, high, wide), dtype, "x"))
    memory.interpreted(kernels.mean_pool)(
        channels_last(memory, n, channels, rows, columns, dtype=dtype), image, windows
    )
    g = data.draw(arrays(memory, (n, channels, rows, columns), dtype, "g"))
    back = channels_last(memory, n, channels, high, wide, dtype=dtype)
    memory.interpreted(kernels.mean_pool_transposed)(back, g, windows)


@examples(20)
@given(st.data(), sizes(5), sizes(100), sizes(300_000), sizes(300), DTYPES)
def test_sums_of_pixels(data, n, channels, high, wide, dtype):
    memory = Memory(turns=12)
    x = data.draw(arrays(memory, (n, channels, high, wide), dtype, "x"))
    memory.interpreted(kernels.sum_pixels)(memory.array((channels,), dtype), x)


LENGTHS = st.one_of(st.integers(0, 40), sizes(300), sizes(3_000_000))


@examples(60)
@given(st.data(), st.lists(sizes(5), max_size=2), st.permutations([LENGTHS, sizes(300), st.integers(0, 40)]), DTYPES)
def test_products(data, stack, lengths, dtype):
    (m, k, n), memory = [data.draw(length) for length in lengths], Memory()
    a, b = (data.draw(arrays(memory, (*stack, *shape), dtype, name)) for name, shape in (("a", (m, k)), ("b", (k, n))))
    memory.interpreted(kernels.matmul)(memory.array((*stack, m, n), dtype), a, b)
    if stack or 0 in (m, n):
        return
    weight = data.draw(arrays(memory, (n, k), dtype, "weight"))
    bias = data.draw(st.one_of(st.none(), arrays(memory, (n,), dtype, "bias")))
    memory.interpreted(kernels.linear)(memory.array((m, n), dtype), a, weight, bias, data.draw(st.booleans()))


@examples(5)
@given(st.data(), sizes(3), sizes(3), sizes(300), sizes(300), st.integers(0, 40), st.integers(0, 40), DTYPES)
def test_attention(data, b, h, queries, keys, depth, width, dtype):
    memory = Memory(turns=12)

    def rows(count, columns, name):
        """(B, H, count, columns) with contiguous rows, the heads of a position or the positions of a head together."""
        if data.draw(st.booleans()):
            return memory.array((b, h, count, columns), dtype, name=name)
        return memory.array((b, count, h, columns), dtype, name=name).swapaxes(1, 2)

    q, k, v = rows(queries, depth, "q"), rows(keys, depth, "k"), rows(keys, width, "v")
    out, g, lse = rows(queries, width, "out"), rows(queries, width, "g"), memory.array((b, h, queries), dtype)
    mask = memory.array((b, 1, queries, keys), dtype) if data.draw(st.booleans()) else None
    options = mask, 0.5, data.draw(st.booleans()), 0.0, 0, 0
    gradients = rows(queries, depth, "gq"), rows(keys, depth, "gk"), rows(keys, width, "gv")
    with np.errstate(all="ignore"):
        memory.interpreted(kernels.attention)(out, lse, q, k, v, *options)
        memory.interpreted(kernels.attention_grad)(*gradients, g, q, k, v, out, lse, *options)


@examples(5)
@given(st.data(), st.lists(sizes(40), min_size=1, max_size=4), sizes(300), st.booleans(), st.booleans(), DTYPES)
def test_recurrent_layers(data, lengths, size, reverse, relu, dtype):
    memory, lengths = Memory(turns=100), tuple(sorted(lengths, reverse=True))
    (n, *_), rows, steps = lengths, sum(lengths), (lengths, reverse)
    draw = lambda *shape, name: memory.array(shape, dtype, name=name)
    state = [draw(n, size, name=name) for name in ("h", "c")]
    for gates, kernel, states, saved, last in (
        (4, "lstm_layer", 2, 2, ()),
        (3, "gru_layer", 1, 2, ()),
        (1, "elman_layer", 1, 1, (relu,)),
    ):
        out, a, gb = (draw(*shape, name="rows") for shape in ((rows + states * n, size), *[(rows, gates * size)] * 2))
        h_before, extra = (draw(rows, size, name="saved") for _ in range(2))
        weight = data.draw(arrays(memory, (gates * size, size), dtype, "weight"))
        bias = (draw(gates * size, name="bias"),) if gates == 3 else ()
        forward = out, a, *(h_before, extra)[:saved], *state[:states], weight, *bias
        backward = a, *((gb,) * (gates == 3)), *state[:states], out, *((extra,) * (gates > 1))
        backward += *((h_before,) * (gates == 3)), weight
        memory.interpreted(getattr(kernels, kernel))(*forward, *steps, *last)
        memory.interpreted(getattr(kernels, f"{kernel}_grad"))(*backward, *steps, *last)


# The checker itself


TABLES = [(40, "pixels"), (40, "targets"), (40, "segments"), (40, "taps"), (2, "segments"), (2, "taps")]


@pytest.mark.parametrize("outputs, table", TABLES)  # with 2, vectors hold pixels
def test_an_entry_of_a_table_that_is_too_far_is_found(outputs, table):
    memory, dtype = Memory(), np.dtype("float32")
    geometry = Geometry((9, 8), (7, 6), (3, 3), (1, 1), (0, 0), (1, 1), 1)
    x, weight = channels_last(memory, 1, 5, 9, 8, dtype=dtype), memory.array((outputs, 5, 3, 3), dtype)
    out = channels_last(memory, 1, outputs, 7, 6, dtype=dtype)
    run = memory.interpreted(kernels.convolve)
    run(out, x, weight, None, geometry)
    phases = run.__globals__["_phases"]

    def too_far(*arguments):
        (phase,) = phases(*arguments)
        record, *tables = phase.convolve.arrays
        (entries,) = [t for t in tables if t.ctypes.data == record[table][0]]
        far = {"taps": 1, "pixels": 5 * 4, "targets": 40 * 4, "segments": phase.convolve.scratch or 10_000}
        entries[-2] += far[table]  # the last entry is not used
        return [phase]

    run.__globals__["_phases"] = too_far
    with pytest.raises(OutsideError):
        run(out, x, weight, None, geometry)


def test_scratch_memory_that_is_too_small_is_found():
    memory, dtype = Memory(), np.dtype("float32")
    geometry = Geometry((9, 8), (9, 8), (3, 3), (1, 1), (1, 1), (1, 1), 1)
    x, y, gw = (memory.array(s, dtype) for s in ((1, 5, 9, 8), (1, 40, 9, 8), (40, 5, 3, 3)))
    run = memory.interpreted(kernels.correlate)
    run(gw, x, y, geometry)
    correlation = run.__globals__["_correlation"]

    def smaller(*arguments):
        found = correlation(*arguments)
        found.correlate.scratch //= 2
        return found

    run.__globals__["_correlation"] = smaller
    with pytest.raises(OutsideError, match="scratch memory of correlate"):
        run(gw, x, y, geometry)
