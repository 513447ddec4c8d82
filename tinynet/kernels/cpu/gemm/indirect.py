"""A tile of a matrix product C = A B whose A is scattered in memory, and found through two tables.

In a convolution, row r of A holds what the kernel sees at output pixel r. These rows overlap, so to write them out
("im2col") would repeat every input number once for each position of the kernel. Instead the address of a number of A is
looked up,

    A[r, (s, l)] = a + row[r] + segment[s] + l · step ,

where `row` holds the place of each pixel, `segment` that of each position of the kernel, and l runs over the channels.
Stride, dilation and the ends of image rows are all in the tables. Dukhan (2019), The Indirect Convolution Algorithm,
does the same with one table of pointers for each pair of pixel and position.

The tile itself is that of `microkernel.py`: up to 8 × 2 vectors of C in registers, one row of B and one number of A at
a time. With `diagonal` the numbers of A are vectors too, multiplied lane by lane, as where each channel has a kernel of
its own:

    C[r, j] = Σ A[r, (s, l), j] B[(s, l), j] .
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ...runtime.pointers import INT64_BYTES
from .microkernel import HEIGHTS, VECTORS, tile_vectors
from .simd import I64, VECTOR_BYTES, Vectors


@intrinsic
def gemm_indirect(
    typing,
    like,
    diagonal,
    rows,
    columns,
    a,
    row,
    segments,
    segment,
    length,
    step,
    b,
    b_step,
    start,
    start_row,
    c,
    c_row,
):
    """C = start + A B on as many of the `rows` as a tile has, whose number is returned.

    `diagonal` is None or True, decided when compiling. The others are integers, addresses and strides in bytes. `row`
    and `c_row` are the addresses of tables with an entry for each row of A and of C, `segment` that of a table with
    `segments` entries, each the place of `length` numbers that are `step` apart. B has segments · length rows, b_step
    apart, which are whole vectors; `columns` are at most TILE_BYTES. `start` is one row of numbers or, if start_row is
    1, lies as C does, and may be C.
    """
    is_diagonal = not isinstance(diagonal, types.NoneType)

    def emit(context, builder, signature, arguments):
        _, _, rows, columns, *rest = arguments
        at = vectors_of(context, builder, like)
        height = I64(HEIGHTS[-1])
        for h in HEIGHTS[-2::-1]:
            height = builder.select(builder.icmp_signed(">=", rows, I64(h)), I64(h), height)
        width = builder.select(builder.icmp_signed(">", columns, I64(at.lanes)), I64(VECTORS), I64(1))
        end, never = builder.append_basic_block("end"), builder.append_basic_block("never")
        switch = builder.switch(builder.add(builder.mul(height, I64(VECTORS + 1)), width), never)
        for h in HEIGHTS:
            for w in range(1, VECTORS + 1):
                case = builder.append_basic_block(f"tile{h}x{w}")
                switch.add_case(I64(h * (VECTORS + 1) + w), case)
                builder.position_at_end(case)
                at.call(_table_tile, [columns, *rest], h, w, is_diagonal)
                builder.branch(end)
        builder.position_at_end(never)
        builder.unreachable()
        builder.position_at_end(end)
        return height

    return types.intp(like, diagonal, *[types.intp] * 14), emit


def vectors_of(context, builder, like):
    """What writes code for vectors of numbers like those of an array."""
    return Vectors(builder, context.get_value_type(like.dtype), VECTOR_BYTES * 8 // like.dtype.bitwidth)


def _table_tile(at, columns, a, row, segments, segment, length, step, b, b_step, start, start_row, c, c_row,
                height, width, diagonal):  # fmt: skip
    """The code of one shape of tile."""
    builder = at.builder
    vectors = tile_vectors(at, columns, width)
    sums = [[cgutils.alloca_once_value(builder, at.zero) for _ in range(width)] for _ in range(height)]
    rows = [builder.add(a, entry(at, row, I64(r))) for r in range(height)]
    b_now = cgutils.alloca_once_value(builder, b)
    with cgutils.for_range(builder, segments) as outer:
        place = entry(at, segment, outer.index)
        with cgutils.for_range(builder, length) as inner:
            here, b_here = at.offset(place, inner.index, step), builder.load(b_now)
            builder.store(builder.add(b_here, b_step), b_now)
            b_row = [at.load(builder.add(b_here, v)) for v, _ in vectors]
            for r in range(height):
                x = builder.add(rows[r], here)
                if diagonal:
                    xs = [at.load(builder.add(x, v), edge) for v, edge in vectors]
                else:
                    xs = [at.broadcast(at.scalar(x))] * width
                for v in range(width):
                    product = builder.fmul(xs[v], b_row[v], flags=("contract",))
                    total = builder.fadd(builder.load(sums[r][v]), product, flags=("contract",))
                    builder.store(total, sums[r][v])

    def finish(vectors):
        for r in range(height):
            place = entry(at, c_row, I64(r))
            first, out = builder.add(start, builder.mul(start_row, place)), builder.add(c, place)
            before = [at.load(builder.add(first, v), edge) for v, edge in vectors]
            for (v, edge), x, total in zip(vectors, before, sums[r]):
                at.store(builder.fadd(x, builder.load(total)), builder.add(out, v), edge)

    at.with_edge(columns, vectors, finish)


def entry(at, table, index):
    """An entry of a table."""
    pointer = at.builder.inttoptr(at.offset(table, index, INT64_BYTES), ir.PointerType(I64))
    return at.builder.load(pointer, align=INT64_BYTES)
