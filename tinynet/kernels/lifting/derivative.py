"""The derivative of a formula, as the text of another: forward differentiation of a scalar function, line by line.

Beside each assignment `v = e` stands one of v's derivative, `d_v = e′`, before it; so branches and loops stay what they
are, and a derivative has a derivative. A function written in Python that the formula calls has its own derivatives
beside it, by the chain rule; those of `math` are in a table. Where two formulas meet, as at the kink of `x if x > 0
else 0`, the derivative is that of the branch that is taken.
"""

import ast
import builtins
import inspect
import math
from types import FunctionType

from ...source.functions import Functions, name_in_math, value_of
from ...source.module import free_name
from .formula import parse
from .module import load

# Of each function of `math`, its derivatives by its arguments {0} and {1}; None where it is 0 almost everywhere.
TABLE = {
    "exp": ["exp({0})"],
    "exp2": ["exp2({0}) * 0.6931471805599453"],
    "expm1": ["exp({0})"],
    "log": ["1 / {0}"],
    "log1p": ["1 / (1 + {0})"],
    "log2": ["1.4426950408889634 / {0}"],
    "log10": ["0.4342944819032518 / {0}"],
    "sqrt": ["0.5 / sqrt({0})"],
    "sin": ["cos({0})"],
    "cos": ["-sin({0})"],
    "tan": ["1 + tan({0}) * tan({0})"],
    "asin": ["1 / sqrt(1 - {0} * {0})"],
    "acos": ["-1 / sqrt(1 - {0} * {0})"],
    "atan": ["1 / (1 + {0} * {0})"],
    "sinh": ["cosh({0})"],
    "cosh": ["sinh({0})"],
    "tanh": ["1 - tanh({0}) * tanh({0})"],
    "asinh": ["1 / sqrt({0} * {0} + 1)"],
    "acosh": ["1 / sqrt({0} * {0} - 1)"],
    "atanh": ["1 / (1 - {0} * {0})"],
    "erf": ["1.1283791670955126 * exp(-{0} * {0})"],
    "erfc": ["-1.1283791670955126 * exp(-{0} * {0})"],
    "fabs": ["1.0 if {0} > 0 else -1.0 if {0} < 0 else 0.0"],
    "abs": ["1.0 if {0} > 0 else -1.0 if {0} < 0 else 0.0"],
    "atan2": ["{1} / ({0} * {0} + {1} * {1})", "-{0} / ({0} * {0} + {1} * {1})"],
    "hypot": ["{0} / hypot({0}, {1})", "{1} / hypot({0}, {1})"],
    "pow": ["{1} * {0} ** ({1} - 1)", "{0} ** {1} * log({0})"],
    "max": ["1.0 if {0} > {1} else 0.0", "0.0 if {0} > {1} else 1.0"],
    "min": ["1.0 if {0} < {1} else 0.0", "0.0 if {0} < {1} else 1.0"],
    "floor": [None],
    "ceil": [None],
    "trunc": [None],
    "copysign": ["copysign(1.0, {0}) * copysign(1.0, {1})", None],
    "fmod": ["1.0", "-trunc({0} / {1})"],
    "float": ["1.0"],
}


def derivative(formula, parameter, by=None):
    """g · ∂formula/∂parameter, as a formula of (g, *the formula's parameters).

    `by` is a formula that gives the derivative, where none is to be found.

    Raises: TypeError for what has no derivative here, such as a call of an unknown function.
    """
    names, code = list(inspect.signature(formula).parameters), formula.__code__
    g, name = free_name("g", {*names, *code.co_names, *code.co_varnames}), f"{formula.__name__}_grad_{parameter}"
    functions = _Derivatives({name, *dir(builtins)})
    call = f"{functions.copied(by) if by else functions.partial(formula, parameter)}({', '.join(names)})"
    functions.statements.append(f"def {name}({', '.join([g, *names])}):\n    return {g} * {call}")
    return getattr(load(name, f'"""Written by tinynet: derivatives of a formula."""\n\n\n{functions.text()}'), name)


class _Derivatives(Functions):
    """A module of derivatives, with all functions that they call."""

    def copied(self, function):
        return self.once(function, function.__name__, lambda name: self._written(function, name, lambda tree: tree))

    def partial(self, function, parameter):
        """The name of the derivative of a function by one of its parameters."""
        change = lambda tree: _Tangents(self, function, parameter).of(tree)
        wish = f"{function.__name__}_by_{parameter}"
        return self.once((function, parameter), wish, lambda name: self._written(function, name, change))

    def _written(self, function, name, change):
        tree = parse(function)
        tree.args.args = [ast.arg(a.arg) for a in tree.args.args]
        tree.returns, tree.name = None, name
        tree = change(tree)
        self.rename(tree, lambda node: _value(node, function))
        return ast.unparse(ast.fix_missing_locations(tree))


def _known(name):
    """The name of a function of `math`, or of one in the module, whatever the formula's module calls so."""
    node = ast.Name(name, ast.Load())
    node.is_known = True
    return node


def _is_known(node):
    return hasattr(node, "is_known")


def _value(node, function):
    """What a called name stands for; None for what is in the module that is written."""
    if _is_known(node):
        return getattr(math, node.id, None)
    return value_of(function, node.id) if isinstance(node, ast.Name) else None


