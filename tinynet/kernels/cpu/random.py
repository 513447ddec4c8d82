"""Random numbers: element i of a draw depends on the seed and on where in the stream it stands, on nothing else.

The stream is a sequence of groups of four 32-bit words, group b being philox(counter=b, key=seed).
"""

from math import cos, log, pi, sin, sqrt

import numpy as np
from numba import types

from ... import philox
from .. import reference as kernels
from ..runtime.jit import helper, jit
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import FUNCTIONS

_philox, _unit24, _unit53 = helper(philox.philox), helper(philox.unit24), helper(philox.unit53)
M0, M1 = np.uint64(philox.PHILOX_M0), np.uint64(philox.PHILOX_M1)
W0, W1 = np.uint64(philox.PHILOX_W0), np.uint64(philox.PHILOX_W1)
LOW, HALF = np.uint64(philox.LOW), np.uint64(32)
ZERO = np.uint64(0)
WORDS = 4  # in a block, each for an element
BLOCKS = 1 << 12  # in a task


@kernels.uniform.on("cpu")
def uniform(out, seed, counter, low, high):
    """out ← low + (high − low) u with u uniform in [0, 1)."""
    flat = out.reshape(-1)
    (_uniform32 if out.dtype == np.float32 else _uniform64)(flat, seed, counter, low, high)


@kernels.normal.on("cpu")
def normal(out, seed, counter, mean, std):
    """out ← mean + std z with z standard normal: Box & Muller (1958)."""
    flat = out.reshape(-1)
    (_normal32 if out.dtype == np.float32 else _normal64)(flat, seed, counter, mean, std)


@kernels.bits.on("cpu")
def bits(out, seed, counter):
    """out ← 63 random bits, as int64 ≥ 0."""
    _bits(out.reshape(-1), seed, counter)


@kernels.bernoulli.on("cpu")
def bernoulli(out, p, seed, counter):
    """out ← 1 with probability p, else 0; p is an array of the shape of out."""
    u = np.empty(out.shape, np.float32)
    uniform(u, seed, counter, 0.0, 1.0)
    np.less(u, p, out=out, casting="unsafe")


@kernels.dropout.on("cpu")
def dropout(out, x, p, seed, counter):
    """out ← x / (1 − p) with probability 1 − p, else 0. Applied to a gradient with the same seed and counter, the same
    elements stay, so no mask is kept."""
    blocks = -(-out.size // WORDS)
    plan = _plan(out.dtype, -(-blocks // BLOCKS), out.size >= FUNCTIONS)
    plan.run(out.reshape(-1), np.ascontiguousarray(x).reshape(-1), p, seed, counter)


@planned
def _plan(dtype, tasks, parallel):
    return Plan(_dropout, dtype, tasks, parallel)


@helper
def philox_words(seed, counter):
    """The four words that belong to a counter. `seed` and `counter` are int64."""
    s, b = np.uint64(seed), np.uint64(counter)
    return _philox(b & LOW, b >> HALF, ZERO, ZERO, s & LOW, s >> HALF, M0, M1, W0, W1, LOW, HALF)


@jit
def _uniform32(out, seed, counter, low, high):
    low, width = np.float32(low), np.float32(high - low)
    for b in range((out.size + 3) // 4):
        words = philox_words(seed, counter + b)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = low + width * _unit24(words[lane])


@jit
def _uniform64(out, seed, counter, low, high):
    for b in range((out.size + 1) // 2):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        out[2 * b] = low + (high - low) * _unit53(w0, w1)
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = low + (high - low) * _unit53(w2, w3)


@helper
def _pair(u, v):
    """Two standard normal numbers from two uniform ones; 1 − u is in (0, 1], where the logarithm is finite."""
    radius, angle = sqrt(-2 * log(1 - u)), 2 * pi * v
    return radius * cos(angle), radius * sin(angle)


@jit
def _normal32(out, seed, counter, mean, std):
    for b in range((out.size + 3) // 4):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        z0, z1 = _pair(float(_unit24(w0)), float(_unit24(w1)))
        z2, z3 = _pair(float(_unit24(w2)), float(_unit24(w3)))
        values = (z0, z1, z2, z3)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = np.float32(mean + std * values[lane])


@jit
def _normal64(out, seed, counter, mean, std):
    for b in range((out.size + 1) // 2):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        z0, z1 = _pair(_unit53(w0, w1), _unit53(w2, w3))
        out[2 * b] = mean + std * z0
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = mean + std * z1


@jit
def _bits(out, seed, counter):
    for b in range((out.size + 1) // 2):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        out[2 * b] = np.int64(((w0 << HALF) | w1) >> np.uint64(1))
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = np.int64(((w2 << HALF) | w3) >> np.uint64(1))


@parallel_for(lambda real: (written(real, 1), read(real, 1), types.float64, types.int64, types.int64))
def _dropout(arguments, scratch, task):
    out, x, p, seed, counter = arguments[0]
    scale = x.dtype.type(1 / (1 - p)) if p < 1 else x.dtype.type(0)
    limit = np.int64(p * 16777216.0)  # drop where the upper 24 bits of the word are below p · 2²⁴
    for b in range(task * BLOCKS, min((out.size + WORDS - 1) // WORDS, (task + 1) * BLOCKS)):
        words = philox_words(seed, counter + b)
        for lane in range(min(WORDS, out.size - WORDS * b)):
            i = WORDS * b + lane
            out[i] = x[i] * scale if np.int64(words[lane]) >> 8 >= limit else 0
