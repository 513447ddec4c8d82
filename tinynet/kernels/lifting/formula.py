"""A formula, parsed once for every device: a scalar function of one element, and what a kernel around it needs.

Its text is rewritten in one way: an expression in which only scalars and numbers occur is computed once before the
loop, in float64, and then rounded to the arrays' type. This is what makes `1 - beta2**t` cheap and exact, and it keeps
`0.5 * x` in float32, which Numba would promote to float64. What is divided by such an expression is multiplied by its
reciprocal, which is computed there too: a division takes as long as ten products.

A template turns a `Formula` into the text of a module: the CPU's are beside this file, CUDA's in `cuda/lifted/`.
"""

import ast
import builtins
import copy
import inspect
import textwrap
import weakref
from types import FunctionType

import numba
import numpy as np

from ...source.functions import name_in_math, value_of
from ...source.module import free_name


class Names:
    """What the module of a loop imports, and the functions in it: one name for each, however they are called elsewhere.

    `library(name, function)` says what the device has in place of a function: (module, what to import), or None.
    """

    def __init__(self, library, reserved=()):
        self.library, self.taken = library, {"T", *reserved}
        self.known, self.imports, self.functions = {}, {}, []  # function: its name; {module: names}; texts

    def new(self, wish):
        """A name that nothing has."""
        name = free_name(wish, self.taken)
        self.taken.add(name)
        return name

    def use(self, module, *names):
        """Have the module import names."""
        self.imports.setdefault(module, set()).update(names)

    def resolve(self, tree, function):
        """Give what a function refers to its names in the module."""
        local = _local_names(tree)
        used = dict.fromkeys([n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in local | {"T"}])
        names = {name: self.name_of(name, value_of(function, name), function) for name in used}
        if clash := {name for old, name in names.items() if name != old} & local:
            raise TypeError(f"formula {function.__name__}: choose another name than {clash.pop()!r}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = names.get(node.id, node.id)

    def name_of(self, name, value, function):
        """The name of what is called `name`: functions of `library` and `math` are imported, others are written."""
        if not callable(value) or value not in self.known:
            found = self.library(name, value) if callable(value) else None
            if found is None and (known := name_in_math(value)) is not None:
                # Where Numba does not compile, NumPy's functions behave as compiled ones do: exp(1000) is inf.
                found = "numpy" if numba.config.DISABLE_JIT and hasattr(np, known) else "math", known
            if found is None and not isinstance(value, FunctionType):
                if hasattr(builtins, name):
                    return name
                raise TypeError(
                    f"formula {function.__name__} uses {name!r}, which is neither a number, nor a function written "
                    "with def, nor of the module math"
                )
            self.known[value] = own = self.new(name)
            if found is not None:
                module, known = found[0], found[1].partition(" as ")[0]
                self.use(module, known if known == own else f"{known} as {own}")
            else:
                helper = parse(value)
                self.resolve(helper, value)  # so that what it calls itself is defined first
                helper.name = own
                self.functions.append(ast.unparse(ast.fix_missing_locations(RoundConstants().visit(helper))))
        return self.known[value]


class Formula:
    """The formula of a kernel `lifted` for one dtype.

    `elements` are its parameters of which each element has one, `constants` those that are computed before the loop by
    the lines `hoisted`, from the scalars. No name of `reserved`, which the kernel needs itself, may occur in it. It is
    written with what `names` has already, so that several may stand in one module.
    """

    def __init__(self, lifted, dtype, library, reserved, names=None):
        self.dtype, self.names = dtype, names or Names(library, reserved)
        self.name = lifted.formula.__name__
        tree = parse(lifted.formula)
        if lifted.prologue:
            tree.body[:0] = ast.parse(lifted.prologue).body
            known = {a.arg for a in tree.args.args}
            tree.args.args += [ast.arg(name) for name in (*lifted.uniform, *lifted.scalars) if name not in known]
        self.uniform, last = lifted.uniform, (*lifted.uniform, *lifted.scalars)
        self.elements = [*(a.arg for a in tree.args.args if a.arg not in last), *self.uniform]
        self._refuse(_local_names(tree) & {"T", self.name} | {*self.elements, *lifted.scalars} & reserved)
        self.constants, self.hoisted = [], []
        self.use("numpy", f"{dtype} as T")
        key = lifted.formula, tuple(lifted.scalars)
        if library(self.name, lifted.formula) is not None:  # the device has a function of its own for the whole formula
            self.name = self.names.name_of(self.name, lifted.formula, lifted.formula)
            return
        if is_new := key not in self.names.known:
            self.names.known[key] = self.names.new(self.name)
        self.name = self.names.known[key]
        self.names.resolve(tree, lifted.formula)
        invariants = _hoist(tree, lifted.scalars)
        self._refuse({name for line in invariants.lines for name in _assigned_names(line)} & reserved)
        self.constants = list(invariants.names.values())
        tree.args.args = [ast.arg(p) for p in [*self.elements, *self.constants]]
        tree.name = self.name
        if is_new:
            self.names.functions.append(ast.unparse(ast.fix_missing_locations(tree)))
        self.hoisted = [ast.unparse(line) for line in invariants.lines]
        self.hoisted += [f"{k} = T({text})" for text, k in invariants.names.items()]

    def _refuse(self, clashes):
        for name in clashes:
            raise TypeError(f"formula {self.name}: the kernel needs the name {name!r} itself; choose another")

    def use(self, module, *names):
        """Have the module import names."""
        self.names.use(module, *names)

    def loads(self):
        """The lines before the loop that load what is the same for all elements."""
        return [f"{name}_0 = {name}[0]" for name in self.uniform]

    def operand(self, name, index):
        """Element `index` of an array, as an operand of the formula."""
        return f"{name}_0" if name in self.uniform else f"{name}[{index}]"

    def call(self, operands):
        """The formula of these operands, one for each of `elements`."""
        return f"{self.name}({', '.join([*operands, *self.constants])})"

    def module(self, kind, decorator, *kernels):
        """The text of a module: the formula and its helpers, each under the decorator, then the kernels."""
        functions = [f"{decorator}\n{text}" for text in self.names.functions]
        return module_text(f"the formula `{self.name}` {kind}", self.names.imports, *functions, *kernels)


def module_text(what, imports, *functions):
    """The text of a module: what it is, {module: the names that it imports of it}, and its functions."""
    lines = "\n".join(f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(imports.items()))
    return "\n\n\n".join([f'"""Written by tinynet: {what}."""\n\n{lines}', *functions]) + "\n"


def function(head, lines):
    """The text of a function, or of a part of one under a line that ends in a colon."""
    return "\n".join([head, *indented(lines)])


def indented(lines):
    return [f"    {line}" for line in lines]


_parsed = weakref.WeakKeyDictionary()  # function: (its code, its syntax tree)


def parse(function):
    """The syntax tree of a plain `def`, without docstring and decorators, its global numbers put in their places.

    They are those of the first time, so that a formula, its derivatives and compiled steps have the same.
    """
    if isinstance(function, FunctionType) and _parsed.get(function, (None,))[0] is function.__code__:
        return copy.deepcopy(_parsed[function][1])
    tree = _parse(function)
    _parsed[function] = function.__code__, copy.deepcopy(tree)
    return tree


def _parse(function):
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
    return InlineConstants(function.__globals__, _local_names(tree)).visit(tree)


def _local_names(tree):
    return {a.arg for a in tree.args.args} | set(_assigned_names(tree))


def _assigned_names(tree):
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


class InlineConstants(ast.NodeTransformer):
    """Replaces global names of numbers, such as `pi`, by their values."""

    def __init__(self, names, local):
        self.numbers = {k: v for k, v in names.items() if _is_number(v) and k not in local}

    def visit_Name(self, node):
        return ast.Constant(self.numbers[node.id]) if node.id in self.numbers else node


def _hoist(function, scalars):
    """Move what depends on scalars alone out of `function`, in place; returns what was hoisted."""
    hoisted = HoistInvariants(scalars, _local_names(function))
    assigned = _assigned_names(function)
    arguments = {a.arg for a in function.args.args}
    for name in assigned:
        if name in hoisted.scalars:
            raise TypeError(f"formula {function.name} assigns to its scalar {name!r}; give the result a new name")
    body = []
    for line in function.body:
        name = line.targets[0].id if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) else None
        if name and assigned.count(name) == 1 and name not in arguments and hoisted.is_scalar(line.value):
            hoisted.scalars.add(name)
            hoisted.lines.append(line)
        else:
            body.append(hoisted.visit(line))
    function.body = body
    return hoisted


