"""An allocator for NumPy's arrays that makes every access outside of one a segmentation fault.

    with guarded("end", fill=0xFF):
        ...  # arrays made here end at a page that may not be touched

Each array has pages of its own between two that nobody may read or write. It ends at the last byte of its pages, or
with "start" begins at the first, so one access too far stops the process, in compiled code too and in any thread. The
memory of an array that has died may not be touched either, and is not used again for long. New memory is full of one
byte: 0xFF makes floats NaN, 0x7F large, so that what depends on it differs from one to the other.

All arrays are made so: inputs, results, copies, tables. Those of a compiled body are not, as Numba has its own memory.
"""

import contextlib
import ctypes
import functools
import hashlib
import mmap
import os
import subprocess
import sys
from collections import deque
from pathlib import Path

import numpy as np

import tinynet as tn
from tinynet.kernels.runtime import memory, plans

HERE = Path(__file__).parent

PAGE = mmap.PAGESIZE
KEPT, KEPT_BYTES = 5000, 1 << 28  # dead arrays that stay forbidden, before their addresses are given back
WHERE = "end", "start"

_SIZE, _POINTER = ctypes.c_size_t, ctypes.c_void_p
_ALLOCATE = ctypes.CFUNCTYPE(_POINTER, _POINTER, _SIZE)
_ALLOCATE_ZEROS = ctypes.CFUNCTYPE(_POINTER, _POINTER, _SIZE, _SIZE)
_REALLOCATE = ctypes.CFUNCTYPE(_POINTER, _POINTER, _POINTER, _SIZE)
_FREE = ctypes.CFUNCTYPE(None, _POINTER, _POINTER, _SIZE)
_NAME = b"mem_handler"  # what NumPy calls the capsules of allocators
_SET_HANDLER = 304  # the place of PyDataMem_SetHandler in NumPy's table of functions


