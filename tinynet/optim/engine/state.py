"""`optimizer.state`: what an optimizer remembers of each parameter, to be read and written as PyTorch's."""

from collections.abc import MutableMapping

import numpy as np

from ...errors import DTypeError, ShapeError
from ...kernels.filled import store
from ...tensor import wrap
from .hyperparameters import real, real_array, whole


class States(MutableMapping):
    """{parameter: its state} of an optimizer whose state lies in arenas.

    As in PyTorch, a key that is not there gets an empty state when it is asked for. What a rule knows nothing of is
    kept in a dict beside the arenas.
    """

    def __init__(self, optimizer):
        self._optimizer = optimizer

    def __getitem__(self, key):
        found = self._optimizer.location_of(key)
        return self._optimizer.more_state[key] if found is None else ParameterState(self._optimizer, key, *found)

    def __setitem__(self, key, entry):
        state = self[key]
        if state is not entry:
            entry = dict(entry)
            state.clear()
            state.update(entry)

    def __delitem__(self, key):
        if key not in self:
            raise KeyError(key)
        self[key].clear()
        self._optimizer.more_state.pop(key, None)

    def __contains__(self, key):
        found = self._optimizer.location_of(key)
        return bool(found and found[1].steps[found[2]]) or key in self._optimizer.more_state

    def __iter__(self):
        ps = [p for group in self._optimizer.param_groups for p in group["params"]]
        yield from (p for p in ps if p in self)
        yield from (key for key in list(self._optimizer.more_state) if self._optimizer.location_of(key) is None)

    def __len__(self):
        return sum(1 for _ in self)

    def __repr__(self):
        return repr(dict(self))


class ParameterState(MutableMapping):
    """The state of one parameter: its step, numbers, and tensors that are views into an arena.

    What is assigned to one of them is copied. Before the first step there is none.
    """

    def __init__(self, optimizer, parameter, group, arena, i):
        self._optimizer, self._parameter, self._group, self._arena, self._i = optimizer, parameter, group, arena, i

    def _shapes(self):
        return self._optimizer.state_shapes(self._group, self._parameter)

    def _known(self):
        """The names that the optimizer itself uses, of which there are values after the first step."""
        return ["step", *self._arena.numbers, *self._shapes()]

    def __getitem__(self, name):
        arena, i = self._arena, self._i
        if arena.steps[i]:
            if name == "step":
                return arena.steps[i]
            if name in arena.numbers:
                return arena.numbers[name][i]
            shapes = self._shapes()
            if name in shapes:
                return wrap(arena.state_view(name, i, shapes[name]))
        return self._optimizer.more_state.get(self._parameter, {})[name]

    def __setitem__(self, name, value):
        where, arena, i = f"{type(self._optimizer).__name__}: state", self._arena, self._i
        shapes = self._shapes()
        if name == "step":
            arena.steps[i] = whole(where, name, value)
        elif name in arena.numbers:
            arena.numbers[name][i] = real(where, name, value)
        elif name in shapes:
            array = real_array(where, name, value)
            if array.shape != shapes[name]:
                raise ShapeError(f"{where}: expected {name} of shape {shapes[name]}, got {array.shape}")
            view = arena.state_view(name, i, shapes[name])
            if not np.can_cast(array.dtype, view.dtype, "same_kind"):
                raise DTypeError(f"{where}: expected {name} of {view.dtype}, got {array.dtype}")
            store(view, array.astype(view.dtype, copy=False))
        else:
            self._optimizer.more_state[self._parameter][name] = value
            return
        if name != "step" and not arena.steps[i]:
            arena.steps[i] = 1

    def __delitem__(self, name):
        more = self._optimizer.more_state.get(self._parameter, {})
        if name not in more and name in self:
            raise TypeError(f"{name!r} cannot be deleted alone: clear() sets the whole state back to the first step")
        del more[name]

    def __iter__(self):
        if self._arena.steps[self._i]:
            yield from self._known()
        yield from list(self._optimizer.more_state.get(self._parameter, ()))

    def __len__(self):
        return sum(1 for _ in self)

    def clear(self):
        """Back to before the first step."""
        self._arena.forget(self._i)
        self._optimizer.more_state.pop(self._parameter, None)

    def __repr__(self):
        return repr(dict(self))
