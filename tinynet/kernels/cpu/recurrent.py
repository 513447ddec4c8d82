"""Recurrent layers: a task takes some of the sequences through all steps of a layer.

So no thread waits for another within a layer, and the state and the gates of a step stay in the nearest caches. The
weight is packed once, for the products of all steps, which are those of `gemm/small.py`. A row of a step depends on the
rows of its own sequence alone, so the number of threads changes no bit.
"""

import numpy as np
from numba import carray, types

from .. import reference as kernels
from ..elementary import exp, tanh
from ..reference.recurrent import steps
from ..runtime.cfunc import call_pointer
from ..runtime.jit import helper
from ..runtime.memory import empty
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.pointers import INT64_BYTES, address_of, load_int64, pointer_to_int
from ..runtime.threads import IMAGES, PRODUCTS
from .gemm.microkernel import DEPTH, HEIGHTS, TILE_BYTES
from .gemm.small import functions, packed_bytes, panel_bytes
from .rows import as_rows

CHUNK = HEIGHTS[0]  # sequences in a task: as many as a tile of a product has rows


@kernels.lstm_layer.on("cpu")
def lstm_layer(out, a, h_before, c_before, h, c, weight, sizes, reverse):
    """All steps of an LSTM: h after each in `out`, then the last h and c;  a ← the gates of each step."""
    plan = _plan(_lstm_layer, a.dtype, len(h), sizes, reverse, *weight.shape)
    plan.run(out, a, h_before, c_before, as_rows(h), as_rows(c), _packed(weight.T))


@kernels.lstm_layer_grad.on("cpu")
def lstm_layer_grad(a, gh, gc, g, c_before, weight, sizes, reverse):
    """a, which holds the gates, ← the gradient by them;  gh and gc ← those by the first state."""
    plan = _plan(_lstm_layer_grad, a.dtype, len(gh), sizes, reverse, *weight.shape)
    plan.run(a, gh, gc, as_rows(g), c_before, _packed(weight))


@kernels.gru_layer.on("cpu")
def gru_layer(out, a, h_before, kept, h, weight, bias, sizes, reverse):
    """All steps of a GRU: h after each in `out`, then the last h;  a ← the gates of each step, kept ← b₃."""
    bias = np.zeros(len(weight), a.dtype) if bias is None else np.ascontiguousarray(bias)
    plan = _plan(_gru_layer, a.dtype, len(h), sizes, reverse, *weight.shape)
    plan.run(out, a, h_before, kept, as_rows(h), bias, _packed(weight.T))


@kernels.gru_layer_grad.on("cpu")
def gru_layer_grad(a, gb, gh, g, kept, h_before, weight, sizes, reverse):
    """a, which holds the gates, and gb ← the gradients by a and b;  gh ← the one by the first state."""
    plan = _plan(_gru_layer_grad, a.dtype, len(gh), sizes, reverse, *weight.shape)
    plan.run(a, gb, gh, as_rows(g), kept, h_before, _packed(weight))


@kernels.elman_layer.on("cpu")
def elman_layer(out, a, h_before, h, weight, sizes, reverse, relu):
    """All steps of h ← f(a + h Wᵀ): h after each in `out`, then the last h, and also in a."""
    plan = _plan(_elman_layer, a.dtype, len(h), sizes, reverse, *weight.shape)
    plan.run(out, a, h_before, as_rows(h), _packed(weight.T), int(relu))


@kernels.elman_layer_grad.on("cpu")
def elman_layer_grad(a, gh, g, weight, sizes, reverse, relu):
    """a, which holds h after each step, ← the gradient by a;  gh ← the one by the first state."""
    plan = _plan(_elman_layer_grad, a.dtype, len(gh), sizes, reverse, *weight.shape)
    plan.run(a, gh, as_rows(g), _packed(weight), int(relu))


