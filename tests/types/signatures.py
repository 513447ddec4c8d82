"""Functions and classes as a stub has them: their signatures with types, and the first paragraph of their docstrings.

There are no types in the code: those of parameters follow from their names and defaults, those of results from tables
(`results.py`). A type is left open where more may be given than its default shows.
"""

import ast
import functools
import inspect
import re
import textwrap

from results import ANY_WAY, WAYS

from tinynet.ops.registry import NUMPY_NAMES, with_numpy_names

# What the parameters of operations are, by name
TENSORS = """input tensor tensor1 tensor2 mat mat1 mat2 vec vec1 vec2 batch1 batch2 target x1 x2 input1 input2 anchor
    positive negative query key mask""".split()
OPERANDS = "other exponent weight src value min max".split()
SEVERAL = {"tensors": "Tensor | Sequence[Tensor]"} | dict.fromkeys(
    "size shape sizes dims repeats".split(), "_int | Sequence[_int]"
)
RENAMED = with_numpy_names(lambda dim: dim).__code__  # that of each function that takes NumPy's names too


def kind_of(p, operation):
    """The type of a parameter, or "" where anything goes; by its name only if it is an operation's."""
    if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
        return SEVERAL.get(p.name, "Any") if operation else "Any"
    if p.name == "out":
        return "Tensor | Sequence[Tensor] | None"
    kind = "Tensor" if p.name in TENSORS else "Operand" if p.name in OPERANDS else ""
    if operation and kind:
        return f"{kind} | None" if p.default is None else kind
    if p.default is None or p.default is p.empty:
        return ""
    if p.name == "dim" and isinstance(p.default, int):
        return "_int | Sequence[_int]"
    if p.name == "p":  # of a norm: "fro", or a number
        return "Any"
    return {bool: "_bool", str: "_str"}.get(type(p.default), "Any")


def default_of(p, optional):
    """The default of a parameter in a stub, or "" for none; `optional` gives one to a parameter without."""
    if p.default is p.empty:
        return "..." if optional and p.kind == p.POSITIONAL_OR_KEYWORD else ""
    return repr(p.default) if isinstance(p.default, int | float | str | None) else "..."


def takes_numpys_names(function):
    while function is not None and getattr(function, "__code__", None) is not RENAMED:
        function = getattr(function, "__wrapped__", None)
    return function is not None


def parameters(function, method, operation):
    """The parameters of a function, of a method with `self` first. Either NumPy's names or ours may be missing."""
    own = list(inspect.signature(function).parameters.values())
    numpys = [new for new, ours in NUMPY_NAMES.items() if any(p.name == ours for p in own)]
    numpys = numpys if takes_numpys_names(function) else []
    texts, star = [], False
    for i, p in enumerate(own):
        if p.kind == p.KEYWORD_ONLY and not star:
            texts.append("*")
        star |= p.kind in (p.VAR_POSITIONAL, p.KEYWORD_ONLY)
        kind, default = kind_of(p, operation), default_of(p, optional=numpys and i > 0)
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        typed = f"{stars}{p.name}: {kind}" if kind else stars + p.name
        texts.append("self" if method and i == 0 else f"{typed} = {default}" if default else typed)
    if numpys:
        texts += [*([] if star else ["*"]), *(f"{name}: Any = ..." for name in numpys)]
    return ", ".join(texts)


def docstring(thing):
    """The lines of its own first paragraph."""
    text = inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0].replace("\\", "\\\\")
    return f'"""{text}"""'.splitlines() if text else []


def indented(lines):
    return [f"    {line}" for line in lines]


def function_lines(name, function, returns, method=False, operation=False):
    """A function that returns `returns`, or what is not said where that is None."""
    if name in WAYS:
        me = "self" if method else "input: Tensor"
        return [line for way in WAYS[name] for line in ("@overload", f"def {name}{way.format(me=me, name=name)}: ...")]
    head = f"def {name}({parameters(function, method, operation)}){f' -> {returns}' if returns else ''}:"
    body = docstring(function)
    return [head, *indented(body)] if body else [f"{head} ..."]


def attributes(cls):
    """{name: type} of what the constructor of a class assigns to `self`."""
    written = "__init__" in vars(cls) and cls.__init__.__code__.co_filename == inspect.getsourcefile(cls)
    source = inspect.getsource(cls.__init__) if written else ""  # that of a dataclass is in no file
    found = {}
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            for name, value in assigned(target, node.value):
                if isinstance(name, ast.Attribute) and ast.unparse(name.value) == "self" and name.attr[0] != "_":
                    found.setdefault(name.attr, type_of(value))
    return found


def assigned(target, value):
    """(target, value) of each single assignment: `a, b = 1, 2` is two."""
    if not isinstance(target, ast.Tuple):
        return [(target, value)]
    values = value.elts if isinstance(value, ast.Tuple) else [ast.Constant(None)] * len(target.elts)
    return list(zip(target.elts, values))


def type_of(value):
    """The type of a new Parameter, or of one or None; what else there is stays open."""
    if not re.search(r"\bParameter\(", ast.unparse(value)):
        return "Any"
    return "Parameter" if isinstance(value, ast.Call) else "Parameter | Any"


def bases(cls):
    """The bases of a class as its line has them."""
    if hasattr(cls, "_fields"):
        return "(NamedTuple)"
    names = [str(b) if hasattr(b, "__origin__") else b.__name__ for b in vars(cls).get("__orig_bases__", cls.__bases__)]
    names = [re.sub(r"[+~-]|\w+\.", "", name) for name in names if name != "object"]
    return f"({', '.join(names)})" if names else ""


def member_lines(name, value, returns, operation):
    """A method or property."""
    if isinstance(value, property | functools.cached_property):
        getter = value.fget if isinstance(value, property) else value.func
        lines = ["@property", *function_lines(name, getter, returns, True)]
        settable = getattr(value, "fset", None) is not None
        return [*lines, *([f"@{name}.setter", f"def {name}(self, value: Any) -> None: ..."] if settable else [])]
    if isinstance(value, classmethod | staticmethod):
        kind = type(value).__name__
        return [f"@{kind}", *function_lines(name, value.__func__, returns, kind == "classmethod", operation)]
    return function_lines(name, value, returns, True, operation) if inspect.isfunction(value) else []


def class_lines(cls, returned, extra=(), operation=False):
    """A class with what it defines itself; `returned(name)` says what a method returns, or None."""
    body = [*docstring(cls), *extra]
    if hasattr(cls, "_fields"):
        body += [f"{name}: Any" for name in cls._fields]
    else:
        body += [f"{name}: {kind}" for name, kind in attributes(cls).items() if name not in vars(cls)]
        for name, value in vars(cls).items():
            if name in ANY_WAY.get(cls.__name__, "").split():
                body.append(f"{name}: Callable[..., Any]")
            elif not name.startswith("_") or (name.endswith("__") and not name.startswith("__annotate")):
                returns = "None" if name == "__init__" else returned(name)
                body += member_lines(name, value, returns, operation)
    return ["", f"class {cls.__name__}{bases(cls)}:", *indented(body or ["..."])]
