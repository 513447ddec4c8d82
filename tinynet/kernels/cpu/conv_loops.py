"""The compiled loops of convolutions: chunks of the target, parts of the gradient by the weight, packed weights.

Images are (N, H, W, C), weights (groups, outputs, inputs, kh, kw). With `diagonal`, which is None or True and decided
when compiling, there is one group, and its outputs are the channels. The columns of the product are the outputs of a
group, cut into panels as wide as a tile. Tasks work in scratch memory, which `conv_plan.py` lays out.
"""

from numba import carray, types

from ..runtime.jit import inline_source
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.pointers import INT64_BYTES, address_of, copy_bytes, load_int64, pointer, pointer_to_int
from .conv_plan import PARAMS, SLACK
from .gemm.indirect import gemm_indirect
from .gemm.microkernel import TILE_BYTES, pack
from .gemm.simd import VECTOR_BYTES


def convolution_types(real):
    """Of: parameters, out, source, packed weight, bias."""
    return types.intp, written(real, 4, "A"), read(real, 4, "A"), read(real, 3), read(real, 1)


def correlation_types(real):
    """Of: parameters, sums, x, y."""
    return types.intp, written(real, 4), read(real, 4, "A"), read(real, 4, "A")


@parallel_for(lambda real: (types.intp, written(real, 3), read(real, 5, "A")))
def pack_weight(arguments, scratch, panel):
    """packed[panel] ← the weights of one panel, in the order of the taps."""
    params, packed, weight = arguments[0]
    p, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    zero, width = like.dtype.type(0), TILE_BYTES // like.itemsize
    group, j = divmod(panel, -(-p.outputs // width))
    source = address_of(weight) + group * p.w_group + j * width * p.w_output
    target = address_of(packed) + panel * (p.packed_rows + SLACK) * TILE_BYTES
    columns = min(width, p.outputs - j * width)
    for t in range(p.tap_count):
        kh, kw = divmod(load_int64(p.taps + t * INT64_BYTES), p.kernel_width)
        tap = source + kh * p.w_row + kw * p.w_column
        strip = target + t * p.inputs * TILE_BYTES
        pack(zero, strip, TILE_BYTES, tap, p.w_input, p.w_output, p.inputs, columns)


@parallel_for(convolution_types)
def convolve(arguments, scratch, chunk):
    """A chunk of the target, all its channels."""
    _convolve_chunk(arguments[0], scratch, None, chunk)


@parallel_for(convolution_types)
def convolve_channels(arguments, scratch, chunk):
    """The same where each channel has a kernel of its own."""
    _convolve_chunk(arguments[0], scratch, True, chunk)


@parallel_for(correlation_types)
def correlate(arguments, scratch, part):
    """sums[part] ← Σ x y over one part of the images."""
    _correlate_part(arguments[0], scratch, None, part)


@parallel_for(correlation_types)
def correlate_channels(arguments, scratch, part):
    """The same where each channel has a kernel of its own."""
    _correlate_part(arguments[0], scratch, True, part)


@parallel_for(lambda real: (types.intp, written(real, 5, "A"), written(real, 4)))
def add_parts(arguments, scratch, panel):
    """weight ← Σ sums over the parts, for the outputs of one panel; and over the lanes, if vectors hold pixels."""
    params, weight, all_sums = arguments[0]
    p, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    width = p.tile_height if p.tile_height else TILE_BYTES // like.itemsize
    lanes = VECTOR_BYTES // like.itemsize if p.tile_height else 1
    group, j = divmod(panel, -(-p.outputs // width))
    target = address_of(weight) + group * p.w_group + j * width * p.w_output
    sums = carray(pointer(like, address_of(all_sums)), (p.parts, p.panels, p.all_rows, width * lanes))
    for r in range(p.packed_rows):
        for part in range(1, p.parts):
            for i in range(width * lanes):
                sums[0, panel, r, i] += sums[part, panel, r, i]
        tap, channel = divmod(r, p.inputs)
        kh, kw = divmod(tap, p.kernel_width)
        for o in range(min(width, p.outputs - j * width)):
            total = sums[0, panel, r, o * lanes]
            for l in range(1, lanes):
                total += sums[0, panel, r, o * lanes + l]
            number = target + o * p.w_output + channel * p.w_input + kh * p.w_row + kw * p.w_column
            pointer(like, number)[0] = total


@inline_source
def _load_chunk(p, like, source, n, q, images, memory):
    """The address of the chunk of the source that begins at image n and q, perhaps in a window copied to `memory`."""
    if not p.windowed:
        return source + n * p.source_image + q * p.stride * p.source_row
    item, line = like.itemsize, p.window_width * p.channels
    window = carray(pointer(like, memory), images * p.window_height * line)
    left = min(max(-p.left, 0), p.window_width)
    right = max(min(p.width - p.left, p.window_width), left)  # from left to right the window's columns are in the image
    in_order = p.source_channel == item and p.source_column == p.channels * item
    for i in range(images):
        for h in range(p.window_height):
            row, start = q * p.stride + p.top + h, (i * p.window_height + h) * line
            if row < 0 or row >= p.height:
                window[start : start + line] = 0
                continue
            window[start : start + left * p.channels] = 0
            window[start + right * p.channels : start + line] = 0
            first = source + (n + i) * p.source_image + row * p.source_row + (left + p.left) * p.source_column
            target = memory + (start + left * p.channels) * item
            if in_order:
                copy_bytes(target, first, (right - left) * p.channels * item)
            else:
                for w in range(right - left):
                    number, pixel = first + w * p.source_column, carray(pointer(like, target), p.channels)
                    for c in range(p.channels):
                        pixel[c] = pointer(like, number)[0]
                        number += p.source_channel
                    target += p.channels * item
    return memory


@inline_source
def _convolve_chunk(arguments, scratch, diagonal, chunk):
    params, out, source, packed, bias = arguments
    p, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    item, width = like.itemsize, TILE_BYTES // like.itemsize
    n, q = divmod(chunk, p.chunks_in_image)
    n, q = n * p.chunk_images, q * p.chunk_rows
    images = min(p.chunk_images, p.images - n)
    rows = images * min(p.chunk_rows, p.rows - q) * p.pixels_in_row
    first = _load_chunk(p, like, address_of(source), n, q, images, pointer_to_int(scratch))
    to, panel = address_of(out) + n * p.out_image + q * p.out_row, address_of(packed)
    start, start_step = address_of(bias), item if bias.size == p.groups * p.outputs else 0
    for group in range(p.groups):
        for j in range(0, p.outputs, width):
            o, columns = group * p.outputs + j, min(width, p.outputs - j)
            channel = group * p.inputs if diagonal is None else o
            r = 0
            while r < rows:
                r += gemm_indirect(
                    like, diagonal, rows - r, columns, first + channel * item, p.pixels + r * INT64_BYTES,
                    p.segment_count, p.segments, p.segment_length, p.segment_step,
                    panel, TILE_BYTES, start + o * start_step, 0, to + o * item, p.targets + r * INT64_BYTES,
                )  # fmt: skip
            panel += (p.packed_rows + SLACK) * TILE_BYTES


@inline_source
def _correlate_part(arguments, scratch, diagonal, part):
    params, sums, source, y = arguments
    p, like, window = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1), pointer_to_int(scratch)
    zero, item, width, strip = like.dtype.type(0), like.itemsize, TILE_BYTES // like.itemsize, window + p.strip
    carray(pointer(like, address_of(sums)), (p.parts, p.panels, p.packed_rows, width))[part][:] = 0
    for chunk in range(p.chunks * part // p.parts, p.chunks * (part + 1) // p.parts):
        n, q = divmod(chunk, p.chunks_in_image)
        n, q = n * p.chunk_images, q * p.chunk_rows
        images, height = min(p.chunk_images, p.images - n), min(p.chunk_rows, p.rows - q)
        first = _load_chunk(p, like, address_of(source), n, q, images, window)
        c = address_of(sums) + part * p.panels * p.packed_rows * TILE_BYTES
        for group in range(p.groups):
            for j in range(0, p.outputs, width):
                o, columns = group * p.outputs + j, min(width, p.outputs - j)
                b, b_step = strip, TILE_BYTES
                if p.y_in_place:
                    b, b_step = address_of(y) + n * p.y_image + q * p.y_row, p.y_column
                else:
                    target = strip
                    for i in range(images):
                        for h in range(height):
                            pixels = address_of(y) + (n + i) * p.y_image + (q + h) * p.y_row + o * p.y_channel
                            pack(zero, target, TILE_BYTES, pixels, p.y_column, p.y_channel, p.pixels_in_row, columns)
                            target += p.pixels_in_row * TILE_BYTES
                channel = group * p.inputs if diagonal is None else o
                r = 0
                while r < p.packed_rows:
                    r += gemm_indirect(
                        like, diagonal, p.packed_rows - r, columns, first + channel * item,
                        p.pixels + r * INT64_BYTES, images * height, p.segments, p.segment_length, p.segment_step,
                        b, b_step, c, 1, c, p.targets + r * INT64_BYTES,
                    )  # fmt: skip
                c += p.packed_rows * TILE_BYTES
