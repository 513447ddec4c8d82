"""The transpose of a convolution as windows that are added to the image: each pixel of the source makes one.

Looked at from the target, as in `conv_loops.py`, a pixel near the edge sees many taps beyond the source, which are
products with zeros: for a 5×5 kernel without padding and 10×10 pixels of the source, half of all. Here nothing is
multiplied that does not count. A row of a window, all its columns and channels, is one row of a product, which has
full vectors also where channels are few. The rows of a tile are the same pixel in several images: windows of
neighbouring pixels overlap, and would wait for each other.
"""

from numba import carray, types

from ..runtime.parallel_for import parallel_for, params_dtype, read, written
from ..runtime.pointers import address_of, pointer
from .conv_loops import convolution_types
from .gemm.microkernel import HEIGHTS, TILE_BYTES, gemm_tall_panel
from .gemm.simd import VECTOR_BYTES

CHUNK_IMAGES = HEIGHTS[0]  # of a task
STORES = 4  # multiplications that take as long as adding a window's vector to the image

PARAMS = params_dtype(
    *("images", "height", "width", "out_image", "out_row"),  # of the target
    *("source_height", "source_width", "source_image", "source_row", "source_column", "source_channel"),
    *("outputs", "inputs", "w_output", "w_input", "w_row", "w_column"),
    *("kernel_height", "kernel_width", "stride_height", "stride_width"),
    *("padding_height", "padding_width", "dilation_height", "panels"),  # panels of each row of the kernel
)


def window_panels(geometry, outputs, item):
    """How many panels a row of a window fills."""
    return -(-geometry.kernel[1] * outputs * item // TILE_BYTES)


def window_work(geometry, outputs, inputs, item):
    """The multiplications of vectors for an image."""
    (height, width), (kernel_height, kernel_width) = geometry.y_size, geometry.kernel
    vectors = -(-kernel_width * outputs * item // VECTOR_BYTES)
    return height * width * kernel_height * vectors * (inputs + STORES)


def window_params(geometry, source, weight, item):
    """The values of PARAMS, for source and weight given by (shape, strides) as in `conv_plan.layouts`."""
    (images, *size, _), source_strides = source
    (_, outputs, inputs, _, _), (_, *weight_strides) = weight
    height, width = geometry.x_size
    target = images, height, width, height * width * outputs * item, width * outputs * item
    axes = *geometry.kernel, *geometry.stride, *geometry.padding, geometry.dilation[0]
    panels = window_panels(geometry, outputs, item)
    return [*target, *size, *source_strides, outputs, inputs, *weight_strides, *axes, panels]


@parallel_for(lambda real: (types.intp, written(real, 3), read(real, 5, "A")))
def pack_window(arguments, scratch, panel):
    """packed[panel] ← the weights of a part of one row of the kernel: a row for each channel of the source."""
    params, packed, weight = arguments[0]
    p, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    width = TILE_BYTES // like.itemsize
    k, part = divmod(panel, p.panels)
    source = address_of(weight) + k * p.w_row
    rows = carray(pointer(like, address_of(packed)), (p.kernel_height * p.panels, p.inputs + 1, width))
    for j in range(width):
        tap, channel = divmod(part * width + j, p.outputs)
        if tap < p.kernel_width:
            column = source + tap * p.w_column + channel * p.w_output
            for i in range(p.inputs):
                rows[panel, i, j] = pointer(like, column + i * p.w_input)[0]


@parallel_for(convolution_types)
def add_windows(arguments, scratch, chunk):
    """A few images of the target, all their channels."""
    params, out, source, packed, bias = arguments[0]
    p, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    zero, item, width = like.dtype.type(0), like.itemsize, TILE_BYTES // like.itemsize
    n = chunk * CHUNK_IMAGES
    images = min(CHUNK_IMAGES, p.images - n)
    pixels = carray(pointer(like, address_of(out) + n * p.out_image), (images * p.height * p.width, p.outputs))
    start_step = 1 if bias.size == p.outputs else 0
    for pixel in range(images * p.height * p.width):
        for c in range(p.outputs):
            pixels[pixel, c] = bias[c * start_step]
    a_first, c_first = address_of(source) + n * p.source_image, address_of(out) + n * p.out_image
    for q in range(p.source_height):
        for k in range(p.kernel_height):
            row = q * p.stride_height + k * p.dilation_height - p.padding_height
            if row < 0 or row >= p.height:
                continue
            b = address_of(packed) + k * p.panels * (p.inputs + 1) * TILE_BYTES
            for r in range(p.source_width):
                left = r * p.stride_width - p.padding_width
                a = a_first + q * p.source_row + r * p.source_column
                # The columns of the window that lie in the image, each with its channels, panel after panel.
                first, stop = max(-left, 0) * p.outputs, min(p.kernel_width, p.width - left) * p.outputs
                c = c_first + row * p.out_row + left * p.outputs * item
                while first < stop:
                    part, j = divmod(first, width)
                    columns = min(width - j, stop - first)
                    gemm_tall_panel(
                        zero, images, columns, a, p.source_image, p.source_channel,
                        b + part * (p.inputs + 1) * TILE_BYTES + j * item, TILE_BYTES,
                        c + first * item, p.out_image, c + first * item, p.out_image, p.inputs, 0,
                    )  # fmt: skip
                    first += columns
