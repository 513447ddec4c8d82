"""Loops: elementwise kernels that follow each other as one loop over their elements.

    for i in range(uintp(start), uintp(stop)):
        for j in range(uintp(10)):
            z = apart(mul(x[i * 10 + j], scale[j]), one)
            out[i * 10 + j] = relu(z)

Each formula stands in the loop as it is, so a value that the next one needs stays in a register, and what nobody else
reads is never stored. Arrays of any strides take part, also such as are broadcast. The numbers are those of the
kernels one by one: nothing is fused across formulas but loops.
"""

import ast
import math
from typing import NamedTuple

import numba
import numpy as np
from numba import types

from .. import formulas
from ..kernels import reference as kernels
from ..kernels.kernel import In, Kernel, Out
from ..kernels.lifting.formula import Formula, Names, function, indented, module_text
from ..kernels.lifting.lift import ALIGN, ALL, ELEMENTARY, JIT, RESERVED, TASKS, stretch_of, vectorised
from ..kernels.lifting.module import load
from ..kernels.reference.elementwise import Pointwise
from ..kernels.runtime.parallel_for import ParallelFor, Plan, read, written
from ..kernels.runtime.threads import ARITHMETIC
from .recorder import Ref

# What the CPU computes by NumPy's functions, with other bits than its formula or with other dtypes
NOT_AS_FORMULAS = frozenset(
    """sin cos tan asin acos atan atan2 hypot sinh cosh asinh acosh atanh exp2 log2 log10 logaddexp logaddexp2 gcd eq ne
    lt le gt ge logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not
    bitwise_left_shift bitwise_right_shift isnan isinf isfinite signbit where round""".split()
)
FLOATS = np.dtype(np.float32), np.dtype(np.float64)
SHARE = 1 << 12  # elements that are worth a task: workers who are awake take it (kernels/runtime/workers.py)
ON_INTEGERS = frozenset(["add", "sub", "mul", "neg", "copy", "fill"])  # which are the same for int64


def formula_of(kernel):
    """(formula, its scalars) of an elementwise kernel whose compiled formula gives the kernel's own bits, or None."""
    if kernel is kernels.fill or kernel is kernels.cast:
        return formulas.same, ()
    if isinstance(kernel, Pointwise) and kernel.name not in NOT_AS_FORMULAS:
        return kernel.formula, kernel.scalars
    return None


class Item(NamedTuple):
    """An elementwise launch: a formula of operands, Refs and numbers, for each element of `out`."""

    launch: object
    formula: object
    scalars: tuple  # their names
    operands: tuple  # Refs, or numbers
    numbers: tuple  # the scalars' values
    out: Ref

    def has_numbers(self):
        """Whether a number is among what it takes."""
        return bool(self.numbers) or not all(isinstance(x, Ref) for x in self.operands)


def item_of(launch):
    """The Item of a launch, or None where it is none: another kernel, other dtypes, an array without order."""
    found = formula_of(launch.kernel)
    if found is None:
        return None
    formula, scalars = found
    out, *rest = launch.arguments
    operands, numbers = rest[: len(rest) - len(scalars)], rest[len(rest) - len(scalars) :]
    if not isinstance(out, Ref) or out.device != "cpu" or 0 in out.shape or not _has_order(out):
        return None
    if out.dtype not in FLOATS and not (out.dtype == np.int64 and launch.kernel.name in ON_INTEGERS):
        return None
    casts = launch.kernel is kernels.cast
    for x in operands:
        if isinstance(x, Ref):
            if x != out and x.start < out.stop and out.start < x.stop:
                return None  # elements that are read elsewhere, perhaps after they were written
            if _steps(x, out) is None or not (x.dtype in FLOATS if casts else x.dtype == out.dtype):
                return None
        elif x.__class__ not in (int, float):
            return None
    if any(x.__class__ not in (int, float) for x in numbers):
        return None
    return Item(launch, formula, tuple(scalars), tuple(operands), tuple(numbers), out)


def _has_order(out):
    """Whether no two elements share memory, and all strides are ≥ 0."""
    if any(stride < 0 or stride % out.dtype.itemsize for stride in out.strides):
        return False
    end = out.dtype.itemsize
    for stride, length in sorted(zip(out.strides, out.shape)):
        if length > 1:
            if stride < end:
                return False
            end = stride * length
    return True


def _steps(x, out):
    """The strides of an operand over the dimensions of `out`, in bytes; None where it does not broadcast to it."""
    missing = len(out.shape) - len(x.shape)
    if missing < 0:
        return None
    steps = [0] * missing
    for length, stride, target in zip(x.shape, x.strides, out.shape[missing:]):
        if length not in (1, target) or stride < 0 or stride % x.dtype.itemsize:
            return None
        steps.append(0 if length == 1 else stride)
    return steps