class HoistInvariants(ast.NodeTransformer):
    """Replaces each maximal expression of scalars by a name; `names` has {expression: name}, `lines` what precedes."""

    def __init__(self, scalars, local):
        self.scalars, self.lines, self.names = set(scalars), [], {}
        self.prefix = next(p for p in ("k", "const", "_k") if not any(name.startswith(p) for name in local))

    def visit(self, node):
        if _is_range(node):
            return node
        if isinstance(node, ast.expr) and self.is_scalar(node):
            if not self.has_names(node):
                return _rounded(node)
            return ast.Name(self.names.setdefault(ast.unparse(node), f"{self.prefix}{len(self.names)}"), ast.Load())
        return super().visit(node)

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Div) and self.is_scalar(node.right) and self.has_names(node.right):
            node = ast.BinOp(node.left, ast.Mult(), ast.BinOp(ast.Constant(1), ast.Div(), node.right))
        return _visit_operands(self, node)

    def visit_Call(self, node):
        node.args = [self.visit(a) for a in node.args]
        return node

    def has_names(self, node):
        """Whether a scalar occurs in it, and not numbers alone."""
        return any(isinstance(n, ast.Name) and n.id in self.scalars for n in ast.walk(node))

    def is_scalar(self, node):
        if isinstance(node, ast.Constant):
            return _is_number(node.value)
        if isinstance(node, ast.Name):
            return node.id in self.scalars
        parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        parts = [n for n in parts if isinstance(n, ast.expr)]
        return bool(parts) and all(self.is_scalar(n) for n in parts)


class RoundConstants(ast.NodeTransformer):
    """In a helper every parameter may be an element, so each number is rounded where it stands."""

    def visit(self, node):
        return node if _is_range(node) else super().visit(node)

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


def _is_range(node):
    """Whether it is a call of `range`, whose numbers stay integers."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(node):
    return ast.Call(ast.Name("T", ast.Load()), [node], [])