class _Tangents:
    """A function's derivative by one parameter: the derivative of v is called d_v, and None is 0."""

    def __init__(self, writer, function, parameter):
        self.writer, self.function, self.parameter = writer, function, parameter

    def of(self, tree):
        """The function, changed so that it returns its derivative."""
        self.taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {a.arg for a in tree.args.args}
        assigned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.tangents = {name: free_name(f"d_{name}", self.taken) for name in sorted(assigned)}
        first = [_assign(tangent, _number(float(name == self.parameter))) for name, tangent in self.tangents.items()]
        tree.body = [*first, *self._block(tree.body)]
        return tree

    def _block(self, lines):
        return [line for each in lines for line in self._line(each)]

    def _line(self, line):
        """The lines in place of one."""
        if isinstance(line, ast.Return):
            return [ast.Return(self._or_0(line.value))]
        if isinstance(line, ast.AugAssign):
            value = ast.BinOp(ast.Name(line.target.id, ast.Load()), line.op, line.value)
            line = ast.Assign([line.target], value)
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            return [_assign(self.tangents[line.targets[0].id], self._or_0(line.value)), line]
        if isinstance(line, ast.If):
            return [ast.If(line.test, self._block(line.body), self._block(line.orelse))]
        if isinstance(line, ast.For | ast.While):
            line.body = self._block(line.body)
            return [line]
        if isinstance(line, ast.Pass | ast.Break | ast.Continue):
            return [line]
        raise self._refusal(line)

    def _refusal(self, node):
        what = f"formula {self.function.__name__}: no derivative of {ast.unparse(node)!r} is known"
        return TypeError(f"{what}; give one with derivative=")

    def _or_0(self, node):
        found = self._tangent(node)
        return _number(0.0) if found is None else found

    def _tangent(self, node):
        """The derivative of an expression, or None where it is 0."""
        if isinstance(node, ast.Name):
            if node.id in self.tangents:
                return ast.Name(self.tangents[node.id], ast.Load())
            return _number(1.0) if node.id == self.parameter else None
        if isinstance(node, ast.Constant | ast.Compare | ast.BoolOp):
            return None
        if isinstance(node, ast.UnaryOp):
            found = self._tangent(node.operand)
            return _negated(found) if isinstance(node.op, ast.USub) else found
        if isinstance(node, ast.IfExp):
            body, other = self._tangent(node.body), self._tangent(node.orelse)
            if body is None and other is None:
                return None
            return ast.IfExp(node.test, body or _number(0.0), other or _number(0.0))
        if isinstance(node, ast.BinOp):
            return self._of_operator(node)
        if isinstance(node, ast.Call) and not node.keywords:
            return self._of_call(node)
        raise self._refusal(node)

    def _of_operator(self, node):
        a, b = node.left, node.right
        da, db = self._tangent(a), self._tangent(b)
        if isinstance(node.op, ast.Add | ast.Sub):
            db = _negated(db) if isinstance(node.op, ast.Sub) else db
            return _sum(da, db)
        if da is None and db is None:
            return None
        if isinstance(node.op, ast.Mult):
            return _sum(_product(da, b), _product(a, db))
        if isinstance(node.op, ast.Div):
            return _sum(_quotient(da, b), _negated(_product(_quotient(a, ast.BinOp(b, ast.Mult(), b)), db)))
        if isinstance(node.op, ast.Pow):
            by_base = None
            if da is not None:
                power = a if _is(b, 2) else ast.BinOp(a, ast.Pow(), _less_1(b))
                by_base = _product(ast.BinOp(b, ast.Mult(), power), da)
            by_exponent = _product(db, ast.BinOp(node, ast.Mult(), ast.Call(_known("log"), [a], [])))
            return _sum(by_base, by_exponent if db is not None else None)
        if isinstance(node.op, ast.FloorDiv):
            return None
        raise self._refusal(node)

    def _of_call(self, node):
        value, total = _value(node.func, self.function), None
        inner = [self._tangent(x) for x in node.args]
        if all(x is None for x in inner):
            return None
        if isinstance(value, FunctionType):
            parameters = list(inspect.signature(value).parameters)
            outer = [
                ast.Call(_known(self.writer.partial(value, p)), node.args, []) if d is not None else None
                for p, d in zip(parameters, inner)
            ]
        else:
            name = node.func.id if _is_known(node.func) else getattr(value, "__name__", None)
            known = name_in_math(value) or (value in (abs, max, min, float) and name) or _is_known(node.func)
            if not known or name not in TABLE or len(TABLE[name]) != len(node.args):
                raise self._refusal(node)
            texts = [f"({ast.unparse(x)})" for x in node.args]
            outer = [None if text is None else _parsed(text.format(*texts)) for text in TABLE[name]]
        for d, by in zip(inner, outer):
            if d is not None and by is not None:
                total = _sum(total, _product(by, d))
        return total


class _Mathematics(ast.NodeTransformer):
    """Marks the functions in a text of the table."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in TABLE:
            node.func = _known(node.func.id)
        return node


def _parsed(text):
    return _Mathematics().visit(ast.parse(text, mode="eval").body)


def _assign(name, value):
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _number(value):
    return ast.Constant(value)


def _is(node, value):
    return isinstance(node, ast.Constant) and node.value == value


def _sum(a, b):
    if a is None or b is None:
        return b if a is None else a
    if isinstance(b, ast.UnaryOp) and isinstance(b.op, ast.USub):
        return ast.BinOp(a, ast.Sub(), b.operand)
    return ast.BinOp(a, ast.Add(), b)


def _product(a, b):
    if a is None or b is None:
        return None
    return b if _is(a, 1.0) else a if _is(b, 1.0) else ast.BinOp(a, ast.Mult(), b)


def _quotient(a, b):
    return None if a is None else ast.BinOp(a, ast.Div(), b)


def _negated(a):
    return None if a is None else ast.UnaryOp(ast.USub(), a)


def _less_1(exponent):
    """exponent − 1, where it is a number as a number."""
    if isinstance(exponent, ast.Constant):
        return _number(exponent.value - 1)
    return ast.BinOp(exponent, ast.Sub(), _number(1))
