"""The leaf: the end of the graph at a tensor that the user made, where its gradient arrives."""


class Leaf:
    """Where gradients arrive: the end of the graph at a tensor that the user made."""

    __slots__ = ("arena", "grad", "home", "hooks", "seen")

    def __init__(self):
        self.grad = None
        self.home = None  # a view into an optimizer's arena, where the gradient is to lie
        self.arena = None  # a weak reference to that arena
        self.seen = False  # whether somebody outside may hold a gradient that lies at home
        self.hooks = None

    next_functions = ()

    def name(self):
        """What PyTorch calls the end of a graph."""
        return "torch::autograd::AccumulateGrad"

    def free_home(self):
        """Where the next gradient is to lie, or None if it shall have memory of its own.

        A gradient that somebody still holds is not overwritten.
        """
        if self.seen and self.home is not None:
            arena = self.arena()
            self.home = None if arena is None else arena.vacate(self)
            self.seen = False
        return self.home

    def leave_arena(self):
        """Forget the arena, as the values have moved elsewhere."""
        self.home = self.arena = None

    def zero_grad(self, set_to_none):
        """Forget the gradient, or fill it with zeros where it lies."""
        if set_to_none or self.grad is None:
            self.grad = None
        else:
            self.grad._edge = None  # as after `backward(create_graph=True)`
            self.grad.zero_()
