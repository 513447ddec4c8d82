"""Convolutions without im2col: sums of products of which one side is found through tables.

⟨y, conv(x, w)⟩ is linear in each of three arrays: the input x, the weight w and a gradient y of the output. Its
derivative by any one of them is a sum of products of the other two:

    convolve(x, w) → y               y[n, o, p] = Σ x[n, c, p·s + k·d − padding] w[o, c, k]
    convolve_transposed(y, w) → x    the gradient by x
    correlate(x, y) → w              the gradient by w

All work on channels-last memory, where the channels of a pixel are neighbours: then the sum over channels reads x in
order, and the output's channels fill the vectors. Shapes are (N, C, H, W) or (N, C, L) all the same (`windows.py`).
`conv_plan.py` makes the tables, `table_tile.py` the tile.

Blocks are cut by size only, and so are the parts of the sum over images in `correlate`: the same bits on any number of
threads.
"""

import numba
from numba import carray

from tinynet.kernels import reference as kernels
from tinynet.kernels.cpu.conv_plan import FIELDS, SLACK, plans, weight_plan
from tinynet.kernels.cpu.conv_planes import convolve_planes
from tinynet.kernels.cpu.gemm.table_tile import WORD, copy_bytes, multiply_through_tables, pointer, pointer_to_int, word
from tinynet.kernels.cpu.gemm.tile import TILE_BYTES, pack
from tinynet.kernels.runtime.blocks import address_of, blocks
from tinynet.kernels.runtime.memory import empty
from tinynet.kernels.runtime.threads import CONVOLUTIONS
from tinynet.kernels.windows import nhwc

PART = 2_000_000  # multiplications in a part of a sum over images
PARTS = 8  # of such a sum at most: each has its own copy of the weight's gradient


@kernels.convolve.on("cpu")
def convolve(out, x, weight, bias, geometry):
    """out (N, O, *y_size) ← x (N, C, *x_size) convolved with weight (O, C / groups, *kernel), plus bias (O,) or None.

    `out` must be channels-last, here and in `convolve_transposed`; the other arrays may have any strides.
    """
    _run(out, x, weight, bias, geometry, False, out.size)


@kernels.convolve_transposed.on("cpu")
def convolve_transposed(out, y, weight, bias, geometry):
    """out (N, C, *x_size) ← the transpose of `convolve` applied to y (N, O, *y_size), plus bias (C,) or None."""
    _run(out, y, weight, bias, geometry, True, y.size)


