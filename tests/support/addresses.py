"""Kernels that work on addresses, run as plain Python on memory that is only thought of.

    memory = Memory()
    out, x = memory.array((8, 10**6), "float32"), memory.array((8, 10**6), "float32", strides=(-4, 64))
    memory.interpreted(kernels.convolve)(out, x, ...)

A kernel's Python is run as it stands, from the function that an operation calls down to the body of each task. Only
what touches memory is replaced, the intrinsics: here they check that all they would read and write lies in an array.
Nothing is computed and large arrays have addresses but no memory, so sizes may be millions. Of many tasks the first,
the last and some others are run.
"""

import bisect
import random
from types import FunctionType, SimpleNamespace

import numpy as np
from numpy.lib.array_utils import byte_bounds

from tinynet.kernels.cpu import pool_pixels
from tinynet.kernels.cpu.gemm import indirect, microkernel, pixels, small
from tinynet.kernels.cpu.gemm.simd import MASKED_LOADS, VECTOR_BYTES
from tinynet.kernels.runtime.jit import Compiled
from tinynet.kernels.runtime.pointers import INT64_BYTES

REAL = 1 << 22  # bytes of an array up to which it has memory
TASKS = 6  # of a kernel that are run


class OutsideError(AssertionError):
    """A kernel would touch what is not its own."""


