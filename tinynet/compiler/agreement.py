"""Whether two traces did the same: then what they did is a program."""

import math

from .recorder import Draw, Ref, may_change
from .trace import drawn_numbers


def difference(a, b):
    """None if two traces agree, else a text that says where they do not."""
    for k, (x, y) in enumerate(zip(a.launches, b.launches)):
        where = f"launch {k}, {y.kernel.name}" + (f" at {y.origin.place}" if y.origin.place else "")
        if x.kernel is not y.kernel:
            return f"{where}: another time it was {x.kernel.name}"
        if x.call != y.call or len(x.arguments) != len(y.arguments):
            return f"{where}: it was called in another way"
    if len(a.launches) != len(b.launches):
        return f"{len(a.launches)} kernels were launched, another time {len(b.launches)}"
    if list(map(_event, a.recorder.events)) != list(map(_event, b.recorder.events)):
        return "other methods were called, or other random numbers drawn"
    if a.others != b.others:
        return f"it returned {a.others}, and now {b.others}"
    taken_a, taken_b = drawn_numbers(a), drawn_numbers(b)
    for k, (x, y) in enumerate(zip(a.launches, b.launches)):
        for i, (p, q) in enumerate(zip(x.arguments, y.arguments)):
            if (k, i) in taken_a or (k, i) in taken_b:
                same = taken_a.get((k, i)) == taken_b.get((k, i))
            else:
                same = _same(p, q, a, b, y.call >= 0 and may_change(y.kernel, i, q))
            if not same:
                where = f"{y.kernel.name}" + (f" at {y.origin.place}" if y.origin.place else "")
                return f"{where}: {y.kernel.argument(i)[0]} was {_shown(p)} and is {_shown(q)}"
    for ref, values in a.recorder.constants.items():
        if a.buffer(ref) is None or a.buffer(ref).input is not None:
            continue
        number, shift = a.place(ref)
        twins = [r for r in b.recorder.constants if b.place(r) == (number, shift) and r.shape == ref.shape]
        if not any(_bits(values) == _bits(b.recorder.constants[r]) for r in twins):
            return f"an array of shape {ref.shape} and {ref.dtype} that no kernel has computed had other values"
    return None


def _event(event):
    """What two traces have in common of an event."""
    if isinstance(event, Draw):
        return id(event.generator), event.blocks
    return event.method, *map(id, event.args[:1])


def _bits(x):
    return x.dtype, x.tobytes()


def _same(p, q, a, b, changes):
    """Whether two arguments agree; a number that `changes` may be any."""
    if isinstance(p, Ref):
        return (
            isinstance(q, Ref)
            and (p.shape, p.strides, p.dtype, p.shift, p.device) == (q.shape, q.strides, q.dtype, q.shift, q.device)
            and a.place(p) == b.place(q)
        )
    if p.__class__ is tuple:
        return q.__class__ is tuple and len(p) == len(q) and all(_same(x, y, a, b, changes) for x, y in zip(p, q))
    if changes and isinstance(p, int | float) and isinstance(q, int | float):
        return True
    if isinstance(p, float) and isinstance(q, float):
        return p == q or (math.isnan(p) and math.isnan(q))
    return p.__class__ is q.__class__ and (p is q or bool(p == q))


def _shown(x):
    return f"an array of shape {x.shape}" if isinstance(x, Ref) else repr(x)
