"""Recurrent layers: all steps of one layer in one direction are one operation, `recurrent_layer`.

The rows of a step lie together, one step after another. Step t has sizes[t] rows: one for each sequence, or where
sequences differ in length, the longest first, for each that is long enough (`nn/utils/rnn.py: PackedSequence`).

The products with the inputs, a = x W_ihᵀ + b_ih, are one product for all steps. A kernel then takes the sequences
through the steps, each of which computes b = h W_hhᵀ + b_hh and applies its cell to a and b, and another takes the
gradients back through them. One product gives the gradients by all weights and biases: gaᵀ [x, 1, h].
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.backward import grad
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..kernels.reference.recurrent import steps
from .activation import relu, sigmoid, tanh
from .indexing import narrow
from .joining import cat
from .matmul import linear
from .pieces import chunk
from .registry import op


class Saved(NamedTuple):
    """What a layer's gradient reads."""

    gates: Any  # (rows, gates · H), in whose place it is computed
    h_before: Any  # (rows, H), the state with which each step begins
    extra: Any  # (rows, H), what the cell saves beside, or None


class Cell(NamedTuple):
    """What a recurrent layer does in a step. Its state is [h] or [h, c], with a row for each sequence."""

    states: int
    gates: int  # a and b are (rows, gates · H)
    forward: Callable  # (out, saved, first state, weight_hh, bias_hh, sizes, reverse)
    backward: Callable  # (saved, gb, gradients by the first state, g, weight_hh, sizes, reverse)
    equation: Callable  # (state, a, b) → state, in operations on tensors
    direct: bool = False  # whether b enters other than by a + b, so that its gradient is not a's
    saves: bool = True  # whether there is an `extra`


def _lstm_forward(out, saved, first, weight, _, *steps):
    launch(kernels.lstm_layer, out, *saved, *first, weight, *steps)


def _lstm_backward(saved, _, gstate, g, weight, *steps):
    launch(kernels.lstm_layer_grad, saved.gates, *gstate, g, saved.extra, weight, *steps)


