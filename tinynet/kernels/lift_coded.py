"""`lift_coded`: a scalar formula becomes a loop over arrays, some of which are kept as codes of 8 bits.

    adam = lift_coded(rules.adam, inplace=("p", "exp_avg", "exp_avg_sq"), codes={"exp_avg": SIGNED, ...}, scalars=...)
    launch(adam, p, exp_avg, exp_avg_sq, exp_avg_scale, exp_avg_sq_scale, starts, stops, g, t, lr, ...)

The formula is the same as for `lift`, and computes with whole numbers: the loop decodes on the way in and encodes on
the way out (`codes.py`). Block k is what lies from starts[k] to stops[k]. Its scale is known only when all of it is
computed, so the loop takes a block at a time, and the results wait in the nearest cache until they are encoded.
"""

import numpy as np
from numba import from_dtype, types

from .codes import BLOCK
from .lift import Emitter, lift, read, written

BLOCKS = 16  # that a thread takes at a time: a matter of size, so that the number of threads changes no bit


class lift_coded(lift):
    """A kernel `(*inplace, *scales, starts, stops, *inputs, *scalars)`, compiled per dtype when first used.

    `codes` gives for each name of `inplace` that is kept as codes their dtype, `SIGNED` or `UNSIGNED`. The formula's
    scalar `t`, the number of the step, also decides how numbers are rounded.
    """

    def __init__(self, formula, *, codes, inplace, **options):
        super().__init__(formula, inplace=inplace, **options)
        self.codes = {name: codes[name] for name in inplace if name in codes}
        self.outputs += len(self.codes)
        if "t" not in self.scalars:
            raise TypeError(f"formula {self.__name__}: to have its state in codes, it must have the scalar 't'")

    def arrays(self, real):
        states = [written(from_dtype(self.codes[name]) if name in self.codes else real) for name in self.inplace]
        places = [read(types.int64)] * 2
        return [*states, *[written(real)] * len(self.codes), *places, *[read(real)] * self._inputs]

    def source(self, dtype):
        return _CodedEmitter(self, np.dtype(dtype).name).module()


class _CodedEmitter(Emitter):
    loop_names = Emitter.loop_names | {"codes", "empty", "starts", "stops", "first", "size", "room"}

    def loop(self, kind, decorator, parallel):
        self.imports["numpy"] |= {"empty", "intp", "uintp"}
        self.imports["tinynet.kernels"] = {"codes"}
        inplace, coded = self.lifted.inplace, self.lifted.codes
        scales = [f"{name}_scale" for name in coded]
        inputs = [e for e in self.elements if e not in inplace]
        arguments = ", ".join([*inplace, *scales, "starts", "stops", *inputs, *self.lifted.scalars])
        some = f"{BLOCKS} * intp(chunk), min({BLOCKS} * intp(chunk) + {BLOCKS}, starts.size)"
        lines = [
            *self.prologue,
            f"for chunk in {'prange' if parallel else 'range'}((starts.size + {BLOCKS - 1}) // {BLOCKS}):",
            "    register = flush_denormals()",
            f"    room = empty({len(coded) * BLOCK}, T)",
            f"    for block in range({some}):",
            *(f"        {line}" for line in self.block()),
            "    restore(register)",
        ]
        return "\n".join([decorator, f"def {kind}({arguments}):", *(f"    {line}" for line in lines)])

    def block(self):
        """What is done with one block."""
        values = {e: f"{e}[first + i]" for e in self.elements}
        results, after, encoding = dict(values), [], []
        yield "first, size = uintp(starts[block]), uintp(stops[block]) - uintp(starts[block])"
        for k, (name, dtype) in enumerate(self.lifted.codes.items()):
            kind = "signed" if dtype.kind == "i" else "unsigned"
            yield f"scale{k}, largest{k}, room{k} = {name}_scale[block], codes.bits(T(0)), room[{k * BLOCK}:]"
            yield f"offset{k} = scale{k} * codes.C_{kind.upper()}"
            # The largest is found as an integer: magnitudes have the same order so, and a NaN is the largest of all.
            after += [f"room{k}[i], largest{k} = x{k}, max(largest{k}, codes.bits(abs(x{k})))"]
            chance = f"codes.{('upper', 'lower')[k % 2]}(chance{k // 2})"
            encoding += [f"{values[name]} = codes.{kind}(room{k}[i], inverse{k}, {chance})"]
            values[name] = f"codes.from_{kind}({values[name]}, scale{k}, offset{k})"
            results[name] = f"x{k}"
        yield "for i in range(size):"
        call = f"{self.name}({', '.join([*values.values(), *self.numbers])})"
        yield f"    {', '.join(results[e] for e in self.lifted.inplace)} = {call}"
        yield from (f"    {line}" for line in after)
        for k, (name, dtype) in enumerate(self.lifted.codes.items()):
            top = "codes.TOP_SIGNED" if dtype.kind == "i" else "codes.TOP_UNSIGNED"
            yield f"x{k} = codes.from_bits(largest{k}, T(0))"
            yield f"{name}_scale[block], inverse{k} = codes.scale(x{k}, {top}), codes.inverse(x{k}, {top})"
        for j in range((len(encoding) + 1) // 2):
            yield f"key{j} = codes.key(block, t, {j})"
            encoding.insert(0, f"chance{j} = codes.chances(codes.PLACES[i], key{j})")
        yield "for i in range(size):"
        yield from (f"    {line}" for line in encoding)
