"""`lift`: a scalar formula becomes a loop over arrays.

    adam = lift(rules.adam, inplace=("p", "exp_avg", "exp_avg_sq"), scalars=("t", "lr", ...))
    launch(adam, p, m, v, g, t, lr, ...)

`formula.py` parses the formula, `module.py` loads the text that is written here.
"""

import functools
import inspect
import math

import numba
import numpy as np
from numba import types

from ... import formulas
from .. import elementary
from ..kernel import In, InOut, Kernel, Out, Scalar
from ..runtime.jit import Compiled
from ..runtime.threads import ARITHMETIC
from .formula import Formula, function, indented
from .module import compiled

# Where denormals are flushed, and in sums, a thread takes so many elements at a time. A sum is cut by this number and
# not by the number of threads, so that its bits never vary.
CHUNK = 4096

# Per-tensor scalars repeat every ALIGN elements: an arena starts each tensor at a multiple of it.
ALIGN = 16

ELEMENTARY = "tinynet.kernels.elementary"
JIT, DENORMALS = "tinynet.kernels.runtime.jit", "tinynet.kernels.runtime.denormals"
RESERVED = frozenset(["T", "i", "out", "prange", "chunk", "start", "block", "register", "intp", "uintp"])


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
        self.serial = Compiled(lambda dtype: self.compile(dtype, parallel=False))  # dtype: compiled loop
        self.parallel = Compiled(lambda dtype: self.compile(dtype, parallel=True))
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
        (self.serial if out.size < self.parallel_from else self.parallel)[out.dtype](out, *inputs)

    def compile(self, dtype, parallel):
        """The compiled loop for arrays of `dtype`, serial or parallel."""
        kinds = *self.arrays(numba.from_dtype(dtype)), *[types.float64] * len(self.scalars)
        return compiled(self.name, self.source(dtype), "parallel" if parallel else "serial", kinds)

    def arrays(self, real):
        """The types of the arrays. One version takes writable and read-only inputs alike."""
        return [*[written(real)] * max(len(self.inplace), 1), *[read(real)] * self.input_count]

    def source(self, dtype):
        """The text of the module for the CPU: the formula with its scalar parts hoisted, and the two loops."""
        return elementwise_loops(self, np.dtype(dtype).name)

    def __repr__(self):
        return f"lift({self.formula.__name__})"


def written(kind):
    """The type of an array that a loop writes."""
    return types.Array(kind, 1, "C")


def read(kind):
    """The type of an array that a loop reads, which may be read-only."""
    return types.Array(kind, 1, "C", readonly=True)


# --- the text for the CPU -----------------------------------------------------------------------------------------


def parsed(lifted, dtype, reserved=RESERVED):
    """The formula of a kernel as the CPU's loops take it."""
    formula = Formula(lifted, dtype, vectorised, reserved)
    formula.use("numba", "prange")
    formula.use(JIT, "always_inline", "jit")
    return formula


def vectorised(name, value):
    """(module, what to import) of the elementary function that loops call in place of `value`, or None."""
    found = _vectorised().get(value)
    return None if found is None else (ELEMENTARY, found if found == name else f"{found} as {name}")


@functools.cache
def _vectorised():
    """{function: name} of what the CPU's own elementary functions stand in for; they vectorise and `math`'s do not."""
    return {
        getattr(home, name): name for home in (math, formulas) for name in elementary.__all__ if hasattr(home, name)
    }


def loops(formula, kind, parameters, lines):
    """The text of a module with two loops of these parameters: `lines(parallel)` has what is in them."""
    parameters, before = ", ".join(parameters), [*formula.loads(), *formula.hoisted]
    serial = function(f"@jit\ndef serial({parameters}):", [*before, *lines(False)])
    parallel = function(f"@jit(parallel=True)\ndef parallel({parameters}):", [*before, *lines(True)])
    return formula.module(kind, "@always_inline", serial, parallel)


def elementwise_loops(lifted, dtype):
    """The text of the loops of a `lift`."""
    formula, chunked = parsed(lifted, dtype), lifted.flush or lifted.per_tensor
    inplace = lifted.inplace
    arrays = [*inplace, *(e for e in formula.elements if e not in inplace)] if inplace else ["out", *formula.elements]
    size = f"{arrays[0]}.size"
    if chunked:
        formula.use("numpy", "intp", "uintp")
    if lifted.flush:
        formula.use(DENORMALS, "flush_denormals", "restore")

    def lines(parallel):
        if not chunked:
            return _element_loop(lifted, formula, "prange" if parallel else "range", size)
        if not parallel:
            return _chunk(lifted, formula, "uintp(0)", f"uintp({size})")
        return [
            f"for chunk in prange(({size} + {CHUNK - 1}) // {CHUNK}):",
            f"    start = {CHUNK} * intp(chunk)",
            *indented(_chunk(lifted, formula, "uintp(start)", f"uintp(min(start + {CHUNK}, {size}))")),
        ]

    return loops(formula, f"as loops over {dtype} arrays", [*arrays, *lifted.scalars], lines)


def _chunk(lifted, formula, start, stop):
    """A loop from `start` to `stop`, unsigned, so that Numba need not think of x[-1] and LLVM can vectorise it."""
    lines = _element_loop(lifted, formula, "range", f"{start}, {stop}")
    if lifted.per_tensor:
        unit = f"uintp({ALIGN})"
        inner = _element_loop(lifted, formula, "range", f"block * {unit}, block * {unit} + {unit}")
        lines = [f"for block in range({start} // {unit}, {stop} // {unit}):", *indented(inner)]
    return ["register = flush_denormals()", *lines, "restore(register)"] if lifted.flush else lines


def _element_loop(lifted, formula, range_, limits):
    operands = [formula.operand(e, "block" if e in lifted.per_tensor else "i") for e in formula.elements]
    outputs = ", ".join(f"{name}[i]" for name in lifted.inplace or ("out",))
    return [f"for i in {range_}({limits}):", f"    {outputs} = {formula.call(operands)}"]