class _Handler(ctypes.Structure):
    """NumPy's PyDataMem_Handler."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", _POINTER),
        ("malloc", _ALLOCATE),
        ("calloc", _ALLOCATE_ZEROS),
        ("realloc", _REALLOCATE),
        ("free", _FREE),
    )


class Pages:
    """Memory with forbidden pages around it. Of one array after another, at addresses that are kept apart."""

    def __init__(self, where, fill):
        self.where, self.fill = where, fill
        self.alive = {}  # address: first page, bytes between the forbidden pages, bytes of the array
        self.dead, self.dead_bytes = deque(), 0
        libc = ctypes.CDLL(None, use_errno=True)
        self.map, self.protect, self.unmap = libc.mmap, libc.mprotect, libc.munmap
        self.map.restype, self.map.argtypes = _POINTER, (_POINTER, _SIZE, *[ctypes.c_int] * 3, ctypes.c_long)
        self.protect.argtypes, self.unmap.argtypes = (_POINTER, _SIZE, ctypes.c_int), (_POINTER, _SIZE)
        functions = (_ALLOCATE(self.malloc), _ALLOCATE_ZEROS(self.calloc), _REALLOCATE(self.realloc), _FREE(self.free))
        self.handler = _Handler(b"guarded", 1, None, *functions)

    def malloc(self, _, size):
        address = self.calloc(_, 1, size)
        if address:
            ctypes.memset(address, self.fill, size)
        return address

    def calloc(self, _, count, item):
        size = count * item
        inner = max(PAGE, -(-size // PAGE) * PAGE)
        first = self.map(None, inner + 2 * PAGE, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        if first == _POINTER(-1).value or self.protect(first + PAGE, inner, mmap.PROT_READ | mmap.PROT_WRITE):
            return None  # NumPy raises MemoryError
        address = first + PAGE + (inner - size if self.where == "end" else 0)
        self.alive[address] = first, inner, size
        return address

    def realloc(self, _, old, size):
        new = self.malloc(_, size)
        if old and new:
            ctypes.memmove(new, old, min(size, self.alive[old][2]))
            self.free(_, old, size)
        return new

    def free(self, _, address, size):
        if address:
            first, inner, _ = self.alive.pop(address)
            self.protect(first + PAGE, inner, 0)
            self.dead.append((first, inner))
            self.dead_bytes += inner
        while self.dead_bytes > KEPT_BYTES or len(self.dead) > KEPT:
            first, inner = self.dead.popleft()
            self.unmap(first, inner + 2 * PAGE)
            self.dead_bytes -= inner


@functools.cache  # an array that outlives the block still needs its allocator
def _pages(where, fill):
    return Pages(where, fill)


@contextlib.contextmanager
def guarded(where="end", fill=0xFF):
    """All arrays that NumPy makes in the block, in this thread, lie against forbidden pages; none is used again."""
    kept_from, memory.KEPT_FROM = memory.KEPT_FROM, sys.maxsize  # no array lies in a block
    before = _set_handler(_capsule(_pages(where, fill).handler))
    try:
        yield
    finally:
        _set_handler(before)
        memory.KEPT_FROM = kept_from


def _capsule(handler):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (_POINTER, ctypes.c_char_p, _POINTER)
    return new(ctypes.addressof(handler), _NAME, None)


def _set_handler(capsule):
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = _POINTER, (ctypes.py_object, ctypes.c_char_p)
    table = ctypes.cast(pointer(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(_POINTER))
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[_SET_HANDLER])(capsule)


# Cases: functions that return arrays, or what holds them. They run in a process of their own, one after another.


def faults(cases, every=1):
    """{name: what is wrong} of one in `every` of the cases in a dict, given as "module.name".

    A case is run with arrays that end and with arrays that begin at a forbidden page, and as usual; the three must
    give the same bits.
    """
    return {name: what for kind, name, what in _answers(cases, "against_pages", every) if kind == "wrong"}


def results(cases, every=1, **environment):
    """{name: a hash of its result, or what is wrong} of such cases in this environment."""
    return {name: what for _, name, what in _answers(cases, "as_usual", every, **environment)}


def _answers(cases, way, every, **environment):
    """What processes say: (kind, name, what). One that a case has stopped is followed by one for the cases after it."""
    first = 0
    while first is not None:
        text = f"import {cases.split('.')[0]}, guarded; guarded.run({cases}, guarded.{way}, {every}, {first})"
        path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
        process = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", text],
            env={**os.environ, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
        )
        lines, first = [line.split("\t") for line in process.stdout.splitlines()], None
        yield from (line for line in lines if line[0] in ("wrong", "right"))
        if process.returncode:
            if not lines or lines[-1][0] != "begin":
                raise RuntimeError(process.stderr)
            _, name, number = lines[-1]
            yield "wrong", name, f"{name}: {process.stderr}"
            first = int(number) + every


def run(cases, way, every, first):
    """What the process does: it writes a line when a case begins, and one when it has ended."""
    say = lambda *words: print(*words, sep="\t", flush=True)
    for number, (name, case) in list(enumerate(cases.items()))[first::every]:
        say("begin", name, number)
        try:
            say("right", name, way(case))
        except Exception as error:
            say("wrong", name, repr(error).replace("\n", " "))
    sys.stdout.flush()
    os._exit(0)  # arrays that are left need an allocator that is gone when the interpreter ends


def as_usual(case):
    return hashlib.sha256(repr(_bytes(case())).encode()).hexdigest()


def against_pages(case):
    found = []
    for where, fill in ("end", 0xFF), ("start", 0x7F):
        _forget_tables()
        with guarded(where, fill), np.errstate(all="ignore"):
            found.append(as_usual(case))
    _forget_tables()
    if set(found) != {as_usual(case)}:
        raise AssertionError("the result depends on memory that was not written, or on where arrays lie")
    return found[0]


def _bytes(result):
    """The shapes and bits of all arrays."""
    if isinstance(result, tn.Tensor):
        result = result.array
    if isinstance(result, np.ndarray):
        return result.shape, result.dtype.str, result.tobytes()
    return tuple(map(_bytes, result)) if isinstance(result, list | tuple) else result


def _forget_tables():
    """Tables that kernels keep from call to call shall be made anew, in memory of the kind that is now in use."""
    plans.forget_plans()
