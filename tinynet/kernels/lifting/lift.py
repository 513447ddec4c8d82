"""`lift`: a scalar formula becomes a loop over arrays.

    adam = lift(rules.adam, inplace=("p", "exp_avg", "exp_avg_sq"), scalars=("t", "lr", ...))
    launch(adam, p, m, v, g, t, lr, ...)

`formula.py` parses the formula, `module.py` loads the text that is written here.
"""

import functools
import inspect
import math

import numpy as np
from numba import types

from ... import activations, formulas
from .. import elementary
from ..kernel import In, InOut, Kernel, Out, Scalar
from ..runtime.jit import Compiled
from ..runtime.parallel_for import ParallelFor, Plan, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .formula import Formula, function, indented
from .module import load

# A task is a stretch of so many elements at least. There are at most so many tasks: each computes what
# depends on scalars alone for itself. No sum is cut by them, so they change no bit.
STRETCH = 1 << 14
TASKS = 64
ALL = 1 << 62  # elements of the one task that a single thread runs

# Per-tensor scalars repeat every ALIGN elements: an arena starts each tensor at a multiple of it.
ALIGN = 16

ELEMENTARY = "tinynet.kernels.elementary"
JIT, DENORMALS = "tinynet.kernels.runtime.jit", "tinynet.kernels.runtime.denormals"
RESERVED = frozenset(
    ["T", "i", "out", "block", "register", "uintp", "arguments", "scratch", "task", "stretch", "start", "stop", "loop"]
)