class Memory:
    """All arrays that kernels may touch. Of a loop of more than `turns` turns only some are run."""

    def __init__(self, turns=1000, seed=0):
        self.turns = turns  # loops that add addresses up must be run whole
        self.starts, self.regions = [], []  # first addresses, in order; (first, last + 1, name, array or None)
        self.random, self.next, self.namespaces = random.Random(seed), 1 << 48, {}

    # Arrays

    def array(self, shape, dtype, strides=None, name="an array", real=False):
        """An array at an address of its own, with any strides, in bytes; if it is small or `real` it has memory."""
        dtype, shape = np.dtype(dtype), tuple(map(int, shape))
        strides = _dense(shape, dtype.itemsize) if strides is None else strides
        ends = [(n - 1) * s for n, s in zip(shape, strides)]
        low, high = sum(min(e, 0) for e in ends), sum(max(e, 0) for e in ends) + dtype.itemsize
        if 0 in shape:
            low = high = 0
        if real or high - low <= REAL:
            buffer = np.zeros(max(high - low, 1), np.uint8)
            array = np.ndarray(shape, dtype, buffer, -low, strides)
            return self.own(array, name, buffer)
        place = {
            "data": (self.next - low, False),
            "shape": shape,
            "typestr": dtype.str,
            "strides": strides,
            "version": 3,
        }
        array = np.asarray(SimpleNamespace(__array_interface__=place))
        self._add(self.next, self.next + high - low, name, None)
        self.next += 1 << 48
        return array

    def own(self, array, name, buffer=None):
        """Let kernels touch an array that has memory."""
        buffer = array if buffer is None else buffer
        self._add(buffer.ctypes.data, buffer.ctypes.data + buffer.nbytes, name, buffer)
        return array

    def _add(self, first, stop, name, array):
        at = bisect.bisect_left(self.starts, first)
        self.starts.insert(at, first)
        self.regions.insert(at, (first, stop, name, array))

    def empty(self, shape, dtype, like=None):
        return self.array(shape, dtype, name="new memory")

    # Access

    def region(self, address):
        """The region at an address, or the one before."""
        return self.regions[max(bisect.bisect_right(self.starts, address) - 1, 0)]

    def check(self, what, addresses, size):
        """`size` bytes at each of the addresses, a number or an array, lie in one array."""
        if size <= 0:
            return
        low = high = addresses
        if isinstance(addresses, np.ndarray):
            if addresses.size == 0:
                return
            low, high = int(addresses.min()), int(addresses.max())
        first, stop, name, _ = self.region(low)
        if not first <= low <= high + size <= stop:
            raise OutsideError(f"{what}: bytes {low - first} to {high + size - first} of {name} of {stop - first}")

    def words(self, address, count):
        """The entries of a table."""
        self.check("a table", address, count * INT64_BYTES)
        first, _, _, array = self.region(address)
        return np.frombuffer(array, np.int64, count, address - first) if count else np.zeros(0, np.int64)

    def value(self, dtype, address):
        """The number or the record at an address. Floats are all 0, as kernels form no addresses from them."""
        self.check("a number", address, dtype.itemsize)
        if dtype.names:
            return SimpleNamespace(**dict(zip(dtype.names, self.words(address, len(dtype.names)).tolist())))
        if dtype.kind == "f":
            return dtype.type(0)
        first, _, _, array = self.region(address)
        return int(np.frombuffer(array, dtype, 1, address - first)[0])

    def put(self, dtype, address, value):
        self.check("a number", address, dtype.itemsize)
        if dtype.kind != "f":
            first, _, _, array = self.region(address)
            np.frombuffer(array, dtype, 1, address - first)[0] = value

    # Running kernels

    def interpreted(self, function):
        """A kernel or function of tinynet, and all that it calls, with checks in place of what touches memory."""
        function = getattr(function, "cpu", function)
        function = getattr(function, "py_func", function)
        function = getattr(function, "__wrapped__", function)  # plans are not kept
        ours = self.namespace(function.__globals__)
        made = FunctionType(function.__code__, ours, function.__name__, function.__defaults__, function.__closure__)
        made.__kwdefaults__ = function.__kwdefaults__
        return made

    def namespace(self, names):
        """A module's names, those of functions standing for their interpreted forms."""
        key = names["__name__"]
        if key not in self.namespaces:
            ours = self.namespaces[key] = {**names, "range": self.range, "np": Numpy()}
            for name, value in names.items():
                if name in INTRINSICS:
                    ours[name] = getattr(self, name)
                elif isinstance(value, Compiled):
                    ours[name] = Compiled(self.interpreted(value.make))
                elif hasattr(value, "py_func") or isinstance(value, FunctionType):
                    if getattr(value, "__module__", "").startswith("tinynet.kernels.cpu"):
                        ours[name] = self.interpreted(value)
        return self.namespaces[key]

    def Plan(self, kernel, dtype, tasks, parallel, *constants, scratch=0, arrays=(), beyond=()):
        """A plan that runs the kernel's Python; its tables may be read."""
        for array in arrays:
            self.own(array, "a table")
        plan = SimpleNamespace(
            kernel=kernel, dtype=dtype, tasks=tasks, constants=constants, scratch=scratch, arrays=arrays
        )
        plan.run = lambda *arguments: self._run(plan, [(*constants, *arguments)])
        return plan

    def _run(self, plan, arguments):
        body, name = self.interpreted(plan.kernel.function), plan.kernel.__name__
        memory = self.array((plan.scratch,), np.uint8, name=f"the scratch memory of {name}")
        for task in self.prange(plan.tasks):
            body(arguments, Pointer(self, plan.dtype, memory.ctypes.data), task)

    def functions(self, dtype):
        """Those of small.py, which take their first argument as a pointer."""
        take = lambda function: lambda first, *rest: function(Pointer(self, dtype, first), *rest)
        return take(self.interpreted(small._multiply)), take(self.interpreted(small._pack))

    def prange(self, count):
        """Some of the tasks: the first and the last ones, and others."""
        few = {0, 1, count - 2, count - 1, *(self.random.randrange(max(count, 1)) for _ in range(TASKS - 4))}
        return sorted(task for task in few if 0 <= task < count)

    def range(self, *ends):
        turns = range(*ends)
        return turns if len(turns) <= self.turns else [turns[k] for k in self.prange(len(turns))]

    # The intrinsics

    def carray(self, pointer, shape):
        return [pointer] if isinstance(pointer, SimpleNamespace) else View(pointer, shape)

    def pointer(self, like, address):
        return Pointer(self, np.dtype(like) if isinstance(like, type | np.dtype) else like.dtype, address)

    def pointer_to_int(self, pointer):
        return pointer.address

    def address_of(self, array):
        if isinstance(array, View):
            return array.pointer.address
        address = array.ctypes.data
        first, stop, *_ = self.region(address)
        if array.size and not first <= address < stop:  # one that the kernel has made
            low, high = byte_bounds(array)
            self._add(low, high, "an array", np.ndarray((high - low,), np.uint8, array, low - address))
        return address

    def item_size(self, pointer):
        return pointer.dtype.itemsize

    def exp(self, x):
        return x

    log = tanh = exp

    def larger(self, x, y):
        return max(x, y)

    def load_int64(self, address):
        return int(self.words(address, 1)[0])

    def size(self, like):
        return like.itemsize

    def call_pointer(self, function, arguments):
        function(*arguments)

    def panel_memory(self):
        return self.array((microkernel.PANEL_BYTES,), np.uint8, name="the panel").ctypes.data

    def copy_bytes(self, target, source, count):
        self.check("copy_bytes reads", source, count)
        self.check("copy_bytes writes", target, count)

    def pack(self, like, memory, step, b, b_step, b_column, depth, columns):
        if depth > 0 and columns > 0:
            item, lanes = like.itemsize, VECTOR_BYTES // like.itemsize
            self.check("pack reads", _corners(b, (depth, b_step), (columns, b_column)), item)
            self.check("pack writes", _corners(memory, (_up(depth, lanes), step)), _up(columns * item, VECTOR_BYTES))

    def gemm_panel(self, like, rows, columns, a, a_row, a_step, b, b_step, start, start_row, c, c_row, depth, relu):
        width = columns * like.itemsize
        assert 0 < width <= microkernel.TILE_BYTES or (rows == 1 and width == microkernel.WIDE_BYTES)
        self.check("gemm_panel reads A", _corners(a, (rows, a_row), (depth, a_step)), like.itemsize)
        read = width if MASKED_LOADS else _up(width, VECTOR_BYTES)
        self.check("gemm_panel reads B", _corners(b, (depth, b_step)), read)
        self.check("gemm_panel reads start", _corners(start, (rows, start_row)), width)
        self.check("gemm_panel writes C", _corners(c, (rows, c_row)), width)

    def gemm_tall_panel(self, like, rows, columns, *rest):
        assert columns * like.itemsize <= microkernel.TILE_BYTES
        self.gemm_panel(like, rows, columns, *rest)

    def gemv_dots(self, like, columns, a, b, b_column, start, start_column, c, depth, relu):
        item, lanes = like.itemsize, VECTOR_BYTES // like.itemsize
        self.check("gemv_dots reads A", a, depth * item)
        self.check("gemv_dots reads B", _corners(b, (columns, b_column)), depth * item)
        for j in range(0, columns, lanes):
            self.check("gemv_dots reads start", start + j * start_column, min(lanes, columns - j) * item)
        self.check("gemv_dots writes C", c, columns * item)

    def gemm_indirect(
        self,
        like,
        diagonal,
        rows,
        columns,
        a,
        row,
        segments,
        segment,
        length,
        step,
        b,
        b_step,
        start,
        start_row,
        c,
        c_row,
    ):
        item, width = like.itemsize, columns * like.itemsize
        assert rows > 0 and 0 < width <= microkernel.TILE_BYTES
        height = next(h for h in indirect.HEIGHTS if rows >= h)
        rows, targets, places = self.words(row, height), self.words(c_row, height), self.words(segment, segments)
        if length > 0:
            seen = a + (rows[:, None, None] + places[:, None] + np.array([0, (length - 1) * step]))
            self.check("gemm_indirect reads A", seen, item if diagonal is None else width)
            last = _corners(b, (segments * length, b_step))
            self.check("gemm_indirect reads B", last, _up(width, VECTOR_BYTES))
        self.check("gemm_indirect reads start", start + start_row * targets, width)
        self.check("gemm_indirect writes C", c + targets, width)
        return height

    def gemm_pixels(self, like, height, a, segments, segment, length, step, b, start, c, c_row):
        width = pixels.PIXEL_TILES[height] * VECTOR_BYTES
        places = self.words(segment, segments)
        if length > 0:
            columns = _corners(a, (segments * length, microkernel.TILE_BYTES))
            self.check("gemm_pixels reads A", columns, height * like.itemsize)
            seen = b + (places[:, None] + np.array([0, (length - 1) * step]))
            self.check("gemm_pixels reads B", seen, width)
        self.check("gemm_pixels reads start", start, height * like.itemsize)
        self.check("gemm_pixels writes C", _corners(c, (height, c_row)), width)

    def gemm_lanes(self, like, height, x, row, segments, segment, y, y_row, y_plane, count, c):
        rows, item = pixels.PIXEL_TILES[height], like.itemsize
        seen = x + self.words(row, rows)[:, None] + self.words(segment, segments)
        self.check("gemm_lanes reads x", seen, count * item)
        vectors = _up(count * item, VECTOR_BYTES)
        self.check("gemm_lanes reads y", _corners(y, (segments, y_row), (height, y_plane)), vectors)
        self.check("gemm_lanes writes C", c, rows * height * VECTOR_BYTES)

    def to_planes(self, like, planes, plane, first, pixel, count, channels):
        item, some = like.itemsize, VECTOR_BYTES // like.itemsize // 2
        assert 0 < channels <= some
        self.check("to_planes reads", _corners(first, (count, pixel)), channels * item)
        self.check("to_planes writes", _corners(planes, (some, plane)), _up(count * item, VECTOR_BYTES))

    def from_planes(self, like, first, pixel, planes, plane, count, channels):
        item = like.itemsize
        assert 0 < channels <= VECTOR_BYTES // item // 2
        self.check("from_planes reads", _corners(planes, (channels, plane)), count * item)
        self.check("from_planes writes", _corners(first, (count, pixel)), channels * item)

    def largest_of_four(self, like, count, channels, x, step, right, below, out, indices):
        item = like.itemsize
        assert 0 < channels * item <= pool_pixels.PIXEL_BYTES
        self.check("largest_of_four reads", _corners(x, (count, step), (2, right), (2, below)), channels * item)
        self.check("largest_of_four writes", out, count * channels * item)
        self.check("largest_of_four writes indices", indices, count * channels * 2)

    def where_largest(self, like, count, channels, g, indices, position, width, out):
        item = like.itemsize
        assert 0 < channels * item <= pool_pixels.PIXEL_BYTES
        self.check("where_largest reads", g, count * channels * item)
        self.check("where_largest reads indices", indices, count * channels * 2)
        self.check("where_largest writes", out, count * width * channels * item)


