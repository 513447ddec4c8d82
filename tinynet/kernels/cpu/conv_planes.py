"""The block of a convolution with few output channels, such as the first gradient in a network for three colours.

With the output's channels in the lanes of a vector, most lanes would be idle. Here the lanes hold neighbouring pixels.
The window has one plane for each input channel, and a tile runs on over the ends of its rows, so that vectors are full;
what falls on the padding between two rows is left out when the result is put into channels-last order.
"""

import numba
from numba import carray

from tinynet.kernels.cpu.conv_plan import FIELDS, SLACK
from tinynet.kernels.cpu.gemm.table_tile import copy_bytes, multiply_pixels, pointer, pointer_to_int
from tinynet.kernels.cpu.gemm.tile import TILE_BYTES, pack
from tinynet.kernels.cpu.gemm.vectors import VECTOR_BYTES
from tinynet.kernels.runtime.blocks import blocks

_merged = numba.njit(inline="always")


@blocks(FIELDS)
def convolve_planes(arguments, scratch, block):
    a, like, window = carray(arguments, 1)[0], carray(scratch, 1), pointer_to_int(scratch)
    item, strip = like.itemsize, window + a.strip
    n, q = divmod(block, a.blocks_in_image)
    n, q = n * a.block_images, q * a.block_rows
    images, rows = min(a.block_images, a.images - n), min(a.block_rows, a.rows - q)
    row, image = a.window_wide, a.window_wide * a.window_high
    carray(scratch, a.strip // item)[:] = 0
    for i in range(images):
        _load_planes(a, like, n + i, q, window + i * image * item, strip)
    pixels = (images - 1) * image + (rows - 1) * row + a.pixels_in_row
    sums = carray(pointer(like, window + a.results), (a.height, a.results_row // item))
    for group in range(a.groups):
        weight, source = a.packed + group * (a.packed_rows + SLACK) * TILE_BYTES, group * a.inputs * a.plane
        for p in range(0, pixels, a.span):
            multiply_pixels(
                like, a.height, weight, a.segment_count, a.segments, a.segment_length, a.segment_step,
                window + source + p * item, window + a.results + p * item, a.results_row,
            )  # fmt: skip
        for i in range(images):
            for r in range(rows):
                place = a.out + (n + i) * a.out_image + (q + r) * a.out_row + a.out_first
                start = i * image + r * row
                for o in range(a.outputs):
                    k = group * a.outputs + o
                    bias = pointer(like, a.bias + k * a.bias_step)[0]
                    out, step = pointer(like, place + k * item), a.out_column // item
                    for w in range(a.pixels_in_row):
                        out[w * step] = sums[o, start + w] + bias


@_merged
def _load_planes(a, like, n, q, window, strip):
    """Copy what the block sees of one image to the window, which is zero, channel by channel."""
    item, lanes = like.itemsize, VECTOR_BYTES // like.itemsize
    left = min(max(-a.left, 0), a.window_wide)
    count = max(min(a.wide - a.left, a.window_wide) - left, 0)  # columns of the window that lie in the image
    top = q * a.step + a.top
    zero = like.dtype.type(0)
    for h in range(max(-top, 0), min(a.high - top, a.window_high)):
        target = window + (h * a.window_wide + left) * item
        source = a.source + n * a.source_image + (top + h) * a.source_row + (left + a.left) * a.source_column
        if a.source_column == item:
            for c in range(a.channels):
                copy_bytes(target + c * a.plane, source + c * a.source_channel, count * item)
        elif a.source_channel == item:
            for w in range(0, count, lanes):
                pixels = source + w * a.source_column
                some = min(lanes, count - w)
                pack(zero, strip, TILE_BYTES, pixels, item, a.source_column, a.channels, some)
                for c in range(a.channels):  # whole vectors: beyond the row they are zero, or overwritten by the next
                    copy_bytes(target + c * a.plane + w * item, strip + c * TILE_BYTES, VECTOR_BYTES)
        else:
            for c in range(a.channels):
                for w in range(count):
                    number = source + w * a.source_column + c * a.source_channel
                    pointer(like, target + c * a.plane)[w] = pointer(like, number)[0]
