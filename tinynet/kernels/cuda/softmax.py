"""Softmax, its logarithm, and their gradients, along the last axis."""

from numba.types import int64

from .. import reference as kernels
from .device.driver import cuda, exp, kernel, log
from .rows import ROW, as_rows, row_grid, row_sum, row_top, this_row


@kernel(lambda real: (real[::1], real[::1], int64))
def softmax_rows(out, x, columns):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (_, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, out.size)
    top = row_top(parts, t, x, start, count)
    total = out.dtype.type(0)
    for c in range(t, count, step):
        power = exp(x[start + c] - top)
        out[start + c] = power
        total += power
    factor = out.dtype.type(1) / row_sum(parts, t, total)
    for c in range(t, count, step):
        out[start + c] *= factor


@kernel(lambda real: (real[::1], real[::1], int64))
def log_softmax_rows(out, x, columns):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (_, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, out.size)
    top = row_top(parts, t, x, start, count)
    total = out.dtype.type(0)
    for c in range(t, count, step):
        total += exp(x[start + c] - top)
    shift = log(row_sum(parts, t, total))  # not added to a large top, which would cost its digits
    for c in range(t, count, step):
        out[start + c] = x[start + c] - top - shift


@kernel(lambda real: (real[::1], real[::1], real[::1], int64))
def softmax_grad_rows(out, g, y, columns):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (_, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, out.size)
    total = out.dtype.type(0)
    for c in range(t, count, step):
        total += g[start + c] * y[start + c]
    total = row_sum(parts, t, total)
    for c in range(t, count, step):
        out[start + c] = y[start + c] * (g[start + c] - total)


@kernel(lambda real: (real[::1], real[::1], real[::1], int64))
def log_softmax_grad_rows(out, g, y, columns):
    parts = cuda.shared.array(ROW, out.dtype)
    t, step, (_, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, out.size)
    total = out.dtype.type(0)
    for c in range(t, count, step):
        total += g[start + c]
    total = row_sum(parts, t, total)
    for c in range(t, count, step):
        out[start + c] = g[start + c] - exp(y[start + c]) * total


def _run(rows, out, *inputs):
    if out.size:
        columns = out.shape[-1]
        rows(out.dtype, *row_grid(out.size // columns, columns), out, *map(as_rows, inputs), columns)


@kernels.softmax.on("cuda")
def softmax(out, x):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    _run(softmax_rows, out, x)


@kernels.log_softmax.on("cuda")
def log_softmax(out, x):
    """out ← x − log Σ eˣ along the last axis."""
    _run(log_softmax_rows, out, x)


@kernels.softmax_grad.on("cuda")
def softmax_grad(out, g, y):
    """out ← y (g − Σ g y) along the last axis, for y = softmax(x)."""
    _run(softmax_grad_rows, out, g, y)


@kernels.log_softmax_grad.on("cuda")
def log_softmax_grad(out, g, y):
    """out ← g − eʸ Σ g along the last axis, for y = log_softmax(x)."""
    _run(log_softmax_grad_rows, out, g, y)
