"""Tables of places, through which a matrix product reads an image and becomes a convolution.

Of the matrix that a convolution is a product of (a row for each output pixel, a column for each place in the kernel and
channel), number (r, l) lies at `row[r] + step[l]` in the image, padded with zeros and with its channels last.

A transposed convolution of stride s falls apart into s² convolutions of stride 1, its phases: pixels of the output that
are s apart see the same places in the kernel, and each place is seen by the pixels of one phase only. So the steps of
all phases are one table, of which a tile of rows sums its own span, and the rows of all phases are one long matrix. The
gradient by the weight is a product whose sum runs over the pixels.
"""

import itertools
from typing import NamedTuple

import numpy as np

from ..runtime.plans import planned
from ..windows import edges, phases
from .array.array import CudaArray, from_host


class Tables(NamedTuple):
    """What the kernels of `conv.py` read beside their operands; `indirect_multiply` says how."""

    rows: CudaArray
    steps: CudaArray
    columns: CudaArray
    spans: CudaArray


def _on_device(rows, steps, columns, spans):
    steps = [np.append(s, 0) for s in steps]  # never without memory
    return Tables(*(from_host(np.asarray(t, np.int64).reshape(-1)) for t in (rows, steps, columns, spans)))


def _whole_tiles(out_row, a_row, tile_rows):
    """[out_row, a_row] as long as whole tiles; what is read of a row that is not there must not lie outside."""
    rest = -len(out_row) % tile_rows
    return np.array([np.append(out_row, [-1] * rest), np.append(a_row, a_row[-1:].repeat(rest))])


def _places(shape, *indices):
    """Where in a C-contiguous array lies what each combination of indices, the last running fastest, points to."""
    found = np.zeros(1, np.int64)
    for size, index in zip(shape, indices, strict=True):
        found = np.add.outer(found * size, np.asarray(index, np.int64)).reshape(-1)
    return found


def _image_shape(images, geometry, transposed, channels):
    """The shape of the source with the zeros around it."""
    size = geometry.y_size if transposed else geometry.x_size
    return images, *(n + sum(e) for n, e in zip(size, edges(geometry, transposed))), channels


@planned
def tables(images, geometry, transposed, each, outputs, tile):
    """For the matrix of an image times one of a row for each tap and `each` channels, and a column for each output."""
    image = _image_shape(images, geometry, transposed, each * geometry.groups)
    target = images, *(geometry.x_size if transposed else geometry.y_size), outputs * geometry.groups
    (top, _), (left, _) = edges(geometry, transposed)
    rows, steps, spans, k = [], [], [], 0
    found = itertools.product(*(phases(geometry, transposed, axis) for axis in (0, 1)))
    # The longest sums first.
    for vertical, horizontal in sorted(found, key=lambda axes: -len(axes[0].taps) * len(axes[1].taps)):
        i, j = np.arange(vertical.count), np.arange(horizontal.count)
        y, x = i * vertical.out_step + vertical.first, j * horizontal.out_step + horizontal.first
        out_row = _places(target, range(images), y, x, [0])
        a_row = _places(image, range(images), i * vertical.step + top, j * horizontal.step + left, [0])
        a_step = _places(image, [0], [t for _, t in vertical.taps], [t for _, t in horizontal.taps], range(each))
        taps = [k for k, _ in vertical.taps], [k for k, _ in horizontal.taps]
        b_step = _places((*geometry.kernel, each, outputs), *taps, range(each), [0])
        rows.append(_whole_tiles(out_row, a_row, tile.height))
        steps.append([a_step, b_step])
        spans += [k, k + len(a_step)] * (len(rows[-1][0]) // tile.height)
        k += len(a_step)
    return _on_device(np.concatenate(rows, 1), np.concatenate(steps, 1), range(outputs), spans)


@planned
def tables_of_sum(images, geometry, each, outputs, tile, parts):
    """For the transpose of the pixels' matrix, a row for each output, times that of the image that they see."""
    image = _image_shape(images, geometry, False, each * geometry.groups)
    (vertical,), (horizontal,) = phases(geometry, False, 0), phases(geometry, False, 1)
    (top, _), (left, _) = edges(geometry)
    i, j = np.arange(vertical.count) * vertical.step + top, np.arange(horizontal.count) * horizontal.step + left
    columns = _places(image, [0], [t for _, t in vertical.taps], [t for _, t in horizontal.taps], range(each))
    rows = _whole_tiles(np.arange(outputs) * len(columns), np.arange(outputs), tile.height)
    pixels = images * vertical.count * horizontal.count
    steps = np.arange(pixels) * outputs * geometry.groups, _places(image, range(images), i, j, [0])
    part = tile.partition(pixels, parts)
    spans = [(min(p * part, pixels), min((p + 1) * part, pixels)) for p in range(parts)] * (len(rows[0]) // tile.height)
    return _on_device(rows, steps, columns, spans)
