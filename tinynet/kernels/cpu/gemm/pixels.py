"""Tiles of products whose vectors hold neighbouring pixels, where the channels are too few to fill them.

Images lie in planes then, one for each channel: `to_planes` and `from_planes` bring pixels there and back, by
transposing blocks in registers.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .indirect import entry, vectors_of
from .microkernel import TILE_BYTES
from .simd import I32, I64, REGISTERS, VECTOR_BYTES

SUMS = 28 if REGISTERS == 32 else 12  # vectors of a tile; the other registers hold what is multiplied
# Height of a tile, for so many channels, and how many vectors of pixels, or how many taps, it may have then.
PIXEL_TILES = {h: max(1, min(8, SUMS // h)) for h in (8, 6, 3, 1)}
MOST_CHANNELS = max(PIXEL_TILES)


def tile_height(channels, item):
    """The height of a tile of pixels for so many channels, or None where these fill half a vector themselves."""
    return None if channels * item * 2 > VECTOR_BYTES else min(h for h in PIXEL_TILES if h >= channels)


@intrinsic
def gemm_pixels(typing, like, height, a, segments, segment, length, step, b, start, c, c_row):
    """C = start + A B for a tile of `height` rows, one of PIXEL_TILES: that of `indirect.py`, with B scattered, not A.

    Row (s, l) of B lies at b + segment[s] + l · step, in the way of a table as there; column (s, l) of A at
    a + (s · length + l) · TILE_BYTES. `start` is one column of numbers. Rows of C are c_row apart.
    """
    return types.void(like, *[types.intp] * 10), _by_height(_pixel_tile)


@intrinsic
def gemm_lanes(typing, like, height, x, row, segments, segment, y, y_row, y_plane, pixels, c):
    """C[r, o] += Σ x[r, s, p] y[o, s, p] over segments s and pixels p, lane by lane, for PIXEL_TILES[height] rows r.

    Neighbouring pixels are in the lanes, so C has a vector for each sum. x[r, s] lies at x + row[r] + segment[s], with
    the places in tables; y[o, s] at y + o · y_plane + s · y_row, in whole vectors that end with zeros where there is a
    channel o. The sums of other o < height are of whatever lies there, and nobody reads them.
    """
    return types.void(like, *[types.intp] * 10), _by_height(_lane_tile)


@intrinsic
def to_planes(typing, like, planes, plane, pixels, pixel, count, channels):
    """planes[c, :count] ← pixels[:count, c], for channels up to half a vector.

    Planes are `plane` bytes apart, pixels `pixel`. Half a vector of planes is written, with zeros where there is no
    channel, and whole vectors of pixels, with zeros where there is none.
    """

    def emit(context, builder, signature, arguments):
        at = vectors_of(context, builder, like)
        at.call(_to_planes, arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 6), emit


@intrinsic
def from_planes(typing, like, pixels, pixel, planes, plane, count, channels):
    """pixels[:count, c] ← planes[c, :count], for channels up to half a vector."""

    def emit(context, builder, signature, arguments):
        at = vectors_of(context, builder, like)
        at.call(_from_planes, arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 6), emit


def _by_height(tile):
    """The code that calls `tile` in the shape for the second argument."""

    def emit(context, builder, signature, arguments):
        _, height, *rest = arguments
        at = vectors_of(context, builder, signature.args[0])
        end = builder.append_basic_block("end")
        switch = builder.switch(height, end)
        for h, w in PIXEL_TILES.items():
            case = builder.append_basic_block(f"tile{h}x{w}")
            switch.add_case(I64(h), case)
            builder.position_at_end(case)
            at.call(tile, rest, h, w)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return emit


def _pixel_tile(at, a, segments, segment, length, step, b, start, c, c_row, height, width):
    builder = at.builder
    sums = [[cgutils.alloca_once_value(builder, at.zero) for _ in range(width)] for _ in range(height)]
    a_now = cgutils.alloca_once_value(builder, a)
    with cgutils.for_range(builder, segments) as outer:
        place = builder.add(b, entry(at, segment, outer.index))
        with cgutils.for_range(builder, length) as inner:
            here, a_here = at.offset(place, inner.index, step), builder.load(a_now)
            builder.store(builder.add(a_here, I64(TILE_BYTES)), a_now)
            b_row = [at.load(at.offset(here, v, VECTOR_BYTES)) for v in range(width)]
            for r in range(height):
                x = at.broadcast(at.scalar(at.offset(a_here, r, at.bytes)))
                for v in range(width):
                    _add_product(builder, sums[r][v], x, b_row[v])
    for r in range(height):
        before = at.broadcast(at.scalar(at.offset(start, r, at.bytes)))
        for v in range(width):
            total = builder.fadd(before, builder.load(sums[r][v]))
            at.store(total, at.offset(at.offset(c, r, c_row), v, VECTOR_BYTES))


def _lane_tile(at, x, row, segments, segment, y, y_row, y_plane, pixels, c, height, width):
    builder = at.builder
    sums = [[cgutils.alloca_once_value(builder, at.zero) for _ in range(height)] for _ in range(width)]
    rows = [builder.add(x, entry(at, row, I64(r))) for r in range(width)]
    with cgutils.for_range(builder, segments) as outer:
        place, y_here = entry(at, segment, outer.index), at.offset(y, outer.index, y_row)
        with at.loop(pixels, at.lanes) as p:
            left, offset = builder.trunc(builder.sub(pixels, p), I32), builder.mul(p, I64(at.bytes))
            mask = at.mask(left)
            # Beyond the last pixel both are zero: what is read there might not be finite.
            xs = [at.load(builder.add(builder.add(r, place), offset), mask) for r in rows]
            for o in range(height):
                number = at.load(builder.add(at.offset(y_here, o, y_plane), offset))
                for r in range(width):
                    _add_product(builder, sums[r][o], xs[r], number)
    for r in range(width):
        for o in range(height):
            out = at.offset(c, r * height + o, VECTOR_BYTES)
            at.store(builder.fadd(at.load(out), builder.load(sums[r][o])), out)


def _add_product(builder, total, x, y):
    product = builder.fmul(x, y, flags=("contract",))
    builder.store(builder.fadd(builder.load(total), product, flags=("contract",)), total)


def _to_planes(at, planes, plane, pixels, pixel, count, channels):
    builder, mask, some = at.builder, at.mask(channels), at.lanes // 2

    def block(p, numbers):
        first = at.offset(pixels, p, pixel)
        rows = [at.load(at.offset(first, number, pixel), mask) for number in numbers]
        return [(row, at.offset(planes, c, plane)) for c, row in enumerate(at.transpose(rows, few_wanted=True)[:some])]

    rest = builder.srem(count, I64(at.lanes))
    whole = builder.sub(count, rest)
    with at.loop(whole, at.lanes) as p:
        for row, out in block(p, range(at.lanes)):
            at.store(row, at.offset(out, p, at.bytes))
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        are_pixels = at.mask(rest)
        for row, out in block(whole, at.at_most(builder.sub(rest, I64(1)))):
            at.store(builder.select(are_pixels, row, at.zero), at.offset(out, whole, at.bytes))


def _from_planes(at, pixels, pixel, planes, plane, count, channels):
    builder, mask, some = at.builder, at.mask(channels), at.lanes // 2
    # Where there are fewer channels, the last one is read again.
    starts = [at.offset(planes, c, plane) for c in at.at_most(builder.sub(channels, I64(1)))[:some]]
    undefined = [ir.Constant(at.vector, ir.Undefined)] * (at.lanes - len(starts))

    def block(p, are_pixels=None):
        rows = [at.load(at.offset(start, p, at.bytes), are_pixels) for start in starts]
        first = at.offset(pixels, p, pixel)
        return [(row, at.offset(first, l, pixel)) for l, row in enumerate(at.transpose([*rows, *undefined]))]

    rest = builder.srem(count, I64(at.lanes))
    whole = builder.sub(count, rest)
    with at.loop(whole, at.lanes) as p:
        for row, out in block(p):
            at.store(row, out, mask)
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        for l, (row, out) in enumerate(block(whole, at.mask(rest))):
            with builder.if_then(builder.icmp_signed("<", I64(l), rest)):
                at.store(row, out, mask)
