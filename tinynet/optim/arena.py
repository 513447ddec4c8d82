"""The arena: parameters that are updated together lie together, in one buffer; so do their gradients and their state.

A parameter's array becomes a view into `values`, and its gradient is accumulated straight into a view of `grads`.
However many tensors a model has, a step is then one kernel over one array, and clipping, saving or exchanging
gradients are one operation.
"""

import numpy as np

from ..errors import DTypeError
from ..kernels import cpu as kernels
from ..kernels.launch import launch
from ..tensor import Leaf, Tensor, count_write

# Every parameter starts on a cache line of its own (16 float32). The gaps hold zeros, which updates leave alone.
ALIGN = 16


class Arena:
    """The values, gradients and optimizer state of some parameters of one dtype.

    `steps` counts for each parameter the updates it has had; a parameter without a gradient is left out of one.
    """

    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.dtype = self.parameters[0].array.dtype
        sizes = [-(-p.array.size // ALIGN) * ALIGN for p in self.parameters]
        self.starts = [0, *np.cumsum(sizes[:-1]).tolist()]
        self.stops = [a + n for a, n in zip(self.starts, sizes)]
        total = self.stops[-1]
        self.values, self.grads = np.zeros(total, self.dtype), np.zeros(total, self.dtype)
        self.state = {}
        self.steps = [0] * len(self.parameters)
        self.leaves = [_leaf(p) for p in self.parameters]
        self.counters = [p.write_counter() for p in self.parameters]
        self.homes = [Tensor(self.view(self.grads, i)) for i in range(len(self.parameters))]
        for i in range(len(self.parameters)):
            self._move_in(i)

    def view(self, buffer, i):
        """The part of a buffer that belongs to parameter i, in its shape."""
        p = self.parameters[i].array
        return buffer[self.starts[i] : self.starts[i] + p.size].reshape(p.shape)

    def buffer(self, name):
        """The state called `name`, of zeros when it is asked for first."""
        if name not in self.state:
            self.state[name] = np.zeros_like(self.values)
        return self.state[name]

    def _move_in(self, i):
        p, leaf, home = self.parameters[i], self.leaves[i], self.homes[i]
        if p.array.dtype != self.dtype:
            raise DTypeError(f"parameter {i} was of {self.dtype} when its optimizer was made and is now of {p.dtype}")
        view = self.view(self.values, i)
        launch(kernels.copy, view, p.array)
        p.array, leaf.home = view, home
        if leaf.grad is not None:
            launch(kernels.copy, home.array, leaf.grad.array)
            leaf.grad = home

    def ready(self):
        """The spans (start, stop, step) to update: runs of parameters that have a gradient and equal step counts.

        Gradients that lie elsewhere are brought in. In the usual case there is one span, the whole arena.
        """
        complete = True
        for i, (leaf, home) in enumerate(zip(self.leaves, self.homes)):
            if leaf.grad is home:
                continue
            if leaf.grad is None:
                complete = False
            elif leaf.home is home:  # the user, or a graph of gradients, put another tensor there
                launch(kernels.copy, home.array, leaf.grad.array)
            else:  # the parameter has moved since: into another optimizer, or to another dtype
                self._move_in(i)
        steps = self.steps
        if complete and steps.count(steps[0]) == len(steps):
            self.steps = [steps[0] + 1] * len(steps)
            return [(0, self.values.size, self.steps[0])]
        spans = []
        for i, leaf in enumerate(self.leaves):
            if leaf.grad is None:
                continue
            steps[i] += 1
            if spans and spans[-1][1] == self.starts[i] and spans[-1][2] == steps[i]:
                spans[-1] = (spans[-1][0], self.stops[i], steps[i])
            else:
                spans.append((self.starts[i], self.stops[i], steps[i]))
        return spans

    def mark_written(self):
        """Note the update, so that a graph recorded before it cannot be walked with the new values."""
        now = count_write()
        for counter in self.counters:
            counter[0] = now

    def zero_grad(self):
        """Forget the gradients; no memory is written, the next gradient overwrites."""
        for leaf in self.leaves:
            leaf.grad = None


def _leaf(p):
    if p._leaf is None:
        p._leaf = Leaf()
    return p._leaf
