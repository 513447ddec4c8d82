"""Chunks of a convolution with few output channels, such as the first gradient in a network for three colours.

With the output's channels in the lanes of a vector, most lanes would be idle. Here the lanes hold neighbouring pixels.
The window has one plane for each input channel, and a tile runs on over the ends of its rows, so that vectors are full;
what falls on the padding between two rows is left out when the result is put into channels-last order.

So are they in the gradient by the weight: each of its numbers has a vector of sums, which are added at the end.
"""

from numba import carray

from ..runtime.jit import inline_source
from ..runtime.parallel_for import parallel_for
from ..runtime.pointers import INT64_BYTES, address_of, copy_bytes, pointer, pointer_to_int
from .conv_loops import convolution_types, correlation_types
from .conv_plan import PARAMS, SLACK
from .gemm.microkernel import TILE_BYTES
from .gemm.pixels import from_planes, gemm_lanes, gemm_pixels, to_planes
from .gemm.simd import MASKED_STORES, VECTOR_BYTES


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
        _load_planes(p, like, address_of(source), n + i, q, window + i * image * item)
    pixels = (images - 1) * image + (rows - 1) * row + p.pixels_in_row
    first_sum, start = window + p.results, carray(pointer(like, strip), p.tile_height)
    for group in range(p.groups):
        weight = address_of(packed) + group * (p.packed_rows + SLACK) * TILE_BYTES
        for o in range(p.tile_height):
            start[o] = bias[group * p.outputs + o] if o < p.outputs and bias.size == p.groups * p.outputs else 0
        first = window + group * p.inputs * p.plane
        for at in range(0, pixels, p.tile_width):
            gemm_pixels(
                like, p.tile_height, weight, p.segment_count, p.segments, p.segment_length, p.segment_step,
                first + at * item, strip, first_sum + at * item, p.results_row,
            )  # fmt: skip
        for i in range(images):
            for r in range(rows):
                target = address_of(out) + (n + i) * p.out_image + (q + r) * p.out_row + p.out_first
                in_window = i * image + r * row
                target += group * p.outputs * item
                if MASKED_STORES:
                    some_sums = first_sum + in_window * item
                    from_planes(like, target, p.out_column, some_sums, p.results_row, p.pixels_in_row, p.outputs)
                    continue
                for o in range(p.outputs):
                    channel, step = pointer(like, target + o * item), p.out_column // item
                    numbers = pointer(like, first_sum + o * p.results_row + in_window * item)
                    for w in range(p.pixels_in_row):
                        channel[w * step] = numbers[w]


@parallel_for(correlation_types)
def correlate_planes(arguments, scratch, part):
    """sums[part] ← Σ x y over one part of the images: (rows, outputs of a tile, lanes)."""
    params, sums, source, y = arguments[0]
    p, like, window = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1), pointer_to_int(scratch)
    item, planes = like.itemsize, window + p.results
    lanes, image = VECTOR_BYTES // item, p.window_width * p.window_height
    carray(pointer(like, address_of(sums)), (p.parts, p.all_rows, p.tile_height, lanes))[part][:] = 0
    c = address_of(sums) + part * p.all_rows * p.tile_height * VECTOR_BYTES
    for chunk in range(p.chunks * part // p.parts, p.chunks * (part + 1) // p.parts):
        n, q = divmod(chunk, p.chunks_in_image)
        n, q = n * p.chunk_images, q * p.chunk_rows
        images, rows = min(p.chunk_images, p.images - n), min(p.chunk_rows, p.rows - q)
        carray(scratch, p.strip // item)[:] = 0
        for i in range(images):
            _load_planes(p, like, address_of(source), n + i, q, window + i * image * item)
            for h in range(rows):
                pixels = address_of(y) + (n + i) * p.y_image + (q + h) * p.y_row
                row = planes + (i * rows + h) * p.y_plane_row
                to_planes(like, row, p.y_plane, pixels, p.y_column, p.pixels_in_row, p.outputs)
        for r in range(0, p.all_rows, p.tile_rows):
            gemm_lanes(
                like, p.tile_height, window, p.pixels + r * INT64_BYTES, images * rows, p.segments, planes,
                p.y_plane_row, p.y_plane, p.pixels_in_row, c + r * p.tile_height * VECTOR_BYTES,
            )  # fmt: skip


@inline_source
def _load_planes(p, like, source, n, q, window):
    """Copy what the chunk sees of one image to the window, which is zero, channel by channel."""
    item, some = like.itemsize, VECTOR_BYTES // like.itemsize // 2
    left = min(max(-p.left, 0), p.window_width)
    count = max(min(p.width - p.left, p.window_width) - left, 0)  # columns of the window that lie in the image
    top = q * p.stride + p.top
    for h in range(max(-top, 0), min(p.height - top, p.window_height)):
        target = window + (h * p.window_width + left) * item
        first = source + n * p.source_image + (top + h) * p.source_row + (left + p.left) * p.source_column
        if p.source_column == item:
            for c in range(p.channels):
                copy_bytes(target + c * p.plane, first + c * p.source_channel, count * item)
        elif p.source_channel == item:
            for c in range(0, p.channels, some):
                # Whole vectors are written: beyond the row they are zero, until the next one is copied.
                planes, pixels = target + c * p.plane, first + c * item
                to_planes(like, planes, p.plane, pixels, p.source_column, count, min(some, p.channels - c))
        else:
            for c in range(p.channels):
                for w in range(count):
                    number = first + w * p.source_column + c * p.source_channel
                    pointer(like, target + c * p.plane)[w] = pointer(like, number)[0]
