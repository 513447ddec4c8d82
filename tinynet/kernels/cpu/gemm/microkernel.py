"""The microkernel: one tile of a matrix product held in vector registers, emitted as LLVM code.

A product C = A B does m·n·k multiplications on only m·k + k·n + m·n numbers, so its speed is a matter of using each
number many times once it is in a register. The tile holds 8 × 2 vectors of C in registers, 6 × 2 where there are only
16 of these, and walks along k. Each step loads one row of B, two vectors, broadcasts one number of A per row, and
multiplies and adds:

                          b₀             b₁
        broadcast a₀   c₀₀ += a₀ b₀   c₀₁ += a₀ b₁
        broadcast a₁   c₁₀ += a₁ b₀   c₁₁ += a₁ b₁          2 + 8 loads feed 16 fused multiply-adds
        ...

A compiler does not find this form from a loop nest: it must know that the sums fit the registers and that no store
to C changes A or B. So the vectors are spelled out here, with `llvmlite`, and LLVM allocates the registers.

A is read one number at a time and may have any strides, which makes a transposed A free. The rows of B must be
contiguous; `pack` copies the columns of any other B into such rows, and does the same for an A whose numbers are so
far apart in memory that each is fetched alone. Reads and writes past the edge of a matrix are masked: they touch no
memory, and what is read there is zero.

Few rows use each number of B only once, so there memory counts: a single row goes through B in a wider tile, and
`gemv_dots` reads the columns of a B that is contiguous along k where they lie.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import I8, I64, MASKED_LOADS, REGISTERS, VECTOR_BYTES, emitted

VECTORS = 2  # width of the tile
TILE_BYTES = VECTORS * VECTOR_BYTES  # of one of its rows
# Heights: the first leaves registers for a row of B and a broadcast, the others do the last rows of a matrix. The
# addresses of so many rows fit the 16 general registers beside the counters, where each has one (`indirect.py`).
HEIGHTS = (8, 4, 2, 1) if REGISTERS == 32 else (6, 4, 2, 1)
WIDE_VECTORS = 8  # width of the tile for a matrix of one row: two sums alone would wait for each other and for memory
WIDE_BYTES = WIDE_VECTORS * VECTOR_BYTES
DEPTH = 256  # steps along k that are packed together
PANEL_BYTES = DEPTH * TILE_BYTES  # of a packed panel of B, which stays in the first-level cache
BLOCK_STEP = 1024 + VECTOR_BYTES  # of a step of a packed block of A; the odd vector puts the steps into different sets
BLOCK_BYTES = DEPTH * BLOCK_STEP  # which stay in the second-level cache


# --- what the kernels call ----------------------------------------------------------------------------------------
# Addresses and strides are integers, in bytes. `like` is any number of the dtype.


@intrinsic
def size(typing, like):
    """The bytes of a number, as a constant."""
    return types.intp(like), lambda context, builder, signature, arguments: I64(like.bitwidth // 8)


@intrinsic
def panel_memory(typing):
    """The address of PANEL_BYTES of uninitialised memory, on the stack of the kernel."""

    def emit(context, builder, signature, arguments):
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(I8, PANEL_BYTES))
        memory.align = VECTOR_BYTES
        return builder.ptrtoint(memory, I64)

    return types.intp(), emit


@intrinsic
def gemm_panel(typing, like, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth, relu):
    """C = start + A[:, :depth] B[:depth], one tile of rows after another.

    `columns` are at most TILE_BYTES, or for one row just WIDE_BYTES. A is read at a + row · a_row + step · a_step, B
    at b + step · b_step, start at start + row · start_row; `start` may be C. Without MASKED_LOADS, B is read to the end
    of its last vector. If `relu` is not 0, what is negative becomes 0; NaN stays.
    """
    return emitted(_panel, like, 13)


@intrinsic
def gemm_tall_panel(typing, like, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth, relu):
    """The same where rows mostly fill the tallest tile: it has few shapes of tiles, and compiles in half the time."""
    return emitted(_tall_panel, like, 13)


@intrinsic
def gemv_dots(typing, like, columns, a, b, b_column, start, start_column, c, depth, relu):
    """C[j] = start[j] + Σₚ A[p] B[p, j] for j < columns, where A and the columns of B are contiguous.

    The numbers of start are start_column bytes apart: one number, or 0, and then there are as many as in a vector.
    """
    return emitted(_dots, like, 9)


@intrinsic
def pack(typing, like, memory, step, b, b_step, b_column, depth, columns):
    """memory[p] = B[p, :columns] for p < depth, one vector's width of columns after another.

    The rows in memory are `step` bytes apart. What is past their end up to a multiple of a vector is set to 0, and the
    rows after the last, up to a multiple of the numbers in a vector, may be overwritten.
    """
    return emitted(_pack, like, 7)


# --- how they are emitted -----------------------------------------------------------------------------------------


def _panel(at, rows, columns, *rest):
    """As many of the tallest tile as fit, and so on down to single rows."""
    builder = at.builder
    with builder.if_else(builder.icmp_signed(">", columns, I64(VECTORS * at.lanes))) as (one_row, panel):
        with one_row:
            at.call(_tile, [columns, *rest], 1, WIDE_VECTORS)
        with panel:
            _tiles(at, HEIGHTS, rows, columns, *rest)


def _tall_panel(at, *arguments):
    """The same with the tallest tile and single rows only, of which there is less to compile."""
    _tiles(at, (HEIGHTS[0], 1), *arguments)


def _tiles(at, heights, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth, relu):
    builder, done = at.builder, I64(0)
    for height in heights:
        step = I64(height)
        end = builder.add(done, builder.mul(builder.sdiv(builder.sub(rows, done), step), step))
        with at.loop(end, height, done) as i:
            places = at.offset(a, i, a_row), a_row, a_step, b, b_step, at.offset(start, i, start_row), start_row
            arguments = [columns, *places, at.offset(c, i, c_row), c_row, depth, relu]
            with builder.if_else(builder.icmp_signed(">", columns, I64(at.lanes))) as (two, one):
                with two:
                    at.call(_tile, arguments, height, VECTORS)
                with one:
                    at.call(_tile, arguments, height, 1)
        done = end


def _tile(at, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth, relu, height, width):
    """The code of one shape of tile."""
    builder = at.builder
    vectors = tile_vectors(at, columns, width)
    # The sums are written as variables on the stack, which LLVM lifts into registers.
    sums = [[cgutils.alloca_once_value(builder, at.zero) for _ in range(width)] for _ in range(height)]
    with at.loop(depth) as p:
        a_now, b_now = at.offset(a, p, a_step), at.offset(b, p, b_step)
        b_row = [at.load(builder.add(b_now, v), edge if MASKED_LOADS else None) for v, edge in vectors]
        for r in range(height):
            x = at.broadcast(at.scalar(at.offset(a_now, r, a_row)))
            for v in range(width):
                # 'contract' lets the CPU fuse the two if it can; the order of the sum over k stays as written.
                product = builder.fmul(x, b_row[v], flags=("contract",))
                total = builder.fadd(builder.load(sums[r][v]), product, flags=("contract",))
                builder.store(total, sums[r][v])

    floor = at.floor(relu)

    # `start` is added last: then rounding grows with DEPTH + k / DEPTH, not with k.
    def finish(vectors):
        for r in range(height):
            first, out = at.offset(start, r, start_row), at.offset(c, r, c_row)
            before = [at.load(builder.add(first, v), edge) for v, edge in vectors]
            for (v, edge), x, total in zip(vectors, before, sums[r]):
                at.store(at.at_least(floor, builder.fadd(x, builder.load(total))), builder.add(out, v), edge)

    at.with_edge(columns, vectors, finish)


def tile_vectors(at, columns, width):
    """(offset in bytes, mask or None) of the vectors of a row of a tile.

    One vector has a mask. Of two, the last one ends where the row does and may begin within the first: what they share
    is the same in both, if all that is read of C is read before it is written. Of more, all are full.
    """
    if width == 1:
        return [(I64(0), at.mask(columns))]
    offsets = [I64(v * VECTOR_BYTES) for v in range(width)]
    if width == VECTORS:
        offsets[-1] = at.builder.mul(at.builder.sub(columns, I64(at.lanes)), I64(at.bytes))
    return [(offset, None) for offset in offsets]


def _dots(at, columns, a, b, b_column, start, start_column, c, depth, relu):
    """One vector of C after another."""
    builder, lanes = at.builder, at.lanes
    with at.loop(columns, lanes) as j:
        places = at.offset(b, j, b_column), b_column, at.offset(start, j, start_column), at.offset(c, j, at.bytes)
        at.call(_dot, [builder.sub(columns, j), a, *places, depth, relu])


def _dot(at, columns, a, b, b_column, start, c, depth, relu):
    """As many columns of B as a vector has numbers are read along k at the same time."""
    builder, lanes = at.builder, at.lanes
    # Where there are fewer columns, the last one is read again.
    starts = [at.offset(b, l, b_column) for l in at.at_most(builder.sub(columns, I64(1)))]
    sums = [cgutils.alloca_once_value(builder, at.zero) for _ in range(lanes)]

    def add(p, mask=None):
        x = at.load(at.offset(a, p, at.bytes), mask)
        for column, total in zip(starts, sums):
            product = builder.fmul(x, at.load(at.offset(column, p, at.bytes), mask), flags=("contract",))
            builder.store(builder.fadd(builder.load(total), product, flags=("contract",)), total)

    rest = builder.srem(depth, I64(lanes))
    whole = builder.sub(depth, rest)
    with at.loop(whole, lanes) as p:
        add(p)
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        add(whole, at.mask(rest))
    # Lane l of the result is the sum of all lanes of sums[l]: `swap` brings halves of them side by side.
    totals, s = [builder.load(x) for x in sums], 1
    while s < lanes:
        totals = [builder.fadd(*at.swap(*pair, s)) for pair in zip(totals[::2], totals[1::2])]
        s *= 2
    mask = at.mask(columns)
    at.store(at.at_least(at.floor(relu), builder.fadd(at.load(start, mask), totals[0])), c, mask)


def _pack(at, memory, step, b, b_step, b_column, depth, columns):
    """Pack by whichever stride of B is one number, or else number by number."""
    builder, one = at.builder, I64(at.bytes)

    def strips(pack_strip):
        with at.loop(columns, at.lanes) as j:
            place = at.offset(memory, j, at.bytes), step, at.offset(b, j, b_column)
            pack_strip(at, *place, b_step, b_column, depth, builder.sub(columns, j))

    with builder.if_else(builder.icmp_signed("==", b_column, one)) as (contiguous_rows, others):
        with contiguous_rows:
            _copy_rows(at, memory, step, b, b_step, depth, columns)
        with others, builder.if_else(builder.icmp_signed("==", b_step, one)) as (contiguous_columns, scattered):
            with contiguous_columns:
                strips(_transpose)
            with scattered:
                strips(_gather)


def _copy_rows(at, memory, step, b, b_step, depth, columns):
    """Row after row: where they are far apart in memory, each is fetched once."""
    builder = at.builder
    rest = builder.srem(columns, I64(at.lanes))
    whole = builder.sub(columns, rest)
    with at.loop(depth) as p:
        row, into = at.offset(b, p, b_step), at.offset(memory, p, step)
        with at.loop(whole, at.lanes) as j:
            at.store(at.load(at.offset(row, j, at.bytes)), at.offset(into, j, at.bytes))
        with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
            at.store(at.load(at.offset(row, whole, at.bytes), at.mask(rest)), at.offset(into, whole, at.bytes))


def _gather(at, memory, step, b, b_step, b_column, depth, columns):
    mask = at.mask(columns)
    with at.loop(depth) as p:
        at.store(at.gather(at.offset(b, p, b_step), b_column, mask), at.offset(memory, p, step))


def _transpose(at, memory, step, b, b_step, b_column, depth, columns):
    """Pack by transposing blocks of `lanes` × `lanes` numbers in registers."""
    builder, lanes = at.builder, at.lanes
    block = [cgutils.alloca_once(builder, at.vector) for _ in range(lanes)]
    with at.loop(depth, lanes) as p:
        left = builder.sub(depth, p)
        corner = at.offset(b, p, at.bytes)
        inside = [builder.icmp_signed(">=", x, I64(lanes)) for x in (columns, left)]
        with builder.if_else(builder.and_(*inside)) as (whole, part):
            with whole:
                for l in range(lanes):
                    builder.store(at.load(at.offset(corner, l, b_column)), block[l])
            with part:
                for l in range(lanes):
                    here = builder.select(builder.icmp_signed("<", I64(l), columns), left, I64(0))
                    builder.store(at.load(at.offset(corner, l, b_column), at.mask(here)), block[l])
        rows = at.transpose([builder.load(x) for x in block])
        for l in range(lanes):
            at.store(rows[l], at.offset(memory, builder.add(p, I64(l)), step))
