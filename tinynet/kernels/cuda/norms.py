"""Layer norm and RMS norm: a block of threads for each row, and for the sums over rows a thread for each column.

The gradients by weight and bias are sums over the rows: pieces of rows are added up by threads of their own, and these
sums by `reduction.sum`, in an order that depends on the shape alone.
"""

from numba.types import int64

from . import driver
from .array import new
from .driver import cuda, kernel, sqrt
from .rows import ROW, as_rows, row_sum, row_threads

__all__ = ["layer_norm", "layer_norm_grad", "rms_norm", "rms_norm_grad"]

PIECE = driver.choose(64, 2)  # rows whose gradients a thread adds up


@kernel(lambda real: (*[real[::1]] * 6, int64, real))
def layer_norm_rows(out, mean, rstd, x, weight, bias, columns, eps):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, row = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.x
    start, n, total = row * columns, out.dtype.type(columns), out.dtype.type(0)
    for c in range(t, columns, step):
        total += x[start + c]
    m, total = row_sum(parts, t, total) / n, out.dtype.type(0)
    for c in range(t, columns, step):
        total += (x[start + c] - m) * (x[start + c] - m)
    s = out.dtype.type(1) / sqrt(row_sum(parts, t, total) / n + eps)
    for c in range(t, columns, step):
        out[start + c] = (x[start + c] - m) * s * weight[c] + bias[c]
    if t == 0:
        mean[row], rstd[row] = m, s


@kernel(lambda real: (*[real[::1]] * 6, int64))
def layer_norm_grad_rows(gx, g, x, weight, mean, rstd, columns):
    parts = cuda.shared.array(ROW, gx.dtype)
    t, step, row = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.x
    start, n, m, s = row * columns, gx.dtype.type(columns), mean[row], rstd[row]
    total, along = gx.dtype.type(0), gx.dtype.type(0)
    for c in range(t, columns, step):
        g_hat = g[start + c] * weight[c]
        total += g_hat
        along += g_hat * (x[start + c] - m) * s
    total = row_sum(parts, t, total) / n
    along = row_sum(parts, t, along) / n
    for c in range(t, columns, step):
        gx[start + c] = s * (g[start + c] * weight[c] - total - (x[start + c] - m) * s * along)


@kernel(lambda real: (*[real[::1]] * 6, int64, int64))
def layer_norm_grad_columns(w_sums, b_sums, g, x, mean, rstd, columns, piece):
    """w_sums[task, column] ← Σ g x̂ and b_sums ← Σ g over the rows of a piece."""
    rows = mean.size
    for at in range(cuda.grid(1), w_sums.size, cuda.gridsize(1)):
        task, c = at // columns, at % columns
        w, b = w_sums.dtype.type(0), w_sums.dtype.type(0)
        for r in range(task * piece, min((task + 1) * piece, rows)):
            w += g[r * columns + c] * (x[r * columns + c] - mean[r]) * rstd[r]
            b += g[r * columns + c]
        w_sums[at], b_sums[at] = w, b


@kernel(lambda real: (*[real[::1]] * 4, int64, real))
def rms_norm_rows(out, rstd, x, weight, columns, eps):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, row = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.x
    start, n, total = row * columns, out.dtype.type(columns), out.dtype.type(0)
    for c in range(t, columns, step):
        total += x[start + c] * x[start + c]
    s = out.dtype.type(1) / sqrt(row_sum(parts, t, total) / n + eps)
    for c in range(t, columns, step):
        out[start + c] = x[start + c] * s * weight[c]
    if t == 0:
        rstd[row] = s


@kernel(lambda real: (*[real[::1]] * 5, int64))
def rms_norm_grad_rows(gx, g, x, weight, rstd, columns):
    parts = cuda.shared.array(ROW, gx.dtype)
    t, step, row = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.x
    start, n, s, along = row * columns, gx.dtype.type(columns), rstd[row], gx.dtype.type(0)
    for c in range(t, columns, step):
        along += g[start + c] * weight[c] * x[start + c] * s
    along = row_sum(parts, t, along) / n
    for c in range(t, columns, step):
        gx[start + c] = s * (g[start + c] * weight[c] - x[start + c] * s * along)


@kernel(lambda real: (*[real[::1]] * 4, int64, int64))
def rms_norm_grad_columns(w_sums, g, x, rstd, columns, piece):
    rows = rstd.size
    for at in range(cuda.grid(1), w_sums.size, cuda.gridsize(1)):
        task, c = at // columns, at % columns
        w = w_sums.dtype.type(0)
        for r in range(task * piece, min((task + 1) * piece, rows)):
            w += g[r * columns + c] * x[r * columns + c] * rstd[r]
        w_sums[at] = w


def layer_norm(out, mean, rstd, x, weight, bias, eps):
    """out ← (x − mean) rstd · weight + bias for each row of x (rows, n), with rstd = 1/√(variance + eps).

    mean (rows,) and rstd (rows,) are kept for the gradient.
    """
    if out.size:
        rows, columns = x.shape
        arrays = out, mean, rstd, as_rows(x), weight, bias
        layer_norm_rows(x.dtype, rows, row_threads(columns), *arrays, columns, x.dtype.type(eps))


def layer_norm_grad(gx, gw, gb, g, x, weight, mean, rstd):
    """With x̂ = (x − mean) rstd and ĝ = g · weight, the sums by row of ĝ and ĝx̂ over n being s and t:

    gx ← rstd (ĝ − s/n − x̂ t/n);  gw ← Σ g x̂ and gb ← Σ g over the rows.
    """
    if not gx.size:
        gw.fill(0)
        gb.fill(0)
        return
    rows, columns = x.shape
    g, x = as_rows(g), as_rows(x)
    layer_norm_grad_rows(x.dtype, rows, row_threads(columns), gx, g, x, weight, mean, rstd, columns)
    w_sums, b_sums = (new((-(-rows // PIECE), columns), x.dtype) for _ in range(2))
    places = w_sums, b_sums, g, x, mean, rstd, columns, PIECE
    layer_norm_grad_columns(x.dtype, *driver.grid(w_sums.size), *places)
    _add_up(gw, w_sums)
    _add_up(gb, b_sums)


def rms_norm(out, rstd, x, weight, eps):
    """out ← x rstd · weight for each row of x, with rstd = 1/√(mean of x² + eps), kept for the gradient."""
    if out.size:
        rows, columns = x.shape
        arrays = out, rstd, as_rows(x), weight
        rms_norm_rows(x.dtype, rows, row_threads(columns), *arrays, columns, x.dtype.type(eps))


def rms_norm_grad(gx, gw, g, x, weight, rstd):
    """With x̂ = x rstd, ĝ = g · weight and t = Σ ĝ x̂ by row: gx ← rstd (ĝ − x̂ t/n);  gw ← Σ g x̂ over the rows."""
    if not gx.size:
        return gw.fill(0)
    rows, columns = x.shape
    g, x = as_rows(g), as_rows(x)
    rms_norm_grad_rows(x.dtype, rows, row_threads(columns), gx, g, x, weight, rstd, columns)
    sums = new((-(-rows // PIECE), columns), x.dtype)
    rms_norm_grad_columns(x.dtype, *driver.grid(sums.size), sums, g, x, rstd, columns, PIECE)
    _add_up(gw, sums)


def _add_up(out, sums):
    from .reduction import sum

    sum(out.reshape(1, -1), sums, (0,))


layer_norm.outputs = layer_norm_grad.outputs = 3
rms_norm.outputs = rms_norm_grad.outputs = 2
