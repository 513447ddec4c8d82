"""Convolutions without im2col: sums of products of which one side is found through tables.

⟨y, conv(x, w)⟩ is linear in each of three arrays: the input x, the weight w and a gradient y of the output. Its
derivative by any one of them is a sum of products of the other two:

    convolve(x, w) → y               y[n, o, p] = Σ x[n, c, p·s + k·d − padding] w[o, c, k]
    convolve_transposed(y, w) → x    the gradient by x
    correlate(x, y) → w              the gradient by w

All work on channels-last memory, where the channels of a pixel are neighbours: then the sum over channels reads x in
order, and the output's channels fill the vectors. Shapes are (N, C, H, W) or (N, C, L) all the same (`windows.py`).
`conv_plan.py` makes the tables, `conv_loops.py` has the compiled loops. Where there are few channels the vectors hold
pixels (`conv_planes.py`), and a transposed convolution may add windows to the image (`conv_windows.py`).

Chunks are cut by size only, and so are the parts of the sum over images in `correlate`: the same bits on any number of
threads.
"""

import math
from typing import NamedTuple

import numpy as np

from .. import reference as kernels
from ..runtime.memory import empty
from ..runtime.parallel_for import Plan
from ..runtime.plans import planned
from ..runtime.threads import CONVOLUTIONS
from ..windows import nhwc
from . import conv_loops as loops
from .conv_plan import SLACK, lanes_are_filled, lanes_layout, layouts, weight_layout, work_of_layouts
from .conv_planes import convolve_planes, correlate_planes
from .conv_windows import CHUNK_IMAGES, add_windows, pack_window, window_panels, window_params, window_work
from .gemm.microkernel import DEPTH, TILE_BYTES
from .gemm.simd import MASKED_LOADS, VECTOR_BYTES

PART = 2_000_000  # multiplications in a part of a sum over images
PARTS = 8  # of such a sum at most: each has its own copy of the weight's gradient


@kernels.convolve.on("cpu")
def convolve(out, x, weight, bias, geometry):
    """out (N, O, *y_size) ← x (N, C, *x_size) convolved with weight (O, C / groups, *kernel), plus bias (O,) or None.

    `out` must be channels-last, here and in `convolve_transposed`; the other arrays may have any strides.
    """
    _run(out, x, weight, bias, geometry, False)


@kernels.convolve_transposed.on("cpu")
def convolve_transposed(out, y, weight, bias, geometry):
    """out (N, C, *x_size) ← the transpose of `convolve` applied to y (N, O, *y_size), plus bias (C,) or None."""
    _run(out, y, weight, bias, geometry, True)


def _run(out, source, weight, bias, geometry, transposed):
    if out.size == 0:
        return
    if source.size == 0 or weight.size == 0:
        out[...] = 0 if bias is None else bias.reshape(-1, *[1] * (out.ndim - 2))
        return
    out, source, weight = nhwc(out), nhwc(source), _by_group(weight, geometry.groups)
    diagonal = _is_diagonal(weight)
    if diagonal:
        weight = weight.transpose(1, 0, 2, 3, 4)
    elif transposed:
        weight = weight.transpose(0, 2, 1, 3, 4)
    if bias is not None and not bias.flags.c_contiguous:
        bias = bias.copy()
    layout = (source.shape, source.strides), (weight.shape, weight.strides)
    for phase in _phases(geometry, transposed, *layout, out.dtype, diagonal):
        packed = empty(phase.packed, out.dtype)
        phase.pack.run(packed, weight)
        phase.convolve.run(out, source, packed, phase.zeros if bias is None else bias)


@kernels.correlate.on("cpu")
def correlate(out, x, y, geometry):
    """out (O, C / groups, *kernel) ← Σ x y over images and pixels: the gradient of ⟨y, convolve(x, w)⟩ by w."""
    if out.size == 0 or x.size == 0 or y.size == 0:
        out.fill(0)
        return
    out, x, y = _by_group(out, geometry.groups), nhwc(x), nhwc(y)
    diagonal = _is_diagonal(out)
    if diagonal:
        out = out.transpose(1, 0, 2, 3, 4)
    layout = (x.shape, x.strides), (y.shape, y.strides), (out.shape, out.strides)
    plan = _correlation(geometry, *layout, out.dtype, diagonal)
    sums = empty(plan.sums, out.dtype)
    plan.correlate.run(sums, x, y)
    plan.add_parts.run(out, sums)


def _by_group(weight, groups):
    """(O, C / groups, *kernel) as (groups, O / groups, C / groups, kh, kw), the same memory."""
    if weight.ndim == 3:
        weight = weight[:, :, None]
    return weight[None] if groups == 1 else weight.reshape(groups, -1, *weight.shape[1:])


def _is_diagonal(weight):
    """Whether each channel has a kernel of its own, so that channel j of the input makes channel j of the output."""
    return len(weight) > 1 and weight.shape[1:3] == (1, 1)