@planned
def _plan(kernel, dtype, sequences, sizes, reverse, gates, size):
    """A task is a chunk of sequences. The constants say how to multiply, and where each step has its rows."""
    order = steps(sizes, reverse)
    table = np.array([(at.start, at.stop - at.start) for at in order], np.int64).reshape(len(order), 2)
    zeros = np.zeros(TILE_BYTES // dtype.itemsize, dtype)
    constants = functions(dtype)[0], zeros.ctypes.data, table.ctypes.data, len(order)
    tasks, parallel = -(-sequences // CHUNK), sum(sizes) * gates * size >= PRODUCTS
    numbers = {_lstm_layer_grad: size, _gru_layer: CHUNK * gates}.get(kernel, 0)
    scratch = numbers * dtype.itemsize
    return Plan(kernel, dtype, tasks, parallel, *constants, scratch=scratch, arrays=(table, zeros))


def _packed(matrix):
    """The panels of a matrix, for products with it from the right, `DEPTH` of its rows after the others."""
    depth, columns = matrix.shape
    blocks, item = -(-depth // DEPTH), matrix.itemsize
    panels = empty((blocks * packed_bytes(item, columns, DEPTH) // item,), matrix.dtype)
    _packing(matrix.dtype, blocks, depth * columns >= IMAGES).run(panels, matrix)
    return panels


@planned
def _packing(dtype, blocks, parallel):
    return Plan(_pack, dtype, blocks, parallel, functions(dtype)[1])


# --- compiled -----------------------------------------------------------------------------------------------------


@parallel_for(lambda real: (types.intp, written(real, 1), read(real, 2, "A")))
def _pack(arguments, scratch, block):
    """A block of `DEPTH` rows of a matrix."""
    pack, panels, matrix = arguments[0]
    (depth, columns), (row, column), item = matrix.shape, matrix.strides, matrix.itemsize
    first = block * DEPTH
    at = address_of(panels) + block * packed_bytes(item, columns, DEPTH)
    call_pointer(pack, (at, address_of(matrix) + first * row, row, column, min(DEPTH, depth - first), columns))


@helper
def _add_product(multiply, zeros, rows, columns, depth, a, panels, start, start_row, c, item):
    """C ← start + A B, with the panels of B; `start` may be C, a row of numbers, or `zeros`. All are addresses."""
    for p in range(0, depth, DEPTH):
        count = min(DEPTH, depth - p)
        product = np.intp(TILE_BYTES), panel_bytes(item, count), start, start_row, c, columns * item, count
        call_pointer(multiply, (zeros, rows, columns, a + p * item, depth * item, item, panels, *product))
        panels += packed_bytes(item, columns, DEPTH)
        start, start_row = c, columns * item


@helper
def _chunk(task, sequences):
    """The first of a task's sequences, and the one after the last."""
    return task * CHUNK, min(sequences, (task + 1) * CHUNK)


@helper
def _rows_in_step(table, t, first, last):
    """The first row of a chunk in step t, and how many of its sequences there are."""
    start, n = load_int64(table + 2 * t * INT64_BYTES), load_int64(table + (2 * t + 1) * INT64_BYTES)
    return start + first, max(min(n, last) - first, 0)


# One short loop after another over the parts of a row, which lies in the nearest cache. A loop has few arrays, and at
# most two that it writes: LLVM makes vectors of it only if a few comparisons show that they do not overlap.


@helper
def _copy(to, x):
    for j in range(x.size):
        to[j] = x[j]


@helper
def _add(to, x):
    for j in range(x.size):
        to[j] += x[j]


@helper
def _sigmoid(x):
    one = x.dtype.type(1)
    for j in range(x.size):
        x[j] = one / (one + exp(-x[j]))


@helper
def _tanh(x):
    for j in range(x.size):
        x[j] = tanh(x[j])


@helper
def _lstm_cell(a, h, c, c_before):
    n = h.size
    i, f, g, o = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]
    _sigmoid(a[: 2 * n])
    _tanh(g)
    _sigmoid(o)
    for j in range(n):
        c[j] = f[j] * c_before[j] + i[j] * g[j]
    for j in range(n):
        h[j] = o[j] * tanh(c[j])


@helper
def _lstm_cell_grad(a, gh, d, c_before, tanh_c):
    """`d` is the gradient by the c after, then by the c before; `tanh_c` is room for a row."""
    n, one = gh.size, gh.dtype.type(1)
    i, f, g, o = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]
    for j in range(n):
        tanh_c[j] = f[j] * c_before[j] + i[j] * g[j]
    _tanh(tanh_c)
    for j in range(n):
        d[j] += gh[j] * o[j] * (one - tanh_c[j] * tanh_c[j])
        o[j] = gh[j] * tanh_c[j] * o[j] * (one - o[j])
    for j in range(n):
        i[j], g[j] = d[j] * g[j] * i[j] * (one - i[j]), d[j] * i[j] * (one - g[j] * g[j])
    for j in range(n):
        f[j], d[j] = d[j] * c_before[j] * f[j] * (one - f[j]), d[j] * f[j]


@helper
def _gru_cell(a, b, h, h_before):
    n, one = h.size, h.dtype.type(1)
    r, z, new, b_new = a[:n], a[n : 2 * n], a[2 * n :], b[2 * n :]
    _add(a[: 2 * n], b[: 2 * n])
    _sigmoid(a[: 2 * n])
    for j in range(n):
        new[j] += r[j] * b_new[j]
    _tanh(new)
    for j in range(n):
        h[j] = (one - z[j]) * new[j] + z[j] * h_before[j]


@helper
def _gru_cell_grad(a, gb, gh, b_new, h_before):
    """gh ← gh z: what goes to the h before past the product."""
    n, one = gh.size, gh.dtype.type(1)
    r, z, new, by_b = a[:n], a[n : 2 * n], a[2 * n :], gb[2 * n :]
    for j in range(n):
        d = gh[j] * (one - z[j])
        by_z = gh[j] * (h_before[j] - new[j]) * z[j] * (one - z[j])
        gh[j], z[j], new[j] = gh[j] * z[j], by_z, d * (one - new[j] * new[j])
    for j in range(n):
        by_b[j] = new[j] * r[j]
        r[j] = new[j] * b_new[j] * r[j] * (one - r[j])
    _copy(gb, a[: 2 * n])


@helper
def _elman_cell(a, relu):
    if relu:
        for j in range(a.size):
            a[j] = max(a[j], a.dtype.type(0))
    else:
        _tanh(a)


@helper
def _elman_cell_grad(a, gh, relu):
    one, zero = a.dtype.type(1), a.dtype.type(0)
    if relu:
        for j in range(a.size):
            a[j] = gh[j] if a[j] > zero else zero
    else:
        for j in range(a.size):
            a[j] = gh[j] * (one - a[j] * a[j])


# The kernels. Constants are the address of `multiply`, of zeros, of the table of steps, and their number. The running
# state is where the last state belongs, and the running gradient where that by the first state does.


def _types(written_first, others, *last):
    """The types of a kernel: so many matrices that it writes, others, packed panels, and what else."""

    def kinds(real):
        matrices = [written(real, 2)] * written_first + [read(real, ndim) for ndim in others]
        return *[types.intp] * 4, *matrices, read(real, 1), *last

    return kinds


@parallel_for(_types(4, (2, 2)))
def _lstm_layer(arguments, scratch, task):
    multiply, zeros, table, count, out, gates, h_before, c_before, h0, c0, panels = arguments[0]
    (sequences, size), rows, item = h0.shape, len(gates), out.itemsize
    first, last = _chunk(task, sequences)
    h, c = out[rows : rows + sequences], out[rows + sequences :]
    for s in range(first, last):
        _copy(h[s], h0[s])
        _copy(c[s], c0[s])
    for t in range(count):
        row, n = _rows_in_step(table, t, first, last)
        a, a_row = address_of(gates) + row * 4 * size * item, 4 * size * item
        state = address_of(out) + (rows + first) * size * item
        _add_product(multiply, zeros, n, 4 * size, size, state, address_of(panels), a, a_row, a, item)
        for k in range(n):
            s, r = first + k, row + k
            _copy(h_before[r], h[s])
            _copy(c_before[r], c[s])
            _lstm_cell(gates[r], h[s], c[s], c_before[r])
            _copy(out[r], h[s])


@parallel_for(_types(3, (2, 2)))
def _lstm_layer_grad(arguments, scratch, task):
    multiply, zeros, table, count, gates, gh, gc, g, c_before, panels = arguments[0]
    (sequences, size), rows, item = gh.shape, len(gates), gh.itemsize
    first, last = _chunk(task, sequences)
    tanh_c, o = carray(scratch, size), np.intp(0)
    for s in range(first, last):
        _copy(gh[s], g[rows + s])
        _copy(gc[s], g[rows + sequences + s])
    for t in range(count - 1, -1, -1):
        row, n = _rows_in_step(table, t, first, last)
        for k in range(n):
            s, r = first + k, row + k
            _add(gh[s], g[r])
            _lstm_cell_grad(gates[r], gh[s], gc[s], c_before[r], tanh_c)
        a, state = address_of(gates) + row * 4 * size * item, address_of(gh) + first * size * item
        _add_product(multiply, zeros, n, size, 4 * size, a, address_of(panels), zeros, o, state, item)


@parallel_for(_types(4, (2, 1)))
def _gru_layer(arguments, scratch, task):
    multiply, zeros, table, count, out, gates, h_before, kept, h0, bias, panels = arguments[0]
    (sequences, size), rows, item = h0.shape, len(gates), out.itemsize
    first, last = _chunk(task, sequences)
    b, o, h = carray(scratch, (CHUNK, 3 * size)), np.intp(0), out[rows:]
    for s in range(first, last):
        _copy(h[s], h0[s])
    for t in range(count):
        row, n = _rows_in_step(table, t, first, last)
        state, to = address_of(out) + (rows + first) * size * item, pointer_to_int(scratch)
        _add_product(multiply, zeros, n, 3 * size, size, state, address_of(panels), address_of(bias), o, to, item)
        for k in range(n):
            s, r = first + k, row + k
            _copy(h_before[r], h[s])
            _copy(kept[r], b[k, 2 * size :])
            _gru_cell(gates[r], b[k], h[s], h_before[r])
            _copy(out[r], h[s])


@parallel_for(_types(3, (2, 2, 2)))
def _gru_layer_grad(arguments, scratch, task):
    multiply, zeros, table, count, gates, gb, gh, g, kept, h_before, panels = arguments[0]
    (sequences, size), rows, item = gh.shape, len(gates), gh.itemsize
    first, last = _chunk(task, sequences)
    for s in range(first, last):
        _copy(gh[s], g[rows + s])
    for t in range(count - 1, -1, -1):
        row, n = _rows_in_step(table, t, first, last)
        for k in range(n):
            s, r = first + k, row + k
            _add(gh[s], g[r])
            _gru_cell_grad(gates[r], gb[r], gh[s], kept[r], h_before[r])
        b, state = address_of(gb) + row * 3 * size * item, address_of(gh) + first * size * item
        _add_product(multiply, zeros, n, size, 3 * size, b, address_of(panels), state, size * item, state, item)


@parallel_for(_types(3, (2,), types.intp))
def _elman_layer(arguments, scratch, task):
    multiply, zeros, table, count, out, gates, h_before, h0, panels, relu = arguments[0]
    (sequences, size), rows, item = h0.shape, len(gates), out.itemsize
    first, last = _chunk(task, sequences)
    h = out[rows:]
    for s in range(first, last):
        _copy(h[s], h0[s])
    for t in range(count):
        row, n = _rows_in_step(table, t, first, last)
        a, state = address_of(gates) + row * size * item, address_of(out) + (rows + first) * size * item
        _add_product(multiply, zeros, n, size, size, state, address_of(panels), a, size * item, a, item)
        for k in range(n):
            s, r = first + k, row + k
            _copy(h_before[r], h[s])
            _elman_cell(gates[r], relu)
            _copy(h[s], gates[r])
            _copy(out[r], gates[r])


@parallel_for(_types(2, (2,), types.intp))
def _elman_layer_grad(arguments, scratch, task):
    multiply, zeros, table, count, gates, gh, g, panels, relu = arguments[0]
    (sequences, size), rows, item = gh.shape, len(gates), gh.itemsize
    first, last = _chunk(task, sequences)
    o = np.intp(0)
    for s in range(first, last):
        _copy(gh[s], g[rows + s])
    for t in range(count - 1, -1, -1):
        row, n = _rows_in_step(table, t, first, last)
        for k in range(n):
            s, r = first + k, row + k
            _add(gh[s], g[r])
            _elman_cell_grad(gates[r], gh[s], relu)
        a, state = address_of(gates) + row * size * item, address_of(gh) + first * size * item
        _add_product(multiply, zeros, n, size, size, a, address_of(panels), zeros, o, state, item)
