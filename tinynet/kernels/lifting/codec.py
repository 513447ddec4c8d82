"""Codes of 8 bits for numbers in blocks: what keeps an optimizer's state in a quarter of the memory.

A block of numbers shares one scale. Each number, divided by it, is stored as the top bits of a float:

    code = bits(|x| / scale + c) − bits(c),  without the lowest 20 bits       |x| = scale (float(code) − c)

Far above c that is floating point with 3 bits of mantissa; below, where c outweighs x, it is linear down to exactly 0.
Telephony knows this as the μ-law (ITU-T G.711, 1972). Encoding is a product, a sum and a shift, with no
table to search, so a loop does 16 elements at a time.

Signed codes (int8) have 7 bits for the magnitude: 16 binades, relative steps of 1/8, the smallest 2⁻¹⁹ of the largest.
Unsigned ones (uint8) spend the eighth bit on range: 32 binades, since they hold squares. The largest number of a block
has the largest code. An unsigned number above 0 never becomes 0, as it may be what a step is divided by.

Numbers are rounded up or down by chance, so that the mean is right: `v ← 0.999 v` moves by less than half a step, and
rounding to the nearest would undo it each time. The bits that decide follow from step and position, the same in every
run.

A block with a NaN or an infinite number decodes to NaN, and so does one with a number above 15/16 of the largest float,
since its scale overflows. One in which all is denormal becomes 0.

Block-wise scales for 8-bit optimizers are from Dettmers et al., "8-bit Optimizers via Block-wise Quantization" (2022).
"""

import numpy as np

from ..elementary.floats import elementary

BLOCK = 256  # numbers that share a scale
DROPPED = np.uint32(20)  # bits of a float32 that a code leaves out: 23 of mantissa, less 3
HALF = np.uint32(1 << 19)
LOW_BITS = np.uint32((1 << 20) - 1)

SIGNED, UNSIGNED = np.dtype(np.int8), np.dtype(np.uint8)
C = np.float32(2.0**-16), np.float32(2.0**-32)  # where codes begin to be floating; of signed, of unsigned
C_SIGNED, C_UNSIGNED = C
FIRST_SIGNED, FIRST_UNSIGNED = (c.view(np.uint32) >> DROPPED for c in C)
# The number for which the largest code stands. It must not be exceeded by rounding, or the code would run over.
TOP_SIGNED = ((FIRST_SIGNED + np.uint32(127)) << DROPPED).view(np.float32) - C_SIGNED
TOP_UNSIGNED = ((FIRST_UNSIGNED + np.uint32(255)) << DROPPED).view(np.float32) - C_UNSIGNED
MARGIN = np.float32(1.0 - 2.0**-21)


# What loops call, on every device


@elementary
def position_bits(i):
    """32 random-looking bits for each position in a block: the finaliser of MurmurHash3 (Appleby, 2011)."""
    x = np.uint32(np.uint32(np.uint32(i) + np.uint32(1)) * np.uint32(0x9E3779B1))
    x = np.uint32(np.uint32(x ^ np.uint32(x >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    x = np.uint32(np.uint32(x ^ np.uint32(x >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(x ^ np.uint32(x >> np.uint32(16)))


POSITION_BITS = position_bits(np.arange(BLOCK))


@elementary
def key(block, step, kind):
    """What makes the rounding bits of this block in this step differ from all others."""
    x = np.uint32(np.uint32(block) * np.uint32(0x9E3779B1) + np.uint32(step) * np.uint32(0x85EBCA6B)) + np.uint32(kind)
    x = np.uint32(np.uint32(x ^ np.uint32(x >> np.uint32(15))) * np.uint32(0xC2B2AE35))
    return np.uint32(x ^ np.uint32(x >> np.uint32(13)))


@elementary
def rounding_bits(position_bits, key):
    """32 random bits; the upper 20 decide over one number, the lower 20 over another."""
    return np.uint32(np.uint32(position_bits ^ key) * np.uint32(0x85EBCA6B))


@elementary
def upper(bits):
    return np.uint32(bits >> np.uint32(12))


@elementary
def lower(bits):
    return np.uint32(bits & LOW_BITS)


@elementary
def signed(x, inverse, bits):
    """The code of x, in a block whose scale has this inverse."""
    whole = np.float32(np.float32(abs(x) * inverse) + C_SIGNED).view(np.uint32)
    code = np.int32(np.uint32(whole + bits) >> DROPPED) - np.int32(FIRST_SIGNED)
    return np.int8(-code if x < np.float32(0) else code)


@elementary
def from_signed(code, scale, offset):
    """The number for which a code stands; `offset` is c times the scale."""
    whole = np.uint32(np.uint32(abs(np.int32(code))) + FIRST_SIGNED)
    x = np.uint32(whole << DROPPED).view(np.float32) * scale - offset
    return -x if code < 0 else x


@elementary
def unsigned(x, inverse, bits):
    whole = np.float32(np.float32(x * inverse) + C_UNSIGNED).view(np.uint32)
    code = np.int32(np.uint32(whole + bits) >> DROPPED) - np.int32(FIRST_UNSIGNED)
    return np.uint8(max(np.int32(code), np.int32(x > np.float32(0))))


@elementary
def from_unsigned(code, scale, offset):
    whole = np.uint32(np.uint32(code) + FIRST_UNSIGNED)
    return np.uint32(whole << DROPPED).view(np.float32) * scale - offset


@elementary
def scale(largest, top, smallest):
    """The scale of a block with this largest magnitude: 0 below the smallest normal number, NaN where it is NaN."""
    return np.float32(0) * top * largest if largest < smallest else largest / top


@elementary
def inverse(largest, top, smallest):
    """What the numbers of the block are multiplied by."""
    return np.float32(0) * top * largest if largest < smallest else top * MARGIN / largest


# Whole tensors, for checkpoints


def encode(x, dtype):
    """(codes, scales) of an array, in blocks along its memory, rounded to the nearest."""
    c, first, top = _CONSTANTS[dtype]
    rows = _rows(x)
    with np.errstate(all="ignore"):
        largest = abs(rows).max(1)
        normal = ~(largest < np.finfo(x.dtype).smallest_normal)
        scales, inverses = (np.where(normal, y, 0).astype(x.dtype) for y in (largest / top, top * MARGIN / largest))
        whole = ((abs(rows) * inverses[:, None]).astype(np.float32) + c).view(np.uint32)
    found = (((whole + HALF) >> DROPPED) - first).astype(np.int32)
    found = np.where(rows < 0, -found, found) if dtype == SIGNED else np.maximum(found, rows > 0)
    return found.astype(dtype).reshape(-1)[: x.size].reshape(x.shape), scales


def decode(codes, scales):
    """The array for which codes and scales stand; of the scales' dtype."""
    c, first, _ = _CONSTANTS[codes.dtype]
    rows = _rows(codes)
    x = ((abs(rows.astype(np.int32)).astype(np.uint32) + first) << DROPPED).view(np.float32) - c
    with np.errstate(invalid="ignore"):
        x = np.where(rows < 0, -x, x) * scales[:, None]
    return x.reshape(-1)[: codes.size].reshape(codes.shape)


def blocks(n):
    """How many blocks n numbers have."""
    return max(1, -(-n // BLOCK))


def _rows(x):
    rows = np.zeros((blocks(x.size), BLOCK), x.dtype)
    rows.reshape(-1)[: x.size] = x.reshape(-1)
    return rows


_CONSTANTS = {SIGNED: (C_SIGNED, FIRST_SIGNED, TOP_SIGNED), UNSIGNED: (C_UNSIGNED, FIRST_UNSIGNED, TOP_UNSIGNED)}
