"""Recurrent layers: in each step a product, and all else in one visit to a row. A thread has one element of the state.

The running state is where the last state belongs, and the running gradient where that by the first state does.
"""

from numba.types import boolean, int64

from .. import reference as kernels
from ..reference.recurrent import steps
from .device.driver import cuda, exp, grid, kernel, tanh
from .matmul import linear, matmul


@kernel(lambda real: (*[real[::1]] * 7, int64))
def lstm_elements(out, a, h_before, c_before, h, c, b, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        start = at // n * 4 * n + at % n
        i = one / (one + exp(-(a[start] + b[start])))
        f = one / (one + exp(-(a[start + n] + b[start + n])))
        g = tanh(a[start + 2 * n] + b[start + 2 * n])
        o = one / (one + exp(-(a[start + 3 * n] + b[start + 3 * n])))
        h_before[at], c_before[at] = h[at], c[at]
        c_new = f * c[at] + i * g
        h_new = o * tanh(c_new)
        c[at], h[at], out[at] = c_new, h_new, h_new
        a[start], a[start + n], a[start + 2 * n], a[start + 3 * n] = i, f, g, o


@kernel(lambda real: (*[real[::1]] * 5, int64))
def lstm_grad_elements(a, gh, gc, g, c_before, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), g.size, cuda.gridsize(1)):
        start = at // n * 4 * n + at % n
        i, f, new, o = a[start], a[start + n], a[start + 2 * n], a[start + 3 * n]
        by_h, tanh_c = gh[at] + g[at], tanh(f * c_before[at] + i * new)
        d = gc[at] + by_h * o * (one - tanh_c * tanh_c)
        a[start] = d * new * i * (one - i)
        a[start + n] = d * c_before[at] * f * (one - f)
        a[start + 2 * n] = d * i * (one - new * new)
        a[start + 3 * n] = by_h * tanh_c * o * (one - o)
        gc[at] = d * f


@kernel(lambda real: (*[real[::1]] * 6, int64))
def gru_elements(out, a, h_before, kept, h, b, n):
    one = h.dtype.type(1)
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        start = at // n * 3 * n + at % n
        r = one / (one + exp(-(a[start] + b[start])))
        z = one / (one + exp(-(a[start + n] + b[start + n])))
        before, b_new = h[at], b[start + 2 * n]
        new = tanh(a[start + 2 * n] + r * b_new)
        h_new = (one - z) * new + z * before
        h_before[at], kept[at], h[at], out[at] = before, b_new, h_new, h_new
        a[start], a[start + n], a[start + 2 * n] = r, z, new


@kernel(lambda real: (*[real[::1]] * 6, int64))
def gru_grad_elements(a, gb, gh, g, kept, h_before, n):
    one = gh.dtype.type(1)
    for at in range(cuda.grid(1), g.size, cuda.gridsize(1)):
        start = at // n * 3 * n + at % n
        r, z, new = a[start], a[start + n], a[start + 2 * n]
        by_h = gh[at] + g[at]
        d = by_h * (one - z) * (one - new * new)
        gr, gz = d * kept[at] * r * (one - r), by_h * (h_before[at] - new) * z * (one - z)
        a[start], a[start + n], a[start + 2 * n] = gr, gz, d
        gb[start], gb[start + n], gb[start + 2 * n] = gr, gz, d * r
        gh[at] = by_h * z


@kernel(lambda real: (*[real[::1]] * 5, boolean))
def elman_elements(out, a, h_before, h, b, relu):
    zero = h.dtype.type(0)
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        x = a[at] + b[at]
        if relu:
            x = zero if x < zero else x
        else:
            x = tanh(x)
        h_before[at] = h[at]
        out[at], a[at], h[at] = x, x, x


@kernel(lambda real: (*[real[::1]] * 3, boolean))
def elman_grad_elements(a, gh, g, relu):
    one, zero = gh.dtype.type(1), gh.dtype.type(0)
    for at in range(cuda.grid(1), g.size, cuda.gridsize(1)):
        by_h, y = gh[at] + g[at], a[at]
        if relu:
            a[at] = by_h if y > zero else zero
        else:
            a[at] = by_h * (one - y * y)


