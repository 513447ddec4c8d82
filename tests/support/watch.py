"""Observers of launches, for tests: each kernel held against its definition, and memory against the declarations."""

import ctypes
import math
from contextlib import contextmanager

import numpy as np

from tinynet.compiler import trace
from tinynet.compiler.recorder import owner_of
from tinynet.kernels.arrays import DeviceArray, host
from tinynet.kernels.kernel import Declared, InOut
from tinynet.kernels.launch import observe, run
from tinynet.kernels.runtime.parallel_for import observe_plans
from tinynet.kernels.runtime.table import touched_by


def _is_array(x):
    return isinstance(x, np.ndarray | DeviceArray)


def _arrays(arguments):
    for x in arguments:
        if x.__class__ is tuple:
            yield from _arrays(x)
        elif _is_array(x):
            yield x


def copied(x):
    """The arguments of a launch with every array replaced by a copy on the host."""
    return tuple(map(copied, x)) if x.__class__ is tuple else host(x).copy() if _is_array(x) else x


def poison(x):
    """What no kernel may take for a result: NaN, or the largest integer."""
    x.fill(math.nan if x.dtype.kind == "f" else True if x.dtype.kind == "b" else np.iinfo(x.dtype).max // 3)


def _overlap(x, y):
    return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and np.may_share_memory(x, y)


@contextmanager
def held_against_definitions(tolerance):
    """Every kernel launched in the block gives what its definition gives, and changes nothing that it only reads.

    Arrays that are only written hold poison before. Yields the names of the kernels, in order. `tolerance` maps a
    dtype to the error that is allowed, relative to the largest number of a result.
    """
    seen = []

    def observer(kernel, arguments):
        for x, role in zip(arguments, kernel.parameters.values()):
            if role not in (InOut,) and x is not None and _writes(kernel, arguments, x) and not _is_read(arguments, x):
                poison(x)
        before = copied(arguments)
        expected = copied(before)
        run(kernel, arguments)
        seen.append(kernel.name)
        if isinstance(kernel, Declared):
            kernel.reference(*expected)
            for actual, wanted in zip(arguments[: kernel.writes], expected):
                if actual is not None:
                    _compare(kernel, host(actual), wanted, tolerance)
        written = kernel.written(arguments)
        for x, old in zip(_arrays(arguments[kernel.writes :]), _arrays(before[kernel.writes :])):
            if not any(_overlap(x, out) for out in written):
                if host(x).tobytes() != old.tobytes():  # a tenth of the time of NumPy's assertion
                    np.testing.assert_array_equal(host(x), old, f"{kernel} changed what it only reads")

    with observe(observer):
        yield seen


def _writes(kernel, arguments, x):
    return any(x is out for out in arguments[: kernel.writes])


def _is_read(arguments, out):
    return any(x is not out and _overlap(x, out) for x in _arrays(arguments)) or sum(x is out for x in arguments) > 1


def _compare(kernel, actual, wanted, tolerance):
    if actual.dtype.kind != "f":
        np.testing.assert_array_equal(actual, wanted, f"{kernel}")
        return
    if actual.shape == wanted.shape and (actual == wanted).all():
        return
    finite = np.abs(wanted[np.isfinite(wanted)])
    limit = tolerance[actual.dtype.name] * max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(actual, wanted, rtol=0, atol=limit, err_msg=f"{kernel}")


class Memory:
    """All memory that launches have seen, to notice what changes without one: `with Memory().watched():`."""

    def __init__(self):
        self.blocks = {}  # (first byte, last): the array that owns it, and its bytes when last looked at

    @contextmanager
    def watched(self):
        def observer(kernel, arguments):
            self.check(f"before {kernel}")
            arrays = [x for x in _arrays(arguments) if isinstance(x, np.ndarray)]
            for x in arrays:
                self.note(x)
            run(kernel, arguments)
            self.check(f"in {kernel}", list(_arrays(kernel.written(arguments))))

        with observe(observer):
            yield
        self.check("after the last launch")

    def note(self, x):
        while isinstance(x.base, np.ndarray):
            x = x.base
        where = np.lib.array_utils.byte_bounds(x)
        self.blocks.setdefault(where, (x, _bytes(where)))  # the array is held, so that its memory stays what it is

    def check(self, when, written=()):
        """Fail if memory has changed outside the arrays `written`."""
        for where, (owner, before) in list(self.blocks.items()):
            now = _bytes(where)
            if (now == before).all():
                continue
            changed = now != before
            for out in written:
                if np.may_share_memory(out, owner):
                    changed[_offsets(out, where[0])] = False
            assert not changed.any(), f"{when}: {changed.sum()} bytes of an array {owner.dtype} {owner.shape} changed"
            self.blocks[where] = owner, now


@contextmanager
def plans_kept_to_their_arguments():
    """What a plan writes in the block lies within what its arguments say, and it depends on nothing else.

    A compiled step runs plans at once that have nothing in common by what they say (`workers.py: starts`). Each is run
    a second time, with other bytes in all memory of its arrays' owners but in that.
    """

    def observer(plan, run, arguments):
        written, read = touched_by(plan, arguments)
        owners = {trace.bounds(owner_of(x)) for x in _arrays(arguments) if x.size}
        states = {where: _bytes(where).copy() for where in owners}
        run(*arguments)
        results = {where: _bytes(where).copy() for where in owners}
        for where, before in states.items():
            changed = results[where] != before
            changed[_inside(where, written)] = False
            assert not changed.any(), f"{plan.kernel.__name__} wrote {changed.sum()} bytes beyond its arguments"
            spoilt = ~before
            inside = _inside(where, [*written, *read])
            spoilt[inside] = before[inside]
            _set_bytes(where, spoilt)
        run(*arguments)
        for where in owners:
            inside, now = _inside(where, written), _bytes(where)
            same = (now[inside] == results[where][inside]).all()
            _set_bytes(where, results[where])
            assert same, f"{plan.kernel.__name__} depends on more than its arguments"

    with observe_plans(observer):
        yield


def _inside(where, bounds):
    """A mask of the bytes between `where` that lie in one of these stretches."""
    start, stop = where
    found = np.zeros(stop - start, bool)
    for first, last in bounds:
        found[max(first - start, 0) : max(last - start, 0)] = True
    return found


def _set_bytes(where, values):
    ctypes.memmove(where[0], values.ctypes.data, values.size)


def _bytes(where):
    return np.frombuffer(ctypes.string_at(where[0], where[1] - where[0]), np.uint8)


def _offsets(x, start):
    """Of every byte of x, counted from the address `start`."""
    index = np.full(x.shape, x.__array_interface__["data"][0] - start, np.int64)
    for axis, (n, stride) in enumerate(zip(x.shape, x.strides)):
        index += (np.arange(n) * stride).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return (index.reshape(-1, 1) + np.arange(x.itemsize)).reshape(-1)
