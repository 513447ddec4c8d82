"""One step of a recurrent layer, without its products: the cells of LSTM and GRU, forward and backward."""

import numpy as np

from ..kernel import In, InOut, Out, kernel


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


@kernel
def lstm_cell(h: Out, c: InOut, saved: Out, a: In, b: In):
    """With a + b (rows, 4 H) in four parts, of which σ gives the gates i, f, o, and tanh the third, g:

    c ← f c + i g;  h ← o tanh(c).  saved (rows, 6 H) keeps i, f, g, o, the old c and tanh(c) for the gradient.
    """
    i, f, g, o = np.split(a + b, 4, axis=1)
    i, f, g, o, old = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o), c.copy()
    c[...] = f * old + i * g
    h[...] = o * np.tanh(c)
    saved[...] = np.concatenate([i, f, g, o, old, np.tanh(c)], axis=1)


@kernel
def lstm_cell_grad(ga: Out, gc: InOut, gh: In, saved: In):
    """From the gradients by h and c those by a + b and the old c, with δ = gc + gh o (1 − tanh²(c)) by c in all:

    ga ← δ g i(1 − i), δ c f(1 − f), δ i (1 − g²), gh tanh(c) o(1 − o);  gc ← δ f.
    """
    i, f, g, o, c, tanh_c = np.split(saved, 6, axis=1)
    d = gc + gh * o * (1 - tanh_c**2)
    parts = d * g * i * (1 - i), d * c * f * (1 - f), d * i * (1 - g**2), gh * tanh_c * o * (1 - o)
    ga[...] = np.concatenate(parts, axis=1)
    gc[...] = d * f


@kernel
def gru_cell(h: InOut, saved: Out, a: In, b: In):
    """With a and b (rows, 3 H) in three parts each, of which σ(a + b) gives the gates r and z:

    n = tanh(a₃ + r b₃);  h ← (1 − z) n + z h.  saved (rows, 5 H) keeps r, z, n, b₃ and the old h for the gradient.
    """
    (ar, az, an), (br, bz, bn) = np.split(a, 3, axis=1), np.split(b, 3, axis=1)
    r, z = _sigmoid(ar + br), _sigmoid(az + bz)
    n = np.tanh(an + r * bn)
    saved[...] = np.concatenate([r, z, n, bn, h], axis=1)
    h[...] = (1 - z) * n + z * h


@kernel
def gru_cell_grad(ga: Out, gb: Out, gh: InOut, saved: In):
    """From the gradient by h those by a and b, and what goes to the old h past the products:

    δ = gh (1 − z)(1 − n²);  ga ← δ b₃ r(1 − r), gh (h − n) z(1 − z), δ;  gb ← the same, but δ r last;  gh ← gh z.
    """
    r, z, n, bn, h = np.split(saved, 5, axis=1)
    d = gh * (1 - z) * (1 - n**2)
    gr, gz = d * bn * r * (1 - r), gh * (h - n) * z * (1 - z)
    ga[...], gb[...] = np.concatenate([gr, gz, d], axis=1), np.concatenate([gr, gz, d * r], axis=1)
    gh[...] = gh * z
