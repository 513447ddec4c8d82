"""Recurrent layers: all steps of one layer in one direction are one operation, `recurrent_layer`.

The rows of a step lie together, one step after another. Step t has sizes[t] rows: one for each sequence, or where
sequences differ in length, the longest first, for each that is long enough (`nn/utils/rnn.py: PackedSequence`). The
state has a row for each sequence, of which a step changes the first sizes[t].

The products with the inputs, a = x W_ihᵀ + b_ih, are one product for all steps, made by the caller. A step computes
b = h W_hhᵀ + b_hh and applies its cell to a and b. Backward the cells run in the opposite order, and one product gives
the gradient by W_hh.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..autograd.backward import grad
from ..autograd.graph import record
from ..autograd.joint import record_equation
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from .activation import relu, sigmoid, tanh
from .indexing import narrow
from .joining import cat
from .matmul import linear
from .pieces import chunk
from .registry import op


class Cell(NamedTuple):
    """What a recurrent layer does in a step. Its state is [h] or [h, c], with a row for each sequence."""

    states: int
    gates: int  # a and b are (rows, gates · H)
    saved: int  # a step keeps (rows, saved · H) for its gradient
    forward: Callable  # (state, saved, a, b): overwrites the arrays of the state, and `saved`
    backward: Callable  # (ga, gb, gstate, saved): the gradients by a, b and the old state; gb is ga, unless `direct`
    equation: Callable  # (state, a, b) → state, in operations on tensors
    direct: bool = False  # whether the old h enters other than through b, which `backward` then leaves in its gradient


def _lstm_forward(state, saved, a, b):
    launch(kernels.lstm_cell, *state, saved, a, b)


def _lstm_backward(ga, gb, gstate, saved):
    gh, gc = gstate
    launch(kernels.lstm_cell_grad, ga, gc, gh, saved)


def _lstm_equation(state, a, b):
    _, c = state
    i, f, g, o = chunk(a + b, 4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return [sigmoid(o) * tanh(c), c]


def _gru_forward(state, saved, a, b):
    launch(kernels.gru_cell, *state, saved, a, b)


def _gru_backward(ga, gb, gstate, saved):
    launch(kernels.gru_cell_grad, ga, gb, *gstate, saved)


def _gru_equation(state, a, b):
    (h,), (ar, az, an), (br, bz, bn) = state, chunk(a, 3, 1), chunk(b, 3, 1)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    return [(1 - z) * tanh(an + r * bn) + z * h]


def _elman(function, kernel, kernel_grad):
    """h ← f(a + b), for an f whose gradient needs its result alone: Elman (1990)."""

    def forward(state, saved, a, b):
        (h,) = state
        launch(kernels.add, h, a, b)
        launch(kernel, saved, h)
        launch(kernels.copy, h, saved)

    def backward(ga, gb, gstate, saved):
        launch(kernel_grad, ga, *gstate, saved)

    return Cell(1, 1, 1, forward, backward, lambda state, a, b: [function(a + b)])


CELLS = {
    "lstm": Cell(2, 4, 6, _lstm_forward, _lstm_backward, _lstm_equation),
    "gru": Cell(1, 3, 5, _gru_forward, _gru_backward, _gru_equation, direct=True),
    "rnn_tanh": _elman(tanh, kernels.tanh, kernels.tanh_grad),
    "rnn_relu": _elman(relu, kernels.relu, kernels.relu_grad),
}


@op
def recurrent_layer(cell, a, h, c, weight, bias, sizes, reverse=False):
    """All steps of a recurrent layer: h after each of them, then the last state, as rows (Σ sizes + states · N, H).

    a (Σ sizes, gates · H), h (N, H) and c (N, H) or None the first state, weight (gates · H, H), bias or None.
    """
    rows, (n, size), kind = len(a.array), h.array.shape, CELLS[cell]
    room = lambda *shape: empty(shape, a.array.dtype, a.array)
    out, before, saved = room(rows + n * kind.states, size), room(rows, size), room(rows, kind.saved * size)
    b, state = room(n, kind.gates * size), _parts(out[rows:], kind.states)
    for x, first in zip(state, (h, c)):
        launch(kernels.copy, x, first.array)
    for at, n in _steps(sizes, reverse):
        state_t = [x[:n] for x in state]
        launch(kernels.copy, before[at], state_t[0])
        launch(kernels.linear, b[:n], state_t[0], weight.array, None if bias is None else bias.array)
        kind.forward(state_t, saved[at], a.array[at], b[:n])
        launch(kernels.copy, out[at], state_t[0])

    def gradients(g):
        inputs = a, h, c, weight, bias
        arrays = _gradients(kind, g.array, weight.array, bias is not None, before, saved, _steps(sizes, reverse))
        return [
            None if x is None or x._edge is None else record_equation(f"{cell}_grad", array, (g, *inputs), equation(i))
            for i, (x, array) in enumerate(zip(inputs, arrays))
        ]

    def equation(i):
        """The i-th gradient in small operations, for gradients of gradients."""
        return lambda g, *inputs: grad(unrolled(cell, *inputs, sizes, reverse), inputs[i], g, create_graph=True)[0]

    return record(cell, out, (a, h, c, weight, bias), joint=gradients)


def _steps(sizes, reverse):
    """(the rows of a step, their number) for each step in the order in which they run."""
    found, start = [], 0
    for size in sizes:
        found.append((slice(start, start + size), size))
        start += size
    return found[::-1] if reverse else found


def _parts(array, count):
    n = len(array) // count
    return [array[n * i : n * (i + 1)] for i in range(count)]


def _gradients(kind, g, weight, biased, before, saved, steps):
    """The gradients by a, h, c, weight and, where there is one, bias, as arrays."""
    rows, size = before.shape
    room = lambda *shape: empty(shape, g.dtype, g)
    last = _parts(g[rows:], kind.states)
    state = [room(*x.shape) for x in last]
    for x, first in zip(state, last):
        launch(kernels.copy, x, first)
    ga = room(rows, kind.gates * size)
    gb, through = (room(*ga.shape), room(*state[0].shape)) if kind.direct else (ga, state[0])
    for at, n in reversed(steps):
        gh = state[0][:n]
        launch(kernels.add, gh, gh, g[at])
        kind.backward(ga[at], gb[at], [x[:n] for x in state], saved[at])
        launch(kernels.matmul, through[:n], gb[at], weight)
        if kind.direct:
            launch(kernels.add, gh, gh, through[:n])
    gw = room(*weight.shape)
    launch(kernels.matmul, gw, gb.T, before)
    if not biased:
        return ga, state[0], state[-1], gw, None
    gbias = room(1, len(weight))
    launch(kernels.sum, gbias, gb, (0,))
    return ga, state[0], state[-1], gw, gbias.reshape(-1)


def unrolled(cell, a, h, c, weight, bias, sizes, reverse=False, project=None):
    """`recurrent_layer` in small operations; with `project`, what each step applies to h, also what has no kernel."""
    state, outputs = [h, c][: CELLS[cell].states], {}
    for at, n in _steps(sizes, reverse):
        state_t = [narrow(x, 0, 0, n) for x in state]
        new = CELLS[cell].equation(state_t, a[at], linear(state_t[0], weight, bias))
        if project is not None:
            new[0] = project(new[0])
        outputs[at.start] = new[0]
        state = [x if n == len(old) else cat([x, old[n:]]) for x, old in zip(new, state)]
    if project is not None:  # c has another number of columns
        return [outputs[start] for start in sorted(outputs)], state
    return cat([*(outputs[start] for start in sorted(outputs)), *state])
