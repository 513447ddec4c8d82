"""BatchedArray: as many arrays as a batch has, which operations see as one."""

import contextlib
import math
import threading

import numpy as np

from .. import arrays
from .. import reference as kernels
from ..arrays import DeviceArray, device_of, host
from ..launch import launch
from ..runtime import memory


class NeedsLoop(RuntimeError):
    """A value was asked for that differs from element to element: only a loop over the batch can go on."""

    def __init__(self, level):
        super().__init__(
            "a value is read on the host that differs from element to element of a batch, such as by item(), in an if, "
            "or by an operation that NumPy computes; inside vmap this is done element by element, but not outside"
        )
        self.level = level


class Level:
    """A batch that is mapped over, and how random draws are made for it."""

    def __init__(self, size, randomness="error"):
        self.size, self.randomness = size, randomness


class _Active(threading.local):
    levels = ()  # the batches that are mapped over, the outermost first: new arrays are of all of them


active = _Active()


@contextlib.contextmanager
def inside(levels):
    """Let the levels be those that are mapped over in the block."""
    before, active.levels = active.levels, levels
    try:
        yield
    finally:
        active.levels = before


class Flags:
    """What NumPy's arrays have under this name."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array

    @property
    def c_contiguous(self):
        """Whether the elements of each array of the batch lie in memory in order."""
        step = self.array.itemsize
        for n, stride in zip(reversed(self.array.shape), reversed(self.array.strides)):
            if n > 1 and stride != step:
                return self.array.size == 0
            step *= n
        return True

    writeable = property(lambda self: self.array.physical.flags.writeable)


class BatchedArray(DeviceArray):
    """The arrays of a batch, which lie in `physical` one after another along its first dimension.

    `physical` is itself a BatchedArray, of an outer level, where batches are mapped over inside of batches.
    """

    __slots__ = ("__weakref__", "level", "physical")

    __array_ufunc__ = None  # NumPy's ufuncs raise a TypeError, and operators are left to the other operand

    def __init__(self, physical, level):
        self.physical, self.level = physical, level

    # What NumPy's arrays have

    shape = property(lambda self: self.physical.shape[1:])
    strides = property(lambda self: self.physical.strides[1:])
    ndim = property(lambda self: self.physical.ndim - 1)
    size = property(lambda self: math.prod(self.physical.shape[1:]))
    dtype = property(lambda self: self.physical.dtype)
    itemsize = property(lambda self: self.physical.itemsize)
    nbytes = property(lambda self: self.size * self.itemsize)
    flags = property(Flags)
    device = property(lambda self: device_of(self.physical))
    T = property(lambda self: self.transpose())

    def __len__(self):
        return self.shape[0]

    def _of(self, physical):
        return BatchedArray(physical, self.level)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if any(isinstance(i, np.ndarray | list | DeviceArray) for i in index):
            raise TypeError("an array of a batch has views for numbers and slices; arrays are looked up by a kernel")
        return self._of(self.physical[(slice(None), *index)])

    def __setitem__(self, index, value):
        launch(kernels.copy, self[index], value if isinstance(value, DeviceArray) else np.asarray(value, self.dtype))

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes
        axes = range(self.ndim)[::-1] if axes is None or len(axes) < self.ndim else axes
        return self._of(self.physical.transpose((0, *(a % self.ndim + 1 for a in axes))))

    def swapaxes(self, a, b):
        return self._of(self.physical.swapaxes(a % self.ndim + 1, b % self.ndim + 1))

    def squeeze(self, axis=None):
        axes = range(self.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        gone = {a % self.ndim for a in axes if self.shape[a] == 1 or axis is not None}
        return self.reshape([n for i, n in enumerate(self.shape) if i not in gone])

    def reshape(self, *shape):
        """A view where there is one, else a copy, as NumPy has it."""
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape
        shape = np.broadcast_to(np.uint8(0), self.shape).reshape(shape).shape  # raises if unfit
        return self._of(self.physical.reshape((self.level.size, *shape)))

    def ravel(self, order="C"):
        if order == "K":
            return self.transpose(sorted(range(self.ndim), key=lambda d: -self.strides[d])).reshape(-1)
        return self.reshape(-1)

    def copy(self):
        out = self.new(self.shape, self.dtype)
        launch(kernels.copy, out, self)
        return out

    def astype(self, dtype, copy=True):
        out = self.new_like(dtype)
        launch(kernels.cast, out, self)
        return out

    def fill(self, value):
        launch(kernels.fill, self, value)

    # What arrays on devices have

    def new(self, shape, dtype, value=None):
        """New arrays for the whole batch, and the other ones that are mapped over, uninitialised or of one value."""
        levels = active.levels + tuple([level for level in levels_of(self) if level not in active.levels])
        base, dtype = base_of(self), np.dtype(dtype)
        shape = (*[level.size for level in levels], *shape)
        out = memory.empty(shape, dtype) if base.__class__ is np.ndarray else base.new(shape, dtype)
        for level in levels:
            out = BatchedArray(out, level)
        if value is not None:
            out.fill(value)
        return out

    def new_like(self, dtype=None):
        levels = levels_of(self)
        if not all(level in levels for level in active.levels):
            return self.new(self.shape, dtype or self.dtype)
        with inside(()):
            out = arrays.empty_like(base_of(self), None if dtype is None else np.dtype(dtype))
        for level in levels:
            out = BatchedArray(out, level)
        return out

    def put(self, array):
        """The same array for the whole batch, where this one is."""
        physical = self.physical
        return array if physical.__class__ is np.ndarray else physical.put(array)

    def get(self):
        raise NeedsLoop(self.level)

    def everything(self):
        return arrays.all_values(self.physical)

    item = tolist = __array__ = lambda self, *args, **kwargs: self.get()
    memory = property(get)  # of one array alone

    def restrided(self, shape, strides):
        from_outside = (self.level.size, *shape), (self.physical.strides[0], *strides)
        return self._of(arrays.restrided(self.physical, *from_outside))

    def __array_function__(self, function, types, args, kwargs):
        run = FUNCTIONS.get(function)
        if run is None:
            raise NeedsLoop(self.level)
        return run(*args, **kwargs)

    def __repr__(self):
        return f"BatchedArray(shape={self.shape}, dtype={self.dtype}, batch={self.level.size})"


def levels_of(x):
    """The batches that an array is of, the outermost first."""
    found = []
    while x.__class__ is BatchedArray:
        found.append(x.level)
        x = x.physical
    return found[::-1]


def base_of(x):
    """The array in which all elements lie."""
    while x.__class__ is BatchedArray:
        x = x.physical
    return x


def innermost(arrays):
    """Of the batches that arrays are of, the one to be taken off first; None if there is none."""
    found = None
    for x in arrays:
        if x.__class__ is BatchedArray and x.level is not found and (found is None or found in levels_of(x.physical)):
            found = x.level
    return found


def aligned(x, ndim):
    """The physical array of x, with dimensions of length 1 behind that of the batch, as if x had `ndim` dimensions."""
    missing = ndim - x.ndim
    return x.physical[(slice(None), *[None] * missing)] if missing else x.physical


def of_stacks(function, *stacks):
    """What a function of NumPy's makes of stacks of matrices; of those of a batch, larger stacks, it makes a batch."""
    level, ndim = innermost(stacks), max(x.ndim for x in stacks)
    if level is None:
        return function(*map(host, stacks))
    inner = [aligned(x, ndim) if x.__class__ is BatchedArray and x.level is level else x for x in stacks]
    found = of_stacks(function, *inner)
    return tuple([BatchedArray(x, level) for x in found]) if isinstance(found, tuple) else BatchedArray(found, level)