@kernels.lstm_layer.on("cuda")
def lstm_layer(out, a, h_before, c_before, h, c, weight, sizes, reverse):
    """All steps of an LSTM: h after each in `out`, then the last h and c;  a ← the gates of each step."""
    state = _last_state(out, a, (h, c))
    for at, b in _products(a, state[0], weight, None, sizes, reverse):
        arrays = out[at], a[at], h_before[at], c_before[at], *(s[: len(b)] for s in state), b
        lstm_elements(a.dtype, *grid(arrays[0].size), *arrays, h.shape[1])


@kernels.lstm_layer_grad.on("cuda")
def lstm_layer_grad(a, gh, gc, g, c_before, weight, sizes, reverse):
    """a, which holds the gates, ← the gradient by them;  gh and gc ← those by the first state."""
    g = _first_gradients(a, (gh, gc), g)
    for at, n in _steps(sizes, not reverse):
        lstm_grad_elements(a.dtype, *grid(n * gh.shape[1]), a[at], gh[:n], gc[:n], g[at], c_before[at], gh.shape[1])
        matmul(gh[:n], a[at], weight)


@kernels.gru_layer.on("cuda")
def gru_layer(out, a, h_before, kept, h, weight, bias, sizes, reverse):
    """All steps of a GRU: h after each in `out`, then the last h;  a ← the gates of each step, kept ← b₃."""
    (state,) = _last_state(out, a, (h,))
    for at, b in _products(a, state, weight, bias, sizes, reverse):
        arrays = out[at], a[at], h_before[at], kept[at], state[: len(b)], b
        gru_elements(a.dtype, *grid(arrays[0].size), *arrays, h.shape[1])


@kernels.gru_layer_grad.on("cuda")
def gru_layer_grad(a, gb, gh, g, kept, h_before, weight, sizes, reverse):
    """a, which holds the gates, and gb ← the gradients by a and b;  gh ← the one by the first state."""
    g = _first_gradients(a, (gh,), g)
    for at, n in _steps(sizes, not reverse):
        arrays = a[at], gb[at], gh[:n], g[at], kept[at], h_before[at]
        gru_grad_elements(a.dtype, *grid(n * gh.shape[1]), *arrays, gh.shape[1])
        matmul(gh[:n], gb[at], weight, True)


@kernels.elman_layer.on("cuda")
def elman_layer(out, a, h_before, h, weight, sizes, reverse, relu):
    """All steps of h ← f(a + h Wᵀ): h after each in `out`, then the last h, and also in a."""
    (state,) = _last_state(out, a, (h,))
    for at, b in _products(a, state, weight, None, sizes, reverse):
        arrays = out[at], a[at], h_before[at], state[: len(b)], b
        elman_elements(a.dtype, *grid(b.size), *arrays, relu)


@kernels.elman_layer_grad.on("cuda")
def elman_layer_grad(a, gh, g, weight, sizes, reverse, relu):
    """a, which holds h after each step, ← the gradient by a;  gh ← the one by the first state."""
    g = _first_gradients(a, (gh,), g)
    for at, n in _steps(sizes, not reverse):
        elman_grad_elements(a.dtype, *grid(n * gh.shape[1]), a[at], gh[:n], g[at], relu)
        matmul(gh[:n], a[at], weight)


def _last_state(out, a, first):
    """The parts of `out` for the last state, which hold the first for now."""
    n, state = len(first[0]), []
    for x in first:
        begin = len(a) + n * len(state)
        state.append(out[begin : begin + n])
        kernels.copy.cuda(state[-1], x)
    return state


def _first_gradients(a, into, g):
    """Put the gradients by the last state into `into`; g, contiguous."""
    for i, x in enumerate(into):
        begin = len(a) + len(x) * i
        kernels.copy.cuda(x, g[begin : begin + len(x)])
    return g.contiguous()


def _products(a, h, weight, bias, sizes, reverse):
    """(the rows of a step, h Wᵀ + bias of the h before it), step after step."""
    b = a.new((len(h), a.shape[1]), a.dtype)
    for at, n in _steps(sizes, reverse):
        linear(b[:n], h[:n], weight, bias)
        yield at, b[:n]


def _steps(sizes, reverse):
    """(rows, their number) of each step that has rows."""
    return [(at, at.stop - at.start) for at in steps(sizes, reverse) if at.stop > at.start]
