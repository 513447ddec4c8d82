"""How a convolution is cut into chunks, and the tables through which a chunk's numbers are found.

A chunk is a few images, or a few rows of one. Where it looks beyond the edge of the image, or where the channels of a
pixel are not neighbours in memory, its part of the source is first copied to a window, with zeros at the edge.
"""

import functools
import math

import numpy as np

from ..runtime.parallel_for import params_dtype
from ..windows import phases
from .gemm.microkernel import TILE_BYTES
from .gemm.pixels import MOST_CHANNELS, PIXEL_TILES, tile_height
from .gemm.simd import VECTOR_BYTES

WINDOW = 1 << 17  # bytes of a window, so that it stays in the second-level cache
PIXELS = 1024  # of the target in a chunk, more where a single row is longer
PIXELS_OF_SUM = 256  # likewise for the gradient by the weight, whose sum runs over the pixels of a chunk
SLACK = 16  # rows that `pack` may write beyond those asked for: at most as many as a vector has numbers
TASKS = 16  # chunks to cut into at least, if there are as many images


# What the kernels need to know, as int64. Strides and the entries of tables are in bytes; tables are addresses.
PARAMS = params_dtype(
    *("images", "height", "width", "channels"),  # of the source, and the strides between them:
    *("source_image", "source_row", "source_column", "source_channel"),
    *("chunk_images", "chunk_rows", "rows", "chunks_in_image", "chunks", "stride"),  # rows are counted in q
    *("windowed", "window_image", "window_row", "window_height", "window_width", "top", "left"),
    *("pixels", "pixels_in_row", "targets", "segments", "segment_count", "segment_length", "segment_step"),
    *("out_image", "out_row", "out_column", "out_first"),
    *("plane", "tile_height", "tile_width"),  # where vectors hold pixels: a channel of the window, and the tile
    *("strip", "results", "results_row"),  # in a task's scratch memory, after the window
    *("y_image", "y_row", "y_column", "y_channel", "y_in_place"),
    *("y_plane", "y_plane_row", "tile_rows", "all_rows"),  # where vectors hold pixels: of y in scratch, of sums
    *("groups", "outputs", "inputs", "w_group", "w_output", "w_input", "w_row", "w_column"),
    *("taps", "tap_count", "kernel_width", "packed_rows", "panels", "parts"),
)


