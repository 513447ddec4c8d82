"""The recorder: what one call of a function does, seen at the launch.

Every kernel that runs is noted with its arguments: numbers as they are, arrays as stretches of memory, `Ref`, since an
array object comes and goes while what matters is where it lies. All memory that a launch touches is kept until the
trace has been read, so that no address means two things.
"""

import contextlib
import functools
import threading
import types
from typing import NamedTuple

import numpy as np

from .. import capture
from ..autograd.mode import module_paths
from ..errors import CaptureError
from ..kernels import reference
from ..kernels.arrays import DeviceArray
from ..kernels.kernel import In, Out, Scalar, flat
from ..kernels.launch import observe, observer, run, unobserved
from ..kernels.runtime.arguments import address, reach
from ..origin import origin
from .host import asked, unasked
from .lowering import HOST, replay_of, watched, with_copies

FUNCTIONS = types.FunctionType, types.MethodType, functools.partial


class Ref(NamedTuple):
    """An array as a place in memory: `start` and `stop` bound its elements, of which the first lies at `address`."""

    start: int
    stop: int
    address: int
    shape: tuple
    strides: tuple
    dtype: np.dtype
    device: str = "cpu"

    @property
    def shift(self):
        """Bytes from the start of the memory to the first element; not 0 where a stride is negative."""
        return self.address - self.start


def ref_of(array):
    """The Ref of an array."""
    there = isinstance(array, DeviceArray)
    start, (low, high) = array.pointer if there else address(array), reach(array)
    device = array.device if there else "cpu"
    return Ref(start + low, start + high, start, array.shape, array.strides, array.dtype, device)


def owner_of(array):
    """What keeps the memory of an array: the array at the end of its bases, or what that refers to."""
    if isinstance(array, DeviceArray):
        return array.owner
    while array.base is not None:
        array = array.base
        if not isinstance(array, np.ndarray):
            break
    return array


def draw_of(events, names, arguments):
    """The number of the Draw from which a launch has its numbers, or None."""
    if "counter" not in names or len(arguments) <= names.index("counter"):
        return None
    first = arguments[names.index("counter")]
    return next((k for k, e in enumerate(events) if isinstance(e, Draw) and e.blocks and e.first == first), None)


class Launch(NamedTuple):
    """A launch: its kernel, the arguments, the plans that are all of it or None, its host call, and its Origin."""

    kernel: object
    arguments: tuple
    runs: list
    call: int  # the number of the host call that it belongs to, or −1
    origin: NamedTuple
    replay: object  # of the device on which it runs


class HostCall(NamedTuple):
    """A call of a method whose Python runs at every step, and the state of the gradients when it was made."""

    method: object
    args: tuple
    kwargs: dict
    grads: list
    first: int  # the number of its first launch, if it makes any
    after: list  # functions that read what its launches compute; they hold the arrays in which that lies


class Draw(NamedTuple):
    """Blocks taken from a random stream."""

    generator: object
    first: int
    blocks: int


