"""Stubs: what editors and type checkers are told of that they cannot read from the code.

    python tests/types/stubs.py             writes them
    python tests/types/stubs.py --check     shows where they are not as they would be written

Operations are attached to modules and to Tensor by lists of names (`ops/registry.py`), which tools that run nothing do
not see, and a parameter that is 0 by default may be given more than numbers. What is in no stub is read from the code.
"""

import ast
import difflib
import importlib
import inspect
import sys
import types
from pathlib import Path

from results import CLASSES, MODULE, OPERATIONS, of_operation
from signatures import class_lines, function_lines, indented

import tinynet as tn
from tinynet.ops.tensor_types import ON_GPU, TensorType

PACKAGE = Path(__file__).parents[2] / "tinynet"
HEADER = '''"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias
'''
TENSOR = "from tinynet.tensor import Operand, Tensor"


def find(path):
    return importlib.import_module(f"tinynet.{path}")


def public(module):
    """(name, value) of what a module or package has for its users."""
    names = getattr(module, "__all__", vars(module))
    return [(name, getattr(module, name)) for name in list(names) if not name.startswith("_")]


def is_own(module, value):
    """Whether a function or class is the module's own, or offered by it: a package has those of its modules."""
    return hasattr(module, "__all__") or hasattr(module, "__path__") or value.__module__ == module.__name__


def is_operation(value):
    return inspect.isfunction(value) and value.__module__.startswith(("tinynet.ops.", "tinynet.nn.functional"))


def result(name, default="Tensor"):
    return of_operation(name) if default == "Tensor" else OPERATIONS.get(name, default)


def operations(module, default="Tensor"):
    """The operations that a module offers, and its own functions, which return `default` where no table says more."""
    return [
        line
        for name, value in public(module)
        if is_operation(value) or (inspect.isfunction(value) and value.__module__ == module.__name__)
        for line in function_lines(name, value, result(name, default), operation=default == "Tensor")
    ]


def classes(module):
    """The classes that a module offers, each after its bases."""
    found = {}

    def add(cls):
        if cls.__module__.startswith("tinynet.") and cls not in (tn.Tensor, tn.nn.Module, tn.nn.Parameter):
            for base in cls.__bases__:
                add(base)
            found[cls.__name__] = cls

    for _, value in public(module):
        if inspect.isclass(value) and is_own(module, value):
            add(value)
    return [line for cls in found.values() for line in class_lines(cls, CLASSES.get)]


def constants(module, known=()):
    """The names of a module that stand for a dtype, a type of tensors, a number or another value."""
    lines = []
    for name, value in public(module):
        if name in known or isinstance(value, types.ModuleType | types.FunctionType | type):
            continue
        if isinstance(value, TensorType):
            lines.append(f"class {name}(Tensor): ...")
        elif isinstance(value, tn.dtypes.Dtype):
            lines.append(f"{name}: np.dtype[Any]")
        else:
            lines.append(f"{name}: {'_float' if isinstance(value, float) else 'Any'}")
    return lines


