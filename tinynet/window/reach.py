"""What functions refer to, and what that refers to: from an operation to its kernels, from a kernel to its loops."""

import dis
import functools
from types import CodeType, FunctionType, ModuleType

from ..kernels.kernel import Kernel
from ..kernels.runtime.jit import Compiled


def reached(start, wanted, home):
    """(how many references away, object) of each that `wanted` accepts, the nearest first.

    References are global names, attributes of modules, closures and what containers hold. They are followed through
    `start`, a function or a list of some, and through those of the package `home` and its parts, but not behind what is
    wanted.
    """
    seen, layer, depth = set(), start if isinstance(start, list) else [start], 0
    while layer:
        following = []
        for thing in layer:
            if id(thing) not in seen:
                seen.add(id(thing))
                if wanted(thing):
                    yield depth, thing
                else:
                    following += mentioned(thing, home if depth else getattr(thing, "__module__", home))
        layer, depth = following, depth + 1


def nearest(start, wanted, home, further=0):
    """What `reached` finds at the distance of the first, or up to `further` references behind it."""
    first, found = None, []
    for depth, thing in reached(start, wanted, home):
        first = depth if first is None else first
        if depth > first + further:
            break
        found.append(thing)
    return found


def mentioned(thing, home):
    """What a function or a container refers to directly, in the order of its text."""
    if isinstance(thing, FunctionType):
        if not f"{thing.__module__}.".startswith(f"{home}."):
            return []
        names = [_value(thing.__globals__, *path) for path in _paths(thing.__code__)]
        return [*_contents(thing.__closure__ or ()), *names]
    if isinstance(thing, Compiled):
        return [thing.make]
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args]
    if isinstance(thing, tuple | list):
        return list(thing)
    if isinstance(thing, dict):  # a table of functions is a list of all there are
        return [value for value in thing.values() if not isinstance(value, FunctionType)]
    if f"{type(thing).__module__}.".startswith(f"{home}.") and not isinstance(thing, Kernel):
        return list(getattr(thing, "__dict__", {}).values())
    return []


def _contents(cells):
    return [cell.cell_contents for cell in cells]


def _value(names, name, *attributes):
    value = names.get(name)
    for attribute in attributes:
        if not isinstance(value, ModuleType):
            break
        value = getattr(value, attribute, None)
    return value


def _paths(code):
    """The global names that code reads, each with the attributes that it takes of it: ("kernels", "gelu")."""
    path = []
    for instruction in dis.get_instructions(code):
        if path and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path.append(instruction.argval)
            continue
        if path:
            yield path
        path = [instruction.argval] if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") else []
    if path:
        yield path
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant)
