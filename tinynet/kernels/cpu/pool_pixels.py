"""Pooling of pixels with few channels: vectors that are partly filled, where LLVM's loop would go number by number."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .gemm.simd import I16, I32, I64, Vectors

PIXEL_BYTES = 32  # of the largest pixel, and of a vector
INDEX_BYTES = 2


@intrinsic
def largest_of_four(typing, like, count, channels, x, step, right, below, out, indices):
    """out[k], indices[k] ← the largest of four pixels, and which it is, for each channel, k < count.

    The four are at x + k · step, to the right of it, below, and below to the right, so many bytes away. NaN is larger
    than any number; of equal ones the first is.
    """

    def emit(context, builder, signature, arguments):
        _, count, channels, x, step, right, below, out, indices = arguments
        at = _vectors(context, builder, like)
        mask, index_vector = at.mask(channels), ir.VectorType(I16, at.lanes)
        with at.loop(count) as k:
            first = at.offset(x, k, step)
            second, third = builder.add(first, right), builder.add(first, below)
            best, position = at.load(first, mask), at.broadcast(I32(0))
            for p, pixel in enumerate((second, third, builder.add(third, right)), 1):
                number = at.load(pixel, mask)
                is_nan = builder.fcmp_unordered("uno", number, number)
                is_larger = builder.or_(builder.fcmp_ordered(">", number, best), is_nan)
                best = builder.select(is_larger, number, best)
                position = builder.select(is_larger, at.broadcast(I32(p)), position)
            pixel = builder.mul(k, channels)
            at.store(best, at.offset(out, pixel, at.bytes), mask)
            at.store(builder.trunc(position, index_vector), at.offset(indices, pixel, INDEX_BYTES), mask)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 8), emit


@intrinsic
def where_largest(typing, like, count, channels, g, indices, position, width, out):
    """out[k · width + l] ← g[k] in the channels whose index is position + l, else 0, for k < count and l < width."""

    def emit(context, builder, signature, arguments):
        _, count, channels, g, indices, position, width, out = arguments
        at = _vectors(context, builder, like)
        mask, row = at.mask(channels), builder.mul(channels, width)
        position = builder.trunc(position, I16)
        with at.loop(count) as k:
            pixel = builder.mul(k, channels)
            number = at.load(at.offset(g, pixel, at.bytes), mask)
            index = at.load(at.offset(indices, pixel, INDEX_BYTES), mask, I16)
            first = at.offset(out, builder.mul(k, row), at.bytes)
            with at.loop(width) as l:
                here = at.broadcast(builder.add(position, builder.trunc(l, I16)))
                here = builder.select(builder.icmp_unsigned("==", index, here), number, at.zero)
                at.store(here, builder.add(first, builder.mul(builder.mul(l, channels), I64(at.bytes))), mask)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 7), emit


def _vectors(context, builder, like):
    return Vectors(builder, context.get_value_type(like.dtype), PIXEL_BYTES * 8 // like.dtype.bitwidth)