def from_imports(module):
    """(module, name) of each import of names at the top of a package."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return [(n.module or "", a.name) for n in tree.body if isinstance(n, ast.ImportFrom) and n.level for a in n.names]


# --- the stubs --------------------------------------------------------------------------------------------------------


def top():
    """tinynet itself: what its source imports by name, or when it is asked for; constants and operations."""
    imported = {name: module for module, name in from_imports(tn) if not name.startswith("_")}
    imported = {
        name: module
        for name, module in imported.items()
        if not is_operation(getattr(tn, name)) and not isinstance(getattr(tn, name), tn.dtypes.Dtype)
    }
    imported |= dict.fromkeys(tn._PACKAGES, "") | tn._FROM
    return [
        "from .tensor import Operand",
        *(f"from .{module} import {name} as {name}" for name, module in imported.items()),
        "",
        "__version__: _str",
        "dtype: TypeAlias = np.dtype[Any]",
        *constants(tn, imported),
        *operations(tn),
    ]


def tensor():
    return [
        "from . import return_types",
        "from .convert import HoldsArray",
        "from .devices import device as _device",
        "from .size import Size",
        "",
        "Operand: TypeAlias = Tensor | np.ndarray[Any, Any] | np.generic | _float | _bool",
        *class_lines(tn.Tensor, of_operation, ["array: Any"], operation=True),
        *operations(find("tensor"), None),
    ]


def size():
    return ["class Size(tuple[_int, ...]):", *indented(function_lines("numel", tn.Size.numel, "_int", True))]


def return_types():
    kinds = [kind for _, kind in public(tn.return_types) if hasattr(kind, "_fields")]
    tuples = [[f"class {k.__name__}(NamedTuple):", *(f"    {field}: Tensor" for field in k._fields)] for k in kinds]
    return [TENSOR, *(line for lines in tuples for line in lines)]


def namespace(path, default="Tensor", imports=TENSOR):
    """A module of operations, or of functions that return `default`."""
    return lambda: [imports, *operations(find(path), default)]


def package(path, *imports):
    """The classes, functions and modules that a module or package offers."""
    module = find(path)
    inner = [name for home, name in from_imports(module) if not home] if hasattr(module, "__path__") else []
    functions = [(n, f) for n, f in public(module) if inspect.isfunction(f) and is_own(module, f)]
    return lambda: [
        TENSOR,
        *imports,
        *(f"from . import {name} as {name}" for name in inner),
        *(constants(module) if hasattr(module, "__all__") else []),
        *classes(module),
        "",
        *(line for name, function in functions for line in function_lines(name, function, OPERATIONS.get(name))),
    ]


def elsewhere(path, home):
    """All that a package offers, from its home."""
    return lambda: [f"from {home} import {name} as {name}" for name in find(path).__all__]


def backend(name):
    """The switches of a library that PyTorch computes with."""
    library = getattr(tn.backends, name)
    names = [n for n in dir(library) if n[0] != "_"]
    return lambda: [f"def {n}() -> Any: ..." if callable(getattr(library, n)) else f"{n}: Any" for n in names]


def variable():
    return [
        TENSOR,
        "class Variable(Tensor):",
        "    def __init__(self, data: Any, requires_grad: _bool = False, volatile: Any = None) -> None: ...",
    ]


def mode():
    return [
        '_F = TypeVar("_F", bound=Callable[..., Any])',
        "mode: Any",
        "class _GradMode(ContextDecorator):",
        "    def __enter__(self) -> None: ...",
        "    def __exit__(self, *error: object) -> None: ...",
        "    def __call__(self, func: _F) -> _F: ...",
        "class set_grad_enabled(_GradMode):",
        "    def __init__(self, mode: _bool) -> None: ...",
        *operations(find("autograd.mode"), "_bool"),
    ]


def module():
    # Whatever is registered is an attribute too: buffers, and what a subclass takes from a list
    extra = ["training: _bool", "def __getattr__(self, name: _str) -> Any: ..."]
    return [
        TENSOR,
        "from .parameter import Parameter",
        "class IncompatibleKeys(NamedTuple):",
        "    missing_keys: list[_str]",
        "    unexpected_keys: list[_str]",
        *class_lines(tn.nn.Module, lambda name: MODULE.get(name, "Any"), extra),
    ]


def window():
    """What `show` returns depends on what it is given."""
    ways = {
        "what: Tensor, *, model: Module | None = None, limit: _int = ...": "Graph",
        "what: Module, *inputs: Any, limit: _int = ...": "ModelView",
        "what: Any, *, dtype: Any = ...": "Page",
    }
    return [
        "from tinynet.nn.module import Module",
        "from tinynet.tensor import Tensor",
        "from .graph import Graph as Graph",
        "from .model import ModelView as ModelView",
        "from .page import Page as Page",
        *(line for way, kind in ways.items() for line in ("@overload", f"def show({way}) -> {kind}: ...")),
    ]


def compiler():
    """What `compile` returns depends on whether it is given a function, or decorates one with options."""
    names = "fullgraph dynamic backend mode options disable fallback".split()
    options = ", ".join(f"{name}: Any = ..." for name in names)
    return [
        *class_lines(tn.compiler.CompiledStep, {"__call__": "Any", "__getattr__": "Any", "__get__": "Any"}.get),
        "@overload",
        f"def compile(function: None = ..., *, {options}) -> Callable[[Callable[..., Any]], CompiledStep]: ...",
        "@overload",
        f"def compile(function: Callable[..., Any], *, {options}) -> CompiledStep: ...",
    ]


PARTS = "from tinynet.nn.module import Module as Module", "from tinynet.nn.parameter import Parameter as Parameter"
STUBS = {
    "__init__": top,
    "tensor": tensor,
    "size": size,
    "return_types": return_types,
    "linalg": namespace("linalg"),
    "special": namespace("special"),
    "training/objects": namespace("training.objects", "Any"),
    "autograd/backward": namespace("autograd.backward", "tuple[Any, ...]"),
    "autograd/function": package("autograd.function"),
    "autograd/mode": mode,
    "autograd/variable": variable,
    "accelerator": package("accelerator"),
    "amp/__init__": package("amp"),
    "amp/autocast_mode": package("amp.autocast_mode"),
    "cuda/__init__": package("cuda", *(f"class {name}(Tensor): ..." for name in ON_GPU)),
    **{f"backends/{name}": backend(name) for name in tn.backends.__all__},
    "nn/__init__": package("nn", *PARTS),
    "nn/module": module,
    "nn/functional": namespace("nn.functional"),
    "nn/init": package("nn.init"),
    "nn/utils/__init__": package("nn.utils"),
    "nn/utils/rnn": package("nn.utils.rnn"),
    "optim/__init__": package("optim"),
    "optim/lr_scheduler/__init__": package("optim.lr_scheduler"),
    "optim/schedules/functions": namespace("optim.schedules.functions", "Schedule", "from .algebra import Schedule"),
    "optim/swa_utils": package("optim.swa_utils", PARTS[0], "from tinynet.optim.lr_scheduler import LRScheduler"),
    "data/__init__": package("data", 'T_co = TypeVar("T_co", covariant=True)'),
    "profiler/__init__": package("profiler"),
    "jit": package("jit"),
    "serialization": package("serialization"),
    "utils/data/__init__": elsewhere("utils.data", "tinynet.data"),
    "distributions/__init__": package("distributions"),
    "window/__init__": window,
    "compiler/__init__": compiler,
}


def texts():
    """{file: text} of all stubs."""
    return {PACKAGE / f"{name}.pyi": "\n".join([HEADER, *lines(), ""]) for name, lines in STUBS.items()}


def main(check):
    if Path(tn.__file__).parent != PACKAGE:
        sys.exit(f"stubs of {PACKAGE} cannot be written from {tn.__file__}, which is the tinynet that is imported")
    stale = False
    for file, text in texts().items():
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if check and text != before:
            stale = True
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), text.splitlines(True), str(file), n=0))
        elif text != before:
            file.write_text(text, encoding="utf-8")
    if stale:
        sys.exit("stubs are stale; this writes them: python tests/types/stubs.py")


if __name__ == "__main__":
    main("--check" in sys.argv)
