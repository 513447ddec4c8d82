"""Recurrent layers: all steps of one layer in one direction are one operation, `recurrent_layer`.

The rows of a step lie together, one step after another. Step t has sizes[t] rows: one for each sequence, or where
sequences differ in length, the longest first, for each that is long enough (`nn/utils/rnn.py: PackedSequence`).

The products with the inputs, a = x W_ihᵀ + b_ih, are one product for all steps. A step computes b = h W_hhᵀ + b_hh and
applies its cell to a and b. Backward the cells run in the opposite order, and one product gives the gradients by all
weights and biases: [x, 1, h]ᵀ times the one by a.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

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


class Step(NamedTuple):
    """The arrays of one step, with n rows: what its cell reads and writes, and its gradient reads again."""

    rows: slice  # of the layer's
    n: int
    before: list  # [h] or [h, c], (n, H) each
    after: list
    gates: Any  # (n, gates · H): a, which the cell overwrites with the gates
    kept: Any  # (n, H) if the cell keeps more, else (n, 0)


class Cell(NamedTuple):
    """What a recurrent layer does in a step. Its state is [h] or [h, c], with a row for each sequence."""

    states: int
    gates: int  # a and b are (rows, gates · H)
    forward: Callable  # (step, b)
    backward: Callable  # (step, gb, gstate, g): the gradients by a, in its place, b unless it is the same, old state
    equation: Callable  # (state, a, b) → state, in operations on tensors
    direct: bool = False  # whether h enters other than through b, whose gradient is not a's then
    keeps: bool = False


def _lstm_forward(step, b):
    launch(kernels.lstm_cell, *step.after, step.gates, b, step.before[1])


def _lstm_backward(step, gb, gstate, g):
    gh, gc = gstate
    launch(kernels.lstm_cell_grad, step.gates, gc, gh, g, step.before[1], step.after[1])


def _lstm_equation(state, a, b):
    _, c = state
    i, f, g, o = chunk(a + b, 4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return [sigmoid(o) * tanh(c), c]


def _gru_forward(step, b):
    launch(kernels.gru_cell, *step.after, step.gates, step.kept, b, *step.before)


def _gru_backward(step, gb, gstate, g):
    launch(kernels.gru_cell_grad, step.gates, gb, *gstate, g, step.kept, *step.before)


def _gru_equation(state, a, b):
    (h,), (ar, az, an), (br, bz, bn) = state, chunk(a, 3, 1), chunk(b, 3, 1)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    return [(1 - z) * tanh(an + r * bn) + z * h]


def _elman(function, kernel, kernel_grad):
    """h ← f(a + b), for an f whose gradient needs its result alone: Elman (1990)."""

    def forward(step, b):
        launch(kernels.add, step.gates, step.gates, b)
        launch(kernel, *step.after, step.gates)

    def backward(step, gb, gstate, g):
        (gh,) = gstate
        launch(kernels.add, gh, gh, g)
        launch(kernel_grad, step.gates, gh, *step.after)

    return Cell(1, 1, forward, backward, lambda state, a, b: [function(a + b)])


CELLS = {
    "lstm": Cell(2, 4, _lstm_forward, _lstm_backward, _lstm_equation),
    "gru": Cell(1, 3, _gru_forward, _gru_backward, _gru_equation, direct=True, keeps=True),
    "rnn_tanh": _elman(tanh, kernels.tanh, kernels.tanh_grad),
    "rnn_relu": _elman(relu, kernels.relu, kernels.relu_grad),
}


@op
def recurrent_layer(cell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse=False):
    """All steps of a recurrent layer: h after each of them, then the last state, as rows (Σ sizes + states · N, H).

    x (Σ sizes, inputs), h (N, H) and c (N, H) or None the first state, weight_ih (gates · H, inputs),
    weight_hh (gates · H, H), biases (gates · H,) or None.
    """
    inputs, kind = (x, h, c, weight_ih, weight_hh, bias_ih, bias_hh), CELLS[cell]
    arrays = [None if t is None else t.array for t in inputs]
    order = _order(sizes, reverse)
    out, *saved = _forward(kind, arrays, order)

    def gradients(g):
        # They are computed in the place of the gates. Where a graph is walked again, the gates are computed again.
        gates, steps = saved if saved else _forward(kind, arrays, order)[1:]
        saved.clear()
        wanted = [t is not None and t._edge is not None for t in inputs]
        found = _gradients(kind, g.array, arrays, gates, steps, wanted)
        return [
            None if array is None else record_equation(f"{cell}_grad", array, (g, *inputs), equation(i))
            for i, array in enumerate(found)
        ]

    def equation(i):
        """The i-th gradient in small operations, for gradients of gradients."""
        return lambda g, *inputs: grad(unrolled(cell, *inputs, sizes, reverse), inputs[i], g, create_graph=True)[0]

    return record(cell, out, inputs, joint=gradients)


def _forward(kind, arrays, order):
    """h after each step and the last state as rows, the gates, and the steps."""
    x, *first = arrays[: 1 + kind.states]
    _, _, _, weight_ih, weight_hh, bias_ih, bias_hh = arrays
    rows, (sequences, size) = len(x), first[0].shape
    room = lambda *shape: empty(shape, x.dtype, x)
    gates, b = room(rows, kind.gates * size), room(sequences, kind.gates * size)
    launch(kernels.linear, gates, x, weight_ih, bias_ih)
    after = [room(rows, size) for _ in range(kind.states)]
    kept = room(rows, size if kind.keeps else 0)
    steps = []
    for at, n, before in _entering(first, after, order):
        steps.append(Step(at, n, before, [s[at] for s in after], gates[at], kept[at]))
        launch(kernels.linear, b[:n], before[0], weight_hh, bias_hh)
        kind.forward(steps[-1], b[:n])
    out = room(rows + sequences * kind.states, size)  # a copy, which a script may overwrite
    launch(kernels.copy, out[:rows], after[0])
    for i, last in enumerate(_parts(out[rows:], kind.states)):
        for step, going_on in _ends(steps):
            launch(kernels.copy, last[going_on : step.n], step.after[i][going_on:])
    return out, gates, steps


def _order(sizes, reverse):
    """(the rows of a step, their number) for each step in the order in which they run."""
    found, start = [], 0
    for size in sizes:
        found.append((slice(start, start + size), size))
        start += size
    return found[::-1] if reverse else found


def _parts(array, count):
    n = len(array) // count
    return [array[n * i : n * (i + 1)] for i in range(count)]


def _entering(first, after, order):
    """(rows, n, the state before) of each step, as the step before it has filled its rows in `after`.

    Sequences that begin here, since they run in reverse and are shorter than others, come from the first state.
    """
    before, there = first, len(first[0])
    for at, n in order:
        if n > there:
            before = [_joined(x, whole[there:n]) for x, whole in zip(before, first)]
        yield at, n, [x[:n] for x in before]
        before, there = [x[at] for x in after], n


def _joined(x, y):
    out = empty((len(x) + len(y), x.shape[1]), x.dtype, x)
    launch(kernels.concatenate, out, (x, y), 0)
    return out


def _ends(steps):
    """(step, how many of its rows go on after it) for each step that is the last of some sequences."""
    for step, following in pairwise([*steps, None]):
        going_on = 0 if following is None else following.n
        if going_on < step.n:
            yield step, going_on


def _gradients(kind, g, arrays, ga, steps, wanted):
    """The gradients by x, h, c, the weights and the biases, as arrays; None for what is not wanted.

    `ga` holds the gates, which the gradients by a overwrite.
    """
    x, h, _, weight_ih, weight_hh, _, _ = arrays
    rows, (n, size) = len(x), h.shape
    room = lambda *shape: empty(shape, g.dtype, g)
    state = [room(n, size) for _ in range(kind.states)]
    for array, last in zip(state, _parts(g[rows:], kind.states)):
        launch(kernels.copy, array, last)
    gb, through = (room(*ga.shape), room(n, size)) if kind.direct else (ga, state[0])
    for step in reversed(steps):
        at, n = step.rows, step.n
        kind.backward(step, gb[at], [s[:n] for s in state], g[at])
        launch(kernels.matmul, through[:n], gb[at], weight_hh)
        if kind.direct:
            launch(kernels.add, state[0][:n], state[0][:n], through[:n])
    gx = None
    if wanted[0]:
        gx = room(*x.shape)
        launch(kernels.matmul, gx, ga, weight_ih)
    by_weights = _by_weights(ga, gb, x, steps, size) if any(wanted[3:]) else [None] * 4
    found = gx, state[0], state[-1], *by_weights
    return [array if want else None for array, want in zip(found, wanted)]


def _by_weights(ga, gb, x, steps, size):
    """gaᵀ x, gbᵀ h, and the sums of ga and gb over their rows: products with the columns x, 1, h of one matrix.

    They are made as the transposed products, which read ga and gb along their rows.
    """
    inputs = x.shape[1]
    columns = empty((len(x), inputs + 1 + size), x.dtype, x)
    launch(kernels.copy, columns[:, :inputs], x)
    launch(kernels.fill, columns[:, inputs : inputs + 1], 1)
    before = [step.before[0] for step in sorted(steps, key=lambda step: step.rows.start)]
    launch(kernels.concatenate, columns[:, inputs + 1 :], tuple(before), 0)

    def product(columns, g):
        out = empty((columns.shape[1], g.shape[1]), x.dtype, x)
        launch(kernels.matmul, out, columns.T, g)
        return out

    if gb is ga:
        whole = product(columns, ga)
        first, second = whole[: inputs + 1], whole[inputs:]
    else:
        first, second = product(columns[:, : inputs + 1], ga), product(columns[:, inputs:], gb)
    return first[:inputs].T, second[1:].T, first[inputs], second[0]


def unrolled(cell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse=False, project=None):
    """`recurrent_layer` in small operations; with `project`, what each step applies to h, also what has no kernel."""
    state, outputs, a = [h, c][: CELLS[cell].states], {}, linear(x, weight_ih, bias_ih)
    for at, n in _order(sizes, reverse):
        state_t = [narrow(x, 0, 0, n) for x in state]
        new = CELLS[cell].equation(state_t, a[at], linear(state_t[0], weight_hh, bias_hh))
        if project is not None:
            new[0] = project(new[0])
        outputs[at.start] = new[0]
        state = [x if n == len(old) else cat([x, old[n:]]) for x, old in zip(new, state)]
    if project is not None:  # c has another number of columns
        return [outputs[start] for start in sorted(outputs)], state
    return cat([*(outputs[start] for start in sorted(outputs)), *state])
