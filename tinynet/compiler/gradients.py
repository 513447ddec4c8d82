"""The gradients of a function's leaves: which there are, and where they lie, before, in and after a step.

A leaf has no gradient, or one at home, in the arena of its optimizer, or one elsewhere. A program writes to the homes
that the calls wrote to of which it was made. So it is valid while these are where they were, and nobody holds what lies
there.
"""

import weakref

from .recorder import Ref, ref_of

HOME = object()  # stands for a gradient that lies at home
KEPT = object()  # stands for one that a step leaves as it was


class Gradients:
    """The leaves of a function, the state of their gradients, and their homes.

    `overwrites` says that what lies at home at the beginning does not matter: then nobody must hold it. So no tensor is
    held here either, but referred to weakly.
    """

    overwrites = False
    fixed = ()  # numbers of leaves whose gradients lie elsewhere, and are used where they lie

    def __init__(self, leaves):
        self.leaves, self.state = leaves, state_of(leaves)
        self.places = _places(leaves)
        self._homes = [_reference(leaf.home) for leaf in leaves]
        self._grads = [_reference(leaf.grad) for leaf in leaves]

    def are_same(self):
        """Whether all is as it was; homes that somebody may have seen are asked for anew."""
        for leaf, state, grad, home in zip(self.leaves, self.state, self._grads, self._homes):
            if (
                leaf.seen
                or leaf.grad is not grad()
                or leaf.home is not home()
                or (leaf.grad is None) != (state is None)
            ):
                return self._are_at_home()
        return True

    def _are_at_home(self):
        now = state_of(self.leaves)
        if kinds(now) != kinds(self.state) or any(now[k] != self.state[k] for k in self.fixed):
            return False
        for leaf, state in zip(self.leaves, self.state):
            if leaf.seen and (state is None or (state is HOME and self.overwrites)):
                leaf.grad = None  # a reference of ours would be taken for one of somebody who holds it
                leaf.free_home()
                leaf.grad = None if state is None else leaf.home
        if _places(self.leaves) != self.places:
            return False
        self.refresh()
        return True

    def refresh(self):
        """Look anew where the gradients are, if they are in the same state."""
        if kinds(state_of(self.leaves)) == kinds(self.state):
            self.__init__(self.leaves)

    def equal(self, other):
        """Whether other Gradients, of the same leaves, were in the same state, with the same homes."""
        mine, theirs = (self.leaves, kinds(self.state)), (other.leaves, kinds(other.state))
        same = mine == theirs and self.places == other.places
        return same and all(self.state[k] == other.state[k] for k in self.fixed)


def _places(leaves):
    return [None if leaf.home is None else ref_of(leaf.home.array) for leaf in leaves]


def _nothing():
    return None


def _reference(x):
    return _nothing if x is None else weakref.ref(x)


def state_of(leaves):
    """None, HOME, or the Ref of a gradient that lies elsewhere, for each leaf."""
    return [
        None if leaf.grad is None else HOME if leaf.grad is leaf.home else ref_of(leaf.grad.array) for leaf in leaves
    ]


def kinds(state):
    """The state without the places of gradients that lie elsewhere: each step may make them anew."""
    return [Ref if isinstance(grad, Ref) else grad for grad in state]


def set_state(leaves, state):
    """Give each leaf the gradient that the state says, with tensors in the place of Refs."""
    for leaf, grad in zip(leaves, state):
        if grad is not KEPT:
            leaf.grad = leaf.home if grad is HOME else grad
