"""The chunk of a convolution with few output channels, such as the first gradient in a network for three colours.

With the output's channels in the lanes of a vector, most lanes would be idle. Here the lanes hold neighbouring pixels.
The window has one plane for each input channel, and a tile runs on over the ends of its rows, so that vectors are full;
what falls on the padding between two rows is left out when the result is put into channels-last order.
"""

from numba import carray

from ..runtime.jit import inline_source
from ..runtime.parallel_for import parallel_for
from ..runtime.pointers import address_of, copy_bytes, pointer, pointer_to_int
from .conv_loops import convolution_types
from .conv_plan import PARAMS, SLACK
from .gemm.indirect import gemm_pixels
from .gemm.microkernel import TILE_BYTES, pack
from .gemm.simd import VECTOR_BYTES


@parallel_for(convolution_types)
def convolve_planes(arguments, scratch, chunk):
    """A chunk of the target, all its channels."""
    params, out, source, packed, bias = arguments[0]
    p, like, window = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1), pointer_to_int(scratch)
    item, strip = like.itemsize, window + p.strip
    n, q = divmod(chunk, p.chunks_in_image)
    n, q = n * p.chunk_images, q * p.chunk_rows
    images, rows = min(p.chunk_images, p.images - n), min(p.chunk_rows, p.rows - q)
    row, image = p.window_width, p.window_width * p.window_height
    carray(scratch, p.strip // item)[:] = 0
    for i in range(images):
        _load_planes(p, like, address_of(source), n + i, q, window + i * image * item, strip)
    pixels = (images - 1) * image + (rows - 1) * row + p.pixels_in_row
    sums = carray(pointer(like, window + p.results), (p.tile_height, p.results_row // item))
    start, start_step = address_of(bias), item if bias.size == p.groups * p.outputs else 0
    for group in range(p.groups):
        weight = address_of(packed) + group * (p.packed_rows + SLACK) * TILE_BYTES
        first = window + group * p.inputs * p.plane
        for at in range(0, pixels, p.tile_width):
            gemm_pixels(
                like, p.tile_height, weight, p.segment_count, p.segments, p.segment_length, p.segment_step,
                first + at * item, window + p.results + at * item, p.results_row,
            )  # fmt: skip
        for i in range(images):
            for r in range(rows):
                target = address_of(out) + (n + i) * p.out_image + (q + r) * p.out_row + p.out_first
                in_window = i * image + r * row
                for o in range(p.outputs):
                    k = group * p.outputs + o
                    added = pointer(like, start + k * start_step)[0]
                    numbers, step = pointer(like, target + k * item), p.out_column // item
                    for w in range(p.pixels_in_row):
                        numbers[w * step] = sums[o, in_window + w] + added


@inline_source
def _load_planes(p, like, source, n, q, window, strip):
    """Copy what the chunk sees of one image to the window, which is zero, channel by channel."""
    item, lanes = like.itemsize, VECTOR_BYTES // like.itemsize
    left = min(max(-p.left, 0), p.window_width)
    count = max(min(p.width - p.left, p.window_width) - left, 0)  # columns of the window that lie in the image
    top = q * p.stride + p.top
    zero = like.dtype.type(0)
    for h in range(max(-top, 0), min(p.height - top, p.window_height)):
        target = window + (h * p.window_width + left) * item
        first = source + n * p.source_image + (top + h) * p.source_row + (left + p.left) * p.source_column
        if p.source_column == item:
            for c in range(p.channels):
                copy_bytes(target + c * p.plane, first + c * p.source_channel, count * item)
        elif p.source_channel == item:
            for w in range(0, count, lanes):
                pixels = first + w * p.source_column
                some = min(lanes, count - w)
                pack(zero, strip, TILE_BYTES, pixels, item, p.source_column, p.channels, some)
                for c in range(p.channels):  # whole vectors: beyond the row they are zero, or overwritten by the next
                    copy_bytes(target + c * p.plane + w * item, strip + c * TILE_BYTES, VECTOR_BYTES)
        else:
            for c in range(p.channels):
                for w in range(count):
                    number = first + w * p.source_column + c * p.source_channel
                    pointer(like, target + c * p.plane)[w] = pointer(like, number)[0]
