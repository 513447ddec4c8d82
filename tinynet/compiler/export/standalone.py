"""What an exported step runs on: memory, bodies, rows and their order. It is copied into the file with what it uses.

Nothing here knows of tinynet's tensors, so arguments and results are NumPy's arrays.
"""

import base64
import threading
import zlib
from typing import NamedTuple

import numba
import numpy as np
from numba import types

from ...kernels.runtime.arguments import touched, words
from ...kernels.runtime.jit import FLAGS
from ...kernels.runtime.parallel_for import parallel_loop
from ...kernels.runtime.workers import WORKER, Rows, start_workers, work, worker_count

ALIGNMENT = 64  # of the memory below

_kept = []  # an address is valid as long as what it was taken from
_running = threading.Lock()  # held during a step, which has one memory


class Body(NamedTuple):
    """A compiled body: its address, and the types of its arguments."""

    address: int
    kinds: tuple


class Row(NamedTuple):
    """A body with its arguments; so many tasks, each with bytes to work in, for which it pays to start all threads if
    they are `parallel`. They go so many bytes `beyond` the first arguments."""

    body: Body
    arguments: tuple
    tasks: int = 1
    parallel: bool = False
    scratch: int = 0
    beyond: tuple = ()


class Number(NamedTuple):
    """An argument that is another number at each step."""

    name: str


def memory(nbytes):
    """Zeroed bytes, aligned."""
    whole = np.zeros(nbytes + ALIGNMENT, np.uint8)
    first = -whole.ctypes.data % ALIGNMENT
    return whole[first : first + nbytes]


def at(bytes, start, dtype, shape, strides=None):
    """An array in memory."""
    return np.ndarray(shape, dtype, bytes, start, strides)


def packed(bytes):
    """Bytes as text."""
    return base64.b85encode(zlib.compress(bytes)).decode()


def unpacked(text):
    """The bytes of a text that `packed` gave."""
    return np.frombuffer(zlib.decompress(base64.b85decode("".join(text.split()))), np.uint8)


def body(function, dtype, *kinds):
    """Compile a body for arrays of `dtype` and arguments of these types."""
    real = numba.from_dtype(np.dtype(dtype))
    pointers = types.CPointer(types.Tuple(kinds)), types.CPointer(real)
    return Body(_address(function, types.void(*pointers, types.intp)), kinds)


def _address(function, signature, parallel=False):
    made = numba.cfunc(signature, cache=True, parallel=parallel, **FLAGS)(function)
    _kept.append(made)
    return made.address


class Table:
    """Rows, run one after another by one compiled function."""

    def __init__(self, rows):
        self.kept, memory, given, self.places = rows, [], [], []  # places: (name, whether it is real, where)
        for row in rows:
            given.append(len(memory))
            for kind, x in zip(row.body.kinds, row.arguments):
                if isinstance(x, Number):
                    self.places.append((x.name, kind is types.float64, len(memory)))
                    x = 0
                memory += words(kind, x)
        self.integers = np.array(memory, np.int64)
        self.reals = self.integers.view(np.float64)
        workers = worker_count(numba.get_num_threads(), [(row.tasks, row.parallel) for row in rows])
        start = self.integers.ctypes.data
        rows = [
            (row.body.address, start + 8 * place, row.tasks, *touched(row.body.kinds, row.arguments, row.beyond))
            for row, place in zip(rows, given)
        ]
        self.rows = Rows(rows, workers, max(row.scratch for row in self.kept))
        self.run = _starter(workers > 1), self.rows.record.ctypes.data, workers

    def __call__(self, numbers):
        for name, real, place in self.places:
            (self.reals if real else self.integers)[place] = numbers[name]
        (start, *own), *more = self.run
        self.rows.reset()
        start(*own, *more)


class Call:
    """A function of arrays that Python runs."""

    def __init__(self, function, arguments):
        self.function, self.arguments = function, arguments

    def __call__(self, numbers):
        self.function(*[numbers[x.name] if isinstance(x, Number) else x for x in self.arguments])


class Program:
    """A step for arguments of certain shapes.

    inputs: the memory that arguments are copied to; changed: the numbers of those that are copied back.
    checks: (row, found, what raises) of what is looked at before: found[0] ≥ 0 says that something is wrong.
    steps: Tables and Calls, in their order.
    fixed: (array, values) of what has these values at the beginning of each step.
    counts: the names of the counters that go up by one.
    draws: (number of a random stream, the name of the first of these blocks, how many).
    outputs: where the results lie.
    """

    def __init__(self, inputs, steps, outputs, checks=(), fixed=(), draws=(), counts=(), changed=()):
        self.inputs, self.steps, self.outputs, self.changed = inputs, steps, outputs, changed
        self.checks, self.fixed = [(Table([row]), found, call) for row, found, call in checks], fixed
        self.draws, self.counts = draws, counts

    def run(self, given, numbers, counters, streams):
        """Copies of the results. Nothing is counted or drawn if a check fails."""
        with _running, np.errstate(all="ignore"):
            for own, x in zip(self.inputs, given):
                own[...] = x
            for own, values in self.fixed:
                own[...] = values
            for table, found, call in self.checks:
                table(numbers)
                if found[0] >= 0:
                    call(numbers)
            for name in self.counts:
                counters[name] += 1
            numbers = numbers | counters | {f"seed_{n}": stream["seed"] for n, stream in enumerate(streams)}
            for n, name, blocks in self.draws:
                numbers[name] = streams[n]["block"]
                streams[n]["block"] += blocks
            for step in self.steps:
                step(numbers)
            for k in self.changed:
                given[k][...] = self.inputs[k]
            return [x.copy() for x in self.outputs]


def chosen(name, programs, given):
    """Of {shapes and dtypes: a program}, that for these arguments, and the arguments as arrays. Raises: TypeError."""
    arrays = [np.asarray(x) for x in given]
    key = tuple([(x.shape, x.dtype.name) for x in arrays])
    if key not in programs:
        expected = " or ".join(map(_described, programs))
        raise TypeError(f"{name}: expected {expected}, got {_described(key)}")
    return programs[key], arrays


def save_to(path, name, state, counters, streams):
    """Write memory, counters and the places of random streams to a file of NumPy's."""
    blocks = [stream["block"] for stream in streams]
    np.savez(path, name=name, state=state, counters=list(counters.values()), blocks=blocks)


def load_from(path, name, state, counters, streams):
    """Read what `save_to` has written."""
    with np.load(path) as file:
        if "name" not in file or file["name"] != name or file["state"].shape != state.shape:
            raise ValueError(f"{path}: expected what save has written for {name}")
        state[...] = file["state"]
        counters.update(zip(counters, file["counters"].tolist()))
        for stream, block in zip(streams, file["blocks"].tolist()):
            stream["block"] = block


def _described(key):
    return "arrays " + ", ".join([f"{dtype} {shape}" for shape, dtype in key]) if key else "no arguments"


def _starter(parallel):
    """What starts workers, and its first arguments: the loop that threads share, and what each worker does."""
    if "start" not in _compiled:
        _compiled["start"] = numba.njit(types.void(*[types.intp] * 4), cache=True, **FLAGS)(start_workers)
        _compiled["work"] = _address(work, types.void(types.CPointer(WORKER), types.voidptr, types.intp))
    if parallel and "loop" not in _compiled:
        numba.get_num_threads()  # which starts the threads
        _compiled["loop"] = _address(parallel_loop, types.void(*[types.intp] * 6), parallel=True)
    return _compiled["start"], _compiled["loop"] if parallel else 0, _compiled["work"]


_compiled = {}
