"""Recurrent layers: all steps of one layer in one direction."""

import numpy as np

from ...nn import recurrent
from ..sizes import quotient
from .table import translates

ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn_tanh": (0,), "rnn_relu": (0,)}  # our gates in ONNX's order


@translates(recurrent.run, inside=lambda sizes, weight_hr: weight_hr is not None or len(set(sizes)) > 1)
def run(g, out, cell, x, start, weight_ih, weight_hh, bias_ih, bias_hh, reverse):
    """The outputs of all steps as rows, and the last state; without projections, of sequences of one length."""
    (n, size), order = start[0].shape, ORDER[cell]
    count = quotient(x.shape[0], n)
    steps = g.reshape(x, (-1 if count is None else count, n, x.shape[1]))
    weights = [g.unsqueeze(_ordered(g, w, order), 0) for w in (weight_ih, weight_hh)]
    bias = None
    if bias_ih is not None or bias_hh is not None:
        zeros = g.constant(np.zeros(weight_hh.shape[0], out.dtype))
        bias = [zeros if b is None else _ordered(g, b, order) for b in (bias_ih, bias_hh)]
        bias = g.unsqueeze(g.op("Concat", *bias, axis=0), 0)
    options = {"hidden_size": size, "direction": "reverse" if reverse else "forward"}
    if cell == "gru":
        options["linear_before_reset"] = 1
    elif cell != "lstm":
        options["activations"] = ["Tanh" if cell == "rnn_tanh" else "Relu"]
    kind, state = cell.upper() if cell in ("lstm", "gru") else "RNN", [g.unsqueeze(s, 0) for s in start]
    y, *last = g.op(kind, steps, *weights, bias, None, *state, outputs=1 + len(state), **options)
    return (g.reshape(y, (-1, size)), *[g.squeeze(s, 0) for s in last])


def _ordered(g, x, order):
    """The rows of a parameter, the gates in another order."""
    if len(order) == 1:
        return x
    parts = g.op("Split", x, outputs=len(order), axis=0, num_outputs=len(order))
    return g.op("Concat", *[parts[i] for i in order], axis=0)
