"""What an optimizer remembers, and how it is saved, loaded, copied and pickled."""

import copy
from collections import defaultdict
from types import MappingProxyType

import numpy as np

from ...errors import ShapeError
from ...kernels.filled import copied, store
from ...tensor import Tensor, wrap
from .group import Group, is_scheduled
from .hooks import Hooked
from .hyperparameters import constructor_defaults, mapping, real, real_array, whole
from .state import States


class Saved(Hooked):
    """The part of `Optimizer` about its state."""

    numbers = MappingProxyType({})  # name: first value, of numbers that each parameter has in its state

    @property
    def state(self):
        """For each parameter that has been updated its state by name, as views into the arena, and its step count.

        An optimizer with a `step` of its own keeps here what it likes: `self.state[p]["average"] = ...`.
        """
        return States(self) if self._has_rule else self.more_state

    @state.setter
    def state(self, state):
        if self._has_rule:
            state = {key: dict(entry) for key, entry in state.items()}
            mine = States(self)
            mine.clear()
            mine.update(state)
        else:
            self.more_state = state

    def location_of(self, p):
        """(group, arena, number in it) of a parameter, or None."""
        if self._locations is None:
            self._locations = {
                p: (group, arena, i)
                for group, arenas in zip(self.param_groups, self._arenas)
                for arena in arenas
                for i, p in enumerate(arena.parameters)
            }
        return self._locations.get(p)

    def state_shapes(self, group, p):
        """The state of a parameter: {name: shape}, all of its own shape unless a rule says otherwise."""
        return dict.fromkeys(self.rule(group).state, p.shape)

    def state_dict(self):
        """All that a later `load_state_dict` needs: the state by the parameter's number, and the groups."""
        numbers = self._numbers()
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        state = self.state
        entries = {n: _copied(state[p]) for p, n in numbers.items() if p in state}
        more = {k: _copied(v) for k, v in state.items() if k not in numbers and not isinstance(k, Tensor)}
        return {"state": {**entries, **more}, "param_groups": groups, **self.schedule_state()}

    def _numbers(self):
        return {p: n for n, p in enumerate(p for g in self.param_groups for p in g["params"])}

    def load_state_dict(self, state_dict):
        """Continue from a `state_dict()`, or one of PyTorch's. Everything is checked first; after an error nothing
        has changed.

        Raises: ValueError for the state of another optimizer, of other parameters or of other schedules, ShapeError
        for other shapes, TypeError for what is no state. To go on with another schedule, assign it to the group after
        loading.
        """
        self.prepare_to_load(state_dict)()

    def prepare_to_load(self, state_dict):
        """Check a state dict; returns a function that takes it over and cannot fail."""
        state, saved = self._parts_of(state_dict)
        groups = self._checked_groups(saved)
        by_number = {
            n: (p, group) for group, other in zip(groups, saved) for n, p in zip(other["params"], group["params"])
        }
        entries, more = {}, {}
        for key, entry in self._by_number(state, by_number):
            if key in by_number:
                p, group = by_number[key]
                entries[p] = self._checked_entry(key, entry, group, p)
            else:
                more[key] = copy.deepcopy(entry)
        t = self._checked_steps(state_dict, groups, [step for step, *_ in entries.values()])

        def load():
            self.load_groups(groups, t)
            self.more_state = defaultdict(dict, more)
            for arena in self._all_arenas():
                arena.state.clear()
                arena.shaped.clear()
                for i, p in enumerate(arena.parameters):
                    arena.forget(i)
                    step, numbers, arrays, others = entries.get(p, (0, {}, {}, {}))
                    arena.steps[i] = step
                    for name, value in numbers.items():
                        arena.numbers[name][i] = value
                    for name, array in arrays.items():
                        store(arena.state_view(name, i, array.shape), array)
                    if others:
                        self.more_state[p] = others

        return load

    def _parts_of(self, state_dict):
        """(state, groups) of a state dict, with its parameters as ints."""
        parts = mapping(self._name, "the state dict", state_dict)
        for name in ("state", "param_groups"):
            if name not in parts:
                raise ValueError(f"{self._name}: expected a state dict with 'state' and 'param_groups', got {[*parts]}")
        state, groups = parts["state"], parts["param_groups"]
        if not hasattr(state, "items"):
            raise TypeError(f"{self._name}: expected the state to be a dict, got {type(state).__name__}")
        if not isinstance(groups, list | tuple):
            raise TypeError(f"{self._name}: expected param_groups to be a list, got {type(groups).__name__}")
        found, seen = [], set()
        for k, group in enumerate(groups):
            group = mapping(self._name, f"parameter group {k}", group)
            numbers = group.get("params")
            if not isinstance(numbers, list | tuple):
                raise TypeError(f"{self._name}: expected the params of group {k} to be a list of numbers")
            numbers = group["params"] = [number_of(n) for n in numbers]
            if any(n.__class__ is not int for n in numbers) or len({*numbers, *seen}) < len(numbers) + len(seen):
                raise ValueError(f"{self._name}: expected a number for each parameter of group {k}, got {numbers!r}")
            seen.update(numbers)
            found.append(group)
        return state, found

    def _by_number(self, state, known):
        """(key, entry) of the state, with the numbers of parameters as ints; in JSON they are strings."""
        seen = set()
        for key, entry in state.items():
            n = number_of(key)
            n = n if n in known else key
            if n in seen:
                raise ValueError(f"{self._name}: the state of parameter {n} is given twice")
            if n not in known and (self._has_rule or isinstance(n, int)):
                raise ValueError(f"{self._name}: there is a state of {key!r}, which is the number of no parameter")
            seen.add(n)
            yield n, entry

    def _checked_groups(self, saved):
        """The groups as they will be, with this optimizer's parameters."""
        if len(saved) != len(self.param_groups):
            raise ValueError(f"{self._name}: expected {len(self.param_groups)} parameter groups, got {len(saved)}")
        groups, given = [], constructor_defaults(type(self))
        for k, (mine, other) in enumerate(zip(self.param_groups, saved)):
            if len(mine["params"]) != len(other["params"]):
                raise ValueError(
                    f"{self._name}: expected {len(mine['params'])} parameters in group {k}, got {len(other['params'])}"
                )
            missing = [name for name in self.defaults if name not in other]
            filled = {name: given[name] for name in missing if given.get(name, 0) is None or given.get(name) is False}
            if len(filled) < len(missing):
                names = ", ".join(name for name in missing if name not in filled)
                raise ValueError(f"{self._name}: the state is of another optimizer: group {k} lacks {names}")
            group = copy.deepcopy({name: value for name, value in other.items() if name != "params"})
            group = {**filled, **group, "params": mine["params"]}
            for name in self.defaults:
                if is_scheduled(group[name]):
                    raise TypeError(
                        f"{self._name}: expected {name} of group {k} to be saved as a number, got a function"
                    )
            groups.append(self.check_group(Group(group, names=self.defaults)))
        return groups

    def _checked_steps(self, state_dict, groups, steps):
        """How many steps have been taken; and the schedules of a state dict must be those that are followed here."""
        schedules = state_dict.get("schedules")
        schedules = [{} for _ in groups] if schedules is None else schedules
        if not isinstance(schedules, list | tuple) or len(schedules) != len(groups):
            raise ValueError(f"{self._name}: expected {len(groups)} dicts as schedules, got {schedules!r}")
        for k, (mine, saved) in enumerate(zip(self.param_groups, schedules)):
            self._check_schedules(k, mine.texts(), mapping(self._name, f"the schedules of group {k}", saved))
        if "step_count" in state_dict:
            return whole(self._name, "step_count", state_dict["step_count"])
        return max(steps, default=0)  # PyTorch's states do not tell it

    def _checked_entry(self, number, entry, group, p):
        """(step, numbers, arrays, what else there is) of the state of one parameter."""
        where = f"{self._name}: parameter {number}"
        entry = mapping(where, "the state", entry)
        if not self._has_rule:
            return 0, {}, {}, {name: _like(p, name, value) for name, value in entry.items()}
        shapes, names = self.state_shapes(group, p), self.numbers
        entry = {name: value for name, value in entry.items() if value is not None}
        scales = [name for name in entry if name.removesuffix("_scale") in entry and name.endswith("_scale")]
        arrays = {
            name: real_array(where, name, value)
            for name, value in entry.items()
            if name in shapes or name in scales or name + "_scale" in scales
        }
        arrays = self.recode(arrays)
        step = self._checked_step(where, entry, group, arrays)
        missing = [name for name in (*names, *shapes) if name not in entry and name not in arrays]
        if missing and (step or arrays):
            expected = ", ".join(("step", *names, *shapes))
            raise ValueError(f"{where}: expected a state of {expected}, got {', '.join(entry) or 'nothing'}")
        for name in shapes if arrays else ():
            if arrays[name].shape != shapes[name]:
                raise ShapeError(
                    f"{self._name}: expected {name} of parameter {number} of shape {shapes[name]}, "
                    f"got {arrays[name].shape}"
                )
        with np.errstate(over="ignore"):
            found = {name: arrays[name].astype(self.codes.get(name, p.dtype), copy=False) for name in shapes if arrays}
        others = {
            name: copy.deepcopy(value)
            for name, value in entry.items()
            if name not in (*shapes, *names, *scales, "step")
        }
        return step, {name: real(where, name, entry[name]) for name in names if step}, found, others

    def _checked_step(self, where, entry, group, arrays):
        if "step" in entry:
            return whole(where, "step", entry["step"])
        if arrays and self.counts(group):
            raise ValueError(f"{where}: the state has no step, and {self._name} depends on it; got {', '.join(entry)}")
        return 1 if arrays else 0

    def counts(self, group):
        """Whether a step depends on how many there were before; else a saved state may leave the count out."""
        return True

    def recode(self, arrays):
        """The arrays of a saved state in the form in which this optimizer keeps them."""
        return arrays

    # Copies and pickles: parameters, state and numbers, from which arenas are made anew

    def __getstate__(self):
        made_anew = ("_arenas", "_hooks", "_locations", "_preprocessing", "more_state", "param_groups")
        left = {k: v for k, v in self.__dict__.items() if k not in made_anew}
        groups = [(dict(group), group.t, group.schedules) for group in self.param_groups]
        state = {key: dict(entry) if hasattr(entry, "items") else entry for key, entry in self.state.items()}
        return {**left, "param_groups": groups, "state": state}

    def __setstate__(self, saved):
        saved = dict(saved)
        groups, state = saved.pop("param_groups"), saved.pop("state")
        self.__dict__.update(saved)
        self.param_groups, self._arenas, self._locations, self.more_state = [], [], None, defaultdict(dict)
        for group, t, schedules in groups:
            self._add(Group({**group, **schedules}, t, self.defaults))
        self.restore(state)

    def restore(self, state):
        """Take over `state` of a copy, or of another process."""
        if not self._has_rule:
            self.more_state.update(state)
            return
        for key, entry in state.items():
            if self.location_of(key) is None:
                self.more_state[key] = entry
            else:
                self.state[key].update(entry)


def number_of(key):
    """The number of a parameter; JSON has strings as keys."""
    return int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 19 else key


def _copied(entry):
    """A state to be kept, whose tensors the next step does not change."""
    if not hasattr(entry, "items"):
        return copy.deepcopy(entry)
    return {k: wrap(copied(v.array)) if isinstance(v, Tensor) else copy.deepcopy(v) for k, v in entry.items()}


def _like(p, name, value):
    """A value of the user's own state; a tensor, also another library's, in the dtype of its parameter."""
    if hasattr(value, "__array__") and not isinstance(value, Tensor | np.ndarray | np.generic):
        value = Tensor(np.array(value))
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    out = wrap(copied(value.array))
    return out if name == "step" else out.to(p.device, p.dtype if out.is_floating_point() else None)
