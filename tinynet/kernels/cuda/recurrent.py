"""The cells of LSTM and GRU: all that a step does between two products. A thread has one element of the state."""

from numba.types import int64

from .. import reference as kernels
from .device.driver import cuda, exp, grid, kernel, tanh


@kernel(lambda real: (*[real[::1]] * 5, int64))
def lstm_elements(h, c, a, b, c_before, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), h.size, cuda.gridsize(1)):
        start = at // n * 4 * n + at % n
        i = one / (one + exp(-(a[start] + b[start])))
        f = one / (one + exp(-(a[start + n] + b[start + n])))
        g = tanh(a[start + 2 * n] + b[start + 2 * n])
        o = one / (one + exp(-(a[start + 3 * n] + b[start + 3 * n])))
        new = f * c_before[at] + i * g
        c[at], h[at] = new, o * tanh(new)
        a[start], a[start + n], a[start + 2 * n], a[start + 3 * n] = i, f, g, o


@kernel(lambda real: (*[real[::1]] * 6, int64))
def lstm_grad_elements(gates, gc, gh, outside, c_before, c, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), gh.size, cuda.gridsize(1)):
        start = at // n * 4 * n + at % n
        i, f, g, o = gates[start], gates[start + n], gates[start + 2 * n], gates[start + 3 * n]
        by_h, tanh_c = gh[at] + outside[at], tanh(c[at])
        d = gc[at] + by_h * o * (one - tanh_c * tanh_c)
        gates[start] = d * g * i * (one - i)
        gates[start + n] = d * c_before[at] * f * (one - f)
        gates[start + 2 * n] = d * i * (one - g * g)
        gates[start + 3 * n] = by_h * tanh_c * o * (one - o)
        gc[at] = d * f


@kernel(lambda real: (*[real[::1]] * 5, int64))
def gru_elements(h, a, kept, b, h_before, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), h.size, cuda.gridsize(1)):
        start = at // n * 3 * n + at % n
        r = one / (one + exp(-(a[start] + b[start])))
        z = one / (one + exp(-(a[start + n] + b[start + n])))
        b_new = b[start + 2 * n]
        new = tanh(a[start + 2 * n] + r * b_new)
        h[at] = (one - z) * new + z * h_before[at]
        a[start], a[start + n], a[start + 2 * n], kept[at] = r, z, new, b_new


@kernel(lambda real: (*[real[::1]] * 6, int64))
def gru_grad_elements(gates, gb, gh, outside, kept, h_before, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), gh.size, cuda.gridsize(1)):
        start = at // n * 3 * n + at % n
        r, z, new = gates[start], gates[start + n], gates[start + 2 * n]
        by_h = gh[at] + outside[at]
        d = by_h * (one - z) * (one - new * new)
        gr, gz = d * kept[at] * r * (one - r), by_h * (h_before[at] - new) * z * (one - z)
        gates[start], gates[start + n], gates[start + 2 * n] = gr, gz, d
        gb[start], gb[start + n], gb[start + 2 * n] = gr, gz, d * r
        gh[at] = by_h * z


@kernels.lstm_cell.on("cuda")
def lstm_cell(h, c, a, b, c_before):
    """c ← f c + i g;  h ← o tanh(c);  a ← the gates, σ and tanh of a + b (rows, 4 H)."""
    if h.size:
        lstm_elements(h.dtype, *grid(h.size), h, c, a, b.contiguous(), c_before.contiguous(), h.shape[1])


@kernels.lstm_cell_grad.on("cuda")
def lstm_cell_grad(gates, gc, gh, g, c_before, c):
    """gates ← the gradient by a + b, and gc ← the one by the c before, from those by h, gh + g, and c."""
    if gh.size:
        arrays = gates, gc, *(x.contiguous() for x in (gh, g, c_before, c))
        lstm_grad_elements(gh.dtype, *grid(gh.size), *arrays, gh.shape[1])


@kernels.gru_cell.on("cuda")
def gru_cell(h, a, kept, b, h_before):
    """h ← (1 − z) n + z h;  a ← the gates of a and b (rows, 3 H);  kept ← the last part of b."""
    if h.size:
        gru_elements(h.dtype, *grid(h.size), h, a, kept, b.contiguous(), h_before.contiguous(), h.shape[1])


@kernels.gru_cell_grad.on("cuda")
def gru_cell_grad(gates, gb, gh, g, kept, h_before):
    """gates and gb ← the gradients by a and b, from the one by h, gh + g;  gh ← (gh + g) z."""
    if gh.size:
        arrays = gates, gb, gh, *(x.contiguous() for x in (g, kept, h_before))
        gru_grad_elements(gh.dtype, *grid(gh.size), *arrays, gh.shape[1])
