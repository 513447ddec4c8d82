"""The cells of LSTM and GRU: all that a step does between two products. A thread has one element of the state."""

from numba.types import int64

from .. import reference as kernels
from .device.driver import cuda, exp, grid, kernel, tanh


@kernel(lambda real: (*[real[::1]] * 5, int64))
def lstm_elements(h, c, saved, a, b, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), h.size, cuda.gridsize(1)):
        row, j = at // n, at % n
        start = row * 4 * n + j
        i = one / (one + exp(-(a[start] + b[start])))
        f = one / (one + exp(-(a[start + n] + b[start + n])))
        g = tanh(a[start + 2 * n] + b[start + 2 * n])
        o = one / (one + exp(-(a[start + 3 * n] + b[start + 3 * n])))
        old = c[at]
        new = f * old + i * g
        tanh_c = tanh(new)
        c[at], h[at] = new, o * tanh_c
        kept = row * 6 * n + j
        saved[kept], saved[kept + n], saved[kept + 2 * n] = i, f, g
        saved[kept + 3 * n], saved[kept + 4 * n], saved[kept + 5 * n] = o, old, tanh_c


@kernel(lambda real: (*[real[::1]] * 4, int64))
def lstm_grad_elements(ga, gc, gh, saved, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), gh.size, cuda.gridsize(1)):
        row, j = at // n, at % n
        kept, start = row * 6 * n + j, row * 4 * n + j
        i, f, g = saved[kept], saved[kept + n], saved[kept + 2 * n]
        o, old, tanh_c = saved[kept + 3 * n], saved[kept + 4 * n], saved[kept + 5 * n]
        d = gc[at] + gh[at] * o * (one - tanh_c * tanh_c)
        ga[start] = d * g * i * (one - i)
        ga[start + n] = d * old * f * (one - f)
        ga[start + 2 * n] = d * i * (one - g * g)
        ga[start + 3 * n] = gh[at] * tanh_c * o * (one - o)
        gc[at] = d * f


@kernel(lambda real: (*[real[::1]] * 4, int64))
def gru_elements(h, saved, a, b, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), h.size, cuda.gridsize(1)):
        row, j = at // n, at % n
        start, kept = row * 3 * n + j, row * 5 * n + j
        r = one / (one + exp(-(a[start] + b[start])))
        z = one / (one + exp(-(a[start + n] + b[start + n])))
        b_new, old = b[start + 2 * n], h[at]
        new = tanh(a[start + 2 * n] + r * b_new)
        h[at] = (one - z) * new + z * old
        saved[kept], saved[kept + n], saved[kept + 2 * n] = r, z, new
        saved[kept + 3 * n], saved[kept + 4 * n] = b_new, old


@kernel(lambda real: (*[real[::1]] * 4, int64))
def gru_grad_elements(ga, gb, gh, saved, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), gh.size, cuda.gridsize(1)):
        row, j = at // n, at % n
        start, kept = row * 3 * n + j, row * 5 * n + j
        r, z, new = saved[kept], saved[kept + n], saved[kept + 2 * n]
        b_new, old = saved[kept + 3 * n], saved[kept + 4 * n]
        d = gh[at] * (one - z) * (one - new * new)
        gr, gz = d * b_new * r * (one - r), gh[at] * (old - new) * z * (one - z)
        ga[start], ga[start + n], ga[start + 2 * n] = gr, gz, d
        gb[start], gb[start + n], gb[start + 2 * n] = gr, gz, d * r
        gh[at] *= z


@kernels.lstm_cell.on("cuda")
def lstm_cell(h, c, saved, a, b):
    """c ← f c + i g;  h ← o tanh(c), for the gates σ and tanh of a + b (rows, 4 H), of which `saved` is kept."""
    if h.size:
        lstm_elements(h.dtype, *grid(h.size), h, c, saved, a.contiguous(), b.contiguous(), h.shape[1])


@kernels.lstm_cell_grad.on("cuda")
def lstm_cell_grad(ga, gc, gh, saved):
    """ga ← the gradient by a + b, and gc ← the one by the old c, from those by h and c."""
    if gh.size:
        lstm_grad_elements(gh.dtype, *grid(gh.size), ga, gc, gh.contiguous(), saved, gh.shape[1])


@kernels.gru_cell.on("cuda")
def gru_cell(h, saved, a, b):
    """h ← (1 − z) n + z h, for the gates of a and b (rows, 3 H), of which `saved` is kept."""
    if h.size:
        gru_elements(h.dtype, *grid(h.size), h, saved, a.contiguous(), b.contiguous(), h.shape[1])


@kernels.gru_cell_grad.on("cuda")
def gru_cell_grad(ga, gb, gh, saved):
    """ga and gb ← the gradients by a and b;  gh ← gh z."""
    if gh.size:
        gru_grad_elements(gh.dtype, *grid(gh.size), ga, gb, gh, saved, gh.shape[1])