def _lstm_equation(state, a, b):
    _, c = state
    i, f, g, o = chunk(a + b, 4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return [sigmoid(o) * tanh(c), c]


def _gru_forward(out, saved, first, weight, bias, *steps):
    launch(kernels.gru_layer, out, *saved, *first, weight, bias, *steps)


def _gru_backward(saved, gb, gstate, g, weight, *steps):
    launch(kernels.gru_layer_grad, saved.gates, gb, *gstate, g, saved.extra, saved.h_before, weight, *steps)


def _gru_equation(state, a, b):
    (h,), (ar, az, an), (br, bz, bn) = state, chunk(a, 3, 1), chunk(b, 3, 1)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    return [(1 - z) * tanh(an + r * bn) + z * h]


def _elman(function):
    """h ← f(a + b): Elman (1990)."""
    rectified = function is relu

    def forward(out, saved, first, weight, _, *steps):
        launch(kernels.elman_layer, out, saved.gates, saved.h_before, *first, weight, *steps, rectified)

    def backward(saved, _, gstate, g, weight, *steps):
        launch(kernels.elman_layer_grad, saved.gates, *gstate, g, weight, *steps, rectified)

    return Cell(1, 1, forward, backward, lambda state, a, b: [function(a + b)], saves=False)


CELLS = {
    "lstm": Cell(2, 4, _lstm_forward, _lstm_backward, _lstm_equation),
    "gru": Cell(1, 3, _gru_forward, _gru_backward, _gru_equation, direct=True),
    "rnn_tanh": _elman(tanh),
    "rnn_relu": _elman(relu),
}


@op
def recurrent_layer(cell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse=False):
    """All steps of a recurrent layer: h after each of them, then the last state, as rows (Σ sizes + states · N, H).

    x (Σ sizes, inputs), h (N, H) and c (N, H) or None the first state, weight_ih (gates · H, inputs),
    weight_hh (gates · H, H), biases (gates · H,) or None.
    """
    inputs, kind = (x, h, c, weight_ih, weight_hh, bias_ih, bias_hh), CELLS[cell]
    arrays = [None if t is None else t.array for t in inputs]
    out, *saved = _forward(kind, arrays, sizes, reverse)

    def gradients(g):
        # They are computed in the place of the gates. Where a graph is walked again, the gates are computed again.
        found = saved.pop() if saved else _forward(kind, arrays, sizes, reverse)[1]
        wanted = [t is not None and t._edge is not None for t in inputs]
        found = _gradients(kind, g.array, arrays, found, sizes, reverse, wanted)
        return [
            None if array is None else record_equation(f"{cell}_grad", array, (g, *inputs), equation(i))
            for i, array in enumerate(found)
        ]

    def equation(i):
        """The i-th gradient in small operations, for gradients of gradients."""
        return lambda g, *inputs: grad(unrolled(cell, *inputs, sizes, reverse), inputs[i], g, create_graph=True)[0]

    return record(cell, out, inputs, joint=gradients)


def _forward(kind, arrays, sizes, reverse):
    """h after each step and the last state as rows, and what the gradient reads."""
    x, *first = arrays[: 1 + kind.states]
    _, _, _, weight_ih, weight_hh, bias_ih, bias_hh = arrays
    rows, (sequences, size) = len(x), first[0].shape
    room = lambda *shape: empty(shape, x.dtype, x)
    if not kind.direct and bias_hh is not None:  # where b is only added to a, both biases are added in one product
        both = bias_hh if bias_ih is None else room(len(bias_hh))
        if bias_ih is not None:
            launch(kernels.add, both, bias_ih, bias_hh)
        bias_ih, bias_hh = both, None
    saved = Saved(room(rows, kind.gates * size), room(rows, size), room(rows, size) if kind.saves else None)
    launch(kernels.linear, saved.gates, x, weight_ih, bias_ih)
    out = room(rows + sequences * kind.states, size)
    kind.forward(out, saved, first, weight_hh, bias_hh, sizes, reverse)
    return out, saved


def _gradients(kind, g, arrays, saved, sizes, reverse, wanted):
    """The gradients by x, h, c, the weights and the biases, as arrays; None for what is not wanted."""
    x, h, _, weight_ih, weight_hh, _, _ = arrays
    room = lambda *shape: empty(shape, g.dtype, g)
    state = [room(*h.shape) for _ in range(kind.states)]
    gb = room(*saved.gates.shape) if kind.direct else None
    kind.backward(saved, gb, state, g, weight_hh, sizes, reverse)
    ga, gx = saved.gates, None
    if wanted[0]:
        gx = room(*x.shape)
        launch(kernels.matmul, gx, ga, weight_ih)
    by_weights = _by_weights(ga, gb, x, saved.h_before) if any(wanted[3:]) else [None] * 4
    found = gx, state[0], state[-1], *by_weights
    return [array if want else None for array, want in zip(found, wanted)]


def _by_weights(ga, gb, x, h_before):
    """gaᵀ x, gbᵀ h, and the sums of ga and gb over their rows: products with the columns x, 1, h of one matrix.

    `gb` is None where it is `ga`.
    """
    inputs = x.shape[1]
    columns = empty((len(x), inputs + 1 + h_before.shape[1]), x.dtype, x)
    launch(kernels.copy, columns[:, :inputs], x)
    launch(kernels.fill, columns[:, inputs : inputs + 1], 1)
    launch(kernels.copy, columns[:, inputs + 1 :], h_before)

    def product(g, columns):
        out = empty((g.shape[1], columns.shape[1]), x.dtype, x)
        launch(kernels.matmul, out, g.T, columns)
        return out

    if gb is None:
        whole = product(ga, columns)
        first, second = whole[:, : inputs + 1], whole[:, inputs:]
    else:
        first, second = product(ga, columns[:, : inputs + 1]), product(gb, columns[:, inputs:])
    return first[:, :inputs], second[:, 1:], first[:, inputs], second[:, 0]


def unrolled(cell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse=False, project=None):
    """`recurrent_layer` in small operations; with `project`, what each step applies to h, also what has no kernel."""
    state, outputs, a = [h, c][: CELLS[cell].states], {}, linear(x, weight_ih, bias_ih)
    for at in steps(sizes, reverse):
        n = at.stop - at.start
        state_t = [narrow(x, 0, 0, n) for x in state]
        new = CELLS[cell].equation(state_t, a[at], linear(state_t[0], weight_hh, bias_hh))
        if project is not None:
            new[0] = project(new[0])
        outputs[at.start] = new[0]
        state = [x if n == len(old) else cat([x, old[n:]]) for x, old in zip(new, state)]
    if project is not None:  # c has another number of columns
        return [outputs[start] for start in sorted(outputs)], state
    return cat([*(outputs[start] for start in sorted(outputs)), *state])