def _broadcast_to(x, shape):
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    return x._of(np.broadcast_to(aligned(x, max(len(shape), x.ndim)), (x.level.size, *shape)))


def _expand_dims(x, axis):
    axis %= x.ndim + 1
    return x[(*[slice(None)] * axis, None)]


def _moveaxis(x, source, destination):
    up = lambda axes: [a % x.ndim + 1 for a in (axes if isinstance(axes, tuple | list) else (axes,))]
    return x._of(np.moveaxis(x.physical, up(source), up(destination)))


def _may_share_memory(x, y):
    inner = [z.physical if z.__class__ is BatchedArray else z for z in (x, y)]
    return np.may_share_memory(*inner)


FUNCTIONS = {
    np.broadcast_to: _broadcast_to,
    np.expand_dims: _expand_dims,
    np.moveaxis: _moveaxis,
    np.may_share_memory: _may_share_memory,
    np.ravel: lambda x: x.reshape(-1),
    np.empty_like: lambda x, dtype=None: x.new_like(dtype),
    np.copyto: lambda out, x: launch(kernels.copy, out, x),
}


def of_batch(x):
    """The array x as one of the batches that are mapped over: a copy of it for each element."""
    if not active.levels:
        return x
    out = arrays.empty(x.shape, x.dtype, x)
    launch(kernels.copy, out, x)
    return out


def new(shape, dtype):
    """A new array on the CPU, of the batches that are mapped over."""
    levels = active.levels
    out = memory.empty((*[level.size for level in levels], *shape), dtype)
    for level in levels:
        out = BatchedArray(out, level)
    return out


def new_like(array, dtype=None):
    """A new array on the CPU in the shape of another, of the batches that are mapped over."""
    return new(array.shape, dtype or array.dtype) if active.levels else memory.empty_like(array, dtype)


def new_on(like, shape, dtype):
    """A new array on the device of `like`, of the batches that are mapped over."""
    levels = () if like.__class__ is BatchedArray else active.levels
    out = like.new((*[level.size for level in levels], *shape), dtype)
    for level in levels:
        out = BatchedArray(out, level)
    return out


def new_like_on(like, dtype=None):
    """A new array in the shape of one on a device, of the batches that are mapped over."""
    if active.levels and like.__class__ is not BatchedArray:
        return new_on(like, like.shape, dtype or like.dtype)
    return like.new_like(dtype)


def on_device(x, like):
    """A copy of an array of the host's, or one of a batch there, on the device of `like`."""
    if x.__class__ is BatchedArray:
        return BatchedArray(on_device(x.physical, like), x.level)
    return like.put(x)
