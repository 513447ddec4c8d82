"""Random numbers: element i of a draw depends on the seed and on where in the stream it stands, on nothing else.

The stream is a sequence of groups of four 32-bit words, group b being philox(counter=b, key=seed).
"""

from math import cos, log, pi, sin, sqrt

import numpy as np
from numba import types, uintp

from ... import philox
from .. import reference as kernels
from ..runtime.jit import always_inline, helper
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import FUNCTIONS

_philox, _unit24, _unit53 = always_inline(philox.philox), helper(philox.unit24), helper(philox.unit53)
M0, M1 = np.uint64(philox.PHILOX_M0), np.uint64(philox.PHILOX_M1)
W0, W1 = np.uint64(philox.PHILOX_W0), np.uint64(philox.PHILOX_W1)
LOW, HALF = np.uint64(philox.LOW), np.uint64(32)
ZERO = np.uint64(0)
WORDS = 4  # in a block
BLOCKS = 1 << 12  # in a task
SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


@kernels.uniform.on("cpu")
def uniform(out, seed, counter, low, high):
    """out ← low + (high − low) u with u uniform in [0, 1)."""
    body, per_block = (_uniform32, 4) if out.dtype == SINGLE else (_uniform64, 2)
    _draw(body, out, per_block).run(out.reshape(-1), seed, counter, low, high)


@kernels.normal.on("cpu")
def normal(out, seed, counter, mean, std):
    """out ← mean + std z with z standard normal: Box & Muller (1958)."""
    body, per_block = (_normal32, 4) if out.dtype == SINGLE else (_normal64, 2)
    _draw(body, out, per_block).run(out.reshape(-1), seed, counter, mean, std)


@kernels.bits.on("cpu")
def bits(out, seed, counter):
    """out ← 63 random bits, as int64 ≥ 0."""
    _draw(_bits, out, 2).run(out.reshape(-1), seed, counter)


@kernels.bernoulli.on("cpu")
def bernoulli(out, p, seed, counter):
    """out ← 1 with probability p, else 0; p is an array of the shape of out."""
    if out.dtype == p.dtype and out.dtype in (SINGLE, DOUBLE):
        _draw(_bernoulli, out, 4).run(out.reshape(-1), np.ascontiguousarray(p).reshape(-1), seed, counter)
    else:
        u = np.empty(out.shape, SINGLE)
        uniform(u, seed, counter, 0.0, 1.0)
        np.less(u, p, out=out, casting="unsafe")


@kernels.dropout.on("cpu")
def dropout(out, x, p, seed, counter):
    """out ← x / (1 − p) with probability 1 − p, else 0. Applied to a gradient with the same seed and counter, the same
    elements stay, so no mask is kept."""
    _draw(_dropout, out, 4).run(out.reshape(-1), np.ascontiguousarray(x).reshape(-1), p, seed, counter)


