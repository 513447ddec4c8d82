"""The cells of LSTM and GRU: all that a step does between two products, in one visit to a row."""

from numba import types

from .. import reference as kernels
from ..elementary import exp, tanh
from ..runtime.jit import helper
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import FUNCTIONS
from .rows import as_rows, plan_rows


@kernels.lstm_cell.on("cpu")
def lstm_cell(h, c, saved, a, b):
    """c ← f c + i g;  h ← o tanh(c), for the gates σ and tanh of a + b (rows, 4 H), of which `saved` is kept."""
    if h.size:
        plan = plan_rows(_lstm_cell, h.dtype, *a.shape, FUNCTIONS)
        plan.run(h, c, saved, as_rows(a), as_rows(b))


@kernels.lstm_cell_grad.on("cpu")
def lstm_cell_grad(ga, gc, gh, saved):
    """ga ← the gradient by a + b, and gc ← the one by the old c, from those by h and c."""
    if gh.size:
        plan = plan_rows(_lstm_cell_grad, gh.dtype, *ga.shape, FUNCTIONS)
        plan.run(ga, gc, as_rows(gh), saved)


@kernels.gru_cell.on("cpu")
def gru_cell(h, saved, a, b):
    """h ← (1 − z) n + z h, for the gates of a and b (rows, 3 H), of which `saved` is kept."""
    if h.size:
        plan = plan_rows(_gru_cell, h.dtype, *a.shape, FUNCTIONS)
        plan.run(h, saved, as_rows(a), as_rows(b))


@kernels.gru_cell_grad.on("cpu")
def gru_cell_grad(ga, gb, gh, saved):
    """ga and gb ← the gradients by a and b;  gh ← gh z."""
    if gh.size:
        plan = plan_rows(_gru_cell_grad, gh.dtype, *ga.shape, FUNCTIONS)
        plan.run(ga, gb, gh, saved)


# --- compiled -----------------------------------------------------------------------------------------------------
# One short loop after another over the parts of a row, which lies in the nearest cache: LLVM makes vectors of a loop
# over few arrays, of which it can find out in time that they do not overlap.


@helper
def sigmoid_inplace(x):
    one = x.dtype.type(1)
    for j in range(x.size):
        x[j] = one / (one + exp(-x[j]))


@helper
def add_to(out, x, y):
    for j in range(out.size):
        out[j] = x[j] + y[j]


@helper
def copy_to(out, x):
    for j in range(out.size):
        out[j] = x[j]


@helper
def times_sigmoid_slope(out, x, y, s):
    """out ← x y s (1 − s), the slope of σ being s (1 − s)."""
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = x[j] * y[j] * s[j] * (one - s[j])


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 3, *[read(real, 2)] * 2))
def _lstm_cell(arguments, scratch, task):
    chunk, hs, cs, saved, a, b = arguments[0]
    n = hs.shape[1]
    for r in range(task * chunk, min(hs.shape[0], (task + 1) * chunk)):
        h, c, kept = hs[r], cs[r], saved[r]
        i, f, g, o = kept[:n], kept[n : 2 * n], kept[2 * n : 3 * n], kept[3 * n : 4 * n]
        old, tanh_c = kept[4 * n : 5 * n], kept[5 * n :]
        add_to(kept[: 4 * n], a[r], b[r])
        sigmoid_inplace(kept[: 2 * n])
        for j in range(g.size):
            g[j] = tanh(g[j])
        sigmoid_inplace(o)
        copy_to(old, c)
        for j in range(c.size):
            c[j] = f[j] * old[j] + i[j] * g[j]
        for j in range(c.size):
            tanh_c[j] = tanh(c[j])
        for j in range(h.size):
            h[j] = o[j] * tanh_c[j]


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 2, *[read(real, 2)] * 2))
def _lstm_cell_grad(arguments, scratch, task):
    chunk, ga, gc, gh, saved = arguments[0]
    n, one = gh.shape[1], ga.dtype.type(1)
    for r in range(task * chunk, min(gh.shape[0], (task + 1) * chunk)):
        out, d, by_h, kept = ga[r], gc[r], gh[r], saved[r]
        i, f, g, o = kept[:n], kept[n : 2 * n], kept[2 * n : 3 * n], kept[3 * n : 4 * n]
        c, tanh_c, by_g = kept[4 * n : 5 * n], kept[5 * n :], out[2 * n : 3 * n]
        for j in range(d.size):
            d[j] += by_h[j] * o[j] * (one - tanh_c[j] * tanh_c[j])
        times_sigmoid_slope(out[:n], d, g, i)
        times_sigmoid_slope(out[n : 2 * n], d, c, f)
        for j in range(by_g.size):
            by_g[j] = d[j] * i[j] * (one - g[j] * g[j])
        times_sigmoid_slope(out[3 * n :], by_h, tanh_c, o)
        for j in range(d.size):
            d[j] *= f[j]


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 2, *[read(real, 2)] * 2))
def _gru_cell(arguments, scratch, task):
    chunk, hs, saved, a, b = arguments[0]
    n, one = hs.shape[1], hs.dtype.type(1)
    for row in range(task * chunk, min(hs.shape[0], (task + 1) * chunk)):
        h, kept, an = hs[row], saved[row], a[row, 2 * n :]
        r, z, new, b_new, old = kept[:n], kept[n : 2 * n], kept[2 * n : 3 * n], kept[3 * n : 4 * n], kept[4 * n :]
        add_to(kept[: 2 * n], a[row, : 2 * n], b[row, : 2 * n])
        sigmoid_inplace(kept[: 2 * n])
        copy_to(b_new, b[row, 2 * n :])
        copy_to(old, h)
        for j in range(new.size):
            new[j] = an[j] + r[j] * b_new[j]
        for j in range(new.size):
            new[j] = tanh(new[j])
        for j in range(h.size):
            h[j] = (one - z[j]) * new[j] + z[j] * old[j]


@parallel_for(lambda real: (types.intp, *[written(real, 2)] * 3, read(real, 2)))
def _gru_cell_grad(arguments, scratch, task):
    chunk, ga, gb, gh, saved = arguments[0]
    n, one = gh.shape[1], ga.dtype.type(1)
    for row in range(task * chunk, min(gh.shape[0], (task + 1) * chunk)):
        by_h, kept = gh[row], saved[row]
        by_r, by_z, d, by_b = ga[row, :n], ga[row, n : 2 * n], ga[row, 2 * n :], gb[row, 2 * n :]
        r, z, new, b_new, old = kept[:n], kept[n : 2 * n], kept[2 * n : 3 * n], kept[3 * n : 4 * n], kept[4 * n :]
        for j in range(d.size):
            d[j] = by_h[j] * (one - z[j]) * (one - new[j] * new[j])
        times_sigmoid_slope(by_r, d, b_new, r)
        for j in range(by_z.size):
            by_z[j] = by_h[j] * (old[j] - new[j])
        for j in range(by_z.size):
            by_z[j] *= z[j] * (one - z[j])
        copy_to(gb[row, : 2 * n], ga[row, : 2 * n])
        for j in range(by_b.size):
            by_b[j] = d[j] * r[j]
        for j in range(by_h.size):
            by_h[j] *= z[j]
