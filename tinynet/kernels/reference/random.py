"""Random numbers: element i of a draw depends on the seed and on where in the stream it stands, on nothing else.

The stream is a sequence of groups of four 32-bit words, group b being philox(counter=b, key=seed).
"""

from math import cos, log, pi, sin, sqrt

import numpy as np

from ...philox import LOW, PHILOX_M0, PHILOX_M1, PHILOX_W0, PHILOX_W1, philox, unit24, unit53
from ..kernel import In, Out, Scalar, kernel


def words(count, seed, counter):
    """The first `count` words of the stream from `counter` on."""
    seed, found = int(seed) & (1 << 64) - 1, []
    for b in range(int(counter), int(counter) + (count + 3) // 4):
        b &= (1 << 64) - 1
        found += philox(
            b & LOW, b >> 32, 0, 0, seed & LOW, seed >> 32, PHILOX_M0, PHILOX_M1, PHILOX_W0, PHILOX_W1, LOW, 32
        )
    return found[:count]


def uniform_numbers(out, seed, counter):
    """As many numbers in [0, 1) as `out` has, of its dtype: one word makes a float32, two a float64."""
    if out.dtype == np.float32:
        return [unit24(w) for w in words(out.size, seed, counter)]
    w = words(2 * out.size, seed, counter)
    return [unit53(high, low) for high, low in zip(w[::2], w[1::2])]


@kernel
def uniform(out: Out, seed: Scalar, counter: Scalar, low: Scalar, high: Scalar):
    """out ← low + (high − low) u with u uniform in [0, 1)."""
    u = np.array(uniform_numbers(out, seed, counter), out.dtype).reshape(out.shape)
    out[...] = out.dtype.type(low) + out.dtype.type(high - low) * u


@kernel
def normal(out: Out, seed: Scalar, counter: Scalar, mean: Scalar, std: Scalar):
    """out ← mean + std z with z standard normal, two from each pair of uniform numbers: Box & Muller (1958)."""
    u, z = uniform_numbers(np.empty(out.size + out.size % 2, out.dtype), seed, counter), []
    for u0, u1 in zip(u[::2], u[1::2]):
        radius, angle = sqrt(-2 * log(1 - float(u0))), 2 * pi * float(u1)
        z += radius * cos(angle), radius * sin(angle)
    out[...] = mean + std * np.array(z[: out.size]).reshape(out.shape)


@kernel
def bits(out: Out, seed: Scalar, counter: Scalar):
    """out ← 63 random bits, as int64 ≥ 0."""
    w = words(2 * out.size, seed, counter)
    out[...] = np.array([(high << 32 | low) >> 1 for high, low in zip(w[::2], w[1::2])], np.int64).reshape(out.shape)


@kernel
def bernoulli(out: Out, p: In, seed: Scalar, counter: Scalar):
    """out ← 1 with probability p, else 0; p is an array of the shape of out."""
    u = np.array([unit24(w) for w in words(out.size, seed, counter)], np.float32).reshape(out.shape)
    out[...] = u < p


@kernel
def dropout(out: Out, x: In, p: Scalar, seed: Scalar, counter: Scalar):
    """out ← x / (1 − p) with probability 1 − p, else 0. Applied to a gradient with the same seed and counter, the same
    elements stay, so no mask is kept."""
    stays = np.array([w >> 8 >= int(p * 2**24) for w in words(x.size, seed, counter)], bool).reshape(x.shape)
    out[...] = np.where(stays, x * x.dtype.type(1 / (1 - p) if p < 1 else 0), 0)
