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
from ..kernels.lifting.formula import Formula, function, indented
from ..kernels.lifting.lift import ALL, ELEMENTARY, JIT, RESERVED, STRETCH, TASKS, vectorised
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
    if not isinstance(out, Ref) or 0 in out.shape or not _has_order(out):
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
    """What runs some Items: a plan, and its arguments with Refs of whole stretches in the place of arrays."""

    plan: Plan
    arguments: list
    text: str
    name: str


_loops = {}  # text, dtypes of the arrays: its Fused


def loop_of(items, stored, name):
    """The Loop of Items with outputs of one shape and strides; only the outputs whose number is in `stored` are stored.

    Raises: TypeError for formulas that cannot stand in one module.
    """
    out = items[0].out
    refs = []  # distinct
    for item in items:
        refs += [x for x in (*item.operands, item.out) if isinstance(x, Ref)]
    refs = list(dict.fromkeys(refs))
    by_register = {}
    lines, numbers, hoisted = [], [], []
    parsed = _Parsed(out.dtype)
    used, stores = {}, {}
    dims = dimensions(refs, out)
    counters = [f"i{d}" if len(dims) > 1 else "i" for d in range(len(dims))]
    position = {x: k for k, x in enumerate(refs)}

    def index(x):
        terms = []
        for d, dim in enumerate(dims):
            step = dim.steps[position[x]]
            if step:
                terms.append(counters[d] if step == 1 else f"{counters[d]} * uintp({step})")
        return " + ".join(terms) or "0"

    for n, item in enumerate(items):
        own = []
        for x in item.operands:
            if isinstance(x, Ref):
                if x in by_register:
                    own.append(by_register[x])
                else:
                    array = used.setdefault(x, f"x{len(used)}")
                    element = f"{array}[{index(x)}]"
                    own.append(element if x.dtype == out.dtype else f"T({element})")
            else:
                own.append(f"T(n{len(numbers)})")
                numbers.append((n, x))
        call, more, values = parsed.add(item, own, len(numbers))
        hoisted += more
        numbers += [(n, x) for x in values]
        register = f"y{n}"
        last = n == len(items) - 1
        needs = not last and any(x == item.out for later in items[n + 1 :] for x in later.operands)
        if needs:
            lines.append(f"{register} = {call if parsed.is_apart(item) else f'apart({call}, one)'}")
            by_register[item.out] = register
        if n in stored:
            array = stores.setdefault(item.out, f"out{len(stores)}")
            lines.append(f"{array}[{index(item.out)}] = {register if needs else call}")
    arrays = [*stores.values(), *used.values()]
    parameters = ["size", "one", *arrays, *[f"n{k}" for k in range(len(numbers))]]
    first = [
        f"stretch, {', '.join(parameters)} = arguments[0]",
        "one = T(one)",
        *hoisted,
        "start, stop = task * stretch, min((task + 1) * stretch, size)",
    ]
    block = lines
    for d in reversed(range(len(dims))):
        bounds = "uintp(start), uintp(stop)" if d == 0 else f"uintp({dims[d].length})"
        block = [f"for {counters[d]} in range({bounds}):", *indented(block)]
    text = parsed.module(function("def loop(arguments, scratch, task):", [*first, *block]))
    key = text, tuple([x.dtype for x in (*stores, *used)])
    fused = _loops.get(key)
    if fused is None:
        arrays = [(x.dtype, True) for x in stores] + [(x.dtype, False) for x in used]
        fused = _loops[key] = Fused(name, text, arrays, len(numbers))
    inner = math.prod(dim.length for dim in dims[1:])
    plan = _plan(fused, out.dtype, dims[0].length, inner, sum(map(_weight, items)))
    arguments = [dims[0].length, 1.0, *map(_window, stores), *map(_window, used), *[x for _, x in numbers]]
    return Loop(plan, arguments, text, name)


def _plan(fused, dtype, outer, inner, weight):
    """How many elements are one task."""
    if outer * inner * weight < ARITHMETIC or outer == 1:
        return Plan(fused, dtype, 1, False, ALL)
    stretch = max(-(-STRETCH // inner), -(-outer // TASKS), 1)
    if inner == 1:
        stretch = -(-stretch // 16) * 16
    return Plan(fused, dtype, -(-outer // stretch), True, stretch)


def _weight(item):
    return 1


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


class _Parsed:
    """The formulas of a loop in one module."""

    def __init__(self, dtype):
        self.dtype, self.texts, self.imports, self.names = dtype, {}, {}, {}
        self.use(JIT, "always_inline")
        self.use("numpy", "uintp", f"{dtype.name} as T")
        self.use(f"{ELEMENTARY}.floats", "apart")

    def use(self, module, *names):
        self.imports.setdefault(module, set()).update(names)

    def add(self, item, operands, count):
        """(the call, lines before the loop, values of numbers that these take) of an Item."""
        formula = Formula(_Lifted(item.formula, item.scalars), self.dtype, vectorised, RESERVED)
        for module, names in formula.imports.items():
            self.use(module, *names)
        for text in formula.functions:
            name = ast.parse(text).body[0].name
            if self.texts.setdefault(name, text) != text:
                raise TypeError(f"two functions are called {name!r}")
        rename = {name: f"n{count + k}" for k, name in enumerate(item.scalars)}
        lines = [ast.parse(line) for line in formula.hoisted]
        for tree in lines:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    rename[node.id] = f"{node.id}_{count}"
        constants = [rename.get(name, name) for name in formula.constants]
        lines = [ast.unparse(_Rename(rename).visit(tree)) for tree in lines]
        return f"{formula.name}({', '.join([*operands, *constants])})", lines, item.numbers

    def is_apart(self, item):
        """Whether the formula ends in something that is never fused with what follows: no product, no call."""
        text = self.texts.get(item.formula.__name__)
        if text is None:
            return False
        returned = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Return)]
        return all(map(_ends_apart, returned))

    def module(self, loop):
        imports = "\n".join(f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(self.imports.items()))
        title = '"""Written by tinynet: elementwise kernels of a compiled step as one loop."""'
        functions = [f"@always_inline\n{text}" for text in self.texts.values()]
        return "\n\n\n".join([f"{title}\n\n{imports}", *functions, loop]) + "\n"


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
