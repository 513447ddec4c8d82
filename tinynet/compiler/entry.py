"""What was so when a function was called: a program may run while the same is so."""

import inspect

from .. import capture, devices, dtypes
from ..autograd.mode import mode
from ..convert import HoldsArray
from ..trees import flatten
from .gradients import Gradients
from .recorder import ref_of
from .world import World, value_key


class Entry:
    """What was so when a function was called: shapes of arguments, its world, modes, which gradients there were."""

    def __init__(self, function, key, leaves):
        self.key, self.modes, self.structure = key, modes(), capture.structure
        self.world = World(function, leaves)
        self.grads = Gradients(self.world.leaves)

    def admits(self, key):
        """Whether the same holds now."""
        return (
            key == self.key
            and self.structure == capture.structure
            and modes() == self.modes
            and self.world.is_same()
            and self.grads.are_same()
        )

    def equals(self, other):
        """The same, for one that was found just now."""
        return (
            self.key == other.key
            and self.structure == other.structure
            and self.modes == other.modes
            and self.world.equals(other.world)
            and self.grads.equal(other.grads)
        )

    def tensors(self):
        """The tensors that the function can reach."""
        return [x for _, x in self.world.tensors]

    def known(self):
        """The Refs of all memory of tensors that the function can reach."""
        grads = [leaf.grad.array for leaf in self.world.leaves if leaf.grad is not None]
        homes = [leaf.home.array for leaf in self.world.leaves if leaf.home is not None]
        return [*map(ref_of, (*self.world.arrays, *grads, *homes)), *self.world.watched]


def modes():
    return mode.enabled, dtypes.default, devices.of_thread.default


def flattened(args, kwargs):
    """The leaves of the arguments, and their structure: None for tensors by position, which costs little to see."""
    if not kwargs:
        for x in args:
            if not isinstance(x, HoldsArray):
                break
        else:
            return args, None
    return flatten((args, kwargs))


def key_of(leaves, structure):
    """What of the arguments decides which program is run.

    Shapes, strides and dtypes of tensors, and which are the same; all else by value.
    """
    arrays = [id(x.array) for x in leaves if isinstance(x, HoldsArray)]
    same = len(set(arrays)) < len(arrays) and tuple(map(arrays.index, arrays))
    return (
        structure,
        same,
        tuple(
            [
                (x.array.shape, x.array.strides, x.array.dtype, x.array.__class__, x._edge is not None)
                if isinstance(x, HoldsArray)
                else value_key(x)
                for x in leaves
            ]
        ),
    )


def argument_names(function, args, kwargs):
    """A name for each tensor among the arguments: the parameter's, with a number where it holds several."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        parameters = []
    parameters += [f"argument_{k}" for k in range(len(parameters), len(args))]
    names = []
    for name, value in (*zip(parameters, args), *kwargs.items()):
        tensors = [x for x in flatten(value)[0] if isinstance(x, HoldsArray)]
        names += [name if len(tensors) == 1 else f"{name}_{k}" for k in range(len(tensors))]
    return names
