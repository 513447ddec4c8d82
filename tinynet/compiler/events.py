"""What a program does on the host before it runs: it takes random numbers, and calls methods of optimizers."""

import threading
import weakref

import numpy as np

from .. import capture
from ..kernels.arrays import DeviceArray
from ..kernels.launch import observe, run
from ..tensor import wrap
from .gradients import KEPT, set_state
from .recorder import Ref, ref_of
from .trace import Kind


class Stream:
    """Blocks that a program takes from a random stream at each run."""

    def __init__(self, draw):
        self.generator, self.blocks, self.targets = draw.generator, draw.blocks, []

    def make(self, leaves):
        """Take them, and tell the launches which they are."""
        seed, first = self.generator.reserve(self.blocks)
        for target, place, is_seed in self.targets:
            target[place] = seed if is_seed else first

    def finish(self):
        """Nothing is left to do after a run."""


class Call:
    """A host call of a program: its method is called at each run, and tells the program the numbers of its launches."""

    def __init__(self, program, number, call):
        self.method, self.args, self.kwargs, grads, *_ = call
        kept = [KEPT if program.is_kept(state) else state for state in grads]
        self.grads = [wrap(program.memory.array(state)) if isinstance(state, Ref) else state for state in kept]
        numbered = [(k, x) for k, x in enumerate(program.trace.launches) if x.call == number]
        self.launches = [launch for _, launch in numbered]
        self.first = numbered[0][0] if numbered else 0
        self.targets, self.program, self.is_same = [], program, True  # (launch, argument, where its number goes)
        self.made = []  # (launch, argument, the program's array) of arrays that are still there after the step
        self.arrays = []  # for each launch: (argument, its Ref, whether it lies where it lay)
        self.seen = None  # for each launch: (argument, a weak reference to the array that was there last)
        for k, launch in enumerate(self.launches):
            found = []
            for i, x in enumerate(launch.arguments):
                if isinstance(x, Ref):
                    buffer = program.trace.buffer(x)
                    found.append((i, x, buffer is not None and buffer.kind is Kind.STATE))
                    if buffer is not None and buffer.kind is Kind.OUTPUT:
                        self.made.append((k, i, program.memory.array(x)))
            self.arrays.append(found)

    def bind(self, k, i, target, place):
        """Let the number that is argument i of launch k of the program go to a place."""
        self.targets.append((k - self.first, i, target, place))

    def make(self, leaves):
        """Call the method, and take the numbers of its launches."""
        self.found = found = []
        set_state(leaves, self.grads)
        with observe(lambda *launch: found.append(launch), threading.get_ident()), capture.postponing() as self.after:
            self.method(*self.args, **self.kwargs)
        self.is_same = self._agrees(found)
        if not self.is_same:
            self.program.is_same = False
            return
        for k, i, target, place in self.targets:
            target[place] = found[k][1][i]

    def _agrees(self, found):
        """Whether the launches are those that were captured, with the same memory where that outlives the step."""
        if len(found) != len(self.launches):
            return False
        if self.seen is not None and all(map(_is_as_seen, found, self.launches, self.seen)):
            return True
        for (kernel, arguments), launch, arrays in zip(found, self.launches, self.arrays):
            if kernel is not launch.kernel or len(arguments) != len(launch.arguments):
                return False
            for i, ref, lies_there in arrays:
                x = arguments[i]
                if (
                    not isinstance(x, np.ndarray | DeviceArray)
                    or x.shape != ref.shape
                    or (lies_there and ref_of(x) != ref)
                ):
                    return False
        self.seen = [
            [(i, weakref.ref(arguments[i]) if lies_there else None, ref.shape) for i, ref, lies_there in arrays]
            for (_, arguments), arrays in zip(found, self.arrays)
        ]
        return True

    def launch(self, observer=None):
        """Make the launches that the method has asked for, once, where they are not the program's."""
        for kernel, arguments in self.found:
            (observer or run)(kernel, arguments)
        self.found = []

    def finish(self):
        """Give the arrays that it has made what the program has computed for them, to those who read it."""
        if self.is_same:
            for k, i, array in self.made:
                self.found[k][1][i][...] = array
        for function in self.after:
            function()


def _is_as_seen(found, launch, seen):
    kernel, arguments = found
    if kernel is not launch.kernel or len(arguments) != len(launch.arguments):
        return False
    for i, array, shape in seen:
        if arguments[i] is not array() if array is not None else arguments[i].shape != shape:
            return False
    return True
