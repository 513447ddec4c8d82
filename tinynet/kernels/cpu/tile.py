"""The microkernel: one tile of a matrix product held in vector registers, emitted as LLVM code.

A product C = A B does m·n·k multiplications on only m·k + k·n + m·n numbers, so its speed is a matter of using each
number many times once it is in a register. The tile holds `rows` × `vectors` accumulators of C in registers and walks
along k. Each step loads one row of B (`vectors` vectors), broadcasts one number of A per row, and does
rows · vectors fused multiply-adds:

                      b₀        b₁          for 8 × 2 vectors of 16 floats: 2 + 8 loads feed 16 multiply-adds
        broadcast a₀  c₀₀ += a₀ b₀   c₀₁ += a₀ b₁
        broadcast a₁  c₁₀ += a₁ b₀   c₁₁ += a₁ b₁
        ...

A compiler does not find this form from a loop nest: it must know that the accumulators fit the registers and that no
store to C changes A or B. So the vectors are spelled out here, with `llvmlite`, and LLVM allocates the registers.

A is read one number at a time and may have any strides, which makes a transposed A free. The rows of B must be
contiguous; `pack` copies the columns of any other B into such rows. Reads and writes past the edge of a matrix are
masked: they touch no memory, and a masked lane is zero.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


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
    if "ymm" in assembly:  # AVX2
        return 32, 16
    return 16, 16 if triple.startswith(("x86", "i686")) else 32  # SSE, or NEON


VECTOR_BYTES, REGISTERS = _registers()
# Tiles by height and by width in vectors, the widest first. The largest one fills the registers up to the vectors of
# B and a broadcast; the smaller ones do the last rows and columns.
ROWS, VECTORS = {
    (64, 32): ((8, 4, 2, 1), (2, 1)),
    (32, 16): ((6, 4, 2, 1), (2, 1)),
    (16, 32): ((6, 4, 2, 1), (4, 2, 1)),
    (16, 16): ((6, 4, 2, 1), (2, 1)),
}[VECTOR_BYTES, REGISTERS]
TILE_ROWS, TAIL_ROWS = ROWS[0], ROWS[1]
TILE_BYTES = VECTORS[0] * VECTOR_BYTES  # of one row of the widest tile
DEPTH = 256  # rows of a packed panel of B: so many of TILE_BYTES stay in the first-level cache
PANEL_BYTES = DEPTH * TILE_BYTES
# Without masked loads in the instruction set they cost a branch per lane: then the last columns of B are packed.
MASKED_LOADS = VECTOR_BYTES > 16


# --- what the kernels call ----------------------------------------------------------------------------------------


@intrinsic
def address(typing, array):
    """The address of an array's first element. The array must outlive its use."""

    def emit(context, builder, signature, arguments):
        (kind,), (value,) = signature.args, arguments
        return builder.ptrtoint(context.make_array(kind)(context, builder, value).data, I64)

    return types.intp(array), emit


@intrinsic
def panel_memory(typing):
    """The address of PANEL_BYTES of uninitialised memory on the stack of the calling kernel."""

    def emit(context, builder, signature, arguments):
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(I8, PANEL_BYTES))
        memory.align = VECTOR_BYTES
        return builder.ptrtoint(memory, I64)

    return types.intp(), emit


@intrinsic
def multiply_tile(typing, like, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth):
    """C[:rows, :columns] = start + A[:rows, :depth] B[:depth, :columns] in the dtype of the array `like`.

    `rows` is one of ROWS; `columns` at most TILE_BYTES. a, b, start, c are addresses; the other integers are strides in
    bytes: A is read at a + row · a_row + step · a_step, B at b + step · b_step, and so on. `start` may be C.
    """
    integers = [types.intp] * 12

    def emit(context, builder, signature, arguments):
        real = context.get_value_type(like.dtype)
        rows, columns, *rest = arguments[1:]
        lanes = VECTOR_BYTES // (like.dtype.bitwidth // 8)
        vectors = ir.Constant(I64, VECTORS[-1])
        for narrower, wider in zip(VECTORS[:0:-1], VECTORS[-2::-1]):
            beyond = builder.icmp_signed(">", columns, ir.Constant(I64, narrower * lanes))
            vectors = builder.select(beyond, ir.Constant(I64, wider), vectors)
        end, never = builder.append_basic_block("end"), builder.append_basic_block("never")
        shape = builder.add(builder.mul(rows, ir.Constant(I64, 8)), vectors)
        switch = builder.switch(shape, never)
        for r in ROWS:
            for v in VECTORS:
                case = builder.append_basic_block(f"tile{r}x{v}")
                switch.add_case(ir.Constant(I64, r * 8 + v), case)
                builder.position_at_end(case)
                builder.call(_tile(builder.module, real, lanes, r, v), [columns, *rest])
                builder.branch(end)
        builder.position_at_end(never)
        builder.unreachable()
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(like, *integers), emit


