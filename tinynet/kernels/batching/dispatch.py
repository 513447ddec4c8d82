"""The launch of a kernel on arrays of a batch: by a rule of the kernel's, or else element by element.

A rule (`rules.py`) launches kernels on the physical arrays, with new arrays those of the level around. So levels inside
one another are taken off one at a time, and what runs at last is an ordinary launch.
"""

import threading

import numpy as np

from ... import random as streams
from .. import arrays
from .. import reference as kernels
from ..arrays import DeviceArray
from ..kernel import InOut, flat
from ..launch import launch, set_batching
from .array import (
    BatchedArray,
    NeedsLoop,
    active,
    aligned,
    base_of,
    innermost,
    inside,
    new,
    new_like,
    new_like_on,
    new_on,
    on_device,
)  # fmt: skip

RULES = {}  # the name of a kernel: a function (call) that runs it for a whole batch, or returns False if it cannot
FOR_EACH = set()  # kernels that are run for a batch even if all they read is the same for all of it, such as draws


def rule(*names, for_each=False):
    """Let the decorated function be the rule of these kernels."""

    def enter(function):
        RULES.update(dict.fromkeys(names, function))
        FOR_EACH.update(names if for_each else ())
        return function

    return enter


class Call:
    """A launch at a level: its arguments, and which of them are arrays of the batch."""

    def __init__(self, kernel, arguments, level):
        self.kernel, self.arguments, self.level, self.size = kernel, arguments, level, level.size

    def is_batched(self, x):
        return x.__class__ is BatchedArray and x.level is self.level

    def physical(self, i, ndim=None):
        """Argument i as it goes into a broadcasting kernel on physical arrays of `ndim` + 1 dimensions."""
        x = self.arguments[i]
        return aligned(x, x.ndim if ndim is None else ndim) if self.is_batched(x) else x

    def whole(self, x):
        """The physical array of x, which is repeated for each element of the batch if it is not one of it."""
        if self.is_batched(x):
            return x.physical
        return np.broadcast_to(x, (self.size, *x.shape)) if isinstance(x, np.ndarray | DeviceArray) else x

    def copied(self, x):
        """The same, in memory of its own, in order."""
        x = self.whole(x)
        if not isinstance(x, np.ndarray | DeviceArray) or x.flags.c_contiguous:
            return x
        out = arrays.empty(x.shape, x.dtype, x)
        launch(kernels.copy, out, x)
        return out

    def launch(self, *arguments):
        launch(self.kernel, *arguments)


def dispatch(kernel, arguments, run):
    """Run `kernel` by `run`, or if it has arrays of a batch, by its rule."""
    level = innermost(flat(arguments)) if tuple in map(type, arguments) else innermost(arguments)
    if level is None:
        if active.levels and kernel.name in RANDOM:
            _check_same_draw()
        return run(kernel, arguments)
    call = Call(kernel, _together(kernel, arguments), level)
    _check_written(call)
    with inside(tuple([other for other in active.levels if other is not level])):
        if kernel.name in FOR_EACH or not once(call):
            found = RULES.get(kernel.name)
            if found is None or found(call) is False:
                each(call)
    return None


def _together(kernel, arguments):
    """The arguments, with numbers of a batch that lie on the host beside arrays of a device copied to it."""
    inputs = arguments[kernel.writes :]
    device = next((b for b in map(base_of, inputs) if isinstance(b, DeviceArray)), None)
    if device is None:
        return arguments
    return (*arguments[: kernel.writes], *[_number_on(x, device) for x in inputs])


def _number_on(x, device):
    if x.__class__ is BatchedArray and x.ndim == 0 and base_of(x).__class__ is np.ndarray:
        return on_device(x, device)
    return x


RANDOM = {"bits", "uniform", "normal", "bernoulli"}


def _check_same_draw():
    """A draw into an array that is the same for the whole batch."""
    for level in active.levels:
        if level.randomness == "different":
            raise NeedsLoop(level)


def _check_written(call):
    reads = [x for x in flat(call.arguments[call.kernel.writes :]) if call.is_batched(x)]
    for x in flat(call.arguments[: call.kernel.writes]):
        if x is None or call.is_batched(x):
            continue
        if reads or any(call.is_batched(y) for y in call.arguments[: call.kernel.writes]):
            if x.__class__ is not np.ndarray and x.__class__ is not BatchedArray:
                raise NeedsLoop(call.level)
            raise RuntimeError(
                "vmap: a tensor that is the same for the whole batch cannot be changed in place by values that differ "
                "from element to element; make it inside the function, or give it to vmap with its own dimension"
            )


def each(call):
    """The kernel for one element of the batch after another."""
    take = lambda x, b: x.physical[b, ...] if call.is_batched(x) else x
    for b in range(call.size):
        call.launch(*[tuple(take(y, b) for y in x) if x.__class__ is tuple else take(x, b) for x in call.arguments])


def once(call):
    """The kernel for the whole batch, which reads nothing that differs; each element gets a copy. Whether it did."""
    roles = list(call.kernel.parameters.values())
    if call.size == 0 or any(call.is_batched(x) for x in flat(call.arguments[call.kernel.writes :])) or InOut in roles:
        return False
    outs = call.arguments[: call.kernel.writes]
    alone = [None if out is None else arrays.empty_like(out.physical[:1])[0, ...] for out in outs]
    call.launch(*alone, *call.arguments[call.kernel.writes :])
    for out, one in zip(outs, alone):
        if out is not None:
            launch(kernels.copy, out.physical, one)
    return True


_living = set()  # batches that are mapped over, and past ones of which there are arrays, by their ids
_lock = threading.RLock()  # since a batch may end wherever Python collects garbage, in `begin` too


def begin(level):
    """A batch begins: from now on arrays may be those of a batch."""
    with _lock:
        _living.add(id(level))
        arrays.set_memory(new, new_like, new_on, new_like_on)
        _switch(dispatch, _for_all)


def end(level):
    """A batch, and all of its arrays, are gone; without batches launches cost what they did."""
    with _lock:
        _living.discard(id(level))
        if not _living:
            arrays.set_memory()
            _switch(None, None)


def _switch(batching, spread):
    set_batching(batching)
    streams.spread = spread


DRAWN = 'vmap: a random draw; randomness="different" draws for each element, and "same" once for all'


def _for_all(blocks):
    """How many blocks of the random stream a draw takes for all elements of the batches that are mapped over."""
    for level in active.levels:
        if level.randomness == "error":
            raise RuntimeError(DRAWN)
        blocks *= level.size if level.randomness == "different" else 1
    return blocks
