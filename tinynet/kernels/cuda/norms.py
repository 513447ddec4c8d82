"""Layer norm and RMS norm, row by row.

The gradients by weight and bias are sums over the rows, column by column: of pieces of rows first, and of these sums by
`reduction.sum`, in an order that depends on the shape alone.
"""

from numba.types import int64
from numpy import uintp

from .. import reference as kernels
from .array.array import new
from .columns import column_sum, partition, this_piece
from .device.driver import cuda, kernel, sqrt
from .rows import ROW, as_rows, row_grid, row_sum, this_row


@kernel(lambda real: (*[real[::1]] * 6, int64, real))
def layer_norm_rows(out, mean, rstd, x, weight, bias, columns, eps):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (row, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, x.size)
    n, total = out.dtype.type(columns), out.dtype.type(0)
    for c in range(t, count, step):
        total += x[start + c]
    m, total = row_sum(parts, t, total) / n, out.dtype.type(0)
    for c in range(t, count, step):
        total += (x[start + c] - m) * (x[start + c] - m)
    s = out.dtype.type(1) / sqrt(row_sum(parts, t, total) / n + eps)
    for c in range(t, count, step):
        out[start + c] = (x[start + c] - m) * s * weight[c] + bias[c]
    if t == 0 and count:
        mean[row], rstd[row] = m, s


@kernel(lambda real: (*[real[::1]] * 6, int64))
def layer_norm_grad_rows(gx, g, x, weight, mean, rstd, columns):
    parts = cuda.shared.array(ROW, gx.dtype)
    t, step, (row, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, x.size)
    n, total, along = gx.dtype.type(columns), gx.dtype.type(0), gx.dtype.type(0)
    m, s = (mean[row], rstd[row]) if count else (total, along)
    for c in range(t, count, step):
        g_hat = g[start + c] * weight[c]
        total += g_hat
        along += g_hat * (x[start + c] - m) * s
    total = row_sum(parts, t, total) / n
    along = row_sum(parts, t, along) / n
    for c in range(t, count, step):
        gx[start + c] = s * (g[start + c] * weight[c] - total - (x[start + c] - m) * s * along)


@kernel(lambda real: (*[real[::1]] * 6, int64, int64))
def layer_norm_grad_columns(w_sums, b_sums, g, x, mean, rstd, columns, length):
    """w_sums[piece, column] ← Σ g x̂ and b_sums ← Σ g over the rows of a piece."""
    parts = cuda.shared.array(ROW, x.dtype)
    c, piece, first, stop = this_piece(columns, mean.size, length)
    w, b = x.dtype.type(0), x.dtype.type(0)
    for r in range(first + cuda.threadIdx.y, stop, cuda.blockDim.y):
        at, row = uintp(r * columns + c), uintp(r)
        w += g[at] * (x[at] - mean[row]) * rstd[row]
        b += g[at]
    w, b = column_sum(parts, w), column_sum(parts, b)
    if cuda.threadIdx.y == 0 and c < columns:
        w_sums[piece * columns + c], b_sums[piece * columns + c] = w, b


@kernel(lambda real: (*[real[::1]] * 4, int64, real))
def rms_norm_rows(out, rstd, x, weight, columns, eps):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (row, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, x.size)
    n, total = out.dtype.type(columns), out.dtype.type(0)
    for c in range(t, count, step):
        total += x[start + c] * x[start + c]
    s = out.dtype.type(1) / sqrt(row_sum(parts, t, total) / n + eps)
    for c in range(t, count, step):
        out[start + c] = x[start + c] * s * weight[c]
    if t == 0 and count:
        rstd[row] = s


@kernel(lambda real: (*[real[::1]] * 5, int64))
def rms_norm_grad_rows(gx, g, x, weight, rstd, columns):
    parts = cuda.shared.array(ROW, gx.dtype)
    t, step, (row, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, x.size)
    n, along = gx.dtype.type(columns), gx.dtype.type(0)
    s = rstd[row] if count else along
    for c in range(t, count, step):
        along += g[start + c] * weight[c] * x[start + c] * s
    along = row_sum(parts, t, along) / n
    for c in range(t, count, step):
        gx[start + c] = s * (g[start + c] * weight[c] - x[start + c] * s * along)


@kernel(lambda real: (*[real[::1]] * 4, int64, int64))
def rms_norm_grad_columns(w_sums, g, x, rstd, columns, length):
    parts = cuda.shared.array(ROW, x.dtype)
    c, piece, first, stop = this_piece(columns, rstd.size, length)
    w = x.dtype.type(0)
    for r in range(first + cuda.threadIdx.y, stop, cuda.blockDim.y):
        at = uintp(r * columns + c)
        w += g[at] * x[at] * rstd[uintp(r)]
    w = column_sum(parts, w)
    if cuda.threadIdx.y == 0 and c < columns:
        w_sums[piece * columns + c] = w


@kernels.layer_norm.on("cuda")
def layer_norm(out, mean, rstd, x, weight, bias, eps):
    """out ← (x − mean) rstd · weight + bias for each row of x (rows, n), with rstd = 1/√(variance + eps).

    mean (rows,) and rstd (rows,) are kept for the gradient.
    """
    if out.size:
        rows, columns = x.shape
        arrays = out, mean, rstd, as_rows(x), weight, bias
        layer_norm_rows(x.dtype, *row_grid(rows, columns), *arrays, columns, x.dtype.type(eps))


@kernels.layer_norm_grad.on("cuda")
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
    layer_norm_grad_rows(x.dtype, *row_grid(rows, columns), gx, g, x, weight, mean, rstd, columns)
    blocks, threads, pieces, length = partition(columns, 1, rows)
    w_sums, b_sums = _sums_for(gw, pieces), _sums_for(gb, pieces)
    layer_norm_grad_columns(x.dtype, blocks, threads, w_sums, b_sums, g, x, mean, rstd, columns, length)
    _add_up(gw, w_sums)
    _add_up(gb, b_sums)


@kernels.rms_norm.on("cuda")
def rms_norm(out, rstd, x, weight, eps):
    """out ← x rstd · weight for each row of x, with rstd = 1/√(mean of x² + eps), kept for the gradient."""
    if out.size:
        rows, columns = x.shape
        arrays = out, rstd, as_rows(x), weight
        rms_norm_rows(x.dtype, *row_grid(rows, columns), *arrays, columns, x.dtype.type(eps))


@kernels.rms_norm_grad.on("cuda")
def rms_norm_grad(gx, gw, g, x, weight, rstd):
    """With x̂ = x rstd, ĝ = g · weight and t = Σ ĝ x̂ by row: gx ← rstd (ĝ − x̂ t/n);  gw ← Σ g x̂ over the rows."""
    if not gx.size:
        return gw.fill(0)
    rows, columns = x.shape
    g, x = as_rows(g), as_rows(x)
    rms_norm_grad_rows(x.dtype, *row_grid(rows, columns), gx, g, x, weight, rstd, columns)
    blocks, threads, pieces, length = partition(columns, 1, rows)
    sums = _sums_for(gw, pieces)
    rms_norm_grad_columns(x.dtype, blocks, threads, sums, g, x, rstd, columns, length)
    _add_up(gw, sums)


def _sums_for(out, pieces):
    """Where the sums of so many pieces are put whose own sum is to be `out`."""
    return out if pieces == 1 else new((pieces, out.size), out.dtype)


def _add_up(out, sums):

    if sums is not out:
        kernels.sum.cuda(out.reshape(1, -1), sums, (0,))
