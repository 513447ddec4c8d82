"""The microkernel: one tile of a matrix product held in vector registers, emitted as LLVM code.

A product C = A B does m·n·k multiplications on only m·k + k·n + m·n numbers, so its speed is a matter of using each
number many times once it is in a register. The tile holds 8 × 2 vectors of C in registers and walks along k. Each
step loads one row of B, two vectors, broadcasts one number of A per row, and multiplies and adds:

                          b₀             b₁
        broadcast a₀   c₀₀ += a₀ b₀   c₀₁ += a₀ b₁
        broadcast a₁   c₁₀ += a₁ b₀   c₁₁ += a₁ b₁          2 + 8 loads feed 16 fused multiply-adds
        ...

A compiler does not find this form from a loop nest: it must know that the sums fit the registers and that no store
to C changes A or B. So the vectors are spelled out here, with `llvmlite`, and LLVM allocates the registers.

A is read one number at a time and may have any strides, which makes a transposed A free. The rows of B must be
contiguous; `pack_strip` copies the columns of any other B into such rows. Reads and writes past the edge of a matrix
are masked: they touch no memory, and what is read there is zero.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic


def _registers():
    """(bytes of a vector register, number of them), found by asking LLVM to compile an addition of 64 bytes.

    Numba's own target is asked, not the processor: `NUMBA_CPU_NAME` may call for an older one.
    """
    triple, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, features=features)
    v = "<16 x float>"
    module = llvm.parse_assembly(f"define {v} @f({v} %a, {v} %b) {{ %c = fadd {v} %a, %b\n ret {v} %c }}")
    module.triple = triple
    assembly = machine.emit_assembly(module)
    if "zmm" in assembly:  # AVX-512
        return 64, 32
    if "ymm" in assembly:  # AVX
        return 32, 16
    return (16, 16) if triple.startswith(("x86", "i686")) else (16, 32)  # SSE, or NEON


VECTOR_BYTES, REGISTERS = _registers()
VECTORS = 2  # width of the tile
TILE_BYTES = VECTORS * VECTOR_BYTES  # of one of its rows
# Heights: the first leaves registers for a row of B and a broadcast, the others do the last rows of a matrix.
HEIGHTS = (8, 4, 2, 1) if REGISTERS == 32 else (6, 4, 2, 1)
# Where the instruction set has no masked loads, LLVM writes a branch per lane: too slow for the loop over k.
MASKED_LOADS = VECTOR_BYTES > 16
DEPTH = 256  # rows of a packed panel of B, which then stays in the first-level cache

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


# --- what the kernels call ----------------------------------------------------------------------------------------
# Addresses and strides are integers, in bytes. `like` is any array of the dtype.


@intrinsic
def address(typing, array):
    """The address of an array's first number. The array must outlive its use."""

    def emit(context, builder, signature, arguments):
        return builder.ptrtoint(context.make_array(array)(context, builder, arguments[0]).data, I64)

    return types.intp(array), emit


@intrinsic
def panel_memory(typing):
    """The address of DEPTH · TILE_BYTES of uninitialised memory, on the stack of the kernel."""

    def emit(context, builder, signature, arguments):
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(I8, DEPTH * TILE_BYTES))
        memory.align = VECTOR_BYTES
        return builder.ptrtoint(memory, I64)

    return types.intp(), emit


@intrinsic
def multiply_tile(typing, like, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth):
    """C = start + A[:, :depth] B[:depth] on as many of the `rows` as a tile has, whose number is returned.

    `columns` are at most TILE_BYTES. A is read at a + row · a_row + step · a_step, B at b + step · b_step, start at
    start + row · start_row; `start` may be C. Without MASKED_LOADS, B is read to the end of its last vector.
    """

    def emit(context, builder, signature, arguments):
        _, rows, columns, *rest = arguments
        real, lanes = context.get_value_type(like.dtype), _lanes(like)
        height = I64(HEIGHTS[-1])
        for h in HEIGHTS[-2::-1]:
            height = builder.select(builder.icmp_signed(">=", rows, I64(h)), I64(h), height)
        width = builder.select(builder.icmp_signed(">", columns, I64(lanes)), I64(2), I64(1))
        end, never = builder.append_basic_block("end"), builder.append_basic_block("never")
        switch = builder.switch(builder.add(builder.mul(height, I64(VECTORS + 1)), width), never)
        for h in HEIGHTS:
            for w in range(1, VECTORS + 1):
                case = builder.append_basic_block(f"tile{h}x{w}")
                switch.add_case(I64(h * (VECTORS + 1) + w), case)
                builder.position_at_end(case)
                _call(builder, f"tinynet.tile.{real}.{h}x{w}", _tile, (real, lanes, h, w), [columns, *rest])
                builder.branch(end)
        builder.position_at_end(never)
        builder.unreachable()
        builder.position_at_end(end)
        return height

    return types.intp(like, *[types.intp] * 12), emit


