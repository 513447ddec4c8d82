"""Plans: what a kernel works out from shapes, strides, dtypes and structure, before it touches memory.

    @planned
    def tables(geometry, transposed): ...

On the CPU it makes a `Plan` (`parallel_for.py`), which says how a kernel's loop runs; others make tables of addresses.

Such a function is pure, its arguments can be hashed, and nobody writes to its results: so each result is kept for the
next call with the same arguments. A training step repeats its shapes and finds every plan again. A program whose shapes
never repeat would collect plans without end: all that are kept, of all functions together, are at most `COUNT` and hold
at most `BYTES` bytes of arrays, and those unused for the longest time make room first.
"""

import functools
import threading

from .threads import hold_while_forking

COUNT = 4096  # plans
BYTES = 64 << 20  # of all arrays in them

_tables = []  # for each planned function: {arguments: _Kept}
_lock = threading.Lock()  # held while a plan is added
hold_while_forking(_lock)
_additions = 0  # how many plans were ever added: the time by which it is told which were used last
_count, _bytes = 0, 0


class _Kept:
    """A plan, the bytes of its arrays, and when it was last used."""

    __slots__ = ("nbytes", "plan", "used")

    def __init__(self, plan):
        self.plan, self.nbytes, self.used = plan, nbytes(plan), _additions


def planned(function):
    """Keep the results of a pure function for its arguments, which are given by position.

    A result counts with the bytes of its arrays, on whichever device: it is one, or a tuple or list in which they are
    found, or has an attribute `nbytes`.
    """
    table = {}
    _tables.append(table)

    @functools.wraps(function)
    def lookup(*key):
        kept = table.get(key)
        if kept is None:
            kept = _add(table, key, _Kept(function(*key)))
        kept.used = _additions
        return kept.plan

    return lookup


def nbytes(plan):
    """The bytes of all arrays in a plan."""
    if isinstance(plan, tuple | list):
        return sum(map(nbytes, plan))
    if hasattr(plan, "nbytes"):
        return plan.nbytes
    return plan.size * plan.dtype.itemsize if hasattr(plan, "dtype") and hasattr(plan, "size") else 0


def plan_count():
    """How many plans are kept."""
    return _count


def plan_bytes():
    """The bytes of all arrays in the plans that are kept."""
    return _bytes


def forget_plans():
    """Drop all plans."""
    global _count, _bytes
    with _lock:
        for table in _tables:
            table.clear()
        _count, _bytes = 0, 0


def _add(table, key, kept):
    """What is kept for `key`: `kept`, unless another thread was faster."""
    global _additions, _count, _bytes
    with _lock:
        if key in table:
            return table[key]
        _additions += 1
        table[key] = kept
        kept.used = _additions
        _count, _bytes = _count + 1, _bytes + kept.nbytes
        if _count > COUNT or _bytes > BYTES:
            _make_room()
    return kept


def _make_room():
    """Drop plans, those unused for the longest time first, until a quarter of the room is free, but never the last."""
    global _count, _bytes
    by_use = sorted(((kept.used, table, key) for table in _tables for key, kept in table.items()), key=lambda x: x[0])
    for _, table, key in by_use[:-1]:
        if _count <= COUNT * 3 // 4 and _bytes <= BYTES * 3 // 4:
            break
        kept = table.pop(key)
        _count, _bytes = _count - 1, _bytes - kept.nbytes