INTRINSICS = {
    *("Plan", "address_of", "call_pointer", "carray", "copy_bytes", "empty", "exp", "from_planes", "functions"),
    *("gemm_indirect", "gemm_lanes", "gemm_panel", "gemm_pixels", "gemm_tall_panel", "gemv_dots", "item_size"),
    *("larger", "largest_of_four", "load_int64", "log", "pack", "panel_memory", "pointer", "pointer_to_int"),
    *("prange", "size", "tanh", "to_planes", "where_largest"),
}


class Numpy:
    """NumPy, but for integers of 32 bits, which Numba promotes to 64 where they meet others."""

    uint32 = int

    def __getattr__(self, name):
        return getattr(np, name)


class Pointer:
    """A pointer to numbers."""

    def __init__(self, memory, dtype, address):
        self.memory, self.dtype, self.address = memory, np.dtype(dtype), address

    def __getitem__(self, i):
        return self.memory.value(self.dtype, self.address + i * self.dtype.itemsize)

    def __setitem__(self, i, value):
        self.memory.put(self.dtype, self.address + i * self.dtype.itemsize, value)


class View:
    """Numbers in C order at a pointer, as `carray` makes them. An index that counts from the end is an error."""

    def __init__(self, pointer, shape):
        self.pointer, self.shape = pointer, shape if isinstance(shape, tuple) else (shape,)
        self.memory, self.dtype, self.itemsize = pointer.memory, pointer.dtype, pointer.dtype.itemsize
        self.size = int(np.prod(self.shape, dtype=object))

    def _find(self, index):
        """(address, shape) of what an index of numbers, perhaps with one slice at the end, stands for."""
        place, shape = self.pointer.address, self.shape
        for part in index if isinstance(index, tuple) else (index,):
            count, shape = shape[0], shape[1:]
            inner = self.itemsize * int(np.prod(shape, dtype=object))
            if isinstance(part, slice):
                start, stop = part.start or 0, count if part.stop is None else part.stop
                if not 0 <= start <= stop <= count:
                    raise OutsideError(f"the slice {start}:{stop} of {count}")
                return place + start * inner, (stop - start, *shape)
            if not 0 <= part < count:
                raise OutsideError(f"the index {part} of {count}")
            place += part * inner
        return place, shape

    def __getitem__(self, index):
        place, shape = self._find(index)
        if not shape:
            return self.memory.value(self.dtype, place)
        return View(Pointer(self.memory, self.dtype, place), shape)

    def __setitem__(self, index, value):
        place, shape = self._find(index)
        if not shape:
            self.memory.put(self.dtype, place, value)
        else:
            self.memory.check("an assignment", place, self.itemsize * int(np.prod(shape, dtype=object)))


def _dense(shape, item):
    return tuple(item * int(np.prod(shape[k + 1 :], dtype=object)) for k in range(len(shape)))


def _corners(address, *axes):
    """The first and the last address along each of the axes (count, stride); none where a count is 0."""
    found = np.array([address], object)
    for count, stride in axes:
        found = np.add.outer(found, [0, (count - 1) * stride] if count > 0 else [])
    return found


def _up(n, unit):
    return -(-n // unit) * unit
