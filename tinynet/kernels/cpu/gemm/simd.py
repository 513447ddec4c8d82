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

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def emitted(body, like, count):
    """The type and the code of an intrinsic: a call, with so many integers, of the function that `body` writes."""

    def emit(context, builder, signature, arguments):
        at = Vectors(builder, context.get_value_type(like), VECTOR_BYTES * 8 // like.bitwidth)
        at.call(body, arguments[1:])
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * count), emit


class Vectors:
    """Vectors of `lanes` numbers: their loads and stores at integer addresses, whole or masked, and shuffles."""

    def __init__(self, builder, real, lanes):
        self.builder, self.real, self.lanes = builder, real, lanes
        self.bytes = VECTOR_BYTES // lanes
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
        """Lane l is on if l < count."""
        return self.builder.icmp_signed("<", self.numbers, self.broadcast(count))

    def with_edge(self, last, vectors, write):
        """Emit `write(vectors)`, for pairs (number of a vector, its mask or None) of which the last may have a mask.

        Where a masked store is slow, it is written a second time for the case that all `last` lanes are on.
        """
        if MASKED_LOADS:
            return write(vectors)
        with self.builder.if_else(self.builder.icmp_signed(">=", last, I64(self.lanes))) as (whole, part):
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
