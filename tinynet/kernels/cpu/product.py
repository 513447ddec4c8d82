"""Products of small matrices for other kernels: functions at an address, compiled once for each dtype.

    multiply, pack = functions(dtype)            # in Python: two addresses, which are passed to the kernel
    call(multiply, (zeros, rows, columns, ...))  # in the kernel

See tasks.py for why. Matrices are given by addresses, and by strides in bytes.
"""

import functools

import numba
from numba import types
from numba.extending import intrinsic

from ..jit import inline, jit_at
from .tasks import I64
from .tile import TILE_BYTES, VECTOR_BYTES, multiply_tile, pack_strip


def _multiply(zeros, rows, columns, a, a_row, a_step, b, b_step, b_panel, start, start_row, c, c_row, depth):
    """C = start + A B, one panel, a tile's width of columns, after another; b_panel bytes apart in B.

    `start` may be C, or `zeros`, a row of TILE_BYTES zeros for all. Without MASKED_LOADS, B must be packed.
    """
    item = item_size(zeros)
    for left in range(0, columns * item, TILE_BYTES):
        width, done = min(TILE_BYTES, columns * item - left) // item, 0
        while done < rows:
            origin = start if start == number(zeros) else start + left + done * start_row
            a_now, c_now = a + done * a_row, c + left + done * c_row
            done += multiply_tile(
                zeros, rows - done, width, a_now, a_row, a_step, b, b_step, origin, start_row, c_now, c_row, depth
            )
        b += b_panel


def _pack(panels, b, b_step, b_column, depth, columns):
    """B in panels, one after another."""
    item = item_size(panels)
    for l in range(0, columns, VECTOR_BYTES // item):
        panel, place = divmod(l * item, TILE_BYTES)
        at, left = number(panels) + panel * panel_bytes(item, depth) + place, min(VECTOR_BYTES // item, columns - l)
        pack_strip(panels, at, b + l * b_column, b_step, b_column, depth, left)


@inline
def panel_bytes(item, depth):
    """Bytes of a panel with so many rows: `pack_strip` may write more of them, to a multiple of a vector's length."""
    lanes = VECTOR_BYTES // item
    return (depth + lanes - 1) // lanes * lanes * TILE_BYTES


@inline
def packed_bytes(item, columns, depth):
    """Bytes of all panels of a matrix."""
    return (columns * item + TILE_BYTES - 1) // TILE_BYTES * panel_bytes(item, depth)


@functools.cache
def functions(dtype):
    """The addresses of `_multiply` and `_pack` for numbers of `dtype`."""
    pointer, integer = types.CPointer(numba.from_dtype(dtype)), types.intp
    multiply = jit_at(_multiply, types.void(pointer, *[integer] * 13))
    return multiply, jit_at(_pack, types.void(pointer, *[integer] * 5))


@intrinsic
def item_size(typing, pointer):
    """Bytes of a number that a pointer points to."""
    return types.intp(pointer), lambda context, builder, s, a: I64(pointer.dtype.bitwidth // 8)


@intrinsic
def number(typing, pointer):
    """A pointer as an integer."""
    return types.intp(pointer), lambda context, builder, s, a: builder.ptrtoint(a[0], I64)