def _draw(body, out, per_block):
    """The plan of a draw of as many numbers as `out` has, so many of each block."""
    blocks = -(-out.size // per_block)
    return _plan(body, out.dtype, -(-blocks // BLOCKS), out.size >= FUNCTIONS)


@planned
def _plan(body, dtype, tasks, parallel):
    return Plan(body, dtype, tasks, parallel)


# --- compiled -----------------------------------------------------------------------------------------------------
# The numbers of whole blocks are a loop of their own, without a branch, so that vectors hold many blocks at a time. A
# last block that is not whole comes after it.


@always_inline
def philox_words(seed, counter):
    """The four words that belong to a counter. `seed` and `counter` are int64."""
    s, b = np.uint64(seed), np.uint64(counter)
    return _philox(b & LOW, b >> HALF, ZERO, ZERO, s & LOW, s >> HALF, M0, M1, W0, W1, LOW, HALF)


@helper
def _stretch(task, size, per_block):
    """(first, whole, stop): the blocks of a task; those before `whole` give all their numbers."""
    first, blocks = task * BLOCKS, (size + per_block - 1) // per_block
    stop = min(blocks, first + BLOCKS)
    return uintp(first), uintp(min(stop, size // per_block)), uintp(stop)


def _draws(real):
    return written(real, 1), types.int64, types.int64, types.float64, types.float64


@parallel_for(_draws)
def _uniform32(arguments, scratch, task):
    out, seed, counter, low, high = arguments[0]
    low, width = np.float32(low), np.float32(high - low)
    first, whole, stop = _stretch(task, out.size, 4)
    for b in range(first, whole):
        w0, w1, w2, w3 = philox_words(seed, counter + np.int64(b))
        i = b * uintp(4)
        out[i], out[i + uintp(1)] = low + width * _unit24(w0), low + width * _unit24(w1)
        out[i + uintp(2)], out[i + uintp(3)] = low + width * _unit24(w2), low + width * _unit24(w3)
    for b in range(whole, stop):
        words = philox_words(seed, counter + np.int64(b))
        for lane in range(out.size - 4 * np.int64(b)):
            out[b * uintp(4) + uintp(lane)] = low + width * _unit24(words[lane])


@parallel_for(_draws)
def _uniform64(arguments, scratch, task):
    out, seed, counter, low, high = arguments[0]
    first, whole, stop = _stretch(task, out.size, 2)
    for b in range(first, whole):
        w0, w1, w2, w3 = philox_words(seed, counter + np.int64(b))
        out[b * uintp(2)] = low + (high - low) * _unit53(w0, w1)
        out[b * uintp(2) + uintp(1)] = low + (high - low) * _unit53(w2, w3)
    for b in range(whole, stop):
        w0, w1, _, _ = philox_words(seed, counter + np.int64(b))
        out[b * uintp(2)] = low + (high - low) * _unit53(w0, w1)


@helper
def _pair(u, v):
    """Two standard normal numbers from two uniform ones; 1 − u is in (0, 1], where the logarithm is finite."""
    radius, angle = sqrt(-2 * log(1 - u)), 2 * pi * v
    return radius * cos(angle), radius * sin(angle)


@parallel_for(_draws)
def _normal32(arguments, scratch, task):
    out, seed, counter, mean, std = arguments[0]
    first, _, stop = _stretch(task, out.size, 4)
    for b in range(np.int64(first), np.int64(stop)):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        z0, z1 = _pair(float(_unit24(w0)), float(_unit24(w1)))
        z2, z3 = _pair(float(_unit24(w2)), float(_unit24(w3)))
        values = (z0, z1, z2, z3)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = np.float32(mean + std * values[lane])


@parallel_for(_draws)
def _normal64(arguments, scratch, task):
    out, seed, counter, mean, std = arguments[0]
    first, _, stop = _stretch(task, out.size, 2)
    for b in range(np.int64(first), np.int64(stop)):
        w0, w1, w2, w3 = philox_words(seed, counter + b)
        z0, z1 = _pair(_unit53(w0, w1), _unit53(w2, w3))
        out[2 * b] = mean + std * z0
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = mean + std * z1


@helper
def _integer(high, low):
    return np.int64(((high << HALF) | low) >> np.uint64(1))


@parallel_for(lambda real: (written(real, 1), types.int64, types.int64))
def _bits(arguments, scratch, task):
    out, seed, counter = arguments[0]
    first, whole, stop = _stretch(task, out.size, 2)
    for b in range(first, whole):
        w0, w1, w2, w3 = philox_words(seed, counter + np.int64(b))
        out[b * uintp(2)], out[b * uintp(2) + uintp(1)] = _integer(w0, w1), _integer(w2, w3)
    for b in range(whole, stop):
        w0, w1, _, _ = philox_words(seed, counter + np.int64(b))
        out[b * uintp(2)] = _integer(w0, w1)


@parallel_for(lambda real: (written(real, 1), read(real, 1), types.int64, types.int64))
def _bernoulli(arguments, scratch, task):
    out, p, seed, counter = arguments[0]
    first, _, stop = _stretch(task, out.size, 4)
    for b in range(np.int64(first), np.int64(stop)):
        words = philox_words(seed, counter + b)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = _unit24(words[lane]) < p[4 * b + lane]


@parallel_for(lambda real: (written(real, 1), read(real, 1), types.float64, types.int64, types.int64))
def _dropout(arguments, scratch, task):
    out, x, p, seed, counter = arguments[0]
    scale, zero = out.dtype.type(1 / (1 - p)) if p < 1 else out.dtype.type(0), out.dtype.type(0)
    limit = np.uint64(np.int64(p * 16777216.0) << 8)  # kept where the upper 24 bits of the word are at least p · 2²⁴
    first, whole, stop = _stretch(task, out.size, 4)
    for b in range(first, whole):
        w0, w1, w2, w3 = philox_words(seed, counter + np.int64(b))
        i, j, k, l = b * uintp(4), b * uintp(4) + uintp(1), b * uintp(4) + uintp(2), b * uintp(4) + uintp(3)
        out[i], out[j] = x[i] * scale if w0 >= limit else zero, x[j] * scale if w1 >= limit else zero
        out[k], out[l] = x[k] * scale if w2 >= limit else zero, x[l] * scale if w3 >= limit else zero
    for b in range(whole, stop):
        words = philox_words(seed, counter + np.int64(b))
        for lane in range(out.size - 4 * np.int64(b)):
            i = b * uintp(4) + uintp(lane)
            out[i] = x[i] * scale if words[lane] >= limit else zero
