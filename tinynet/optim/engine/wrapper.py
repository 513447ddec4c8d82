"""What an optimizer around another one has in common with it."""

from .optimizer import Optimizer


class Wrapper(Optimizer):
    """An optimizer around another one, whose groups, state and arenas are its own."""

    def __init__(self, optimizer):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{self._name}: expected an optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer

    defaults = property(lambda self: self.optimizer.defaults)
    param_groups = property(lambda self: self.optimizer.param_groups)
    grad_norm = property(lambda self: self.optimizer.grad_norm)
    state = property(lambda self: self.optimizer.state)
    _arenas = property(lambda self: self.optimizer._arenas)
    _steps_begun = property(lambda self: self.optimizer._steps_begun)

    def add_param_group(self, param_group):
        self.optimizer.add_param_group(param_group)

    def _all_arenas(self):
        return self.optimizer._all_arenas()

    def state_dict(self):
        return self.optimizer.state_dict()

    def prepare_to_load(self, state_dict):
        return self.optimizer.prepare_to_load(state_dict)

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_hooks"}

    def __setstate__(self, state):
        self.__dict__.update(state)

    def __repr__(self):
        return f"{self._name}({self.optimizer!r})"