class Layout:
    """How a phase lies in memory: `params`, a record of PARAMS, the tables that it points to, and `scratch`, the bytes
    that a task needs."""

    def __init__(self, vertical, horizontal, pixels, source, weight, item, height=None):
        """How to cut the source (images, height, width, channels), given by (shape, strides) as the weight is.

        With `height` vectors hold pixels, in tiles of so many outputs.
        """
        self.record, self.tables, self.scratch = np.zeros(1, PARAMS), [], 0
        self.vertical, self.horizontal, self.tile_height = vertical, horizontal, height
        (images, source_height, source_width, channels), strides = source
        inside = vertical.is_inside() and horizontal.is_inside()
        windowed = bool(height) or not (inside and (strides[3] == item or channels == 1))
        line = horizontal.window(horizontal.count) * channels * item if windowed else 0
        self.chunk_images, self.chunk_rows = self._cut(images, pixels, line)
        self.top, self.left, (self.image, self.row, self.column, _) = 0, 0, strides  # of what the tables point into
        window_height = vertical.window(self.chunk_rows)
        if windowed:
            self.top, self.left = vertical.low, horizontal.low
            self.image, self.row, self.column = window_height * line, line, channels * item
        if height:
            self.row, self.column = horizontal.window(horizontal.count) * item, item
            self.image = window_height * self.row
            plane = self.chunk_images * self.image + VECTOR_BYTES
            self.set(plane=plane, tile_height=height, tile_width=PIXEL_TILES[height] * VECTOR_BYTES // item)
        in_image = -(-vertical.count // self.chunk_rows)
        self.chunks = -(-images // self.chunk_images) * in_image
        self.set(images=images, height=source_height, width=source_width, channels=channels)
        self.set(source_image=strides[0], source_row=strides[1], source_column=strides[2], source_channel=strides[3])
        self.set(chunk_images=self.chunk_images, chunk_rows=self.chunk_rows, rows=vertical.count)
        self.set(chunks_in_image=in_image, chunks=self.chunks, stride=vertical.step, pixels_in_row=horizontal.count)
        self.set(windowed=windowed, window_image=self.image, window_row=self.row, top=self.top, left=self.left)
        self.set(window_height=window_height, window_width=horizontal.window(horizontal.count))
        names = "w_group", "w_output", "w_input", "w_row", "w_column"
        (groups, outputs, inputs, _, kernel_width), strides = weight
        self.set(groups=groups, outputs=outputs, inputs=inputs, kernel_width=kernel_width, **dict(zip(names, strides)))
        self.window = self.chunk_images * self.image if windowed else 0  # bytes
        self.tap_count = len(vertical.taps) * len(horizontal.taps)
        self.packed_rows, self.panels = self.tap_count * inputs, groups * -(-outputs * item // TILE_BYTES)
        self.set(tap_count=self.tap_count, packed_rows=self.packed_rows, all_rows=self.packed_rows, panels=self.panels)

    def _cut(self, images, pixels, line):
        """(images, rows of each) in a chunk of about so many pixels, for windows with `line` bytes in a row."""
        vertical, in_row = self.vertical, self.horizontal.count
        in_image, window = vertical.count * in_row, vertical.window(vertical.count) * line
        if in_image <= pixels and window <= WINDOW:
            count = min(images // TASKS, pixels // in_image, WINDOW // max(window, 1))
            return max(1, min(images, max(count, 8 // in_image))), vertical.count  # 8 pixels at least, to fill a tile
        rows = min(vertical.count, max(1, pixels // in_row))
        while rows > 1 and vertical.window(rows) * line > WINDOW:
            rows //= 2
        return 1, -(-vertical.count // -(-vertical.count // rows))  # of one height

    def scratch_memory(self, window, strip=0, results=0):
        """Lay the scratch memory of a task out: so many bytes for each, one after another."""
        window, strip, results = (-(-size // VECTOR_BYTES) * VECTOR_BYTES for size in (window, strip, results))
        self.set(strip=window, results=window + strip)
        self.scratch = window + strip + results

    def set(self, **fields):
        for name, value in fields.items():
            self.record[name] = value

    def table(self, name, *parts):
        """Make a table with the sum of one entry of each part, the last part running fastest."""
        entries = functools.reduce(np.add.outer, [np.asarray(part, np.int64) for part in parts])
        self.tables.append(np.append(entries, 0))  # never without memory
        self.set(**{name: self.tables[-1].ctypes.data})

    @property
    def params(self):
        """The address of the parameters."""
        return self.record.ctypes.data

    @property
    def arrays(self):
        return self.record, *self.tables


def layouts(geometry, transposed, source, weight, item, diagonal):
    """The phases of `convolve` or `convolve_transposed`: a row of A for each pixel, and a segment for each tap.

    source and weight are given by (shape, strides): (n, h, w, c) and (groups, outputs, inputs, kh, kw).
    """
    size = geometry.x_size if transposed else geometry.y_size
    out_column = weight[0][0] * weight[0][1] * item
    out_row, out_image = size[1] * out_column, size[0] * size[1] * out_column
    for vertical in phases(geometry, transposed, 0):
        for horizontal in phases(geometry, transposed, 1):
            height = None
            if vertical.step == horizontal.step == 1 and not diagonal:
                height = tile_height(weight[0][1], item)
            p = Layout(vertical, horizontal, PIXELS, source, weight, item, height)
            q, q_w = np.arange(p.chunk_rows), np.arange(horizontal.count)
            targets = (q * vertical.out_step + vertical.first) * out_row
            images = np.arange(p.chunk_images)
            p.table("pixels", images * p.image, q * vertical.step * p.row, q_w * horizontal.step * p.column)
            columns = (q_w * horizontal.out_step + horizontal.first) * out_column
            p.table("targets", images * out_image, targets, columns)
            p.set(out_image=out_image, out_row=vertical.out_step * out_row, out_column=horizontal.out_step * out_column)
            p.set(out_first=vertical.first * out_row + horizontal.first * out_column)
            _segments(p, geometry.kernel[1], weight[0][2], item)
            if height:
                _planes_memory(p, source[0][3], item)
            else:
                p.scratch_memory(p.window)
            yield p


def work_of_layouts(geometry, outputs, inputs, item):
    """The multiplications of vectors for an image of `convolve_transposed` with one group."""
    height = tile_height(outputs, item)
    vectors = height * item / VECTOR_BYTES if height else -(-outputs * item // VECTOR_BYTES)
    return math.prod(geometry.x_size) * math.prod(geometry.kernel) / math.prod(geometry.stride) * vectors * inputs


def _segments(p, kernel_width, inputs, item):
    """Where the numbers lie that a pixel sees: a segment for each tap, or for each row of taps that are neighbours."""
    vertical, horizontal, planes = p.vertical, p.horizontal, p.tile_height
    offsets, length = np.array([(t - p.left) * p.column for _, t in horizontal.taps], np.int64), inputs
    if not planes and p.column == inputs * item and (np.diff(offsets) == p.column).all():
        offsets, length = offsets[:1], inputs * len(offsets)
    p.table("segments", [(t - p.top) * p.row for _, t in vertical.taps], offsets)
    p.table("taps", [k * kernel_width for k, _ in vertical.taps], [k for k, _ in horizontal.taps])
    step = int(p.record["plane"][0]) if planes else item
    p.set(segment_count=len(vertical.taps) * len(offsets), segment_length=length, segment_step=step)


def _planes_memory(p, channels, item):
    """The window's planes, a bias, and the sums, before they are put into order."""
    width, image = int(p.record["tile_width"][0]) * item, p.chunk_images * p.image
    p.set(results_row=image + width)
    # The last tile may begin at the last pixel, and reads beyond it. The strip is a bias for each row of a tile.
    planes = _window_planes(channels, item) * int(p.record["plane"][0]) + width
    p.scratch_memory(planes, p.tile_height * item, p.tile_height * (image + width))


def _window_planes(channels, item):
    """The planes of a window: `to_planes` writes as many as half a vector has numbers."""
    some = VECTOR_BYTES // item // 2
    return -(-channels // some) * some


def weight_layout(geometry, x, y_strides, weight, item):
    """The layout of `correlate`, where tables change places: a row for each tap and channel, a segment of pixels."""
    p = _weight_layout(geometry, x, y_strides, weight, item, None)
    p.table("pixels", *_places(p), np.arange(weight[0][2]) * item)
    p.table("targets", np.arange(p.packed_rows) * TILE_BYTES)
    p.set(segment_length=p.horizontal.count, segment_step=p.horizontal.step * p.column)
    in_place = _is_in_place(p, y_strides, weight[0], item)
    pixels = 0 if in_place else p.chunk_images * p.chunk_rows * p.horizontal.count + SLACK
    p.set(y_in_place=in_place)
    p.scratch_memory(p.window, pixels * TILE_BYTES)
    return p


def _is_in_place(p, y_strides, weight, item):
    """Whether the pixels of y in a chunk are rows of a product already: side by side, and in whole vectors."""
    (image, row, column, channel), (groups, outputs, *_) = y_strides, weight
    size, height, width = outputs * item, p.vertical.count, p.horizontal.count
    vectors = groups == 1 and channel == item and VECTOR_BYTES <= size <= TILE_BYTES
    return vectors and row == width * column and (p.chunk_images == 1 or image == height * row)


def lanes_layout(geometry, x, y_strides, weight, item):
    """The layout of `correlate_planes`: a row for each tap and channel, a segment for each row of pixels."""
    height = tile_height(weight[0][1], item)
    p = _weight_layout(geometry, x, y_strides, weight, item, height)
    plane, rows = int(p.record["plane"][0]), PIXEL_TILES[height]
    places = functools.reduce(np.add.outer, [*_places(p), np.arange(x[0][3]) * plane]).ravel()
    p.table("pixels", np.pad(places, (0, -len(places) % rows), "edge"))  # whole tiles
    row = -(-p.horizontal.count * item // VECTOR_BYTES) * VECTOR_BYTES
    y_plane = p.chunk_images * p.chunk_rows * row
    p.set(y_plane=y_plane, y_plane_row=row, tile_rows=rows, panels=1, all_rows=-(-len(places) // rows) * rows)
    p.scratch_memory(_window_planes(x[0][3], item) * plane, results=MOST_CHANNELS * y_plane)
    return p


def lanes_are_filled(geometry, outputs, item):
    """Whether neighbouring pixels fill vectors better than so many outputs do, in the gradient by the weight."""
    height, count = tile_height(outputs, item), geometry.y_size[1]
    if height is None or geometry.stride[1] > 1:
        return False
    return 3 * height * -(-count * item // VECTOR_BYTES) < 2 * count


def _weight_layout(geometry, x, y_strides, weight, item, height):
    (vertical,), (horizontal,) = phases(geometry, False, 0), phases(geometry, False, 1)
    pixels = PIXELS_OF_SUM if height is None else 2 * PIXELS_OF_SUM
    p = Layout(vertical, horizontal, pixels, x, weight, item, height)
    p.table("segments", np.arange(p.chunk_images) * p.image, np.arange(p.chunk_rows) * vertical.step * p.row)
    p.set(**dict(zip(("y_image", "y_row", "y_column", "y_channel"), y_strides)))
    return p


def _places(p):
    """Where the taps of a pixel lie, along both axes."""
    axes = (p.vertical, p.top, p.row), (p.horizontal, p.left, p.column)
    return [[(t - first) * step for _, t in axis.taps] for axis, first, step in axes]