def _run(out, source, weight, bias, geometry, transposed, positions):
    if out.size == 0:
        return
    if source.size == 0 or weight.size == 0:
        out[...] = 0 if bias is None else bias.reshape(-1, *[1] * (out.ndim - 2))
        return
    work = positions * (weight.size // len(weight))
    out, source, weight = nhwc(out), nhwc(source), _by_group(weight, geometry.groups)
    diagonal = _is_diagonal(weight)
    if diagonal:
        weight = weight.transpose(1, 0, 2, 3, 4)
    elif transposed:
        weight = weight.transpose(0, 2, 1, 3, 4)
    if bias is not None and not bias.flags.c_contiguous:
        bias = bias.copy()
    dtype, item = out.dtype, out.itemsize
    panels, parallel = _panels(weight), work > CONVOLUTIONS
    key = (source.shape, source.strides), (weight.shape, weight.strides)
    for plan in plans(geometry, transposed, *key, item, diagonal):
        a = plan.copy()
        packed = empty((panels, plan.packed_rows + SLACK, TILE_BYTES // item), dtype)
        a["out"], a["source"], a["weight"] = address_of(out), address_of(source), address_of(weight)
        a["packed"] = address_of(packed)
        if bias is not None:
            a["bias"], a["bias_step"] = address_of(bias), item
        _pack(a, dtype, panels, parallel)
        kernel = convolve_planes if plan.height else _convolve_channels if diagonal else _convolve
        kernel(a, dtype, plan.blocks, parallel, plan.scratch)


@kernels.correlate.on("cpu")
def correlate(out, x, y, geometry):
    """out (O, C / groups, *kernel) ← Σ x y over images and pixels: the gradient of ⟨y, convolve(x, w)⟩ by w."""
    work = y.size * (out.size // max(len(out), 1))
    if work == 0 or x.size == 0:
        out.fill(0)
        return
    out, x, y = _by_group(out, geometry.groups), nhwc(x), nhwc(y)
    diagonal = _is_diagonal(out)
    if diagonal:
        out = out.transpose(1, 0, 2, 3, 4)
    dtype, item = out.dtype, out.itemsize
    panels, parallel = _panels(out), work > CONVOLUTIONS
    plan = weight_plan(geometry, (x.shape, x.strides), y.strides, (out.shape, out.strides), item)
    a = plan.copy()
    parts = min(PARTS, 1 + work // PART, plan.blocks)
    sums = empty((parts, panels, plan.packed_rows, TILE_BYTES // item), dtype)
    a["weight"], a["source"], a["y"], a["sums"] = (address_of(array) for array in (out, x, y, sums))
    a["parts"], a["panels"] = parts, panels
    (_correlate_channels if diagonal else _correlate)(a, dtype, parts, parallel, plan.scratch)
    _add_parts(a, dtype, panels, parallel)


def _panels(weight):
    """How many tiles wide the outputs of all groups are."""
    groups, outputs = weight.shape[:2]
    return groups * -(-outputs * weight.itemsize // TILE_BYTES)


def _by_group(weight, groups):
    """(O, C / groups, *kernel) as (groups, O / groups, C / groups, kh, kw), the same memory."""
    if weight.ndim == 3:
        weight = weight[:, :, None]
    return weight[None] if groups == 1 else weight.reshape(groups, -1, *weight.shape[1:])


def _is_diagonal(weight):
    """Whether each channel has a kernel of its own, so that channel j of the input makes channel j of the output."""
    return len(weight) > 1 and weight.shape[1:3] == (1, 1)


# --- compiled -----------------------------------------------------------------------------------------------------
# Images are (N, H, W, C), weights (groups, outputs, inputs, kh, kw). With `diagonal`, which is None or True and decided
# when compiling, there is one group, and its outputs are the channels. The columns of the product are the outputs of a
# group, cut into panels as wide as a tile. Blocks work in scratch memory, which the plan lays out.

_merged = numba.njit(inline="always")


@blocks(FIELDS)
def _pack(arguments, scratch, block):
    """packed[block] ← the weights of one panel, in the order of the taps."""
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    zero, width = like.dtype.type(0), TILE_BYTES // like.itemsize
    group, j = divmod(block, -(-a.outputs // width))
    source = a.weight + group * a.w_group + j * width * a.w_output
    target = a.packed + block * (a.packed_rows + SLACK) * TILE_BYTES
    columns = min(width, a.outputs - j * width)
    for t in range(a.tap_count):
        kh, kw = divmod(word(a.taps + t * WORD), a.kernel_wide)
        tap = source + kh * a.w_high + kw * a.w_wide
        strip = target + t * a.inputs * TILE_BYTES
        pack(zero, strip, TILE_BYTES, tap, a.w_input, a.w_output, a.inputs, columns)


@blocks(FIELDS)
def _convolve(arguments, scratch, block):
    """The block of the target, of all channels."""
    _convolve_block(carray(arguments, 1)[0], scratch, None, block)


@blocks(FIELDS)
def _convolve_channels(arguments, scratch, block):
    _convolve_block(carray(arguments, 1)[0], scratch, True, block)


@blocks(FIELDS)
def _correlate(arguments, scratch, block):
    """sums[block] ← Σ x y over one part of the images."""
    _correlate_part(carray(arguments, 1)[0], scratch, None, block)


@blocks(FIELDS)
def _correlate_channels(arguments, scratch, block):
    _correlate_part(carray(arguments, 1)[0], scratch, True, block)


@blocks(FIELDS)
def _add_parts(arguments, scratch, block):
    """weight ← Σ sums over the parts, for the outputs of one panel."""
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    width = TILE_BYTES // like.itemsize
    group, j = divmod(block, -(-a.outputs // width))
    target = a.weight + group * a.w_group + j * width * a.w_output
    sums = carray(pointer(like, a.sums), (a.parts, a.panels, a.packed_rows, width))
    for r in range(a.packed_rows):
        for part in range(1, a.parts):
            for o in range(width):
                sums[0, block, r, o] += sums[part, block, r, o]
        tap, channel = divmod(r, a.inputs)
        kh, kw = divmod(tap, a.kernel_wide)
        for o in range(min(width, a.outputs - j * width)):
            place = target + o * a.w_output + channel * a.w_input + kh * a.w_high + kw * a.w_wide
            pointer(like, place)[0] = sums[0, block, r, o]


@_merged
def _load_block(a, like, n, q, images, memory):
    """The address of the block of the source that begins at image n and q, perhaps in a window copied to `memory`."""
    if not a.windowed:
        return a.source + n * a.source_image + q * a.step * a.source_row
    item, line = like.itemsize, a.window_wide * a.channels
    window = carray(pointer(like, memory), images * a.window_high * line)
    left = min(max(-a.left, 0), a.window_wide)
    right = max(min(a.wide - a.left, a.window_wide), left)  # from left to right the window's columns are in the image
    in_order = a.source_channel == item and a.source_column == a.channels * item
    for i in range(images):
        for h in range(a.window_high):
            row, start = q * a.step + a.top + h, (i * a.window_high + h) * line
            if row < 0 or row >= a.high:
                window[start : start + line] = 0
                continue
            window[start : start + left * a.channels] = 0
            window[start + right * a.channels : start + line] = 0
            source = a.source + (n + i) * a.source_image + row * a.source_row + (left + a.left) * a.source_column
            target = memory + (start + left * a.channels) * item
            if in_order:
                copy_bytes(target, source, (right - left) * a.channels * item)
            else:
                for c in range(a.channels):
                    for w in range(right - left):
                        number = source + w * a.source_column + c * a.source_channel
                        pointer(like, target + (w * a.channels + c) * item)[0] = pointer(like, number)[0]
    return memory


@_merged
def _convolve_block(a, scratch, diagonal, block):
    like = carray(scratch, 1)
    item, width = like.itemsize, TILE_BYTES // like.itemsize
    n, q = divmod(block, a.blocks_in_image)
    n, q = n * a.block_images, q * a.block_rows
    images = min(a.block_images, a.images - n)
    rows = images * min(a.block_rows, a.rows - q) * a.pixels_in_row
    source = _load_block(a, like, n, q, images, pointer_to_int(scratch))
    out, panel = a.out + n * a.out_image + q * a.out_row, a.packed
    for group in range(a.groups):
        for j in range(0, a.outputs, width):
            o, columns = group * a.outputs + j, min(width, a.outputs - j)
            channel = group * a.inputs if diagonal is None else o
            r = 0
            while r < rows:
                r += multiply_through_tables(
                    like, diagonal, rows - r, columns, source + channel * item, a.pixels + r * WORD,
                    a.segment_count, a.segments, a.segment_length, a.segment_step,
                    panel, TILE_BYTES, a.bias + o * a.bias_step, 0, out + o * item, a.targets + r * WORD,
                )  # fmt: skip
            panel += (a.packed_rows + SLACK) * TILE_BYTES


@_merged
def _correlate_part(a, scratch, diagonal, part):
    like, window = carray(scratch, 1), pointer_to_int(scratch)
    zero, item, width, strip = like.dtype.type(0), like.itemsize, TILE_BYTES // like.itemsize, window + a.strip
    sums = carray(pointer(like, a.sums), (a.parts, a.panels, a.packed_rows, width))[part]
    sums[:] = 0
    for block in range(a.blocks * part // a.parts, a.blocks * (part + 1) // a.parts):
        n, q = divmod(block, a.blocks_in_image)
        n, q = n * a.block_images, q * a.block_rows
        images, high = min(a.block_images, a.images - n), min(a.block_rows, a.rows - q)
        source = _load_block(a, like, n, q, images, window)
        c = a.sums + part * a.panels * a.packed_rows * TILE_BYTES
        for group in range(a.groups):
            for j in range(0, a.outputs, width):
                o, columns = group * a.outputs + j, min(width, a.outputs - j)
                target = strip
                for i in range(images):
                    for h in range(high):
                        y = a.y + (n + i) * a.y_image + (q + h) * a.y_row + o * a.y_channel
                        pack(zero, target, TILE_BYTES, y, a.y_column, a.y_channel, a.pixels_in_row, columns)
                        target += a.pixels_in_row * TILE_BYTES
                channel = group * a.inputs if diagonal is None else o
                r = 0
                while r < a.packed_rows:
                    r += multiply_through_tables(
                        like, diagonal, a.packed_rows - r, columns, source + channel * item, a.pixels + r * WORD,
                        images * high, a.segments, a.segment_length, a.segment_step,
                        strip, TILE_BYTES, c, 1, c, a.targets + r * WORD,
                    )  # fmt: skip
                c += a.packed_rows * TILE_BYTES
