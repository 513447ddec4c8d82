"""`lift`: a scalar formula becomes a loop over arrays.

    adam = lift(formulas.adam, inplace=("p", "exp_avg", "exp_avg_sq"), scalars=("t", "lr", ...))
    launch(adam, p, m, v, g, t, lr, ...)

The formula's text is rewritten in one way: an expression in which only scalars and numbers occur is computed once
before the loop, in float64, and then rounded to the arrays' type. This is what makes `1 - beta2**t` cheap and exact,
and it keeps `0.5 * x` in float32, which Numba would promote to float64.

The result is written as a module of its own into the cache folder, for two reasons: a reader or a debugger can open
it, and Numba finds the machine code again in the next process. The name holds a hash of the text.
"""

import ast
import builtins
import functools
import hashlib
import importlib.util
import inspect
import math
import os
import sys
import tempfile
import textwrap
from types import FunctionType

import numba
import numpy as np
from numba import types

from .. import formulas
from .jit import cache_folder

# Below this many elements one thread is faster than waking the others (measured in tests/benchmarks/threads.py).
PARALLEL = 1 << 15


class lift:
    """A kernel `(out, *inputs, *scalars)` from a formula of one element, compiled per dtype when first used.

    `scalars` names the formula's parameters that are numbers, the same for all elements; the others are arrays.
    `inplace` names the arrays that the formula updates: it returns their new values in that order, and they come
    first in the call. Without it the formula returns one value, and the kernel takes an `out` array first.
    Arrays are one-dimensional, contiguous, of one dtype and length.
    """

    def __init__(self, formula, *, scalars=(), inplace=()):
        self.formula, self.scalars, self.inplace = formula, tuple(scalars), tuple(inplace)
        self.outputs = len(inplace) or 1
        self.__name__, self.__doc__ = formula.__name__, formula.__doc__
        self.serial, self.parallel = {}, {}  # dtype: compiled loop
        parameters = list(inspect.signature(formula).parameters)
        unknown = [name for name in (*scalars, *inplace) if name not in parameters]
        if unknown:
            raise TypeError(f"formula {formula.__name__}({', '.join(parameters)}) has no parameter {unknown[0]!r}")

    def __call__(self, out, *inputs):
        try:
            kernel = (self.serial if out.size < PARALLEL else self.parallel)[out.dtype]
        except KeyError:
            kernel = self.compile(out.dtype, parallel=out.size >= PARALLEL)
        kernel(out, *inputs)

    def compile(self, dtype, parallel):
        """The compiled loop for arrays of `dtype`, serial or parallel."""
        inputs = len(inspect.signature(self.formula).parameters) - len(self.scalars) - len(self.inplace)
        kind = "parallel" if parallel else "serial"
        kernel = _compiled(self.__name__, self.source(dtype), kind, dtype, self.outputs, inputs, len(self.scalars))
        (self.parallel if parallel else self.serial)[dtype] = kernel
        return kernel

    def source(self, dtype):
        """The text of the lifted module: the formula with its scalar parts taken out, and the two loops."""
        return _emit(self.formula, self.scalars, self.inplace, np.dtype(dtype).name)

    def __repr__(self):
        return f"lift({self.formula.__name__})"


