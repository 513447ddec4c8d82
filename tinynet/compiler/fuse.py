"""Fusing: neighbouring elementwise launches become one loop."""

from typing import NamedTuple

import numba

from .loops import item_of, loop_of
from .recorder import Ref
from .trace import Kind


class Part(NamedTuple):
    """A part of a program: some launches by number, and the Loop that runs them, or None for one launch as it is.

    Nothing runs a part that `is_dead`: nobody needs what it computes.
    """

    launches: tuple
    loop: object
    is_dead: bool = False


def fused(trace):
    """The Parts of a trace, in their order. Buffers that no part stores become `internal`."""
    parts, group, silent = [], [], trace.silent_calls()

    def finish():
        if group:
            parts.extend(_parts(trace, group))
            group.clear()

    for k, launch in enumerate(trace.launches):
        item = None if numba.config.DISABLE_JIT else item_of(launch)
        if item is None or (launch.call >= 0 and item.has_numbers()):  # these may change
            finish()
            parts.append(Part((k,), None))
        else:
            if group and (launch.call != trace.launches[group[-1][0]].call or k in silent):
                finish()
            if group and not _fits(trace, [x for _, x in group], item):
                finish()
            group.append((k, item))
    finish()
    return parts


def _fits(trace, group, item):
    """Whether an Item can join a loop: the same elements in the same order, and it reads none of another place."""
    out = group[0].out
    if (item.out.shape, item.out.strides, item.out.dtype) != (out.shape, out.strides, out.dtype):
        return False
    for other in group:
        for x in item.operands:
            if isinstance(x, Ref) and x != other.out and _meet(x, other.out):
                return False
        for x in other.operands:
            if isinstance(x, Ref) and x != item.out and _meet(x, item.out):
                return False
        if other.out != item.out and _meet(other.out, item.out):
            return False
    return True


def _meet(x, y):
    return x.start < y.stop and y.start < x.stop


def _parts(trace, group):
    dead = _dead(trace, group)
    if dead:
        for _, item in dead:
            trace.buffer(item.out).internal = True
        alive = [pair for pair in group if pair not in dead]
        return [Part(tuple([k for k, _ in dead]), None, True), *(_parts(trace, alive) if alive else [])]
    numbers, items = [k for k, _ in group], [x for _, x in group]
    internal = {n for n in range(len(items)) if _is_internal(trace, items, numbers, n)}
    overwritten = {n for n, item in enumerate(items) if any(x.out == item.out for x in items[n + 1 :])}
    stored = {*range(len(items))} - internal - overwritten
    name = "_".join(dict.fromkeys(x.launch.kernel.name for x in items))[:60]
    try:
        loop = loop_of(items, stored, name)
    except TypeError:
        if len(items) == 1:
            return [Part((numbers[0],), None)]
        return [part for pair in group for part in _parts(trace, [pair])]
    for n in internal:
        trace.buffer(items[n].out).internal = True
    return [Part(tuple(numbers), loop)]


def _dead(trace, group):
    """The pairs of a group whose results nobody reads."""
    numbers, items = [k for k, _ in group], [x for _, x in group]
    for n in reversed(range(len(group))):
        read_later = any(x == items[n].out for later in items[n + 1 :] for x in later.operands)
        if _is_internal(trace, items, numbers, n) and not read_later:
            return [group[n]]
    return []


def _is_internal(trace, items, numbers, n):
    """Whether what Item n writes is used in this loop alone: a temporary, all of it, and nobody reads it later."""
    out = items[n].out
    buffer = trace.buffer(out)
    return (
        buffer.kind is Kind.TEMPORARY
        and buffer.first >= numbers[0]
        and buffer.last <= numbers[-1]
        and all(x == out for item in items for x in item.operands if isinstance(x, Ref) and trace.buffer(x) is buffer)
    )
