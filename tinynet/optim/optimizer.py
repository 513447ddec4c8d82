"""Optimizers in general: parameter groups, the step, and saving its state."""

import math
from types import MappingProxyType

import numpy as np

from ..autograd.graph import enable_grad
from ..errors import NonFiniteError, ShapeError
from ..kernels.arrays import host
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from .arena import Arena, Span
from .group import NOTES, Group, Scheduled
from .rule import NORM, READY


class Optimizer(Scheduled):
    """Updates parameters from their gradients by a rule.

    An optimizer of your own names its rule, and its hyperparameters with their defaults::

        class SignSGD(Optimizer):
            def __init__(self, params, lr=1e-3):
                super().__init__(params, {"lr": lr})

            def rule(self, group):
                return SIGN_SGD  # = Rule(formula), made once

    A rule that needs more than its formula says overrides `begin`, `update`, `update_all` or `state_shapes`.

    params: an iterable of tensors, or of groups {"params": tensors, **hyperparameters}.
    A hyperparameter may be a schedule, or any function of the step: `Adam(params, lr=warmup(100) >> cosine(1000))`.

    Raises TypeError or ValueError for what is no parameter, for one given twice, and for hyperparameters out of range.
    """

    codes = MappingProxyType({})  # name: SIGNED or UNSIGNED, of state that is kept in codes of 8 bits

    def __init__(self, params, defaults):
        self.defaults = dict(defaults)
        self.param_groups = []
        self._arenas = []  # for each group: one arena per dtype and device
        self._scale, self._limit = 1.0, None  # what this step does to gradients first
        self.grad_norm = None
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
        """Numbers by name for the rule, where they are not plain hyperparameters of the group."""
        return {"t": step}

    def check(self, group):
        """Raise ValueError if a hyperparameter of the group is out of range."""
        self.require(group["lr"] >= 0, "lr must be ≥ 0", group["lr"])

    def require(self, holds, rule, value):
        # A NaN fails every comparison, and so is refused by each.
        if not holds:
            raise ValueError(f"{self._name}: {rule}, got {value}")

    def not_negative(self, group, *names):
        for name in names:
            self.require(group[name] >= 0, f"{name} must be ≥ 0", group[name])

    @property
    def _name(self):
        return type(self).__name__

    # Groups

    def add_param_group(self, param_group):
        """Add a group {"params": tensors, **hyperparameters}; missing hyperparameters take their defaults."""
        self._add(self._checked(param_group, self.param_groups))

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
        kinds = {(p.dtype, p.device): [] for p in group["params"]}
        for p in group["params"]:
            kinds[p.dtype, p.device].append(p)
        self._arenas.append([Arena(parameters, self.codes) for parameters in kinds.values()])

    # The step

    def step(self, closure=None, *, max_norm=None, clip_value=None, grad_scale=1.0, nonfinite="pass"):
        """Update every parameter that has a gradient. `closure`, if given, computes the loss anew and is returned.

        What is to happen to the gradients first costs no pass of its own over memory, and leaves `p.grad` as it is:

        grad_scale: what they are divided by, a factor of the loss or the number of batches they are summed over.
        max_norm: the largest norm of all of them together, as `nn.utils.clip_grad_norm_` has it.
        clip_value: the largest magnitude of an element, as `nn.utils.clip_grad_value_` has it.
        nonfinite: "raise" to raise NonFiniteError, or "skip" to do nothing, if one is NaN or infinite.

        With max_norm, "raise" or "skip", `grad_norm` is the norm found, after grad_scale and before clipping.
        """
        self.begin_step()
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        arenas = self._all_arenas()
        runs = {arena: arena.collect() for arena in arenas}
        if not self._prepare(runs, max_norm, clip_value, grad_scale, nonfinite):
            return loss
        try:
            pairs = zip(self.param_groups, self._arenas)
            self.update_all([(g, [span for a in own for span in a.advance(runs[a])]) for g, own in pairs])
        finally:
            self._scale, self._limit = 1.0, None
        for arena in arenas:
            arena.mark_written()
        self.end_step()
        return loss

    def update_all(self, work):
        """Take the step: `work` is a list of (group, spans)."""
        for group, spans in work:
            for span in spans:
                if span.step == 1:
                    self.begin(group, span)
                self.update(group, span)

    def begin(self, group, span):
        """Before the first step of some parameters: set state that does not begin as 0."""

    def update(self, group, span):
        """Update the parameters of a span."""
        self.apply(self.rule(group), group, span)

    def apply(self, rule, group, span, *per_tensor, g=None):
        """Launch a rule over a span, with arrays for the rule's numbers per tensor. `g` is a gradient from `ready`."""
        numbers = self.scalars(group, span.step)
        numbers = [float(numbers[name] if name in numbers else group[name]) for name in rule.scalars]
        kernel, scale = rule.kernel, -self._scale if group.get("maximize") else self._scale
        if g is not None:
            scale = 1.0
        elif self._limit is not None:
            kernel = rule.clipped
            numbers.append(self._limit)
        launch(
            kernel,
            span.values,
            *rule.arrays(span),
            span.grads if g is None else g,
            *per_tensor,
            *numbers,
            scale,
        )

    def ready(self, group, span):
        """The gradients of a span as a rule sees them: negated to maximise, scaled and clipped; not to be written."""
        scale = -self._scale if group.get("maximize") else self._scale
        if scale == 1.0 and self._limit is None:
            return span.grads
        limit = math.inf if self._limit is None else self._limit
        out = span.scratch("g")
        launch(READY, out, span.grads, scale, limit)
        return out

    def _prepare(self, runs, max_norm, clip_value, grad_scale, nonfinite):
        """Set the factor and the limit for the gradients of this step; whether to take it."""
        if max_norm is clip_value is None and grad_scale == 1.0 and nonfinite == "pass":
            return True
        if nonfinite not in ("pass", "raise", "skip"):
            raise ValueError(f"{self._name}: nonfinite must be 'pass', 'raise' or 'skip', got {nonfinite!r}")
        if max_norm is not None and clip_value is not None:
            raise ValueError(f"{self._name}: expected max_norm or clip_value, got both")
        self.require(grad_scale > 0, "grad_scale must be > 0", grad_scale)
        for name, value in (("max_norm", max_norm), ("clip_value", clip_value)):
            self.require(value is None or value >= 0, f"{name} must be ≥ 0", value)
        scale = 1.0 / grad_scale
        if max_norm is not None or nonfinite != "pass":
            spans = [Span(arena, *run, 0) for arena, own in runs.items() for run in own]
            self.grad_norm = norm = scale * math.sqrt(sum(span.sums(NORM, span.grads).sum() for span in spans))
            if nonfinite != "pass" and not math.isfinite(norm):
                for span in spans:
                    for i in span.tensors():
                        if not np.isfinite(host(span.arena.view(span.arena.grads, i))).all():
                            return self._refuse(span.arena.parameters[i], nonfinite)
            if max_norm is not None:
                scale *= min(max_norm / (norm + 1e-6), 1.0)  # NaN if the norm is
        self._scale, self._limit = scale, clip_value
        return True

    def _refuse(self, p, nonfinite):
        if nonfinite == "raise":
            raise NonFiniteError(
                f"{self._name}: the gradient of parameter {self._numbers()[p]}, of shape {p.shape}, has a NaN or Inf; "
                "nothing was updated"
            )
        return False

    def _all_arenas(self):
        return [arena for arenas in self._arenas for arena in arenas]

    def zero_grad(self, set_to_none=True):
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
        for arena in self._all_arenas():
            arena.zero_grad(set_to_none)

    # State

    @property
    def state(self):
        """For each parameter that has been updated, its state by name, as views into the arena, and its step count."""
        found = {}
        for group, arenas in zip(self.param_groups, self._arenas):
            for arena in arenas:
                for i, p in enumerate(arena.parameters):
                    if arena.steps[i]:
                        shapes = self.state_shapes(group, p)
                        views = {name: wrap(arena.piece(name, i, shape)) for name, shape in shapes.items()}
                        found[p] = {"step": arena.steps[i], **views}
        return found

    def state_shapes(self, group, p):
        """The state of a parameter: {name: shape}, all of its own shape unless a rule says otherwise."""
        return dict.fromkeys(self.rule(group).state, p.shape)

    def state_dict(self):
        """All that a later `load_state_dict` needs: the state by the parameter's number, and the groups."""
        state, numbers = self.state, self._numbers()
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        entries = {
            n: {k: wrap(v.array.copy()) if isinstance(v, Tensor) else v for k, v in state[p].items()}
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
        new_groups, entries = self._checked_groups(state_dict["param_groups"]), {}
        for group, other in zip(new_groups, state_dict["param_groups"]):
            for p, number in zip(group["params"], other["params"]):
                if number in state_dict["state"]:
                    shapes = self.state_shapes(group, p)
                    entries[p] = self._checked_state(number, state_dict["state"][number], shapes)
        self.load_groups(new_groups, state_dict)
        for arena in self._all_arenas():
            arena.state.clear()
            arena.shaped.clear()
            for i, p in enumerate(arena.parameters):
                arena.steps[i], arrays = entries.get(p, (0, {}))
                for name, array in arrays.items():
                    np.copyto(arena.piece(name, i, array.shape), array)

    def _checked_groups(self, saved):
        """The groups as they will be, with this optimizer's parameters."""
        if len(saved) != len(self.param_groups):
            raise ValueError(f"{self._name}: expected {len(self.param_groups)} parameter groups, got {len(saved)}")
        groups = []
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
            groups.append({**other, "params": mine["params"]})
            self.check(groups[-1])
        return groups

    def _checked_state(self, number, entry, shapes):
        arrays = {k: host(v.array) if isinstance(v, Tensor) else np.asarray(v) for k, v in entry.items() if k != "step"}
        if set(arrays) != set(shapes) or "step" not in entry:
            raise ValueError(
                f"{self._name}: expected step, {', '.join(shapes)} for parameter {number}, got {', '.join(entry)}"
            )
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ShapeError(
                    f"{self._name}: expected {name} of parameter {number} of shape {shapes[name]}, got {array.shape}"
                )
        return int(entry["step"]), arrays

    def __repr__(self):
        lines = []
        for k, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {k}", *(f"    {group.line(key)}" for key in sorted(group) if key != "params")]
        return "\n".join([f"{self._name} (", *lines, ")"])
