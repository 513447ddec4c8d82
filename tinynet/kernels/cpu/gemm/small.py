"""Products of small matrices for other kernels: functions at an address, compiled once for each dtype.

    multiply, pack = functions(dtype)            # in Python: two addresses, which are passed to the kernel
    call_pointer(multiply, (zeros, rows, columns, ...))  # in the kernel

See `runtime/cfunc.py` for why. Matrices are given by addresses, and by strides in bytes.
"""

import numba
from numba import types
from numba.extending import intrinsic, register_jitable

from ...runtime.cfunc import compile_cfunc
from ...runtime.pointers import I64, pointer_to_int
from .microkernel import TILE_BYTES, gemm_panel, pack
from .simd import VECTOR_BYTES


def _multiply(zeros, rows, columns, a, a_row, a_step, b, b_step, b_panel, start, start_row, c, c_row, depth):
    """C = start + A B, one panel, a tile's width of columns, after another; b_panel bytes apart in B.

    `start` may be C, or `zeros`, a row of TILE_BYTES zeros for all. Without MASKED_LOADS, B must be packed.
    """
    item, like = item_size(zeros), zeros[0]
    for left in range(0, columns * item, TILE_BYTES):
        width = min(TILE_BYTES, columns * item - left) // item
        origin = start if start == pointer_to_int(zeros) else start + left
        gemm_panel(like, rows, width, a, a_row, a_step, b, b_step, origin, start_row, c + left, c_row, depth, 0)
        b += b_panel


def _pack(panels, b, b_step, b_column, depth, columns):
    """B in panels, one after another."""
    item = item_size(panels)
    width, panel = TILE_BYTES // item, pointer_to_int(panels)
    for l in range(0, columns, width):
        pack(panels[0], panel, TILE_BYTES, b + l * b_column, b_step, b_column, depth, min(width, columns - l))
        panel += panel_bytes(item, depth)


# Asked by kernels, and by those who make room for them: so these run in Python as they are, too.


@register_jitable
def panel_bytes(item, depth):
    """Bytes of a panel with so many rows: `pack` may write more of them, to a multiple of a vector's length."""
    lanes = VECTOR_BYTES // item
    return (depth + lanes - 1) // lanes * lanes * TILE_BYTES


@register_jitable
def packed_bytes(item, columns, depth):
    """Bytes of all panels of a matrix."""
    return (columns * item + TILE_BYTES - 1) // TILE_BYTES * panel_bytes(item, depth)


def functions(dtype):
    """The addresses of `_multiply` and `_pack` for numbers of `dtype`."""
    pointer, integer = types.CPointer(numba.from_dtype(dtype)), types.intp
    multiply = compile_cfunc(_multiply, types.void(pointer, *[integer] * 13))
    return multiply, compile_cfunc(_pack, types.void(pointer, *[integer] * 5))


@intrinsic
def item_size(typing, pointer):
    """Bytes of a number that a pointer points to."""
    return types.intp(pointer), lambda context, builder, s, a: I64(pointer.dtype.bitwidth // 8)