@intrinsic
def pack_strip(typing, like, panel, panel_step, b, b_step, b_column, depth, columns):
    """panel[p, :W] = B[p, :columns], then zeros, for p < depth: one vector's width of columns into contiguous rows.

    Writes whole vectors, and depth rounded up to a multiple of the vector's length W.
    """
    integers = [types.intp] * 7

    def emit(context, builder, signature, arguments):
        real = context.get_value_type(like.dtype)
        lanes = VECTOR_BYTES // (like.dtype.bitwidth // 8)
        builder.call(_pack(builder.module, real, lanes), arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *integers), emit


# --- how they are emitted -----------------------------------------------------------------------------------------


def _function(module, name, arguments):
    """A new LLVM function of 64-bit integers, or None and the old one if the module has it.

    A function of its own, never inlined: it is compiled once, and has all registers to itself.
    """
    if name in module.globals:
        return None, module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * arguments), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return ir.IRBuilder(function.append_basic_block()), function


class _Memory:
    """Loads and stores of vectors at integer addresses, whole or masked."""

    def __init__(self, builder, real, lanes):
        self.builder, self.real, self.lanes = builder, real, lanes
        self.vector, self.flags = ir.VectorType(real, lanes), ir.VectorType(I1, lanes)
        self.bytes = VECTOR_BYTES // lanes
        self.zero = ir.Constant(self.vector, [0.0] * lanes)
        self.suffix = f"v{lanes}f{self.bytes * 8}"

    def at(self, base, *terms):
        """base + Σ terms; a term is an integer or a pair to be multiplied."""
        builder = self.builder
        for term in terms:
            if isinstance(term, tuple):
                index, stride = (ir.Constant(I64, x) if isinstance(x, int) else x for x in term)
                term = builder.mul(index, stride)
            base = builder.add(base, ir.Constant(I64, term) if isinstance(term, int) else term)
        return base

    def pointer(self, address, kind):
        return self.builder.inttoptr(address, kind.as_pointer())

    def mask(self, count):
        """Lane l is on if l < count."""
        numbers = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self.broadcast(count))

    def broadcast(self, scalar):
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return self.shuffle(first, undefined, [0] * self.lanes)

    def shuffle(self, x, y, order):
        return self.builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, self.lanes), order))

    def scalar(self, address):
        return self.builder.load(self.pointer(address, self.real), align=self.bytes)

    def load(self, address, mask=None):
        pointer = self.pointer(address, self.vector)
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        kind = ir.FunctionType(self.vector, [pointer.type, I32, self.flags, self.vector])
        return self._call(f"llvm.masked.load.{self.suffix}.p0", kind, pointer, I32(self.bytes), mask, self.zero)

    def store(self, value, address, mask=None):
        pointer = self.pointer(address, self.vector)
        if mask is None:
            return self.builder.store(value, pointer, align=self.bytes)
        kind = ir.FunctionType(ir.VoidType(), [self.vector, pointer.type, I32, self.flags])
        return self._call(f"llvm.masked.store.{self.suffix}.p0", kind, value, pointer, I32(self.bytes), mask)

    def gather(self, addresses, mask):
        pointers = self.builder.inttoptr(addresses, ir.VectorType(self.real.as_pointer(), self.lanes))
        kind = ir.FunctionType(self.vector, [pointers.type, I32, self.flags, self.vector])
        name = f"llvm.masked.gather.{self.suffix}.v{self.lanes}p0"
        return self._call(name, kind, pointers, I32(self.bytes), mask, self.zero)

    def _call(self, name, kind, *arguments):
        module = self.builder.module
        return self.builder.call(module.globals.get(name) or ir.Function(module, kind, name), arguments)


