"""Recurrent layers: all steps of LSTM, GRU and Elman's layer, forward and backward.

The rows of a step lie together, one step after another. Step t has sizes[t] rows, one for each sequence, or where
sequences differ in length, the longest first, for each that is long enough. `out` has h after each step, and then the
last state, as rows (Σ sizes + states · N, H).

`a` is the part of the gates that comes from the input, and becomes the gates themselves; in the kernels of the
gradients it holds the gates, and becomes the gradient by them before their functions. `h_before` is h as it enters
each step.
"""

import numpy as np

from ..kernel import In, InOut, Out, kernel


def steps(sizes, reverse):
    """The rows of each step, as slices, in the order in which the steps run."""
    found, start = [], 0
    for size in sizes:
        found.append(slice(start, start + size))
        start += size
    return found[::-1] if reverse else found


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


@kernel
def lstm_layer(out: Out, a: InOut, h_before: Out, c_before: Out, h: In, c: In, weight: In, sizes, reverse):
    """In each step, with a + h Wᵀ (rows, 4 H) in four parts, of which σ gives the gates i, f, o, and tanh the third, g:

    c ← f c + i g;  h ← o tanh(c);  a ← i, f, g, o.
    """
    h, c = h.copy(), c.copy()
    for at in steps(sizes, reverse):
        n = at.stop - at.start
        h_before[at], c_before[at] = h[:n], c[:n]
        i, f, g, o = np.split(a[at] + h[:n] @ weight.T, 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        c[:n] = f * c[:n] + i * g
        out[at] = h[:n] = o * np.tanh(c[:n])
        a[at] = np.concatenate([i, f, g, o], axis=1)
    out[len(a) :] = np.concatenate([h, c])


@kernel
def lstm_layer_grad(a: InOut, gh: Out, gc: Out, g: In, c_before: In, weight: In, sizes, reverse):
    """From the gradient by `out`, those by a + h Wᵀ and by the first state. In each step, the last one first,

    gh ← gh + g, and with δ = gc + gh o (1 − tanh²(c)) by c in all:
    i, f, g, o ← δ g i(1 − i), δ c f(1 − f), δ i (1 − g²), gh tanh(c) o(1 − o);  gc ← δ f;  gh ← a W.
    """
    gh[...], gc[...] = np.split(g[len(a) :], 2)
    for at in steps(sizes, not reverse):
        n = at.stop - at.start
        i, f, new, o = np.split(a[at], 4, axis=1)
        by_h, tanh_c = gh[:n] + g[at], np.tanh(f * c_before[at] + i * new)
        d = gc[:n] + by_h * o * (1 - tanh_c**2)
        parts = d * new * i * (1 - i), d * c_before[at] * f * (1 - f), d * i * (1 - new**2), by_h * tanh_c * o * (1 - o)
        a[at], gc[:n] = np.concatenate(parts, axis=1), d * f
        gh[:n] = a[at] @ weight


@kernel
def gru_layer(out: Out, a: InOut, h_before: Out, kept: Out, h: In, weight: In, bias: In, sizes, reverse):
    """In each step, with a and b = h Wᵀ + bias (rows, 3 H) in three parts, where σ(a + b) gives the gates r and z:

    n = tanh(a₃ + r b₃);  h ← (1 − z) n + z h;  a ← r, z, n;  kept ← b₃.
    """
    h = h.copy()
    for at in steps(sizes, reverse):
        m = at.stop - at.start
        h_before[at] = h[:m]
        b = h[:m] @ weight.T + (0 if bias is None else bias)
        (ar, az, an), (br, bz, bn) = np.split(a[at], 3, axis=1), np.split(b, 3, axis=1)
        r, z = _sigmoid(ar + br), _sigmoid(az + bz)
        n = np.tanh(an + r * bn)
        out[at] = h[:m] = (1 - z) * n + z * h[:m]
        a[at], kept[at] = np.concatenate([r, z, n], axis=1), bn
    out[len(a) :] = h


@kernel
def gru_layer_grad(a: InOut, gb: Out, gh: Out, g: In, kept: In, h_before: In, weight: In, sizes, reverse):
    """From the gradient by `out`, those by a, by b and by the first state. In each step, the last one first,

    gh ← gh + g, and with δ = gh (1 − z)(1 − n²):
    r, z, n ← δ b₃ r(1 − r), gh (h − n) z(1 − z), δ;  b ← the same, but δ r last;  gh ← gh z + b W.
    """
    gh[...] = g[len(a) :]
    for at in steps(sizes, not reverse):
        m = at.stop - at.start
        r, z, n = np.split(a[at], 3, axis=1)
        by_h = gh[:m] + g[at]
        d = by_h * (1 - z) * (1 - n**2)
        gr, gz, gn = d * kept[at] * r * (1 - r), by_h * (h_before[at] - n) * z * (1 - z), d * r
        gb[at] = np.concatenate([gr, gz, gn], axis=1)
        gh[:m] = by_h * z + gb[at] @ weight
        a[at] = np.concatenate([gr, gz, d], axis=1)


@kernel
def elman_layer(out: Out, a: InOut, h_before: Out, h: In, weight: In, sizes, reverse, relu):
    """In each step h ← f(a + h Wᵀ), with f = tanh or `relu`;  a ← h: Elman (1990)."""
    h = h.copy()
    for at in steps(sizes, reverse):
        n = at.stop - at.start
        h_before[at] = h[:n]
        x = a[at] + h[:n] @ weight.T
        out[at] = a[at] = h[:n] = np.maximum(x, 0) if relu else np.tanh(x)
    out[len(a) :] = h


@kernel
def elman_layer_grad(a: InOut, gh: Out, g: In, weight: In, sizes, reverse, relu):
    """From the gradient by `out`, those by a and by the first state. In each step, the last one first,

    gh ← gh + g;  a ← gh (1 − a²), or with `relu` gh where a > 0;  gh ← a W.
    """
    gh[...] = g[len(a) :]
    for at in steps(sizes, not reverse):
        n = at.stop - at.start
        by_h = gh[:n] + g[at]
        a[at] = np.where(a[at] > 0, by_h, 0) if relu else by_h * (1 - a[at] ** 2)
        gh[:n] = a[at] @ weight