@intrinsic
def pack_strip(typing, like, panel, b, b_step, b_column, depth, columns):
    """panel[p] = B[p, :columns], then zeros, for p < depth: one vector's width of columns into a panel.

    The rows of the panel are TILE_BYTES apart. Those up to a multiple of the vector's length may be overwritten.
    """

    def emit(context, builder, signature, arguments):
        real = context.get_value_type(like.dtype)
        _call(builder, f"tinynet.pack.{real}", _pack, (real, _lanes(like)), arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 6), emit


# --- how they are emitted -----------------------------------------------------------------------------------------


def _lanes(array):
    return VECTOR_BYTES * 8 // array.dtype.bitwidth


def _call(builder, name, body, shape, arguments):
    """Call the LLVM function that `body` writes, once per module; its arguments are 64-bit integers.

    A function of its own is optimised by itself, with all registers to itself, and never copied into its callers.
    """
    function = builder.module.globals.get(name)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(ir.VoidType(), [I64] * len(arguments)), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        inside = ir.IRBuilder(function.append_basic_block())
        real, lanes, *shape = shape
        body(_Vectors(inside, real, lanes), *shape, *function.args)
        inside.ret_void()
    builder.call(function, arguments)


def _tile(at, height, width, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth):
    """The code of one shape of tile."""
    builder = at.builder
    last = builder.sub(columns, I64((width - 1) * at.lanes))  # columns of the last vector
    mask = at.mask(last)
    vectors = [(v, mask if v == width - 1 else None) for v in range(width)]
    # The sums are written as variables on the stack, which LLVM lifts into registers.
    sums = [[cgutils.alloca_once_value(builder, at.zero) for _ in range(width)] for _ in range(height)]
    with cgutils.for_range(builder, depth) as loop:
        a_now, b_now = at.offset(a, loop.index, a_step), at.offset(b, loop.index, b_step)
        b_row = [at.load(at.offset(b_now, v, VECTOR_BYTES), edge if MASKED_LOADS else None) for v, edge in vectors]
        for r in range(height):
            x = at.broadcast(at.scalar(at.offset(a_now, r, a_row)))
            for v in range(width):
                # 'contract' lets the CPU fuse the two if it can; the order of the sum over k stays as written.
                product = builder.fmul(x, b_row[v], flags=("contract",))
                total = builder.fadd(builder.load(sums[r][v]), product, flags=("contract",))
                builder.store(total, sums[r][v])

    # `start` is added last: then rounding grows with DEPTH + k / DEPTH, not with k.
    def finish(vectors):
        for r in range(height):
            for v, edge in vectors:
                before = at.load(at.offset(at.offset(start, r, start_row), v, VECTOR_BYTES), edge)
                total = builder.fadd(before, builder.load(sums[r][v]))
                at.store(total, at.offset(at.offset(c, r, c_row), v, VECTOR_BYTES), edge)

    if MASKED_LOADS:
        finish(vectors)
    else:
        with builder.if_else(builder.icmp_signed(">=", last, I64(at.lanes))) as (whole, part):
            with whole:
                finish([(v, None) for v in range(width)])
            with part:
                finish(vectors)


def _pack(at, panel, b, b_step, b_column, depth, columns):
    """Pack by whichever stride of B is one number, or else number by number."""
    builder = at.builder
    one, mask = I64(at.bytes), at.mask(columns)

    def copy(load):
        with cgutils.for_range(builder, depth) as loop:
            at.store(load(at.offset(b, loop.index, b_step)), at.offset(panel, loop.index, TILE_BYTES))

    with builder.if_else(builder.icmp_signed("==", b_column, one)) as (contiguous_rows, others):
        with contiguous_rows, builder.if_else(builder.icmp_signed(">=", columns, I64(at.lanes))) as (whole, part):
            with whole:
                copy(at.load)
            with part:
                copy(lambda row: at.load(row, mask))
        with others, builder.if_else(builder.icmp_signed("==", b_step, one)) as (contiguous_columns, scattered):
            with contiguous_columns:
                _transpose(at, panel, b, b_column, depth, columns)
            with scattered:
                copy(lambda row: at.gather(row, b_column, mask))


