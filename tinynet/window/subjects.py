"""What can be looked at, by its name or as itself: update rules, optimizers, operations, modules and kernels."""

import difflib
import functools
import inspect
from types import FunctionType, ModuleType
from typing import NamedTuple

from .. import nn, ops, optim
from ..arguments import wrong_kind
from ..kernels.kernel import KERNELS, Kernel
from ..kernels.lifting.lift import lift
from ..kernels.lifting.sums import lift_sum
from ..optim.engine.rule import Rule
from .reach import nearest

UTILITIES = "cast", "check_range", "copy", "fill"  # kernels that many operations need, and none is about


class Subject(NamedTuple):
    """What is looked at: its kind, equation, the functions that say what it does, and the kernels that it launches.

    `main` is the kernel that computes it, or None where it is put together of others.
    """

    name: str
    kind: str
    doc: str
    functions: tuple
    kernels: tuple
    main: Kernel | None


def subject_of(what):
    """The Subject of a name, or of a function, kernel, rule, optimizer or class of modules.

    Raises:
        ValueError: there is nothing of this name.
        TypeError: it is none of these.
    """
    if isinstance(what, str):
        what = find(what)
    if isinstance(what, Rule):
        return _kernel(what.kernel, "update rule")
    if isinstance(what, Kernel):
        return _kernel(what, "kernel")
    if isinstance(what, optim.Optimizer):
        rules = [what.rule(group) for group in what.param_groups] if what._has_rule else []
        return _optimizer(type(what), *rules)
    if isinstance(what, type) and issubclass(what, optim.Optimizer):
        return _optimizer(what)
    if isinstance(what, type) and issubclass(what, nn.Module):
        return _operation(what.__name__, "module", what.__doc__, what.forward)
    if isinstance(what, FunctionType):
        return _operation(what.__name__, "operation", what.__doc__, what)
    expected = "a tensor, a model, an optimizer, an operation, a kernel or the name of one"
    raise wrong_kind("show", "what", expected, what)


def find(name):
    """What has this name, such as "adam", "gelu" or "nn.functional.gelu".

    Raises:
        ValueError: nothing has it; the error has names that are alike.
    """
    known = names()
    if name in known:
        return known[name]
    found, plain = _attribute(name), name.rpartition(".")[2]
    if found is not None:
        return found
    lower = {key.lower(): key for key in known}
    close = [lower[key] for key in difflib.get_close_matches(plain.lower(), lower, 4, 0.6)]
    hint = f"; close to it are {', '.join(close)}" if close else ""
    raise ValueError(f"show: no operation, optimizer or kernel is called {name!r}{hint}")


def _attribute(path):
    """The function or class at a path such as "tinynet.nn.GELU", or None."""
    parts = path.split(".")
    parts = parts[1:] if parts[0] in ("tn", "tinynet", "torch") else parts
    found = functools.reduce(lambda value, part: getattr(value, part, None), parts[1:], ROOTS.get(parts[0]))
    return found if isinstance(found, FunctionType | type) else None


ROOTS = {"nn": nn, "ops": ops, "optim": optim, "F": nn.functional}


@functools.cache
def names():
    """{name: what it is}. Of a name that several have, update rules come first, then operations, then kernels."""
    lifted, rules = {}, {}
    for module in [value for value in vars(optim).values() if isinstance(value, ModuleType)] + [optim.engine.rule]:
        for value in vars(module).values():
            if isinstance(value, lift | lift_sum):
                lifted.setdefault(value.name, value)
            elif isinstance(value, Rule) and type(value) is Rule:
                rules.setdefault(value.kernel.name, value)
    classes = {name: getattr(optim, name) for name in optim.__all__ if name[0].isupper() and name != "Rule"}
    modules = {n: m for n, m in vars(nn).items() if isinstance(m, type) and issubclass(m, nn.Module)}
    functional = {name: getattr(nn.functional, name) for name in nn.functional.__all__}
    methods = {n: f for n, f in ops.METHODS.items() if isinstance(f, FunctionType) and not n.startswith("_")}
    functions = {n: f for n, f in {**methods, **ops.registry.OPS, **ops.FUNCTIONS, **functional}.items()
                 if isinstance(f, FunctionType)}  # fmt: skip
    optimizers = {name.lower(): cls for name, cls in classes.items()}
    return {**modules, **classes, **lifted, **KERNELS, **functions, **optimizers, **rules}


def _kernel(kernel, kind):
    return Subject(kernel.name, kind, kernel.__doc__ or "", (), (kernel,), kernel)


def _optimizer(cls, *rules):
    kernels = tuple(dict.fromkeys([*(rule.kernel for rule in rules), *kernels_of(cls)]))
    name = cls.__name__.lower()
    own = [kernel for kernel in kernels if name.startswith(kernel.name)]
    step = [f for f in (vars(cls).get(name) for name in ("update_all", "update", "step")) if f]
    main = kernels[0] if rules else max(own, key=lambda kernel: len(kernel.name), default=None)
    main = main or (kernels[0] if kernels and not step else None)
    return Subject(cls.__name__, "optimizer", inspect.getdoc(cls) or "", tuple(step), kernels, main)


@functools.cache
def kernels_of(cls):
    """The kernels of an optimizer: those of its rules, and others that it launches."""
    bases = [base for base in cls.__mro__[:-1] if not base.__module__.startswith("tinynet.optim.engine.")]
    methods = [value for base in bases for value in vars(base).values() if isinstance(value, FunctionType)]
    found = nearest(methods, lambda x: isinstance(x, Rule | lift | lift_sum), "tinynet.optim", 9)
    return tuple([x.kernel if isinstance(x, Rule) else x for x in found])


def optimizers_of(kernel):
    """The names of the optimizers that launch a kernel."""
    return [name for name, cls in vars(optim).items() if isinstance(cls, type) and kernel in kernels_of(cls)]


def _operation(name, kind, doc, function):
    inner = inspect.unwrap(function)
    kernels = nearest(inner, lambda x: isinstance(x, Kernel), "tinynet", 1)
    kernels = [k for k in kernels if k.name not in UTILITIES or k.name == name]
    kernels.sort(key=lambda kernel: kernel.name != name)
    own = inner.__module__.startswith("tinynet.")
    main = next((kernel for kernel in kernels if own and _alike(kernel.name, name)), None)
    return Subject(name, kind, inspect.cleandoc(doc or ""), (inner,), tuple(kernels), main)


def _alike(kernel, name):
    """Whether a kernel computes what has this name: convolve and conv2d, attention and scaled_dot_product_attention."""
    name = name.lower()
    start = kernel.replace("_", "")[:4]
    return kernel == name or (len(start) == 4 and (name.replace("_", "").startswith(start) or kernel in name))
