"""One step of a recurrent layer, without its products: the cells of LSTM and GRU, forward and backward.

`a` is the part of the gates that comes from the input, and becomes the gates themselves, `b` the part from the state.
"""

import numpy as np

from ..kernel import In, InOut, Out, kernel


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


@kernel
def lstm_cell(h: Out, c: Out, a: InOut, b: In, c_before: In):
    """With a + b (rows, 4 H) in four parts, of which σ gives the gates i, f, o, and tanh the third, g:

    c ← f c + i g;  h ← o tanh(c);  a ← i, f, g, o.
    """
    i, f, g, o = np.split(a + b, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c[...] = f * c_before + i * g
    h[...] = o * np.tanh(c)
    a[...] = np.concatenate([i, f, g, o], axis=1)


@kernel
def lstm_cell_grad(gates: InOut, gc: InOut, gh: In, g: In, c_before: In, c: In):
    """From the gradients by c and by h, which is gh + g, those by a + b and the c before.

    With δ = gc + (gh + g) o (1 − tanh²(c)) by c in all:
    i, f, g, o ← δ g i(1 − i), δ c f(1 − f), δ i (1 − g²), (gh + g) tanh(c) o(1 − o);  gc ← δ f.
    """
    i, f, new, o = np.split(gates, 4, axis=1)
    by_h, tanh_c = gh + g, np.tanh(c)
    d = gc + by_h * o * (1 - tanh_c**2)
    gc[...] = d * f
    parts = d * new * i * (1 - i), d * c_before * f * (1 - f), d * i * (1 - new**2), by_h * tanh_c * o * (1 - o)
    gates[...] = np.concatenate(parts, axis=1)


@kernel
def gru_cell(h: Out, a: InOut, kept: Out, b: In, h_before: In):
    """With a and b (rows, 3 H) in three parts each, of which σ(a + b) gives the gates r and z:

    n = tanh(a₃ + r b₃);  h ← (1 − z) n + z h;  a ← r, z, n;  kept ← b₃.
    """
    (ar, az, an), (br, bz, bn) = np.split(a, 3, axis=1), np.split(b, 3, axis=1)
    r, z = _sigmoid(ar + br), _sigmoid(az + bz)
    n = np.tanh(an + r * bn)
    h[...] = (1 - z) * n + z * h_before
    a[...], kept[...] = np.concatenate([r, z, n], axis=1), bn


@kernel
def gru_cell_grad(gates: InOut, gb: Out, gh: InOut, g: In, kept: In, h_before: In):
    """From the gradient by h, which is gh + g, those by a and b, and what goes to the h before past the products.

    With δ = (gh + g)(1 − z)(1 − n²):  r, z, n ← δ b₃ r(1 − r), (gh + g)(h − n) z(1 − z), δ;  gb ← the same, but δ r
    last;  gh ← (gh + g) z.
    """
    r, z, n = np.split(gates, 3, axis=1)
    by_h = gh + g
    d = by_h * (1 - z) * (1 - n**2)
    gr, gz, gn = d * kept * r * (1 - r), by_h * (h_before - n) * z * (1 - z), d * r
    gh[...] = by_h * z
    gates[...], gb[...] = np.concatenate([gr, gz, d], axis=1), np.concatenate([gr, gz, gn], axis=1)
