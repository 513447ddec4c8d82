"""Optimizers in general: parameter groups, the step, and saving its state."""

import inspect

import numpy as np

from ..autograd.graph import enable_grad
from ..errors import ShapeError
from ..kernels.launch import launch
from ..kernels.lift import lift
from ..tensor import Tensor
from .arena import Arena
from .group import NOTES, Group, Scheduled


class Rule:
    """An update rule: a formula `(p, *state, g, *scalars)` that returns the new p and state, lifted to a kernel.

    The formula's parameter names say the rest: those between `p` and `g` are state, kept per element and saved under
    these names; those after `g` are numbers, looked up in the parameter group when a step is taken.
    """

    def __init__(self, formula):
        names = list(inspect.signature(formula).parameters)
        if names[:1] != ["p"] or "g" not in names:
            raise TypeError(
                f"update rule {formula.__name__}: expected parameters (p, *state, g, *scalars), got {names}"
            )
        g = names.index("g")
        self.state, self.scalars = tuple(names[1:g]), tuple(names[g + 1 :])
        self.kernel = lift(formula, inplace=names[:g], scalars=self.scalars)

    def __repr__(self):
        return f"Rule({self.kernel.__name__}, state={self.state}, scalars={self.scalars})"


class Optimizer(Scheduled):
    """Updates parameters from their gradients by a rule.

    An optimizer of your own names its rule, and its hyperparameters with their defaults::

        class SignSGD(Optimizer):
            def __init__(self, params, lr=1e-3):
                super().__init__(params, {"lr": lr})

            def rule(self, group):
                return SIGN_SGD  # = Rule(formula), made once

    params: an iterable of tensors, or of groups {"params": tensors, **hyperparameters}.
    A hyperparameter may be a schedule, or any function of the step: `Adam(params, lr=warmup(100) >> cosine(1000))`.

    Raises TypeError or ValueError for what is no parameter, for one given twice, and for hyperparameters out of range.
    """

    def __init__(self, params, defaults):
        self.defaults = dict(defaults)
        self.param_groups = []
        self._arenas = []  # for each group: one arena per dtype
        if isinstance(params, Tensor):
            raise TypeError(f"{self._name}: expected an iterable of tensors or of groups, got a single tensor")
        params = list(params)
        if not params:
            raise ValueError(f"{self._name}: expected at least one parameter, got an empty list")
        groups = params if isinstance(params[0], dict) else [{"params": params}]
        checked = []  # all are checked before the first moves into an arena
        for group in groups:
            checked.append(self._checked(group, checked))
        for group in checked:
            self._add(group)

    # What an optimizer says of itself

    def rule(self, group):
        """The Rule to apply to a group, chosen by its hyperparameters."""
        raise NotImplementedError

    def scalars(self, group, step):
        """Values by name for the scalars of the rule; the group's hyperparameters and more."""
        return {**group, "t": step, "scale": -1.0 if group.get("maximize") else 1.0}

    def check(self, group):
        """Raise ValueError if a hyperparameter of the group is out of range."""
        self.require(group["lr"] >= 0, "lr must be ≥ 0", group["lr"])

    def require(self, holds, rule, value):
        # A NaN fails every comparison, and so is refused by each.
        if not holds:
            raise ValueError(f"{self._name}: {rule}, got {value}")

    @property
    def _name(self):
        return type(self).__name__

    # Groups

    def add_param_group(self, group):
        """Add a group {"params": tensors, **hyperparameters}; missing hyperparameters take their defaults."""
        self._add(self._checked(group, self.param_groups))

    def _checked(self, group, before):
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f"{self._name}: expected a group {{'params': tensors, ...}}, got {group!r}")
        params = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        if not params:
            raise ValueError(f"{self._name}: expected at least one parameter in a group, got none")
        unknown = [k for k in group if k not in self.defaults and k not in NOTES]
        if unknown:
            known = ", ".join(self.defaults)
            raise ValueError(f"{self._name}: {unknown[0]!r} is not one of its hyperparameters: {known}")
        seen = {id(p) for other in before for p in other["params"]}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: expected tensors, got {type(p).__name__} as parameter {i}")
            if not p.is_leaf:
                raise ValueError(f"{self._name}: expected leaf tensors, got the result of {p.grad_fn.op!r} as {i}")
            if not p.is_floating_point():
                raise TypeError(f"{self._name}: expected floating dtypes, got {p.dtype} as parameter {i}")
            if id(p) in seen:
                raise ValueError(f"{self._name}: parameter {i} of shape {p.shape} is given twice")
            seen.add(id(p))
        group = Group({**self.defaults, **group, "params": params}, self.step_count)
        self.check_today(group)
        return group

    def _add(self, group):
        self.param_groups.append(group)
        dtypes = {p.dtype: None for p in group["params"]}
        self._arenas.append([Arena([p for p in group["params"] if p.dtype == d]) for d in dtypes])

    # The step

    def step(self, closure=None):
        """Update every parameter that has a gradient. `closure`, if given, computes the loss anew and is returned."""
        self.begin_step()
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group, arenas in zip(self.param_groups, self._arenas):
            rule = self.rule(group)
            for arena in arenas:
                for start, stop, step in arena.ready():
                    scalars = self.scalars(group, step)
                    launch(
                        rule.kernel,
                        arena.values[start:stop],
                        *[arena.buffer(name)[start:stop] for name in rule.state],
                        arena.grads[start:stop],
                        *[float(scalars[name]) for name in rule.scalars],
                    )
                arena.mark_written()
        self.end_step()
        return loss

    def zero_grad(self, set_to_none=True):
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
        for arenas in self._arenas:
            for arena in arenas:
                if set_to_none:
                    arena.zero_grad()
                else:
                    for leaf in arena.leaves:
                        if leaf.grad is not None:
                            leaf.grad.zero_()

    # State

    @property
    def state(self):
        """For each parameter that has been updated, its state by name, as views into the arena, and its step count."""
        found = {}
        for group, arenas in zip(self.param_groups, self._arenas):
            names = self.rule(group).state
            for arena in arenas:
                for i, p in enumerate(arena.parameters):
                    if arena.steps[i]:
                        views = {name: Tensor(arena.view(arena.buffer(name), i)) for name in names}
                        found[p] = {"step": arena.steps[i], **views}
        return found

    def state_dict(self):
        """All that a later `load_state_dict` needs: the state by the parameter's number, and the groups."""
        state, numbers = self.state, self._numbers()
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        entries = {
            n: {k: Tensor(v.array.copy()) if isinstance(v, Tensor) else v for k, v in state[p].items()}
            for p, n in numbers.items()
            if p in state
        }
        return {"state": entries, "param_groups": groups, **self.schedule_state()}

    def _numbers(self):
        return {p: n for n, p in enumerate(p for g in self.param_groups for p in g["params"])}

    def load_state_dict(self, state_dict):
        """Continue from a `state_dict()`. Everything is checked first; after an error nothing has changed.

        Raises ValueError for the state of another optimizer, of other parameters or of other schedules, ShapeError
        for other shapes. To go on with another schedule, assign it to the group after loading.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(f"{self._name}: expected {len(self.param_groups)} parameter groups, got {len(saved)}")
        new_groups, entries = [], {}
        for k, (mine, other) in enumerate(zip(self.param_groups, saved)):
            if len(mine["params"]) != len(other["params"]):
                raise ValueError(
                    f"{self._name}: expected {len(mine['params'])} parameters in group {k}, got {len(other['params'])}"
                )
            odd = sorted((set(other) ^ set(mine)) - NOTES)
            if odd:
                raise ValueError(
                    f"{self._name}: the state is of another optimizer: {', '.join(odd)} in one and not both"
                )
            group = {**other, "params": mine["params"]}
            self.check(group)
            new_groups.append(group)
            for p, number in zip(mine["params"], other["params"]):
                if number in state_dict["state"]:
                    entries[p] = self._checked_state(p, number, state_dict["state"][number], self.rule(group).state)
        self.load_groups(new_groups, state_dict)
        for arenas in self._arenas:
            for arena in arenas:
                arena.state.clear()
                for i, p in enumerate(arena.parameters):
                    step, arrays = entries.get(p, (0, {}))
                    arena.steps[i] = step
                    for name, array in arrays.items():
                        np.copyto(arena.view(arena.buffer(name), i), array)

    def _checked_state(self, p, number, entry, names):
        arrays = {k: np.asarray(v.array if isinstance(v, Tensor) else v) for k, v in entry.items() if k != "step"}
        if set(arrays) != set(names) or "step" not in entry:
            raise ValueError(
                f"{self._name}: expected step, {', '.join(names)} for parameter {number}, got {', '.join(entry)}"
            )
        for name, array in arrays.items():
            if array.shape != p.shape:
                raise ShapeError(
                    f"{self._name}: expected {name} of parameter {number} of shape {p.shape}, got {array.shape}"
                )
        return int(entry["step"]), arrays

    def __repr__(self):
        lines = []
        for k, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {k}", *(f"    {group.line(key)}" for key in sorted(group) if key != "params")]
        return "\n".join([f"{self._name} (", *lines, ")"])
