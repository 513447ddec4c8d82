"""`parallel_for`: a kernel as the body of a loop over tasks, which one thread runs in order, or all threads share.

    @parallel_for(lambda real: (types.intp, written(real, 2), read(real, 2)))
    def _double(arguments, scratch, task):
        rows, out, x = arguments[0]
        for r in range(task * rows, min(len(x), (task + 1) * rows)):
            ...

    plan = Plan(_double, dtype, tasks, parallel, rows)
    plan.run(out, x)

`lambda real: ...` gives the types of the tuple `arguments[0]` for each dtype: arrays, integers and floats, but no
booleans, which have another size in memory. No other version may be compiled: so read-only arrays and views pass as
they are, and no call stops a training step for a compilation that nobody expected.

The body is compiled once for each dtype, as a C function, and called through a pointer. A `prange` around the body
itself would make Numba compile it into four modules, one wrapped around the other, and optimise each anew; for a long
body that takes seconds. It must not raise, since no exception leaves a C function: what has to be checked in each call
is checked by `check(arguments)`, which may raise.

A body that needs memory to work in gets it as `scratch`, a pointer to elements of the dtype, in as many bytes as the
plan says. It must not take the address of an array of its own: Numba frees an array after the last use of its name,
and knows nothing of addresses that were taken from it. Each worker has its own scratch, and runs its tasks one after
another, so no two tasks share it at a time.
"""

import contextlib
import functools
import threading
import weakref

import numba
import numpy as np
from numba import prange, types

from .cfunc import call_pointer, compile_cfunc
from .jit import Compiled, compile_only_for, inline_source, jit, named
from .memory import ALIGNED, empty
from .pointers import INT64_BYTES, address_of_tuple, load_int64
from .threads import launch_parallel, most_threads

_BYTE = np.dtype(np.uint8)
FIRST_CONSTANT = 2  # in the record of a plan, behind the address of the body and the number of tasks


def written(real, ndim, layout="C"):
    """The type of an array that a kernel writes."""
    return types.Array(real, ndim, layout)


def read(real, ndim, layout="C"):
    """The type of an array that a kernel reads, and that may be read-only; layout "A" takes any strides."""
    return types.Array(real, ndim, layout, readonly=True)


def params_dtype(*names):
    """The dtype of a record of integers: what a body is told by its plan, if that is more than a few numbers."""
    return np.dtype([(name, np.int64) for name in names])


def parallel_for(signature, check=None):
    """Decorates `function(arguments, scratch, task)`, the body of a kernel that plans run."""
    return functools.partial(ParallelFor, signature, check)


class Plan:
    """How a kernel runs: so many tasks, in order or on all threads, each with `scratch` bytes of memory to work in.

    Tasks never depend on each other. `parallel` says whether it pays to launch threads for them.

    `constants` are the first of the kernel's arguments, integers, which depend on the plan alone, `arrays` those whose
    addresses are among them. `run(*arguments)` takes the others. `beyond` says of the first of these how many bytes
    the tasks go further than the array: not 0 where it stands for several, at equal distances in memory.
    """

    __slots__ = (
        *("__weakref__", "arrays", "beyond", "constants", "dtype", "kernel"),
        *("parallel", "run", "scratch", "tasks"),
    )

    def __init__(self, kernel, dtype, tasks, parallel, *constants, scratch=0, arrays=(), beyond=()):
        self.kernel, self.dtype, self.tasks, self.parallel = kernel, dtype, tasks, parallel
        self.constants, self.scratch, self.arrays, self.beyond = constants, scratch, arrays, beyond
        self.run = kernel.runner(self)
        with _changing:
            _plans.add(self)
            if _watchers:
                _watch(self)

    @property
    def nbytes(self):
        return sum(array.nbytes for array in self.arrays)


_plans = weakref.WeakSet()  # all that there are
_watchers = ()  # (observer, its thread), the innermost last
_own_runs = {}  # plan: its own `run`, while there are watchers and another stands in for it
_changing = threading.Lock()  # held while one of these is changed


@contextlib.contextmanager
def observe_plans(observer):
    """In the block `observer(plan, run, arguments)` stands in for each `plan.run(*arguments)` of this thread.

    A run is shown to the innermost observer. Nothing of it is to be seen, nor paid for, outside such blocks.
    """
    global _watchers
    watcher = observer, threading.get_ident()
    with _changing:
        if not _watchers:
            for plan in _plans:
                _watch(plan)
        _watchers = (*_watchers, watcher)
    try:
        yield
    finally:
        with _changing:
            _watchers = tuple([other for other in _watchers if other is not watcher])
            if not _watchers:
                for plan, run in _own_runs.items():
                    plan.run = run
                _own_runs.clear()


def _watch(plan):
    _own_runs[plan] = run = plan.run
    plan.run = functools.partial(_watched, plan, run)


def _watched(plan, run, *arguments):
    this = threading.get_ident()
    observer = next((observer for observer, thread in reversed(_watchers) if thread == this), None)
    if observer is None:
        run(*arguments)
    else:
        observer(plan, run, arguments)