class lift(Kernel):
    """A kernel `(out, *inputs, *scalars)` from a formula of one element, compiled per dtype when first used.

    `scalars` names the formula's parameters that are numbers, the same for all elements; the others are arrays.
    `inplace` names the arrays that the formula updates: it returns their new values in that order, and they come
    first in the call. Without it the formula returns one value, and the kernel takes an `out` array first.
    Arrays are one-dimensional, contiguous, of one dtype and length; those named by `per_tensor` hold one number for
    each `ALIGN` elements; those named by `uniform` are arrays of one number, the same for all elements, which another
    launch has computed: they come after the other inputs. `prologue` is a line to put before the formula,
    `extra_scalars` names the scalars it needs. With `flush=True` denormal numbers count as 0. From `parallel_from`
    elements on all threads take part.

    Raises:
        TypeError: one of the names is no parameter of the formula; or, when it is compiled, it is no such function.
    """

    def __init__(
        self,
        formula,
        *,
        scalars=(),
        inplace=(),
        per_tensor=(),
        uniform=(),
        prologue="",
        extra_scalars=(),
        flush=False,
        parallel_from=ARITHMETIC,
    ):
        self.formula, self.scalars, self.inplace = formula, (*scalars, *extra_scalars), tuple(inplace)
        self.per_tensor, self.uniform = tuple(per_tensor), tuple(uniform)
        self.prologue, self.flush = prologue, flush
        self.parallel_from = parallel_from
        self.loop = Loop(self)
        self.serial = self.loop.serial
        parameters = list(inspect.signature(formula).parameters)
        inputs = [name for name in parameters if name not in (*scalars, *inplace, *uniform)] + [*uniform]
        self.input_count = len(inputs)
        super().__init__(formula.__name__, self.roles(inputs), formula.__doc__)
        unknown = [name for name in (*scalars, *inplace, *per_tensor) if name not in parameters]
        if unknown:
            raise TypeError(f"formula {formula.__name__}({', '.join(parameters)}) has no parameter {unknown[0]!r}")

    def roles(self, inputs):
        """{argument: its role}, in the order of a call."""
        outputs = dict.fromkeys(self.inplace, InOut) or {"out": Out}
        return {**outputs, **dict.fromkeys(inputs, In), **dict.fromkeys(self.scalars, Scalar)}

    def cpu(self, out, *inputs):
        """Run it on the CPU."""
        size = out.size
        if size <= STRETCH:
            self.serial[out.dtype].run(out, *inputs)
        else:
            stretch = max(STRETCH, -(-size // (TASKS * ALIGN)) * ALIGN)
            loop_plan(self.loop, out.dtype, size, stretch, size >= self.parallel_from).run(out, *inputs)

    def types(self, real):
        """The types of the arguments of its loop."""
        return types.intp, *self.arrays(real), *[types.float64] * len(self.scalars)

    def arrays(self, real):
        """The types of the arrays. One version takes writable and read-only inputs alike."""
        return [*[written(real, 1)] * max(len(self.inplace), 1), *[read(real, 1)] * self.input_count]

    def source(self, dtype):
        """The text of the module for the CPU: the formula with its scalar parts hoisted, and the loop."""
        return elementwise_loop(self, np.dtype(dtype).name)

    def __repr__(self):
        return f"lift({self.formula.__name__})"


class Loop(ParallelFor):
    """The loop of a lifted formula, whose text is another one for each dtype."""

    def __init__(self, lifted):
        super().__init__(lambda real: lifted.types(real), None, lifted.formula)
        self.lifted = lifted
        self.serial = Compiled(lambda dtype: Plan(self, dtype, 1, False, ALL))  # dtype: how one thread runs it

    def body(self, dtype):
        return load(self.lifted.name, self.lifted.source(dtype)).loop


@planned
def loop_plan(loop, dtype, count, stretch, parallel):
    """How a loop over so many elements, sums or blocks is cut: a stretch of them for each task."""
    return Plan(loop, dtype, -(-count // stretch), parallel, stretch)


# --- the text for the CPU -----------------------------------------------------------------------------------------


def parsed(lifted, dtype, reserved=RESERVED):
    """The formula of a kernel as the CPU's loops take it."""
    formula = Formula(lifted, dtype, vectorised, reserved)
    formula.use("numpy", "uintp")
    formula.use(JIT, "always_inline")
    return formula


def vectorised(name, value):
    """(module, what to import) of the elementary function that loops call in place of `value`, or None."""
    found = _vectorised().get(value)
    return None if found is None else (ELEMENTARY, found if found == name else f"{found} as {name}")


@functools.cache
def _vectorised():
    """{function: name} of what the CPU's own elementary functions stand in for; they vectorise and `math`'s do not."""
    homes = math, formulas, activations
    return {getattr(home, name): name for home in homes for name in elementary.__all__ if hasattr(home, name)}


def loop_module(formula, kind, parameters, lines):
    """The text of a module with a loop over the tasks' stretches; its arguments are `stretch` and the parameters."""
    first = [f"stretch, {', '.join(parameters)} = arguments[0]", *formula.loads(), *formula.hoisted]
    return formula.module(kind, "@always_inline", function("def loop(arguments, scratch, task):", [*first, *lines]))


def stretch_of(size):
    """The line that says where the task begins and ends."""
    return f"start, stop = task * stretch, min((task + 1) * stretch, {size})"


def elementwise_loop(lifted, dtype):
    """The text of the loop of a `lift`."""
    formula, inplace = parsed(lifted, dtype), lifted.inplace
    arrays = [*inplace, *(e for e in formula.elements if e not in inplace)] if inplace else ["out", *formula.elements]
    lines = [stretch_of(f"{arrays[0]}.size"), *_element_loop(lifted, formula)]
    if lifted.flush:
        formula.use(DENORMALS, "flush_denormals", "restore")
        lines = ["register = flush_denormals()", *lines, "restore(register)"]
    return loop_module(formula, f"as a loop over {dtype} arrays", [*arrays, *lifted.scalars], lines)


def _element_loop(lifted, formula):
    """A loop whose index is unsigned, so that Numba need not think of x[-1] and LLVM can make vectors of it."""
    operands = [formula.operand(e, "block" if e in lifted.per_tensor else "i") for e in formula.elements]
    outputs = ", ".join(f"{name}[i]" for name in lifted.inplace or ("out",))
    line = f"    {outputs} = {formula.call(operands)}"
    if not lifted.per_tensor:
        return ["for i in range(uintp(start), uintp(stop)):", line]
    inner = [f"for i in range(block * uintp({ALIGN}), block * uintp({ALIGN}) + uintp({ALIGN})):", line]
    return [f"for block in range(uintp(start) // uintp({ALIGN}), uintp(stop) // uintp({ALIGN})):", *indented(inner)]