class Dimension(NamedTuple):
    """A dimension of a loop: its length, and the steps of the arrays along it, in elements."""

    length: int
    steps: tuple


def dimensions(refs, out):
    """The fewest Dimensions in which these arrays can be gone through together, the outermost first."""
    found = []
    by_stride = sorted(range(len(out.shape)), key=lambda d: (-out.strides[d], d))
    steps = [_steps(x, out) for x in refs]
    for d in by_stride:
        if out.shape[d] == 1:
            continue
        here = tuple([s[d] // x.dtype.itemsize for x, s in zip(refs, steps)])
        if found:
            outer = found[-1]
            if all(a == b * out.shape[d] for a, b in zip(outer.steps, here)):
                found[-1] = Dimension(outer.length * out.shape[d], here)
                continue
        found.append(Dimension(out.shape[d], here))
    return found or [Dimension(1, tuple([0 if x is not out else 1 for x in refs]))]


class Fused(ParallelFor):
    """The loop of some Items, from its text."""

    def __init__(self, name, text, arrays, numbers):
        self.text, self.arrays, self.numbers = text, arrays, numbers
        super().__init__(self._types, None, lambda: None)
        self.__name__ = name

    def _types(self, real):
        arrays = [(written if writable else read)(numba.from_dtype(dtype), 1) for dtype, writable in self.arrays]
        return types.intp, types.intp, types.float64, *arrays, *[types.float64] * self.numbers

    def body(self, dtype):
        return load(self.__name__, self.text).loop


class Loop(NamedTuple):
    """What runs some Items: a plan, and its arguments with Refs of whole stretches in the place of arrays.

    `kernel` says which of `arrays`, Refs, it writes and reads.
    """

    plan: Plan
    arguments: list
    kernel: Kernel
    arrays: list


_loops = {}  # text, dtypes of the arrays: its Fused


def loop_of(items, stored, name):
    """The Loop of Items with outputs of one shape and strides; only the outputs whose number is in `stored` are stored.

    Raises: TypeError for formulas that cannot stand in one module.
    """
    written = _LoopText(items, stored)
    outer, *inner = written.dimensions
    arrays = [(x.dtype, True) for x in written.stores] + [(x.dtype, False) for x in written.used]
    key = written.text(), tuple(arrays)
    if key not in _loops:
        _loops[key] = Fused(name, key[0], arrays, len(written.numbers))
    plan = _plan(_loops[key], items[0].out.dtype, outer.length, math.prod(dim.length for dim in inner))
    windows = map(_window, [*written.stores, *written.used])
    roles = {**dict.fromkeys(written.stores.values(), Out), **dict.fromkeys(written.used.values(), In)}
    kernel = Kernel(name, roles, "elementwise kernels as one loop")
    return Loop(plan, [outer.length, 1.0, *windows, *written.numbers], kernel, [*written.stores, *written.used])


class _LoopText:
    """The text of a loop: `stores` and `used` are the arrays that it writes and reads, `numbers` what else it takes."""

    def __init__(self, items, stored):
        self.items, self.stored, self.out = items, stored, items[0].out
        touched = [x for item in items for x in (*item.operands, item.out) if isinstance(x, Ref)]
        self.position = {x: k for k, x in enumerate(dict.fromkeys(touched))}
        self.dimensions = dimensions(list(self.position), self.out)
        many = len(self.dimensions) > 1
        self.counters = [f"i{d}" if many else "i" for d in range(len(self.dimensions))]
        self.stores, self.used, self.registers = {}, {}, {}  # Ref: its name
        self.numbers, self.hoisted, self.lines = [], [], []
        self.module = _Module(self.out.dtype)
        for n, item in enumerate(items):
            self._add(n, item)

    def _add(self, n, item):
        """The lines of an Item: its value goes to a register if a later one needs it, and to memory if it is stored."""
        operands = list(map(self._operand, item.operands))
        call, is_apart, hoisted = self.module.add(item, operands, len(self.numbers))
        self.hoisted += hoisted
        self.numbers += item.numbers
        value = call
        if any(x == item.out for later in self.items[n + 1 :] for x in later.operands):
            value = self.registers[item.out] = f"y{n}"
            self.lines.append(f"{value} = {call if is_apart else f'apart({call}, one)'}")
        if n in self.stored:
            array = self.stores.setdefault(item.out, f"out{len(self.stores)}")
            self.lines.append(f"{array}[{self._index(item.out)}] = {value}")

    def _operand(self, x):
        """An operand as text: a value in a register, an element of an array, or a number of the arrays' type."""
        if not isinstance(x, Ref):
            self.numbers.append(x)
            return f"T(n{len(self.numbers) - 1})"
        if x in self.registers:
            return self.registers[x]
        element = f"{self.used.setdefault(x, f'x{len(self.used)}')}[{self._index(x)}]"
        return element if x.dtype == self.out.dtype else f"T({element})"

    def _index(self, x):
        """The place of an element in an array, by the counters of the loops."""
        steps = [(counter, dim.steps[self.position[x]]) for counter, dim in zip(self.counters, self.dimensions)]
        terms = [counter if step == 1 else f"{counter} * uintp({step})" for counter, step in steps if step]
        return " + ".join(terms) or "0"

    def text(self):
        """The module."""
        arrays = [*self.stores.values(), *self.used.values()]
        parameters = ["size", "one", *arrays, *[f"n{k}" for k in range(len(self.numbers))]]
        first = [
            f"stretch, {', '.join(parameters)} = arguments[0]",
            "one = T(one)",
            *self.hoisted,
            stretch_of("size"),
        ]
        lines = self.lines
        for d in reversed(range(len(self.dimensions))):
            bounds = "uintp(start), uintp(stop)" if d == 0 else f"uintp({self.dimensions[d].length})"
            lines = [f"for {self.counters[d]} in range({bounds}):", *indented(lines)]
        return self.module.text(function("def loop(arguments, scratch, task):", [*first, *lines]))


def _plan(fused, dtype, outer, inner):
    """How many turns of the outermost loop are one task."""
    if outer * inner < 2 * SHARE or outer == 1:
        return Plan(fused, dtype, 1, False, ALL)
    stretch = max(-(-SHARE // inner), -(-outer // TASKS))
    if inner == 1:
        stretch = -(-stretch // ALIGN) * ALIGN
    return Plan(fused, dtype, -(-outer // stretch), outer * inner >= ARITHMETIC, stretch)


def _window(ref):
    """All of the memory from the first element of an array to its last, as a flat array."""
    itemsize = ref.dtype.itemsize
    return Ref(ref.start, ref.stop, ref.start, ((ref.stop - ref.start) // itemsize,), (itemsize,), ref.dtype)


class _Lifted(NamedTuple):
    """What `Formula` wants to know of a kernel."""

    formula: object
    scalars: tuple
    prologue: str = ""
    uniform: tuple = ()


class _Module:
    """The formulas of a loop in one module."""

    def __init__(self, dtype):
        self.dtype, self.names = dtype, Names(vectorised, [*RESERVED, "apart", "always_inline", "uintp"])
        self.apart = {}  # name of a formula: `_is_apart`
        self.names.use(JIT, "always_inline")
        self.names.use("numpy", "uintp")
        self.names.use(f"{ELEMENTARY}.floats", "apart")

    def add(self, item, operands, count):
        """(the call, whether it is apart, lines before the loop) of an Item, whose own numbers come after others."""
        formula = Formula(_Lifted(item.formula, item.scalars), self.dtype, vectorised, RESERVED, self.names)
        rename = {name: f"n{count + k}" for k, name in enumerate(item.scalars)}
        lines = [ast.parse(line) for line in formula.hoisted]
        for tree in lines:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    rename[node.id] = f"{node.id}_{count}"
        constants = [rename.get(name, name) for name in formula.constants]
        lines = [ast.unparse(_Rename(rename).visit(tree)) for tree in lines]
        return f"{formula.name}({', '.join([*operands, *constants])})", self._is_apart(formula.name), lines

    def _is_apart(self, name):
        """Whether the formula ends in something that is never fused with what follows: no product, no call."""
        if name not in self.apart:
            texts = [text for text in self.names.functions if text.startswith(f"def {name}(")]
            returned = [x.value for text in texts for x in ast.walk(ast.parse(text)) if isinstance(x, ast.Return)]
            self.apart[name] = bool(texts) and all(map(_ends_apart, returned))
        return self.apart[name]

    def text(self, loop):
        """The text of the module around a loop."""
        functions = [f"@always_inline\n{text}" for text in self.names.functions]
        return module_text("elementwise kernels of a compiled step as one loop", self.names.imports, *functions, loop)


def _ends_apart(node):
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Sub | ast.Div)
    if isinstance(node, ast.IfExp):
        return _ends_apart(node.body) and _ends_apart(node.orelse)
    return isinstance(node, ast.Compare | ast.Constant)


class _Rename(ast.NodeTransformer):
    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)
