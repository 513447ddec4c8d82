"""`lift_coded`: a scalar formula becomes a loop over arrays, some of which are kept as codes of 8 bits.

    adam = lift_coded(rules.adam, inplace=("p", "exp_avg", "exp_avg_sq"), codes={"exp_avg": SIGNED, ...}, scalars=...)
    launch(adam, p, exp_avg, exp_avg_sq, exp_avg_scale, exp_avg_sq_scale, starts, stops, g, t, lr, ...)

The formula is the same as for `lift`, and computes with whole numbers: the loop decodes on the way in and encodes on
the way out (`codes.py`). Block k is what lies from starts[k] to stops[k]. Its scale is known only when all of it is
computed, so the loop takes a block at a time, and the results wait in the nearest cache until they are encoded.
"""

import numpy as np
from numba import from_dtype, types

from ..kernel import InOut, Role
from .codes import BLOCK
from .lift import ELEMENTARY, Emitter, lift, read, written

BLOCKS = 16  # that a thread takes at a time: a matter of size, so that the number of threads changes no bit


class lift_coded(lift):
    """A kernel `(*inplace, *scales, starts, stops, *inputs, *scalars)`, compiled per dtype when first used.

    `codes` gives for each name of `inplace` that is kept as codes their dtype, `SIGNED` or `UNSIGNED`. The formula's
    scalar `t`, the number of the step, also decides how numbers are rounded.
    """

    def __init__(self, formula, *, codes, inplace, **options):
        self.codes = {name: codes[name] for name in inplace if name in codes}
        super().__init__(formula, inplace=inplace, **options)
        if "t" not in self.scalars:
            raise TypeError(f"formula {self.name}: to have its state in codes, it must have the scalar 't'")

    def roles(self, inputs):
        scales = [f"{name}_scale" for name in self.codes]
        first = dict.fromkeys([*self.inplace, *scales], InOut)
        return {**first, **dict.fromkeys(("starts", "stops"), Role.STRUCTURE), **super().roles(inputs)}

    def arrays(self, real):
        states = [written(from_dtype(self.codes[name]) if name in self.codes else real) for name in self.inplace]
        places = [read(types.int64)] * 2
        return [*states, *[written(real)] * len(self.codes), *places, *[read(real)] * self._inputs]

    def source(self, dtype):
        return _CodedEmitter(self, np.dtype(dtype).name).module()


class BlockEmitter(Emitter):
    """Writes what is done with one block, the same on every device but for what the attributes below say."""

    loop_names = Emitter.loop_names | {"codes", "starts", "stops", "first", "size", "smallest"}

    share = "range(size)"  # which numbers of the block it goes through
    place = "codes.PLACES[i]"  # 32 random-looking bits for the place of a number in its block
    # The largest magnitude is found as an integer, so that LLVM can vectorise the loop: magnitudes have the same order
    # as their bits, and a NaN is the largest of all.
    zero, larger, largest = "bits(T(0))", "max(found{k}, bits(abs(x{k})))", "from_bits(found{k}, T(0))"
    once = ""  # who writes the scale

    def arguments(self):
        """The names of the arrays that the kernel takes."""
        inplace = self.lifted.inplace
        scales = [f"{name}_scale" for name in self.lifted.codes]
        return [*inplace, *scales, "starts", "stops", *(e for e in self.elements if e not in inplace)]

    def block(self):
        """The lines for block number `block`; results wait in an array room0, room1 ... for each state in codes."""
        values = {e: self.operand(e, "first + i") for e in self.elements}
        results, after, scales, encoding = dict(values), [], [], []
        yield "first, size = uintp(starts[block]), uintp(stops[block]) - uintp(starts[block])"
        for k, (name, dtype) in enumerate(self.lifted.codes.items()):
            kind = "signed" if dtype.kind == "i" else "unsigned"
            yield f"scale{k}, found{k} = {name}_scale[block], {self.zero}"
            yield f"offset{k} = scale{k} * codes.C_{kind.upper()}"
            after += [f"room{k}[i], found{k} = x{k}, {self.larger.format(k=k)}"]
            arguments = f"largest{k}, codes.TOP_{kind.upper()}, smallest"
            scales += [f"largest{k} = {self.largest.format(k=k)}", f"inverse{k} = codes.inverse({arguments})"]
            scales += [f"{self.once}{name}_scale[block] = codes.scale({arguments})"]
            chance = f"codes.{('upper', 'lower')[k % 2]}(chance{k // 2})"
            encoding += [f"{values[name]} = codes.{kind}(room{k}[i], inverse{k}, {chance})"]
            values[name] = f"codes.from_{kind}({values[name]}, scale{k}, offset{k})"
            results[name] = f"x{k}"
        yield f"for i in {self.share}:"
        call = f"{self.name}({', '.join([*values.values(), *self.numbers])})"
        yield f"    {', '.join(results[e] for e in self.lifted.inplace)} = {call}"
        yield from (f"    {line}" for line in after)
        yield f"smallest = T({np.finfo(self.dtype).smallest_normal!s})"
        yield from scales
        for j in range((len(encoding) + 1) // 2):
            yield f"key{j} = codes.key(block, t, {j})"
            encoding.insert(0, f"chance{j} = codes.chances({self.place}, key{j})")
        yield f"for i in {self.share}:"
        yield from (f"    {line}" for line in encoding)


class _CodedEmitter(BlockEmitter):
    loop_names = BlockEmitter.loop_names | {"empty"}

    def loop(self, kind, decorator, parallel):
        self.imports["numpy"] |= {"empty", "intp", "uintp"}
        self.imports["tinynet.kernels.lifting"] = {"codes"}
        self.imports[f"{ELEMENTARY}.floats"] = {"bits", "from_bits"}
        some = f"{BLOCKS} * intp(chunk), min({BLOCKS} * intp(chunk) + {BLOCKS}, starts.size)"
        lines = [
            *self.loads(),
            *self.prologue,
            f"for chunk in {'prange' if parallel else 'range'}((starts.size + {BLOCKS - 1}) // {BLOCKS}):",
            "    register = flush_denormals()",
            *(f"    room{k} = empty({BLOCK}, T)" for k in range(len(self.lifted.codes))),
            f"    for block in range({some}):",
            *(f"        {line}" for line in self.block()),
            "    restore(register)",
        ]
        arguments = ", ".join([*self.arguments(), *self.lifted.scalars])
        return "\n".join([decorator, f"def {kind}({arguments}):", *(f"    {line}" for line in lines)])
