"""Vectors in LLVM: what a kernel of vector instructions is written with, where Numba's loops do not lead to them."""

import contextlib

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target


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
# Where the instruction set has no masked loads, LLVM writes a branch per lane: too slow for an inner loop.
MASKED_LOADS = VECTOR_BYTES > 16
# Masked stores, and masks for integers of 16 bits: those of AVX-512 take no longer than whole ones, where AVX2's take
# 11 cycles on processors by AMD.
MASKED_STORES = VECTOR_BYTES == 64

I1, I8, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))


def emitted(body, like, count):
    """The type and the code of an intrinsic: a call, with so many integers, of the function that `body` writes."""

    def emit(context, builder, signature, arguments):
        at = Vectors(builder, context.get_value_type(like), VECTOR_BYTES * 8 // like.bitwidth)
        at.call(body, arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * count), emit


def _bytes(element):
    """The bytes of a number."""
    return element.width // 8 if isinstance(element, ir.IntType) else 8 if isinstance(element, ir.DoubleType) else 4


class Vectors:
    """Vectors of `lanes` numbers: their loads and stores at integer addresses, whole or masked, and shuffles."""

    def __init__(self, builder, real, lanes):
        self.builder, self.real, self.lanes = builder, real, lanes
        self.bytes = _bytes(real)
        self.vector = ir.VectorType(real, lanes)
        self.zero = ir.Constant(self.vector, [0.0] * lanes)
        self.numbers = ir.Constant(ir.VectorType(I64, lanes), list(range(lanes)))

    def call(self, body, arguments, *shape):
        """Call the LLVM function that `body(vectors, *arguments, *shape)` writes, once per module and shape.

        A function of its own is optimised by itself, with all registers to itself, and never copied into its callers.
        """
        module = self.builder.module
        name = ".".join(["tinynet", body.__name__[1:], str(self.real), *map(str, shape)])
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * len(arguments)), name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            inside = ir.IRBuilder(function.append_basic_block())
            body(Vectors(inside, self.real, self.lanes), *function.args, *shape)
            inside.ret_void()
        self.builder.call(function, arguments)

    @contextlib.contextmanager
    def loop(self, stop, step=1, start=0):
        """for index in range(start, stop, step)"""
        start = I64(start) if isinstance(start, int) else start
        with cgutils.for_range_slice(self.builder, start, stop, I64(step), I64) as (index, _):
            yield index

    def offset(self, base, index, stride):
        """base + index · stride"""
        index, stride = (I64(x) if isinstance(x, int) else x for x in (index, stride))
        return self.builder.add(base, self.builder.mul(index, stride))

    def mask(self, count):
        """Lane l is on if l < count, an integer of any type: of 32 bits it takes half as long."""
        numbers = ir.Constant(ir.VectorType(count.type, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self.broadcast(count))

    def at_most(self, last):
        """min(l, last) for each lane l, as integers."""
        builder = self.builder
        return [builder.select(builder.icmp_signed("<", I64(l), last), I64(l), last) for l in range(self.lanes)]

    def with_edge(self, columns, vectors, write):
        """Emit `write(vectors)`, for pairs (offset, mask or None) of which a single one has a mask, of `columns` lanes.

        Where a masked store is slow, it is written a second time for the case that all lanes are on.
        """
        if MASKED_LOADS or vectors[0][1] is None:
            return write(vectors)
        with self.builder.if_else(self.builder.icmp_signed(">=", columns, I64(self.lanes))) as (whole, part):
            with whole:
                write([(v, None) for v, _ in vectors])
            with part:
                write(vectors)

    def shuffle(self, x, y, order):
        return self.builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, self.lanes), order))

    def swap(self, x, y, s):
        """The two with the second s of every 2s lanes of x and the first s of those of y exchanged."""
        lanes = range(self.lanes)
        first = self.shuffle(x, y, [self.lanes + l - s if l & s else l for l in lanes])
        return first, self.shuffle(x, y, [self.lanes + l if l & s else l + s for l in lanes])

    def transpose(self, rows, few_wanted=False):
        """The columns of a square block, given by its rows; with `few_wanted`, the second half of them is not used.

        Eklundh's method: for s = 1, 2, 4, ... swap the off-diagonal s × s quarters of every 2s × 2s block, which takes
        two shuffles for a pair of vectors that are s apart. Where half of the rows are undefined, or half of the result
        is not used, the largest s leaves LLVM half of the shuffles if it comes last, or first.
        """
        rows, sizes = list(rows), [1 << k for k in range(self.lanes.bit_length() - 1)]
        for s in reversed(sizes) if few_wanted else sizes:
            for i in range(self.lanes):
                if not i & s:
                    rows[i], rows[i + s] = self.swap(rows[i], rows[i + s], s)
        return rows

    def floor(self, relu):
        """The smallest number that may come out: 0 with ReLU, else -inf."""
        on = self.builder.icmp_signed("!=", relu, I64(0))
        return self.broadcast(self.builder.select(on, self.real(0.0), self.real(float("-inf"))))

    def at_least(self, floor, x):
        """max(x, floor), where NaN stays NaN."""
        return self.builder.select(self.builder.fcmp_ordered("<", x, floor), floor, x)

    def broadcast(self, scalar):
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        return self.shuffle(self.builder.insert_element(undefined, scalar, I32(0)), undefined, [0] * self.lanes)

    def scalar(self, address):
        return self.builder.load(self._pointer(address, self.real), align=self.bytes)

    def load(self, address, mask=None, element=None):
        """A vector of numbers, or of integers of the type `element`."""
        element = element or self.real
        kind = ir.VectorType(element, self.lanes)
        pointer, size = self._pointer(address, kind), _bytes(element)
        if mask is None:
            return self.builder.load(pointer, align=size)
        return self._masked("load", "p0", kind, pointer, I32(size), mask, ir.Constant(kind, None))

    def store(self, value, address, mask=None):
        pointer, size = self._pointer(address, value.type), _bytes(value.type.element)
        if mask is None:
            self.builder.store(value, pointer, align=size)
        else:
            self._masked("store", "p0", ir.VoidType(), value, pointer, I32(size), mask)

    def gather(self, address, stride, mask):
        addresses = self.builder.add(self.broadcast(address), self.builder.mul(self.numbers, self.broadcast(stride)))
        pointers = self.builder.inttoptr(addresses, ir.VectorType(self.real.as_pointer(), self.lanes))
        pointer, size = f"v{self.lanes}p0", I32(self.bytes)
        return self._masked("gather", pointer, self.vector, pointers, size, mask, self.zero)

    def _pointer(self, address, kind):
        return self.builder.inttoptr(address, kind.as_pointer())

    def _masked(self, what, pointer, result, *arguments):
        element = (arguments[0].type if what == "store" else result).element
        letter = "i" if isinstance(element, ir.IntType) else "f"
        name = f"llvm.masked.{what}.v{self.lanes}{letter}{_bytes(element) * 8}.{pointer}"
        module, kind = self.builder.module, ir.FunctionType(result, [x.type for x in arguments])
        return self.builder.call(module.globals.get(name) or ir.Function(module, kind, name), arguments)