def _emit(formula, scalars, inplace, dtype):
    function = _parse(formula)
    name = formula.__name__
    for clash in _local_names(function) & {"T", "i", "out", "prange", name}:
        raise TypeError(f"formula {name}: the loop needs the name {clash!r} itself; choose another")
    elements = [a.arg for a in function.args.args if a.arg not in scalars]
    helpers, imports = {}, {"numba": {"prange"}, "numpy": {f"{dtype} as T"}}
    _resolve(function, formula, helpers, imports)
    taken = _take_out_scalars(function, scalars)
    function.args.args = [ast.arg(p) for p in [*elements, *taken.names.values()]]
    body = ast.unparse(ast.fix_missing_locations(function))

    arrays = [*inplace, *(e for e in elements if e not in inplace)] if inplace else ["out", *elements]
    written = inplace or ("out",)
    call = f"{name}({', '.join([f'{e}[i]' for e in elements] + list(taken.names.values()))})"
    prologue = [ast.unparse(line) for line in taken.prologue]
    prologue += [f"{k} = T({text})" for text, k in taken.names.items()]

    def loop(kind, decorator, range_):
        head = [decorator, f"def {kind}({', '.join([*arrays, *scalars])}):", *(f"    {p}" for p in prologue)]
        store = f"{', '.join(f'{w}[i]' for w in written)} = {call}"
        return "\n".join([*head, f"    for i in {range_}({written[0]}.size):", f"        {store}"])

    parts = [
        f'"""Written by tinynet: the formula `{name}` as loops over {dtype} arrays."""\n\n'
        + "\n".join(f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(imports.items()))
        + "\n\nfrom tinynet.kernels.jit import inline, jit",
        *(f"@inline\n{text}" for text, _ in helpers.values()),
        f"@inline\n{body}",
        loop("serial", "@jit", "range"),
        loop("parallel", "@jit(parallel=True)", "prange"),
    ]
    return "\n\n\n".join(parts) + "\n"


def _parse(function):
    """The syntax tree of a plain `def`, without docstring and decorators, its global numbers put in their places."""
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise TypeError(f"a formula must be a function written with def, got {function!r}")
    if function.__closure__:
        free = function.__code__.co_freevars[0]
        raise TypeError(f"formula {function.__name__} uses {free!r} of an outer function; make it a parameter")
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except OSError:
        raise TypeError(f"formula {function.__name__}: its source cannot be found; define it in a file") from None
    tree = ast.parse(text).body[0]
    tree.decorator_list = []
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:]
    return _PutInNumbers(function.__globals__, _local_names(tree)).visit(tree)


def _local_names(tree):
    return {a.arg for a in tree.args.args} | set(_assigned_names(tree))


def _assigned_names(tree):
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


class _PutInNumbers(ast.NodeTransformer):
    """Replaces global names of numbers, such as `pi`, by their values."""

    def __init__(self, names, local):
        self.numbers = {k: v for k, v in names.items() if _is_number(v) and k not in local}

    def visit_Name(self, node):
        return ast.Constant(self.numbers[node.id]) if node.id in self.numbers else node


def _take_out_scalars(function, scalars):
    """Move what depends on scalars alone out of `function`, in place; returns the names it goes by and a prologue."""
    taken = _TakeOutScalars(scalars, _local_names(function))
    assigned = _assigned_names(function)
    arguments = {a.arg for a in function.args.args}
    for name in assigned:
        if name in taken.scalars:
            raise TypeError(f"formula {function.name} assigns to its scalar {name!r}; give the result a new name")
    body = []
    for line in function.body:
        name = line.targets[0].id if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) else None
        if name and assigned.count(name) == 1 and name not in arguments and taken.is_scalar(line.value):
            taken.scalars.add(name)
            taken.prologue.append(line)
        else:
            body.append(taken.visit(line))
    function.body = body
    return taken


class _TakeOutScalars(ast.NodeTransformer):
    """Replaces each maximal expression of scalars by a name, and remembers what the name stands for."""

    def __init__(self, scalars, local):
        self.scalars, self.prologue, self.names = set(scalars), [], {}
        self.prefix = next(p for p in ("k", "const", "_k") if not any(name.startswith(p) for name in local))

    def visit(self, node):
        if isinstance(node, ast.expr) and self.is_scalar(node):
            if not any(isinstance(n, ast.Name) and n.id in self.scalars for n in ast.walk(node)):
                return _rounded(node)
            return ast.Name(self.names.setdefault(ast.unparse(node), f"{self.prefix}{len(self.names)}"), ast.Load())
        return super().visit(node)

    def visit_BinOp(self, node):
        return _visit_operands(self, node)

    def visit_Call(self, node):
        node.args = [self.visit(a) for a in node.args]
        return node

    def is_scalar(self, node):
        if isinstance(node, ast.Constant):
            return _is_number(node.value)
        if isinstance(node, ast.Name):
            return node.id in self.scalars
        parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        parts = [n for n in parts if isinstance(n, ast.expr)]
        return bool(parts) and all(self.is_scalar(n) for n in parts)


