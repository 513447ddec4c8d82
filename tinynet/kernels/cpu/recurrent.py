"""The cells of LSTM and GRU: all that a step does between two products, in one visit to a row."""

from numba import types

from .. import reference as kernels
from ..elementary import exp, tanh
from ..runtime.jit import helper
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import FUNCTIONS
from .rows import as_rows, plan_rows

PARALLEL_FROM = FUNCTIONS // 2  # numbers of the gates, on each of which there is more to do than an exponential


@kernels.lstm_cell.on("cpu")
def lstm_cell(h, c, a, b, c_before):
    """c ← f c + i g;  h ← o tanh(c);  a ← the gates, σ and tanh of a + b (rows, 4 H)."""
    if h.size:
        plan_rows(_lstm_cell, h.dtype, *a.shape, PARALLEL_FROM).run(h, c, a, as_rows(b), as_rows(c_before))


@kernels.lstm_cell_grad.on("cpu")
def lstm_cell_grad(gates, gc, gh, g, c_before, c):
    """gates ← the gradient by a + b, and gc ← the one by the c before, from those by h, gh + g, and c."""
    if gh.size:
        plan = plan_rows(_lstm_cell_grad, gh.dtype, *gates.shape, PARALLEL_FROM)
        plan.run(gates, gc, as_rows(gh), as_rows(g), as_rows(c_before), as_rows(c))


@kernels.gru_cell.on("cpu")
def gru_cell(h, a, kept, b, h_before):
    """h ← (1 − z) n + z h;  a ← the gates of a and b (rows, 3 H);  kept ← the last part of b."""
    if h.size:
        plan_rows(_gru_cell, h.dtype, *a.shape, PARALLEL_FROM).run(h, a, kept, as_rows(b), as_rows(h_before))


@kernels.gru_cell_grad.on("cpu")
def gru_cell_grad(gates, gb, gh, g, kept, h_before):
    """gates and gb ← the gradients by a and b, from the one by h, gh + g;  gh ← (gh + g) z."""
    if gh.size:
        plan = plan_rows(_gru_cell_grad, gh.dtype, *gates.shape, PARALLEL_FROM)
        plan.run(gates, gb, gh, as_rows(g), as_rows(kept), as_rows(h_before))


# --- compiled -----------------------------------------------------------------------------------------------------
# One short loop after another over the parts of a row, which lies in the nearest cache. A loop has few arrays, and at
# most two that it writes: LLVM makes vectors of it only if a few comparisons show that they do not overlap.


@helper
def sigmoid_of_sum(x, y):
    """x ← σ(x + y)."""
    one = x.dtype.type(1)
    for j in range(x.size):
        x[j] = one / (one + exp(-(x[j] + y[j])))


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 3, *[read(real, 2)] * 2))
def _lstm_cell(arguments, scratch, task):
    chunk, hs, cs, gates, bs, before = arguments[0]
    n = hs.shape[1]
    for row in range(task * chunk, min(hs.shape[0], (task + 1) * chunk)):
        h, c, a, b, c_before = hs[row], cs[row], gates[row], bs[row], before[row]
        i, f, g, o, b_g = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :], b[2 * n : 3 * n]
        sigmoid_of_sum(a[: 2 * n], b[: 2 * n])
        for j in range(g.size):
            g[j] = tanh(g[j] + b_g[j])
        sigmoid_of_sum(o, b[3 * n :])
        for j in range(c.size):
            c[j] = f[j] * c_before[j] + i[j] * g[j]
        for j in range(h.size):
            h[j] = o[j] * tanh(c[j])


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 2, *[read(real, 2)] * 4))
def _lstm_cell_grad(arguments, scratch, task):
    chunk, gates, gcs, ghs, outside, before, cs = arguments[0]
    n, one = ghs.shape[1], gates.dtype.type(1)
    for row in range(task * chunk, min(ghs.shape[0], (task + 1) * chunk)):
        a, d, gh, by_out, c_before, c = gates[row], gcs[row], ghs[row], outside[row], before[row], cs[row]
        i, f, g, o = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :]
        for j in range(d.size):
            by_h, tanh_c = gh[j] + by_out[j], tanh(c[j])
            d[j] += by_h * o[j] * (one - tanh_c * tanh_c)
            o[j] = by_h * tanh_c * o[j] * (one - o[j])
        for j in range(d.size):
            i[j], g[j] = d[j] * g[j] * i[j] * (one - i[j]), d[j] * i[j] * (one - g[j] * g[j])
        for j in range(d.size):
            f[j], d[j] = d[j] * c_before[j] * f[j] * (one - f[j]), d[j] * f[j]


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 3, *[read(real, 2)] * 2))
def _gru_cell(arguments, scratch, task):
    chunk, hs, gates, kepts, bs, before = arguments[0]
    n, one = hs.shape[1], hs.dtype.type(1)
    for row in range(task * chunk, min(hs.shape[0], (task + 1) * chunk)):
        h, a, kept, b, h_before = hs[row], gates[row], kepts[row], bs[row], before[row]
        r, z, new, b_new = a[:n], a[n : 2 * n], a[2 * n :], b[2 * n :]
        sigmoid_of_sum(a[: 2 * n], b[: 2 * n])
        for j in range(new.size):
            new[j] = new[j] + r[j] * b_new[j]
            kept[j] = b_new[j]
        for j in range(new.size):
            new[j] = tanh(new[j])
        for j in range(h.size):
            h[j] = (one - z[j]) * new[j] + z[j] * h_before[j]


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 3, *[read(real, 2)] * 3))
def _gru_cell_grad(arguments, scratch, task):
    chunk, gates, gbs, ghs, outside, kepts, before = arguments[0]
    n, one = ghs.shape[1], gates.dtype.type(1)
    for row in range(task * chunk, min(ghs.shape[0], (task + 1) * chunk)):
        a, gb, gh, by_out, b_new, h_before = gates[row], gbs[row], ghs[row], outside[row], kepts[row], before[row]
        r, z, new, by_b = a[:n], a[n : 2 * n], a[2 * n :], gb[2 * n :]
        for j in range(gh.size):
            gh[j] += by_out[j]
        for j in range(gh.size):
            d = gh[j] * (one - z[j])
            by_z = gh[j] * (h_before[j] - new[j]) * z[j] * (one - z[j])
            gh[j], z[j], new[j] = gh[j] * z[j], by_z, d * (one - new[j] * new[j])
        for j in range(r.size):
            by_b[j] = new[j] * r[j]
            r[j] = new[j] * b_new[j] * r[j] * (one - r[j])
        for j in range(2 * n):
            gb[j] = a[j]