class ParallelFor:
    """A kernel that runs as the tasks of a plan."""

    def __init__(self, signature, check, function):
        self.signature, self.check, self.function = signature, check, function
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self.bodies = Compiled(self.compile)  # dtype: the address of the body

    def body(self, dtype):
        """The function that is compiled for arrays of `dtype`."""
        return self.function

    def runner(self, plan):
        """What runs a plan, as a function of the arguments that are not constant.

        A partial, which costs less than a method, and of a compiled function where nothing else is left to do. What it
        holds is one address, where the body, the tasks and the constants are: Numba takes 30 ns for each argument.
        """
        if numba.config.DISABLE_JIT:
            return functools.partial(_interpret, self.body(plan.dtype), plan.tasks, plan.constants)
        kinds = self.signature(numba.from_dtype(plan.dtype))
        start = _starts[kinds, plan.parallel, len(plan.constants), self.check]
        record = np.array([self.bodies[plan.dtype], plan.tasks, *plan.constants], np.int64)
        address = record.ctypes.data
        if plan.scratch and plan.parallel:
            run = functools.partial(_run_parallel, start, address, plan.tasks, plan.scratch)
        elif plan.scratch:
            run = functools.partial(_run_serial, start, address, plan.scratch)
        elif plan.parallel:
            run = functools.partial(launch_parallel, start, address, 0, PARALLEL_LOOP[()], plan.tasks, 0)
        else:
            run = functools.partial(start, address, 0)
        run.arrays = record, *plan.arrays  # which live as long as somebody may still run it
        return run

    def compile(self, dtype):
        """The address of the body for arrays of `dtype`."""
        real = numba.from_dtype(dtype)
        pointers = types.CPointer(types.Tuple(self.signature(real))), types.CPointer(real)
        return compile_cfunc(self.body(dtype), types.void(*pointers, types.intp))


# What takes the arguments from Python, stores them in memory as a tuple, and starts the loop over tasks. It takes each
# by itself, since Numba takes 0.1 µs more for a tuple; the constants are in the plan's record.
START = """
def start(record, scratch, {parameters}):
    arguments = ({arguments},)
    check(arguments)
    body, tasks, address = load_int64(record), load_int64(record + INT64_BYTES), address_of_tuple(arguments)
    {loop}
"""
SERIAL = "for task in range(tasks): call_pointer(body, (address, scratch, task))"
PARALLEL = "call_pointer(loop, (body, address, tasks, workers, scratch, stride))"


def _compile_start(kinds, parallel, constants, check):
    known = [f"load_int64(record + {INT64_BYTES * (FIRST_CONSTANT + k)})" for k in range(constants)]
    given = [f"a{k}" for k in range(constants, len(kinds))]
    parameters, loop = (["loop", "workers", "stride"], PARALLEL) if parallel else ([], SERIAL)
    text = START.format(parameters=", ".join(parameters + given), arguments=", ".join(known + given), loop=loop)
    scope = {"__name__": __name__, "check": inline_source(check or _nothing), "INT64_BYTES": INT64_BYTES}
    scope.update(load_int64=load_int64, address_of_tuple=address_of_tuple, call_pointer=call_pointer)
    exec(text, scope)
    name = f"start_{'parallel' if parallel else 'serial'}_{constants}"
    if check is not None:
        name += f"_{check.__module__.rpartition('.')[2]}{check.__name__}"
    start = jit(named(scope["start"], name))
    return compile_only_for(start, *[types.intp] * (2 + len(parameters)), *kinds[constants:])


# types of the arguments, parallel, count of constants, check: what starts the loop. Kernels of the same types share it.
_starts = Compiled(lambda key: _compile_start(*key))


def _interpret(body, tasks, constants, *arguments):
    """Run the tasks of a body that is not compiled."""
    for task in range(tasks):
        body([(*constants, *arguments)], None, task)


def _run_serial(start, record, scratch, *arguments):
    memory = empty((scratch,), _BYTE)
    start(record, memory.ctypes.data, *arguments)


def _run_parallel(start, record, tasks, scratch, *arguments):
    workers, memory, stride = workspace(tasks, scratch)
    launch_parallel(start, record, memory.ctypes.data, PARALLEL_LOOP[()], workers, stride, *arguments)


def workspace(tasks, scratch):
    """(workers, memory, stride): an array with `scratch` bytes for each of the workers, `stride` bytes apart."""
    workers = min(most_threads(), tasks) if scratch else tasks
    stride = -(-scratch // ALIGNED) * ALIGNED
    return workers, empty((workers * stride,), _BYTE) if scratch else None, stride


def _nothing(arguments):
    pass


def parallel_loop(body, arguments, tasks, workers, scratch, stride):
    for worker in prange(workers):
        w = np.intp(worker)
        for task in range(tasks * w // workers, tasks * (w + 1) // workers):
            call_pointer(body, (arguments, scratch + w * stride, task))


# (): the address of the one loop over tasks that all threads share.
PARALLEL_LOOP = Compiled(lambda _: compile_cfunc(parallel_loop, types.void(*[types.intp] * 6), parallel=True))