def _tile(module, real, lanes, rows, vectors):
    """The LLVM function of one tile shape."""
    builder, function = _function(module, f"tinynet.tile.{real}.{rows}x{vectors}", 11)
    if builder is None:
        return function
    columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth = function.args
    memory = _Memory(builder, real, lanes)
    last = builder.sub(columns, I64((vectors - 1) * lanes))  # columns of the last vector
    mask = memory.mask(last)
    # Accumulators are written as variables on the stack; LLVM lifts them into registers.
    sums = [[cgutils.alloca_once_value(builder, memory.zero) for _ in range(vectors)] for _ in range(rows)]
    with cgutils.for_range(builder, depth) as loop:
        b_now, a_now = memory.at(b, (loop.index, b_step)), memory.at(a, (loop.index, a_step))
        b_row = [
            memory.load(memory.at(b_now, v * VECTOR_BYTES), mask if MASKED_LOADS and v == vectors - 1 else None)
            for v in range(vectors)
        ]
        for r in range(rows):
            broadcast = memory.broadcast(memory.scalar(memory.at(a_now, (r, a_row))))
            for v in range(vectors):
                # 'contract' lets LLVM fuse the two, where the CPU can; their order over k stays as written.
                product = builder.fmul(broadcast, b_row[v], flags=("contract",))
                total = builder.fadd(builder.load(sums[r][v]), product, flags=("contract",))
                builder.store(total, sums[r][v])

    def finish(mask):
        for r in range(rows):
            for v in range(vectors):
                edge = mask if v == vectors - 1 else None
                before = memory.load(memory.at(start, (r, start_row), v * VECTOR_BYTES), edge)
                total = builder.fadd(before, builder.load(sums[r][v]))
                memory.store(total, memory.at(c, (r, c_row), v * VECTOR_BYTES), edge)

    if MASKED_LOADS:
        finish(mask)
    else:
        with builder.if_else(builder.icmp_signed(">=", last, I64(lanes))) as (whole, part):
            with whole:
                finish(None)
            with part:
                finish(mask)
    builder.ret_void()
    return function


def _pack(module, real, lanes):
    """The LLVM function of `pack_strip`: by whichever of B's strides is one element, else number by number."""
    builder, function = _function(module, f"tinynet.pack.{real}", 7)
    if builder is None:
        return function
    panel, panel_step, b, b_step, b_column, depth, columns = function.args
    memory = _Memory(builder, real, lanes)
    unit, width = I64(memory.bytes), I64(lanes)
    mask, whole = memory.mask(columns), builder.icmp_signed(">=", columns, width)

    def copy(load):
        with cgutils.for_range(builder, depth) as loop:
            memory.store(load(memory.at(b, (loop.index, b_step))), memory.at(panel, (loop.index, panel_step)))

    def gather(row):
        offsets = builder.mul(memory.broadcast(b_column), ir.Constant(ir.VectorType(I64, lanes), list(range(lanes))))
        return memory.gather(builder.add(memory.broadcast(row), offsets), mask)

    with builder.if_else(builder.icmp_signed("==", b_column, unit)) as (rows_contiguous, otherwise):
        with rows_contiguous, builder.if_else(whole) as (then, part):
            with then:
                copy(memory.load)
            with part:
                copy(lambda row: memory.load(row, mask))
        with otherwise, builder.if_else(builder.icmp_signed("==", b_step, unit)) as (columns_contiguous, scattered):
            with columns_contiguous:
                _transpose(memory, panel, panel_step, b, b_column, depth, columns)
            with scattered:
                copy(gather)
    builder.ret_void()
    return function


def _transpose(memory, panel, panel_step, b, b_column, depth, columns):
    """Pack by transposing blocks of W × W in registers.

    Eklundh's method: for s = 1, 2, 4, ... swap the off-diagonal s × s quarters of every 2s × 2s block, which takes
    two shuffles for a pair of vectors that are s apart.
    """
    builder, lanes = memory.builder, memory.lanes
    width = I64(lanes)
    block = [cgutils.alloca_once(builder, memory.vector) for _ in range(lanes)]
    count = builder.sdiv(builder.add(depth, I64(lanes - 1)), width)
    with cgutils.for_range(builder, count) as loop:
        p = builder.mul(loop.index, width)
        left = builder.sub(depth, p)
        whole = builder.and_(builder.icmp_signed(">=", columns, width), builder.icmp_signed(">=", left, width))
        addresses = [memory.at(b, (p, memory.bytes), (r, b_column)) for r in range(lanes)]
        with builder.if_else(whole) as (then, otherwise):
            with then:
                for r in range(lanes):
                    builder.store(memory.load(addresses[r]), block[r])
            with otherwise:
                for r in range(lanes):
                    present = builder.icmp_signed("<", I64(r), columns)
                    mask = memory.mask(builder.select(present, left, I64(0)))
                    builder.store(memory.load(addresses[r], mask), block[r])
        rows = [builder.load(x) for x in block]
        s = 1
        while s < lanes:
            for i in (i for i in range(lanes) if not i & s):
                x, y = rows[i], rows[i + s]
                rows[i] = memory.shuffle(x, y, [lanes + l - s if l & s else l for l in range(lanes)])
                rows[i + s] = memory.shuffle(x, y, [lanes + l if l & s else l + s for l in range(lanes)])
            s *= 2
        for q in range(lanes):
            memory.store(rows[q], memory.at(panel, (builder.add(p, I64(q)), panel_step)))
