"""The plan of a convolution: how it is cut into blocks, and the tables through which a block's numbers are found.

A block is a few images, or a few rows of one. Where it looks beyond the edge of the image, or where the channels of a
pixel are not neighbours in memory, its part of the source is first copied to a window, with zeros at the edge.
"""

import functools

import numpy as np

from tinynet.kernels.cpu.gemm.table_tile import PIXEL_TILES, WORD
from tinynet.kernels.cpu.gemm.tile import TILE_BYTES
from tinynet.kernels.cpu.gemm.vectors import VECTOR_BYTES
from tinynet.kernels.runtime.blocks import address_of, record
from tinynet.kernels.windows import phases

WINDOW = 1 << 17  # bytes of a window, so that it stays in the second-level cache
PIXELS = 1024  # of the target in a block, more where a single row is longer
PIXELS_OF_PLANES = 256  # likewise where vectors hold pixels
PIXELS_OF_SUM = 256  # likewise for the gradient by the weight, whose sum runs over the pixels of a block
SLACK = 16  # rows that `pack` may write beyond those asked for: at most as many as a vector has numbers
TASKS = 16  # blocks to cut into at least, if there are as many images


# What the kernels need to know, as int64. Strides and the entries of tables are in bytes.
FIELDS = record(
    *("out", "source", "weight", "packed", "y", "sums", "parts"),  # set for each call, the others by the plan
    *("bias", "bias_step"),  # zeros of the plan, each read again and again, unless a call sets others
    *("images", "high", "wide", "channels"),  # of the source, and the strides between them:
    *("source_image", "source_row", "source_column", "source_channel"),
    *("block_images", "block_rows", "rows", "blocks_in_image", "blocks", "step"),  # rows are counted in q
    *("windowed", "window_image", "window_row", "window_high", "window_wide", "top", "left"),
    *("pixels", "pixels_in_row", "targets", "segments", "segment_count", "segment_length", "segment_step"),
    *("out_image", "out_row", "out_column", "out_first"),
    *("plane", "height", "span"),  # where vectors hold pixels: a channel of the window, and the tile
    *("strip", "results", "results_row"),  # in a task's scratch memory, after the window
    *("y_image", "y_row", "y_column", "y_channel"),
    *("groups", "outputs", "inputs", "w_group", "w_output", "w_input", "w_high", "w_wide"),
    *("taps", "tap_count", "kernel_wide", "packed_rows", "panels"),
)