class _RoundNumbers(ast.NodeTransformer):
    """In a helper every parameter may be an element, so each number is rounded where it stands."""

    def visit_Constant(self, node):
        return _rounded(node) if _is_number(node.value) else node

    def visit_BinOp(self, node):
        return _visit_operands(self, node)


def _visit_operands(visitor, node):
    """Visit both sides, but leave the 2 of `x**2` alone: with a literal exponent Numba multiplies."""
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and type(node.right.value) is int:
        node.left = visitor.visit(node.left)
        return node
    return visitor.generic_visit(node)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(node):
    return ast.Call(ast.Name("T", ast.Load()), [node], [])


def _resolve(tree, function, helpers, imports):
    """Find what `tree` refers to: functions of `math` are imported, other functions become helpers."""
    local = _local_names(tree)
    for name in {n.id: None for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in local and n.id != "T"}:
        value = function.__globals__.get(name, getattr(builtins, name, None))
        vectorised = _vectorised().get(value) if callable(value) else None
        if vectorised is not None:
            imports.setdefault("tinynet.kernels.cpu.elementary", set()).add(
                vectorised if vectorised == name else f"{vectorised} as {name}"
            )
        elif isinstance(value, FunctionType):
            if name not in helpers:
                helper = _parse(value)
                _resolve(helper, value, helpers, imports)
                # Stored after the helpers that it calls itself, so that they are defined first.
                helpers[name] = ast.unparse(ast.fix_missing_locations(_RoundNumbers().visit(helper))), value
            elif helpers[name][1] is not value:
                raise TypeError(f"formula {function.__name__} reaches two functions called {name!r}; rename one")
        elif getattr(math, name, None) is value and value is not None:
            # Where Numba does not compile, NumPy's functions behave as compiled ones do: exp(1000) is inf.
            module = "numpy" if numba.config.DISABLE_JIT and hasattr(np, name) else "math"
            imports.setdefault(module, set()).add(name)
        elif not hasattr(builtins, name):
            raise TypeError(
                f"formula {function.__name__} uses {name!r}, which is neither a number, nor a function written with "
                "def, nor of the module math"
            )


@functools.cache
def _vectorised():
    """{function: name} of what the CPU's own elementary functions stand in for; they vectorise and `math`'s do not."""
    from .cpu import elementary  # not above: the CPU's kernels themselves import this file

    return {
        getattr(home, name): name for home in (math, formulas) for name in elementary.__all__ if hasattr(home, name)
    }


@functools.cache
def _compiled(name, text, kind, dtype, outputs, inputs, scalars):
    """The loop `kind` of the module with this text, for so many arrays written, arrays read, and numbers."""
    kernel = getattr(_load(name, text), kind)
    if not numba.config.DISABLE_JIT:
        # One version, which takes writable and read-only inputs alike, and no other may be compiled.
        real = numba.from_dtype(dtype)
        written, read = types.Array(real, 1, "C"), types.Array(real, 1, "C", readonly=True)
        kernel.compile(types.void(*[written] * outputs, *[read] * inputs, *[types.float64] * scalars))
        kernel.disable_compile()
    return kernel


@functools.cache
def _load(name, text):
    """Import the module with this text from the cache folder, writing it there first if it is new."""
    name = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    path = cache_folder() / "lifted" / f"{name}.py"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)  # whole or not at all: another process may be reading
    spec = importlib.util.spec_from_file_location(f"tinynet_lifted_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Numba's cache looks the module up by name when it loads machine code
    spec.loader.exec_module(module)
    return module
