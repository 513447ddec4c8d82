"""`lift_quantized`: a scalar formula becomes a loop over arrays, some of which are kept as codes of 8 bits.

    adam = lift_quantized(rules.adam, inplace=("p", "exp_avg", ...), quantized={"exp_avg": SIGNED, ...}, scalars=...)
    launch(adam, p, exp_avg, exp_avg_sq, exp_avg_scale, exp_avg_sq_scale, starts, stops, g, t, lr, ...)

The formula is the same as for `lift`, and computes with whole numbers: the loop decodes on the way in and encodes on
the way out (`codec.py`). Block k is what lies from starts[k] to stops[k]. Its scale is known only when all of it is
computed, so the loop takes a block at a time, and the results wait in the nearest cache until they are encoded.
"""

from typing import NamedTuple

import numpy as np
from numba import from_dtype, types

from ..kernel import InOut, Role
from ..runtime.parallel_for import read, written
from .codec import BLOCK
from .formula import indented
from .lift import DENORMALS, ELEMENTARY, RESERVED, STRETCH, lift, loop_module, loop_plan, parsed, stretch_of

BLOCKS = 16  # that a thread takes at a time: a matter of size, so that the number of threads changes no bit


class lift_quantized(lift):
    """A kernel `(*inplace, *scales, starts, stops, *inputs, *scalars)`, compiled per dtype when first used.

    `quantized` gives for each name of `inplace` that is kept as codes their dtype, `SIGNED` or `UNSIGNED`. The
    formula's scalar `t`, the number of the step, also decides how numbers are rounded.

    Raises:
        TypeError: the formula has no scalar `t`; and as `lift`.
    """

    def __init__(self, formula, *, quantized, inplace, **options):
        self.quantized = {name: quantized[name] for name in inplace if name in quantized}
        super().__init__(formula, inplace=inplace, **options)
        if "t" not in self.scalars:
            raise TypeError(f"formula {self.name}: to have its state in codes, it must have the scalar 't'")

    def roles(self, inputs):
        scales = [f"{name}_scale" for name in self.quantized]
        first = dict.fromkeys([*self.inplace, *scales], InOut)
        return {**first, **dict.fromkeys(("starts", "stops"), Role.STRUCTURE), **super().roles(inputs)}

    def cpu(self, p, *rest):
        dtype, blocks = p.dtype, len(rest[len(self.inplace) - 1 + len(self.quantized)])
        if p.size <= STRETCH:
            self.serial[dtype].run(p, *rest)
        else:
            loop_plan(self.loop, dtype, blocks, BLOCKS, p.size >= self.parallel_from).run(p, *rest)

    def arrays(self, real):
        kinds = [from_dtype(self.quantized[name]) if name in self.quantized else real for name in self.inplace]
        states, scales = [written(kind, 1) for kind in kinds], [written(real, 1)] * len(self.quantized)
        places, inputs = [read(types.int64, 1)] * 2, [read(real, 1)] * self.input_count
        return [*states, *scales, *places, *inputs]

    def source(self, dtype):
        return quantized_loop(self, np.dtype(dtype).name)


def array_names(lifted, formula):
    """The names of the arrays that the kernel takes."""
    scales = [f"{name}_scale" for name in lifted.quantized]
    return [*lifted.inplace, *scales, "starts", "stops", *(e for e in formula.elements if e not in lifted.inplace)]


class BlockTemplate(NamedTuple):
    """What a device does in its own way with a block of numbers; {k} is the number of a state that is quantized."""

    indices: str  # which numbers of the block are gone through
    position_bits: str  # 32 random-looking bits for the position of number i
    zero: str  # where the search for the largest magnitude begins
    maximum: str  # the larger of what was found so far and number x{k}
    largest: str  # the largest magnitude
    scale_guard: str  # who writes the scale


# The largest magnitude is found as an integer, so that LLVM can vectorise the loop: magnitudes have the same order as
# their bits, and a NaN is the largest of all.
CPU = BlockTemplate(
    indices="range(size)",
    position_bits="codec.POSITION_BITS[i]",
    zero="bits(T(0))",
    maximum="max(found{k}, bits(abs(x{k})))",
    largest="from_bits(found{k}, T(0))",
    scale_guard="",
)
BLOCK_NAMES = RESERVED | {"codec", "starts", "stops", "first", "size", "smallest", "empty"}


def block_lines(lifted, formula, template):
    """The lines for block number `block`; results wait in buffer0, buffer1 ..., one for each quantized state."""
    values = {e: formula.operand(e, "first + i") for e in formula.elements}
    results, found, scales, encoding = dict(values), [], [], []
    yield "first, size = uintp(starts[block]), uintp(stops[block]) - uintp(starts[block])"
    for k, (name, dtype) in enumerate(lifted.quantized.items()):
        kind = "signed" if dtype.kind == "i" else "unsigned"
        yield f"scale{k}, found{k} = {name}_scale[block], {template.zero}"
        yield f"offset{k} = scale{k} * codec.C_{kind.upper()}"
        found += [f"buffer{k}[i], found{k} = x{k}, {template.maximum.format(k=k)}"]
        arguments = f"largest{k}, codec.TOP_{kind.upper()}, smallest"
        scales += [f"largest{k} = {template.largest.format(k=k)}", f"inverse{k} = codec.inverse({arguments})"]
        scales += [f"{template.scale_guard}{name}_scale[block] = codec.scale({arguments})"]
        bits = f"codec.{('upper', 'lower')[k % 2]}(bits{k // 2})"
        encoding += [f"{values[name]} = codec.{kind}(buffer{k}[i], inverse{k}, {bits})"]
        values[name] = f"codec.from_{kind}({values[name]}, scale{k}, offset{k})"
        results[name] = f"x{k}"
    yield f"for i in {template.indices}:"
    yield f"    {', '.join(results[e] for e in lifted.inplace)} = {formula.call(values.values())}"
    yield from indented(found)
    yield f"smallest = T({np.finfo(formula.dtype).smallest_normal!s})"
    yield from scales
    for j in range((len(encoding) + 1) // 2):
        yield f"key{j} = codec.key(block, t, {j})"
        encoding.insert(0, f"bits{j} = codec.rounding_bits({template.position_bits}, key{j})")
    yield f"for i in {template.indices}:"
    yield from indented(encoding)


def quantized_loop(lifted, dtype):
    """The text of the loop for the CPU."""
    formula = parsed(lifted, dtype, BLOCK_NAMES)
    formula.use("numpy", "empty")
    formula.use("tinynet.kernels.lifting", "codec")
    formula.use(f"{ELEMENTARY}.floats", "bits", "from_bits")
    formula.use(DENORMALS, "flush_denormals", "restore")
    lines = [
        "register = flush_denormals()",
        *(f"buffer{k} = empty({BLOCK}, T)" for k in range(len(lifted.quantized))),
        stretch_of("starts.size"),
        "for block in range(start, stop):",
        *indented(block_lines(lifted, formula, CPU)),
        "restore(register)",
    ]
    parameters = [*array_names(lifted, formula), *lifted.scalars]
    return loop_module(formula, f"as a loop over {dtype} arrays and codes", parameters, lines)