class Recorder:
    """Observes a call in one thread.

    `grads()` is the state of the gradients that it may change, `known` the (start, stop) of all memory of tensors that
    it can reach. With `fallback` what cannot be captured is no error, but `refused`, and the call goes on.
    """

    def __init__(self, name, grads, known, fallback=False):
        self.name, self.grads, self.known = name, grads, known
        self.fallback, self.refused = fallback, None
        self.launches, self.events = [], []  # events: Draws and HostCalls, in their order
        self.owners = {}  # id: what keeps memory that a launch has touched
        self.constants = {}  # Ref of an array that came without a launch: its values when it was first read
        self.written = []  # (start, stop) of what has been written so far
        self.devices = {}  # name: an array there, which makes others
        self.call, self.thread = -1, threading.get_ident()
        self.run = run  # what runs a launch, and shows it to who watched before
        self.may_read = False  # whether a function runs that will run again, after the launches of its host call

    @contextlib.contextmanager
    def recording(self):
        """In the block every launch, host call, draw and read of this thread is noted."""
        self.run = observer() or run
        with module_paths(), capture.watched_by(self) as outer:
            if outer is not None:
                raise CaptureError(f"{self.name}: a compiled function cannot be captured inside another")
            with observe(self, self.thread), watched(), np.errstate(all="ignore"), asked(self.asks):
                yield

    # Launches

    def __call__(self, kernel, arguments):
        """The observer of launches."""
        with unasked():
            self._note(kernel, arguments)

    def _note(self, kernel, arguments):
        arrays = [x for x in flat(arguments) if isinstance(x, np.ndarray | DeviceArray)]
        if self.refused is not None:
            return self.run(kernel, arguments)
        described = tuple(map(describe, arguments))
        for x in arrays:
            self.keep(x)
            if isinstance(x, DeviceArray) and x.device not in self.devices:
                self.devices[x.device] = x.new((0,), x.dtype)
        read_here = set(read(kernel, described))
        for x in arrays:
            ref = ref_of(x)
            if ref in read_here and not self.is_known(ref):
                self.constants.setdefault(ref, values_of(x))
        replay = replay_of(arguments)
        if kernel.writes:
            changing = self.changing(kernel, arguments)
            runs = replay.lower(kernel, arguments, changing, self.run)
            if runs is None and self.call < 0 and replay is HOST:
                copied = with_copies(kernel, arguments, changing)
                if copied is not None:
                    copies, arguments, runs = copied
                    for x, y in copies:
                        self(reference.copy, (y, x))
                    described, arrays = tuple(map(describe, arguments)), [*arrays, *[y for _, y in copies]]
        else:
            runs = replay.lower_check(kernel, arguments, self.run)
        if runs is not None:
            runs = [run._replace(arguments=[_private(x, arrays) for x in run.arguments]) for run in runs]
        self.written += [(ref.start, ref.stop) for ref in written(kernel, described)]
        self.launches.append(Launch(kernel, described, runs, self.call, origin(2), replay))

    def changing(self, kernel, arguments):
        """The places of arguments that are other numbers at the next step: an optimizer's, and of random streams."""
        if self.call >= 0:
            return [i for i, x in enumerate(arguments) if may_change(kernel, i, x)]
        names = list(kernel.parameters)
        if draw_of(self.events, names, arguments) is not None:
            return [names.index("seed"), names.index("counter")]
        return []

    def keep(self, array):
        """Keep the memory of an array for as long as the trace is read."""
        owner = owner_of(array)
        self.owners[id(owner)] = owner

    def is_known(self, ref):
        """Whether an array lies in memory that was there before, or that a launch has written."""
        return any(start < ref.stop and ref.start < stop for start, stop in (*self.known, *self.written))

    # The host

    def mine(self):
        """Whether it is the thread that is watched which comes by, and not another that happens to compute."""
        return threading.get_ident() == self.thread

    def calls(self, method, args, kwargs, hooked=False):
        """A host call: its launches are marked as its own. One with hooks, which no program calls, is refused."""
        if not self.mine() or self.call >= 0:
            return method(*args, **kwargs)
        if kwargs.get("closure") is not None or any(isinstance(x, FUNCTIONS) for x in args[1:]):
            self.refuse(f"gives {type(args[0]).__name__}.{method.__name__} a closure, which computes the loss anew")
        if hooked:
            self.refuse(f"calls {type(args[0]).__name__}.{method.__name__}, which has hooks")
        self.call = len(self.events)
        self.events.append(HostCall(method, args, kwargs, self.grads(), len(self.launches), []))
        try:
            return method(*args, **kwargs)
        finally:
            self.call = -1

    def reads_after(self, function):
        """A function of the running host call that reads what this has launched."""
        if not self.mine() or self.call < 0:
            return function()
        self.events[self.call].after.append(function)
        self.may_read = True
        try:
            function()
        finally:
            self.may_read = False

    def draws_from(self, generator, first, blocks):
        """Blocks taken from a random stream; what a host call takes, it will take again itself."""
        if self.mine() and self.call < 0:
            self.events.append(Draw(generator, first, blocks))

    def asks(self, what):
        """A function that asks the machine for something."""
        self.refuse(f"calls {what}, whose answer may be another each time; pass it")

    def seeds(self):
        """A random stream that is set to another place."""
        if self.mine():
            self.refuse("seeds a random stream")

    def sets(self, what):
        """A number that is set outside a host call, which no program would set again."""
        if self.mine() and self.call < 0:
            self.refuse(f"sets {what}")

    def reads(self, array):
        """A value read on the host: what depends on it the program could not follow."""
        if not self.mine() or self.may_read or not isinstance(array, np.ndarray | DeviceArray):
            return
        ref = ref_of(array)
        if not self.is_known(ref):
            return  # it was made of Python's numbers, and depends on no tensor
        if self.call >= 0 and not any(start < ref.stop and ref.start < stop for start, stop in self.written):
            return  # a count of its own, say, as it was before the step
        self.refuse("reads the value of a tensor, as by item(), print, bool or an operation that looks at numbers")

    def converts(self, array):
        """A NumPy array that becomes a tensor: its numbers may be others the next time."""
        if self.mine() and isinstance(array, np.ndarray) and array.ndim:
            self.refuse("makes a tensor of a NumPy array, whose numbers would stay what they are; pass it as a tensor")

    def refuse(self, what):
        """Raise the CaptureError for what the running line of the user's code does, or keep it for a `fallback`."""
        where = origin(2)
        at = f" at {where.place}" if where.place else ""
        error = CaptureError(
            f"{self.name}{at}: {what}; a compiled step cannot: move the line out of it, or compile with fallback=True"
        )
        if not self.fallback:
            raise error
        self.refused = self.refused or error


def _private(x, arrays):
    """An argument of a plan: a Ref if it lies in an array of the launch, an array itself if the plans alone have it."""
    if x.__class__ is tuple:
        return tuple([_private(y, arrays) for y in x])
    if isinstance(x, np.ndarray | DeviceArray) and any(np.may_share_memory(x, y) for y in arrays):
        return ref_of(x)
    return x


def values_of(x):
    """The values of an array as they are, as one of NumPy's, of which no observer is told."""
    if not isinstance(x, DeviceArray):
        return x.copy()
    with unobserved():
        return x.get()


def may_change(kernel, i, x):
    """Whether x, argument i of a host call's launch, may be another number at the next step."""
    return isinstance(x, int | float) and kernel.argument(i)[1] in (Scalar, In)


def describe(x):
    """An argument with Refs in the place of arrays."""
    if isinstance(x, np.ndarray | DeviceArray):
        return ref_of(x)
    if x.__class__ is tuple:
        return tuple(map(describe, x))
    return x


def refs(x):
    """The Refs in a described argument."""
    if isinstance(x, Ref):
        yield x
    elif x.__class__ is tuple:
        for part in x:
            yield from refs(part)


def written(kernel, described):
    """The Refs of what a launch writes."""
    return [ref for x in described[: kernel.writes] for ref in refs(x)]


def read(kernel, described):
    """The Refs of what a launch reads, of its structure too."""
    return [ref for i, x in enumerate(described) if kernel.argument(i)[1] is not Out for ref in refs(x)]
