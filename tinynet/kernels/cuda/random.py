"""Random numbers: the bits are those of the CPU's kernels, for the same seed and place in the stream.

One thread makes the four words of a counter, and the numbers from them.
"""

import math

import numpy as np
from numba.types import float32 as f32
from numba.types import float64 as f64
from numba.types import int64

from ... import philox
from .. import reference as kernels
from .array.array import new
from .device.driver import cos, cuda, device, grid, kernel, log, sin, sqrt

_philox, unit24, unit53 = device(philox.philox), device(philox.unit24), device(philox.unit53)
M0, M1 = np.uint64(philox.PHILOX_M0), np.uint64(philox.PHILOX_M1)
W0, W1 = np.uint64(philox.PHILOX_W0), np.uint64(philox.PHILOX_W1)
LOW, HALF, ZERO = np.uint64(philox.LOW), np.uint64(32), np.uint64(0)
TWO_PI = 2 * math.pi
F32, F64, I64 = np.dtype("float32"), np.dtype("float64"), np.dtype("int64")


@device
def philox_block(seed, counter):
    """The four words of one counter."""
    s, b = np.uint64(seed), np.uint64(counter)
    return _philox(b & LOW, b >> HALF, ZERO, ZERO, s & LOW, s >> HALF, M0, M1, W0, W1, LOW, HALF)


@kernel(lambda real: (f32[::1], int64, int64, f32, f32), [F32])
def uniform32(out, seed, counter, low, width):
    for b in range(cuda.grid(1), (out.size + 3) // 4, cuda.gridsize(1)):
        words = philox_block(seed, counter + b)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = low + width * unit24(words[lane])


@kernel(lambda real: (f64[::1], int64, int64, f64, f64), [F64])
def uniform64(out, seed, counter, low, width):
    for b in range(cuda.grid(1), (out.size + 1) // 2, cuda.gridsize(1)):
        w0, w1, w2, w3 = philox_block(seed, counter + b)
        out[2 * b] = low + width * unit53(w0, w1)
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = low + width * unit53(w2, w3)


# Normal numbers of float32 too are computed in float64, as on the CPU: they then agree to the last digit or so.


@device
def pair(u, v):
    """Two standard normal numbers from two uniform ones: Box & Muller (1958)."""
    radius, angle = sqrt(-2.0 * log(1.0 - u)), TWO_PI * v
    return radius * cos(angle), radius * sin(angle)


@kernel(lambda real: (f32[::1], int64, int64, f64, f64), [F32])
def normal32(out, seed, counter, mean, std):
    for b in range(cuda.grid(1), (out.size + 3) // 4, cuda.gridsize(1)):
        w0, w1, w2, w3 = philox_block(seed, counter + b)
        z0, z1 = pair(np.float64(unit24(w0)), np.float64(unit24(w1)))
        z2, z3 = pair(np.float64(unit24(w2)), np.float64(unit24(w3)))
        values = (z0, z1, z2, z3)
        for lane in range(min(4, out.size - 4 * b)):
            out[4 * b + lane] = np.float32(mean + std * values[lane])


@kernel(lambda real: (f64[::1], int64, int64, f64, f64), [F64])
def normal64(out, seed, counter, mean, std):
    for b in range(cuda.grid(1), (out.size + 1) // 2, cuda.gridsize(1)):
        w0, w1, w2, w3 = philox_block(seed, counter + b)
        z0, z1 = pair(unit53(w0, w1), unit53(w2, w3))
        out[2 * b] = mean + std * z0
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = mean + std * z1


@kernel(lambda real: (int64[::1], int64, int64), [I64])
def bits_blocks(out, seed, counter):
    for b in range(cuda.grid(1), (out.size + 1) // 2, cuda.gridsize(1)):
        w0, w1, w2, w3 = philox_block(seed, counter + b)
        out[2 * b] = np.int64(((w0 << HALF) | w1) >> np.uint64(1))
        if 2 * b + 1 < out.size:
            out[2 * b + 1] = np.int64(((w2 << HALF) | w3) >> np.uint64(1))


@kernel(lambda real: (real[::1], real[::1], int64, int64, int64, real))
def dropout_blocks(out, x, limit, seed, counter, scale):
    for b in range(cuda.grid(1), (out.size + 3) // 4, cuda.gridsize(1)):
        words = philox_block(seed, counter + b)
        for lane in range(min(4, out.size - 4 * b)):
            i = 4 * b + lane
            out[i] = x[i] * scale if np.int64(words[lane]) >> 8 >= limit else out.dtype.type(0)


@kernels.uniform.on("cuda")
def uniform(out, seed, counter, low, high):
    """out ← low + (high − low) u with u uniform in [0, 1)."""
    if out.size:
        run = uniform32 if out.dtype == F32 else uniform64
        low, width = (np.float32(low), np.float32(high - low)) if out.dtype == F32 else (float(low), float(high - low))
        run(out.dtype, *grid(-(-out.size // 4)), out, seed, counter, low, width)


@kernels.normal.on("cuda")
def normal(out, seed, counter, mean, std):
    """out ← mean + std z with z standard normal."""
    if out.size:
        run = normal32 if out.dtype == F32 else normal64
        run(out.dtype, *grid(-(-out.size // 4)), out, seed, counter, float(mean), float(std))


@kernels.bits.on("cuda")
def bits(out, seed, counter):
    """out ← 63 random bits, as int64 ≥ 0."""
    if out.size:
        bits_blocks(out.dtype, *grid(-(-out.size // 2)), out, seed, counter)


@kernels.bernoulli.on("cuda")
def bernoulli(out, p, seed, counter):
    """out ← 1 with probability p, else 0; p is an array of the shape of out."""
    u, yes = new(out.shape, F32), new(out.shape, np.dtype(bool))
    uniform(u, seed, counter, 0.0, 1.0)
    kernels.lt.cuda(yes, u if p.dtype == F32 else u.astype(p.dtype), p)
    kernels.cast.cuda(out, yes)


@kernels.dropout.on("cuda")
def dropout(out, x, p, seed, counter):
    """out ← x / (1 − p) with probability 1 − p, else 0; the same elements stay as on the CPU."""
    if out.size:
        scale = out.dtype.type(1 / (1 - p)) if p < 1 else out.dtype.type(0)
        limit = int(p * 16777216.0)  # drop where the upper 24 bits of the word are below p · 2²⁴
        dropout_blocks(out.dtype, *grid(-(-out.size // 4)), out, x.contiguous(), limit, seed, counter, scale)
