"""Optimizers in general: parameter groups, the step, and saving its state."""

import functools
from collections import defaultdict
from types import MappingProxyType

from ... import capture
from ...arguments import boolean, wrong_kind
from ...autograd.mode import enable_grad
from ...kernels.launch import launch
from ...tensor import Tensor
from .arena import Arena
from .group import Group, Scheduled
from .hyperparameters import conform, constructor_defaults, has_nan
from .preprocessing import PLAIN, prepared
from .rule import PREPROCESS
from .state_dict import Saved


class Optimizer(Scheduled, Saved):
    """Updates parameters from their gradients by a rule.

    An optimizer of your own names its rule, and its hyperparameters with their defaults::

        class SignSGD(Optimizer):
            def __init__(self, params, lr=1e-3):
                super().__init__(params, {"lr": lr})

            def rule(self, group):
                return SIGN_SGD  # = Rule(formula), made once

    A rule that needs more than its formula says overrides `begin`, `update`, `update_all` or `state_shapes`. One
    without a rule defines `step`, as in PyTorch: it goes through `param_groups`, and keeps in `self.state[p]` what it
    likes.

    params: an iterable of tensors, of (name, tensor), or of groups {"params": tensors, **hyperparameters}. What else
    a group holds is kept.
    A hyperparameter may be a schedule, or any function of the step: `Adam(params, lr=warmup(100) >> cosine(1000))`.

    Raises: TypeError or ValueError for what is no parameter, for one given twice, and for hyperparameters out of range.
    """

    codes = MappingProxyType({})  # name: SIGNED or UNSIGNED, of state that is kept in codes of 8 bits
    _has_rule = False
    _steps_begun = 0
    _preprocessing = PLAIN  # what this step does to gradients first

    def __init_subclass__(cls, **kwargs):
        if "step" in vars(cls):
            cls.step = _counted(vars(cls)["step"])
        super().__init_subclass__(**kwargs)
        says_its_state = cls.rule is not Optimizer.rule or cls.state_shapes is not Optimizer.state_shapes
        cls._has_rule = cls._has_rule or says_its_state

    def __init__(self, params, defaults):
        self.defaults = dict(defaults)
        self.param_groups = []
        self._arenas = []  # for each group: one arena per dtype and device
        self._locations = None  # what `location_of` knows
        self.more_state = defaultdict(dict)  # for each parameter what no rule knows of
        self._grad_norm = None
        if isinstance(params, Tensor):
            raise TypeError(f"{self._name}: expected an iterable of tensors or of groups, got a single tensor")
        try:
            params = list(params)
        except TypeError:
            raise wrong_kind(self._name, "params", "an iterable of tensors or of groups", params) from None
        if not params:
            raise ValueError(f"{self._name}: expected at least one parameter, got an empty list")
        groups = params if all(isinstance(group, dict) for group in params) else [{"params": params}]
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
        if isinstance(group.get("lr"), int | float):
            self.require(group["lr"] >= 0, "lr must be ≥ 0", group["lr"])

    def check_group(self, group):
        """Bring the hyperparameters of a group to their form, and raise if one is out of range; returns the group."""
        given = constructor_defaults(type(self))
        for name, default in self.defaults.items():
            if isinstance(given.get(name), tuple) and group[name].__class__ is not tuple and name in group.schedules:
                raise wrong_kind(self._name, name, f"{len(given[name])} numbers or functions", group.schedules[name])
            if self._has_rule and name not in group.schedules:
                form = given.get(name, 0.0 if callable(default) else default)
                group.set_number(name, conform(self._name, name, group[name], form))
        flags = {name: group[name] for name in FLAGS if group.get(name) is not None}
        flags = {name: boolean(self._name, name, value) for name, value in flags.items()}
        self.require(not (flags.get("foreach") and flags.get("fused")), "one of foreach and fused may be True", "both")
        for name, why in FLAGS.items():
            if why and flags.get(name):
                raise ValueError(f"{self._name}: {name}=True is not supported: {why}")
        self.validate_at_step(group)
        for name in self.defaults:
            self.require(not self._has_rule or not has_nan(group[name]), f"{name} must be a number", group[name])
        return group

    def whole(self, group, *names):
        """Require counts."""
        for name in names:
            self.require(isinstance(group[name], int) and group[name] >= 0, f"{name} must be an int ≥ 0", group[name])

    def require(self, holds, rule, value):
        # A NaN fails every comparison, and so is refused by each.
        if not holds:
            raise ValueError(f"{self._name}: {rule}, got {value}")

    def one_of(self, group, name, *known):
        """Require None or one of some strings."""
        value = group[name]
        valid = value is None or (isinstance(value, str) and value in known)
        self.require(valid, f"{name} must be one of {(None, *known)}", value)

    def not_negative(self, group, *names):
        for name in names:
            self.require(group[name] >= 0, f"{name} must be ≥ 0", group[name])

    @property
    def _name(self):
        return type(self).__name__

    @property
    def grad_norm(self):
        """The norm of all gradients that the last step with `max_norm` or `nonfinite` found, a float; at first None."""
        return None if self._grad_norm is None else float(self._grad_norm)

    # Groups

    def add_param_group(self, param_group):
        """Add a group {"params": tensors, **hyperparameters}; missing hyperparameters take their defaults."""
        self._add(self._checked(param_group, self.param_groups))

    def _checked(self, group, before):
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f"{self._name}: expected a group {{'params': tensors, ...}}, got {group!r}")
        params, names = self._named_params(group["params"])
        params = self._checked_params(params, before)
        group = {**self.defaults, **group, "params": params, **({"param_names": names} if names else {})}
        return self.check_group(Group(group, self.step_count, self.defaults))

    def _checked_params(self, params, before):
        """`params`, which are to be tensors that can be updated and are in no group before."""
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
        return params

    def _named_params(self, params):
        """(parameters, their names or None) from one or several of them, or from (name, parameter)."""
        if isinstance(params, Tensor):
            return [params], None
        if isinstance(params, set | frozenset):
            raise TypeError(
                f"{self._name}: expected the parameters of a group in order, got a {type(params).__name__}: its order "
                "changes from run to run, and the state is saved by number"
            )
        params = list(params)
        named = [isinstance(p, tuple) and len(p) == 2 for p in params]
        if not any(named):
            return params, None
        if not all(named):
            raise ValueError(f"{self._name}: expected names for all parameters of a group, or for none")
        return [p for _, p in params], [name for name, _ in params]

    def _add(self, group):
        self.param_groups.append(group)
        self._lay_out(group)
        capture.rebuilt()

    def _lay_out(self, group):
        kinds = {(p.dtype, p.device): [] for p in group["params"]}
        for p in group["params"]:
            kinds[p.dtype, p.device].append(p)
        self._arenas.append([Arena(parameters, self.codes, self.numbers) for parameters in kinds.values()])
        self._locations = None

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
        if not self._has_rule:
            raise NotImplementedError(f"{self._name}: an optimizer has a rule, or a step of its own")
        self.begin_step()
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        arenas = self._all_arenas()
        runs = {arena: arena.collect() for arena in arenas}
        if not (max_norm is clip_value is None and grad_scale == 1.0 and nonfinite == "pass"):
            self._preprocessing = prepared(self, runs, max_norm, clip_value, grad_scale, nonfinite)
        try:
            if self._preprocessing is None:
                return loss
            pairs = zip(self.param_groups, self._arenas)
            self.update_all([(g, [span for a in own for span in a.advance(runs[a])]) for g, own in pairs])
        finally:
            self._preprocessing = PLAIN
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
        """Launch a rule over a span, with arrays for the rule's numbers per tensor; `g` is what `preprocessed` gave."""
        numbers = self.scalars(group, span.step)
        for name in self.numbers:
            numbers[name] = span.number(name)
        numbers = [float(numbers[name] if name in numbers else group[name]) for name in rule.scalars]
        arrays, first = rule.arrays(span), self._preprocessing
        if g is not None:
            launch(rule.kernel, span.values, *arrays, g, *per_tensor, *numbers, 1.0)
            return
        scale = -first.scale if group.get("maximize") else first.scale
        if first.clips:
            clip = first.factor.like(span.values), *numbers, first.limit
            launch(rule.clipped, span.values, *arrays, span.grads, *per_tensor, *clip, scale)
        else:
            launch(rule.kernel, span.values, *arrays, span.grads, *per_tensor, *numbers, scale)

    def preprocessed(self, group, span):
        """The gradients of a span as a rule sees them: negated to maximise, scaled and clipped; not to be written."""
        first = self._preprocessing
        scale = -first.scale if group.get("maximize") else first.scale
        if scale == 1.0 and not first.clips:
            return span.grads
        out = span.scratch("g")
        launch(PREPROCESS, out, span.grads, first.factor.like(out), first.limit, scale)
        return out

    def _all_arenas(self):
        for group in self.param_groups:
            if group["params"].changed:
                self._lay_out_anew()
                break
        return [arena for arenas in self._arenas for arena in arenas]

    def _lay_out_anew(self):
        """Follow groups whose `params` have been changed by hand: parameters keep their state, also those that left."""
        checked = []
        for group in self.param_groups:
            checked.append({"params": self._checked_params(group["params"], checked)})
        laid_out = [p for arenas in self._arenas for arena in arenas for p in arena.parameters]
        state = {p: dict(self.state[p]) for p in laid_out if p in self.state} if self._has_rule else {}
        state = {**self.more_state, **state}
        self._arenas, self._locations, self.more_state = [], None, defaultdict(dict)
        for group in self.param_groups:
            group["params"].changed = False
            self._lay_out(group)
        self.restore(state)

    def zero_grad(self, set_to_none=True):
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
        for arena in self._all_arenas():
            arena.zero_grad(set_to_none)

    def __repr__(self):
        lines = []
        for k, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {k}", *(f"    {group.line(key)}" for key in sorted(group) if key != "params")]
        return "\n".join([f"{self._name} (", *lines, ")"])


# Of PyTorch's flags two ask for another implementation of the same step, and two for what is not here
FLAGS = {
    "foreach": None,
    "fused": None,
    "capturable": "tn.compile captures steps as they are",
    "differentiable": "autograd does not record a step",
}


def _counted(step):
    """A `step` of the user's own, after which schedules and schedulers know that there has been one."""

    @functools.wraps(step)
    def counted(self, *args, **kwargs):
        before = self._steps_begun
        result = step(self, *args, **kwargs)
        if self._steps_begun == before:
            self.begin_step()
            self.end_step()
        return result

    return counted