# --- plans --------------------------------------------------------------------------------------------------------


class Phase(NamedTuple):
    """A phase of `convolve` or `convolve_transposed`: the weight is packed, then the target is computed."""

    packed: tuple  # the shape of the packed weight
    pack: Plan
    convolve: Plan
    zeros: np.ndarray  # in place of a bias


@planned
def _phases(geometry, transposed, source, weight, dtype, diagonal):
    """For source and weight given by (shape, strides): (n, h, w, c) and (groups, outputs, inputs, kh, kw)."""
    parallel = _work(source[0][0], geometry, weight[0]) > CONVOLUTIONS
    if transposed and not diagonal and _by_windows(geometry, source, weight[0], dtype.itemsize):
        return [_window_phase(geometry, source, weight, dtype, parallel)]
    found = layouts(geometry, transposed, source, weight, dtype.itemsize, diagonal)
    return [_phase(layout, dtype, diagonal, parallel) for layout in found]


def _by_windows(geometry, source, weight, item):
    """Whether to add windows to the image takes less than what `layouts` plans."""
    ((images, _, _, channels), (*_, step)), (groups, outputs, inputs, *_) = source, weight
    if (
        groups > 1
        or images < CHUNK_IMAGES
        or geometry.dilation[1] > 1
        or inputs > DEPTH
        or (step != item and channels > 1)
    ):
        return False
    return window_work(geometry, outputs, inputs, item) < work_of_layouts(geometry, outputs, inputs, item)


def _window_phase(geometry, source, weight, dtype, parallel):
    (_, outputs, inputs, kernel_height, _), _ = weight
    params = np.array(window_params(geometry, source, weight, dtype.itemsize), np.int64)
    panels, chunks = kernel_height * window_panels(geometry, outputs, dtype.itemsize), -(-source[0][0] // CHUNK_IMAGES)
    width, address = TILE_BYTES // dtype.itemsize, params.ctypes.data
    pack = Plan(pack_window, dtype, panels, parallel, address, arrays=(params,))
    run = Plan(add_windows, dtype, chunks, parallel, address, arrays=(params,))
    return Phase((panels, inputs + 1, width), pack, run, np.zeros(width, dtype))


def _work(images, geometry, weight):
    """The multiplications of a convolution with a weight of this shape, and of its gradients."""
    return images * math.prod(geometry.y_size) * math.prod(weight)


def _phase(layout, dtype, diagonal, parallel):
    kernel = convolve_planes if layout.tile_height else loops.convolve_channels if diagonal else loops.convolve
    packed = layout.panels, layout.packed_rows + SLACK, TILE_BYTES // dtype.itemsize
    params, arrays = layout.params, layout.arrays
    pack = Plan(loops.pack_weight, dtype, layout.panels, parallel, params, arrays=arrays)
    run = Plan(kernel, dtype, layout.chunks, parallel, params, scratch=layout.scratch, arrays=arrays)
    return Phase(packed, pack, run, np.zeros(TILE_BYTES // dtype.itemsize, dtype))


class Correlation(NamedTuple):
    """Parts of the sum over images, which are then added."""

    sums: tuple  # the shape of the parts
    correlate: Plan
    add_parts: Plan


@planned
def _correlation(geometry, x, y, weight, dtype, diagonal):
    """For x, y and the weight given by (shape, strides)."""
    item, work = dtype.itemsize, _work(x[0][0], geometry, weight[0])
    by_lanes = not diagonal and _by_lanes(geometry, y[1], weight[0], item)
    layout = (lanes_layout if by_lanes else weight_layout)(geometry, x, y[1], weight, item)
    parts, parallel = min(PARTS, 1 + work // PART, layout.chunks), work > CONVOLUTIONS
    layout.set(parts=parts)
    params, arrays = layout.params, layout.arrays
    if by_lanes:
        kernel, panels = correlate_planes, 1
        sums = parts, *(int(layout.record[name][0]) for name in ("all_rows", "tile_height")), VECTOR_BYTES // item
    else:
        kernel, panels = loops.correlate_channels if diagonal else loops.correlate, layout.panels
        sums = parts, panels, layout.packed_rows, TILE_BYTES // item
    correlate = Plan(kernel, dtype, parts, parallel, params, scratch=layout.scratch, arrays=arrays)
    return Correlation(sums, correlate, Plan(loops.add_parts, dtype, panels, parallel, params, arrays=arrays))


def _by_lanes(geometry, y_strides, weight, item):
    """Whether the gradient by the weight is computed with pixels in the lanes."""
    (groups, outputs, *_), (*_, step) = weight, y_strides
    if not MASKED_LOADS or groups > 1 or (step != item and outputs > 1):
        return False
    return lanes_are_filled(geometry, outputs, item)
