"""Formulas in JavaScript: a Python function of numbers is translated from its syntax tree, and so are its derivatives.

So the page runs the update rules of `tinynet/rules.py` and the surfaces of `surfaces.py`, and repeats none of them.
"""

import ast
import builtins
import functools
import inspect
import math
import textwrap
from types import FunctionType

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!==", ast.Is: "==="}


class Program:
    """JavaScript functions by name, each after those that it calls."""

    def __init__(self):
        self.functions, self.texts = {}, {}

    def add(self, function, name=None):
        """Translate a function, with all that it calls; returns its name. Raises TypeError for what has no translation.

        A function returns a number, or an array where Python has a tuple.
        """
        name = name or function.__name__
        if self.functions.setdefault(name, function) is not function:
            raise TypeError(f"two functions are called {name!r}; rename one")
        if name not in self.texts:
            tree = parse(function)
            body = "\n".join(f"  {line}" for line in Translator(self, function).lines(tree.body))
            self.texts[name] = f"function {name}({', '.join(a.arg for a in tree.args.args)}) {{\n{body}\n}}"
        return name

    def add_gradient(self, function, name):
        """Translate the derivatives of a function that is one expression, as a function that returns an array."""
        tree = parse(function)
        names = [a.arg for a in tree.args.args]
        if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Return):
            raise TypeError(f"{function.__name__}: to be differentiated, it must be a single expression")
        write = Translator(self, function).expression
        derivatives = ", ".join(write(derivative(tree.body[0].value, x)) for x in names)
        self.texts[name] = f"function {name}({', '.join(names)}) {{\n  return [{derivatives}];\n}}"
        return name

    def text(self):
        return "\n\n".join(self.texts.values()) + "\n"


def parse(function):
    """The syntax tree of a function, without its docstring."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError(f"expected a function written with def, got {function!r}")
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:]
    return tree


class Translator:
    def __init__(self, program, function):
        self.program, self.function = program, function
        self.known = set(inspect.signature(function).parameters)

    def lines(self, body):
        return [line for statement in body for line in self.statement(statement)]

    def statement(self, node):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return [f"{self.declare(name)}{name} = {self.expression(value)};"]
            case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
                names = [ast.unparse(element) for element in elements]
                new = "let " if all(self.declare(name) for name in names) else ""
                return [f"{new}[{', '.join(names)}] = {self.expression(value)};"]
            case ast.Return(value=value):
                return [f"return {self.expression(value)};"]
            case ast.If(test=test, body=body, orelse=orelse):
                text = self.block(f"if ({self.expression(test)})", body)
                return text + (self.block("else", orelse) if orelse else [])
            case ast.For(
                target=ast.Name(id=i),
                iter=ast.Call(func=ast.Name(id="range"), args=[start, stop]),
                body=body,
                orelse=[],
            ):
                self.known.add(i)
                limits = f"let {i} = {self.expression(start)}; {i} < {self.expression(stop)}; {i}++"
                return self.block(f"for ({limits})", body)
        raise self.unknown(node)

    def block(self, head, body):
        return [f"{head} {{", *(f"  {line}" for line in self.lines(body)), "}"]

    def declare(self, name):
        new = name not in self.known
        self.known.add(name)
        return "let " if new else ""

    def expression(self, node):
        write = self.expression
        match node:
            case ast.Constant(value=None):
                return "null"
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return repr(value)
            case ast.Name(id=name):
                return self.name(name)
            case ast.Tuple(elts=parts):
                return f"[{', '.join(map(write, parts))}]"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return f"({write(left)} {OPERATORS[type(op)]} {write(right)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{write(operand)})"
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return f"({write(left)} {COMPARISONS[type(op)]} {write(right)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({write(test)} ? {write(body)} : {write(orelse)})"
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return f"{self.callee(name)}({', '.join(map(write, args))})"
        raise self.unknown(node)

    def name(self, name):
        if name in self.known:
            return name
        value = self.function.__globals__.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return repr(value)
        raise TypeError(f"{self.function.__name__} uses {name!r}, which is neither a number nor a function")

    def callee(self, name):
        value = self.function.__globals__.get(name, getattr(builtins, name, None))
        if isinstance(value, FunctionType):
            return self.program.add(value)
        if value in (min, max, abs) or (value is not None and value is getattr(math, name, None)):
            return f"Math.{name}"
        raise TypeError(f"{self.function.__name__} calls {name!r}, which has no translation")

    def unknown(self, node):
        return TypeError(f"{self.function.__name__}: no translation of {ast.unparse(node)!r}")


# Derivatives, as syntax trees


def derivative(node, x):
    """The derivative of an expression by the variable called x."""
    d = functools.partial(derivative, x=x)
    match node:
        case ast.Constant():
            return number(0)
        case ast.Name(id=name):
            return number(int(name == x))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return times(number(-1), d(operand))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return plus(d(left), d(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return plus(d(left), times(number(-1), d(right)))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return plus(times(d(left), right), times(left, d(right)))
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=int() | float() as c)):
            return times(number(1 / c), d(left))
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() | float() as n)):
            power = left if n == 2 else ast.BinOp(left, ast.Pow(), number(n - 1))
            return times(times(number(n), power), d(left))
    raise TypeError(f"no derivative of {ast.unparse(node)!r}")


def number(value):
    return ast.Constant(value)


def is_number(node, value):
    return isinstance(node, ast.Constant) and node.value == value


def plus(a, b):
    if is_number(a, 0):
        return b
    return a if is_number(b, 0) else ast.BinOp(a, ast.Add(), b)


def times(a, b):
    if is_number(a, 0) or is_number(b, 0):
        return number(0)
    if is_number(a, 1):
        return b
    return a if is_number(b, 1) else ast.BinOp(a, ast.Mult(), b)