def _transpose(at, panel, b, b_column, depth, columns):
    """Pack by transposing blocks of `lanes` × `lanes` numbers in registers.

    Eklundh's method: for s = 1, 2, 4, ... swap the off-diagonal s × s quarters of every 2s × 2s block, which takes
    two shuffles for a pair of vectors that are s apart.
    """
    builder, lanes = at.builder, at.lanes
    block = [cgutils.alloca_once(builder, at.vector) for _ in range(lanes)]
    blocks = builder.sdiv(builder.add(depth, I64(lanes - 1)), I64(lanes))
    with cgutils.for_range(builder, blocks) as loop:
        p = builder.mul(loop.index, I64(lanes))
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
        rows = [builder.load(x) for x in block]
        s = 1
        while s < lanes:
            for i in range(lanes):
                if not i & s:
                    x, y = rows[i], rows[i + s]
                    rows[i] = at.shuffle(x, y, [lanes + l - s if l & s else l for l in range(lanes)])
                    rows[i + s] = at.shuffle(x, y, [lanes + l if l & s else l + s for l in range(lanes)])
            s *= 2
        for l in range(lanes):
            at.store(rows[l], at.offset(panel, builder.add(p, I64(l)), TILE_BYTES))


class _Vectors:
    """Vectors of `lanes` numbers: their loads and stores at integer addresses, whole or masked, and shuffles."""

    def __init__(self, builder, real, lanes):
        self.builder, self.real, self.lanes = builder, real, lanes
        self.bytes = VECTOR_BYTES // lanes
        self.vector, self.flags = ir.VectorType(real, lanes), ir.VectorType(I1, lanes)
        self.zero = ir.Constant(self.vector, [0.0] * lanes)
        self.numbers = ir.Constant(ir.VectorType(I64, lanes), list(range(lanes)))

    def offset(self, base, index, stride):
        """base + index · stride"""
        index, stride = (I64(x) if isinstance(x, int) else x for x in (index, stride))
        return self.builder.add(base, self.builder.mul(index, stride))

    def mask(self, count):
        """Lane l is on if l < count."""
        return self.builder.icmp_signed("<", self.numbers, self.broadcast(count))

    def shuffle(self, x, y, order):
        return self.builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, self.lanes), order))

    def broadcast(self, scalar):
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        return self.shuffle(self.builder.insert_element(undefined, scalar, I32(0)), undefined, [0] * self.lanes)

    def scalar(self, address):
        return self.builder.load(self._pointer(address, self.real), align=self.bytes)

    def load(self, address, mask=None):
        pointer = self._pointer(address, self.vector)
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        return self._masked("load", "p0", self.vector, pointer, I32(self.bytes), mask, self.zero)

    def store(self, value, address, mask=None):
        pointer = self._pointer(address, self.vector)
        if mask is None:
            self.builder.store(value, pointer, align=self.bytes)
        else:
            self._masked("store", "p0", ir.VoidType(), value, pointer, I32(self.bytes), mask)

    def gather(self, address, stride, mask):
        addresses = self.builder.add(self.broadcast(address), self.builder.mul(self.numbers, self.broadcast(stride)))
        pointers = self.builder.inttoptr(addresses, ir.VectorType(self.real.as_pointer(), self.lanes))
        return self._masked("gather", f"v{self.lanes}p0", self.vector, pointers, I32(self.bytes), mask, self.zero)

    def _pointer(self, address, kind):
        return self.builder.inttoptr(address, kind.as_pointer())

    def _masked(self, what, pointer, result, *arguments):
        name = f"llvm.masked.{what}.v{self.lanes}f{self.bytes * 8}.{pointer}"
        module, kind = self.builder.module, ir.FunctionType(result, [x.type for x in arguments])
        return self.builder.call(module.globals.get(name) or ir.Function(module, kind, name), arguments)