class Plan:
    """One phase: its numbers as a record of FIELDS, and the tables that these point to."""

    def __init__(self, high, wide, pixels, source, weight, item, planes=False):
        """How to cut the source (images, high, wide, channels), given by (shape, strides) as the weight is."""
        self.record, self.tables = np.zeros(1, FIELDS), []
        self.high, self.wide = high, wide
        (images, source_high, source_wide, channels), strides = source
        windowed = planes or not (high.is_inside() and wide.is_inside() and (strides[3] == item or channels == 1))
        line = wide.window(wide.count) * channels * item if windowed else 0
        in_image, image = high.count * wide.count, high.window(high.count) * line
        if in_image <= pixels and image <= WINDOW:
            count = min(images // TASKS, pixels // in_image, WINDOW // max(image, 1))
            count, rows = (
                max(1, min(images, max(count, 8 // in_image))),
                high.count,
            )  # 8 pixels at least, to fill a tile
        else:
            count, rows = 1, min(high.count, max(1, pixels // wide.count))
            while rows > 1 and high.window(rows) * line > WINDOW:
                rows //= 2
        self.block_images, self.block_rows = count, rows
        self.top, self.left, (self.image, self.row, self.column, _) = 0, 0, strides  # of what the tables point into
        if windowed:
            self.top, self.left = high.low, wide.low
            self.image, self.row, self.column = high.window(rows) * line, line, channels * item
        if planes:
            self.row, self.column = wide.window(wide.count) * item, item
            self.image = high.window(rows) * self.row
            self.set(
                plane=count * self.image + VECTOR_BYTES, height=planes, span=PIXEL_TILES[planes] * VECTOR_BYTES // item
            )
        in_image = -(-high.count // rows)
        self.set(images=images, high=source_high, wide=source_wide, channels=channels)
        self.set(source_image=strides[0], source_row=strides[1], source_column=strides[2], source_channel=strides[3])
        self.set(block_images=count, block_rows=rows, rows=high.count, blocks_in_image=in_image, step=high.step)
        self.set(blocks=-(-images // count) * in_image, pixels_in_row=wide.count)
        self.set(windowed=windowed, window_image=self.image, window_row=self.row, top=self.top, left=self.left)
        self.set(window_high=high.window(rows), window_wide=wide.window(wide.count))
        names = "w_group", "w_output", "w_input", "w_high", "w_wide"
        (groups, outputs, inputs, _, kernel_wide), strides = weight
        self.set(groups=groups, outputs=outputs, inputs=inputs, kernel_wide=kernel_wide, **dict(zip(names, strides)))
        self.set(tap_count=len(high.taps) * len(wide.taps))
        self.window = count * self.image if windowed else 0  # bytes
        self.table("bias", np.zeros(TILE_BYTES // WORD))

    def scratch_memory(self, window, strip=0, results=0):
        """Lay the scratch memory of a task out: so many bytes for each, one after another."""
        window, strip, results = (-(-size // VECTOR_BYTES) * VECTOR_BYTES for size in (window, strip, results))
        self.set(strip=window, results=window + strip)
        self.scratch = window + strip + results

    def set(self, **fields):
        for name, value in fields.items():
            self.record[name] = value

    def finished(self):
        """The plan, with the numbers that Python needs in each call as attributes."""
        for name in ("packed_rows", "blocks", "height"):
            setattr(self, name, int(self.record[name][0]))
        return self

    def copy(self):
        """The record of a call, to be completed. As plain numbers it is copied ten times faster than as a record."""
        return self.record.view(np.int64).copy().view(FIELDS)

    def table(self, name, *parts):
        """Make a table with the sum of one entry of each part, the last part running fastest."""
        entries = functools.reduce(np.add.outer, [np.asarray(part, np.int64) for part in parts])
        self.tables.append(np.append(entries, 0))  # never without memory
        self.set(**{name: address_of(self.tables[-1])})


def _height(outputs, item):
    """The height of a tile of pixels for so many outputs, or None where these fill half a vector themselves."""
    return None if outputs * item * 2 > VECTOR_BYTES else min(h for h in PIXEL_TILES if h >= outputs)


@functools.lru_cache(maxsize=256)
def plans(geometry, transposed, source, weight, item, diagonal):
    """The phases of `convolve` or `convolve_transposed`: a row of A for each pixel, and a segment for each tap.

    source and weight are given by (shape, strides): (n, h, w, c) and (groups, outputs, inputs, kh, kw).
    """
    size = geometry.x_size if transposed else geometry.y_size
    out_column = weight[0][0] * weight[0][1] * item
    out_row, out_image = size[1] * out_column, size[0] * size[1] * out_column
    inputs, found = weight[0][2], []
    for high in phases(geometry, transposed, 0):
        for wide in phases(geometry, transposed, 1):
            planes = _height(weight[0][1], item) if high.step == wide.step == 1 and not diagonal else None
            p = Plan(high, wide, PIXELS_OF_PLANES if planes else PIXELS, source, weight, item, planes)
            images, q, q_w = np.arange(p.block_images), np.arange(p.block_rows), np.arange(wide.count)
            p.table("pixels", images * p.image, q * high.step * p.row, q_w * wide.step * p.column)
            p.table(
                "targets",
                images * out_image,
                (q * high.out_step + high.first) * out_row,
                (q_w * wide.out_step + wide.first) * out_column,
            )
            p.set(out_image=out_image, out_row=high.out_step * out_row, out_column=wide.out_step * out_column)
            p.set(out_first=high.first * out_row + wide.first * out_column)
            places, length = np.array([(t - p.left) * p.column for _, t in wide.taps], np.int64), inputs
            if (
                not planes and p.column == inputs * item and (np.diff(places) == p.column).all()
            ):  # the taps of a row lie side by side
                places, length = places[:1], inputs * len(places)
            p.table("segments", [(t - p.top) * p.row for _, t in high.taps], places)
            p.table("taps", [k * geometry.kernel[1] for k, _ in high.taps], [k for k, _ in wide.taps])
            step = int(p.record["plane"][0]) if planes else item
            p.set(segment_count=len(high.taps) * len(places), segment_length=length, segment_step=step)
            p.set(packed_rows=len(high.taps) * len(wide.taps) * inputs)
            if planes:
                _planes_memory(p, source[0][3], item)
            else:
                p.scratch_memory(p.window)
            found.append(p.finished())
    return found


def _planes_memory(p, channels, item):
    """The window's planes, the pixels of a vector on their way there, and the sums, before they are put into order."""
    span, image = int(p.record["span"][0]) * item, p.block_images * p.image
    p.set(results_row=image + span)
    # The last tile may begin at the last pixel, and reads beyond it.
    p.scratch_memory(channels * int(p.record["plane"][0]) + span, (channels + SLACK) * TILE_BYTES,
                     int(p.record["height"][0]) * (image + span))  # fmt: skip


@functools.lru_cache(maxsize=256)
def weight_plan(geometry, x, y_strides, weight, item):
    """The plan of `correlate`, where the tables change places: a row for each tap and channel, a segment of pixels."""
    (high,), (wide,) = phases(geometry, False, 0), phases(geometry, False, 1)
    p = Plan(high, wide, PIXELS_OF_SUM, x, weight, item)
    inputs = weight[0][2]
    rows = len(high.taps) * len(wide.taps) * inputs
    p.table(
        "pixels",
        [(t - p.top) * p.row for _, t in high.taps],
        [(t - p.left) * p.column for _, t in wide.taps],
        np.arange(inputs) * item,
    )
    p.table("targets", np.arange(rows) * TILE_BYTES)
    p.table("segments", np.arange(p.block_images) * p.image, np.arange(p.block_rows) * high.step * p.row)
    p.set(segment_length=wide.count, segment_step=wide.step * p.column, packed_rows=rows)
    p.set(**dict(zip(("y_image", "y_row", "y_column", "y_channel"), y_strides)))
    p.scratch_memory(p.window, (p.block_images * p.block_rows * wide.count + SLACK) * TILE_BYTES)
    return p.finished()
