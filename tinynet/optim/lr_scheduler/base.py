"""The base of PyTorch's learning rate schedulers: when numbers are written into groups, and what is saved."""

import copy
import math
import warnings
from collections import Counter
from types import MappingProxyType

from ...arguments import boolean, integer, number, one_of, shown, wrong_kind, wrong_value
from ...capture import host_call
from ..engine.hyperparameters import mapping, whole
from ..engine.optimizer import Optimizer
from ..engine.state_dict import number_of


class LRScheduler:
    """The base of all schedulers. One of your own defines `get_lr`, a list with a number for each group.

    `last_epoch` is how often `step` has been called since the first; one ≥ 0 goes on from there, with groups that
    have an "initial_lr".
    """

    optimizer = None
    takes_fractions = False  # as epochs in `step`, which is deprecated otherwise
    # Of the attributes that are saved: name: the least, of whole numbers; name: the range, of others; name: the strings
    counts = MappingProxyType({"_step_count": 0})
    limits = MappingProxyType({"last_epoch": (-1, None), "base_lrs": (0, None)})
    choices = MappingProxyType({})

    def __init_subclass__(cls, counts=(), limits=(), choices=(), **kwargs):
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = host_call(vars(cls)["step"])
        cls.counts, cls.limits = {**cls.counts, **dict(counts)}, {**cls.limits, **dict(limits)}
        cls.choices = {**cls.choices, **dict(choices)}

    def __init__(self, optimizer, last_epoch=-1):
        check_optimizer(self, optimizer)
        last_epoch = integer(self._name, "last_epoch", last_epoch, -1)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"{self._name}: last_epoch={last_epoch} needs an 'initial_lr' in param_groups[{i}]")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    @property
    def _name(self):
        return type(self).__name__

    def _initial_step(self):
        self._step_count, self._is_initial = 0, True
        self.step()
        self._is_initial = False

    def get_lr(self):
        """The learning rates at `last_epoch`; called by `step`."""
        raise NotImplementedError

    def get_last_lr(self):
        """The learning rates written last, one for each group."""
        return self._last_lr

    @host_call
    def step(self, epoch=None):
        """Write the learning rates of the next epoch, or of the given one; call it after `optimizer.step()`."""
        if epoch is None and self._step_count == 1 and self.optimizer.step_count == 0:
            warnings.warn(
                f"{self._name}.step() was called before optimizer.step(): the first learning rate was never used",
                UserWarning,
                stacklevel=3,  # above `host_call`
            )
        self._step_count += 1
        if epoch is not None and not self.takes_fractions:
            warn_of_epoch(self)
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._write(self.get_lr() if epoch is None else self._get_closed_form_lr())

    def _get_closed_form_lr(self):
        return self.get_lr()

    def _write(self, lrs):
        groups = self.optimizer.param_groups
        if len(lrs) != len(groups):
            raise ValueError(f"{self._name}: made for {len(lrs)} parameter groups, the optimizer now has {len(groups)}")
        for group, lr in zip(groups, lrs):
            group["lr"] = lr
        self._last_lr = list(lrs)

    def _rewind(self):
        """Go back to before the first step: a scheduler in a sequence begins when its turn comes."""
        self.last_epoch = -1

    # State: everything but the optimizer, and of functions only what they keep in attributes of their own

    def state_dict(self):
        """All numbers of the scheduler. The learning rates themselves are in the optimizer's state."""
        return {k: _without_code(v) for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict):
        """Continue from a `state_dict()`. Everything is checked first; after an error nothing has changed.

        Raises: ValueError for the state of another class and for values out of range, TypeError for others than
        numbers.
        """
        self.prepare_to_load(state_dict)()

    def prepare_to_load(self, state_dict):
        """Check a state dict; returns a function that takes it over and cannot fail."""
        given = mapping(self._name, "the state dict", state_dict)
        odd = sorted(set(given) ^ set(self.state_dict()))
        if odd:
            raise ValueError(f"{self._name}: the state is of another scheduler: {', '.join(odd)} in one and not both")
        new = {name: self._checked(name, self.__dict__[name], value) for name, value in given.items()}
        trial = copy.copy(self)
        values = {name: value for name, value in new.items() if not _has_code(self.__dict__[name])}
        trial.__dict__.update(copy.deepcopy(values))  # of which `get_lr` may write to some
        trial.rehearse()

        def load():
            for name, value in new.items():
                self.__dict__[name] = _with_code(self.__dict__[name], value)

        return load

    def _checked(self, name, mine, saved):
        """A saved attribute, which must be of the form of the present one."""
        if callable(mine):
            attributes = mapping(self._name, name, saved)
            if attributes and not hasattr(mine, "__dict__"):
                raise wrong_value(self._name, f"no attributes of the function {name}, which has none", saved)
            return copy.deepcopy(attributes)
        if isinstance(mine, Counter):
            counts = {number_of(key): whole(self._name, name, n) for key, n in _pairs(self._name, name, saved)}
            return Counter({number(self._name, name, key): n for key, n in counts.items()})
        if isinstance(mine, list):
            if not isinstance(saved, list | tuple) or len(saved) != len(mine):
                raise wrong_kind(self._name, name, f"{len(mine)} values", saved)
            return [self._checked(name, m, s) for m, s in zip(mine, saved)]
        if isinstance(mine, bool):
            return boolean(self._name, name, saved)
        if isinstance(mine, int | float):
            return self._checked_number(name, saved)
        if isinstance(mine, str):
            return one_of(self._name, name, saved, self.choices.get(name, (mine,)))
        if saved is not None:
            raise wrong_kind(self._name, name, "None", saved)
        return None

    def _checked_number(self, name, saved):
        low, high = self.limits.get(name, (None, None))
        if name in self.counts:
            return integer(self._name, name, saved, self.counts[name])
        value = number(self._name, name, saved, low, high)
        if name == "last_epoch" and -1 < value < 0:
            raise wrong_value(self._name, "last_epoch to be -1 or ≥ 0", saved)
        if not math.isfinite(value) and name != "best":
            raise wrong_value(self._name, f"a finite {name}", saved)
        return value

    def rehearse(self):
        """Raise ValueError if there are no learning rates at `last_epoch`; called on a copy with what was loaded."""
        self.last_epoch = max(self.last_epoch, 0)  # in a sequence its turn may not have come
        try:
            lrs = self.get_lr()
        except (ArithmeticError, ValueError) as error:
            raise ValueError(f"{self._name}: the state gives no learning rate: {error}") from error
        if not all(map(math.isfinite, lrs)):
            raise ValueError(f"{self._name}: the state gives {lrs} as learning rates")


def _without_code(value):
    if callable(value):
        return dict(getattr(value, "__dict__", {}))
    return [_without_code(v) for v in value] if isinstance(value, list) else copy.deepcopy(value)


def _has_code(value):
    return callable(value) or (isinstance(value, list) and any(map(callable, value)))


def _with_code(mine, saved):
    if callable(mine):
        if saved:
            mine.__dict__.update(saved)
        return mine
    return [_with_code(m, s) for m, s in zip(mine, saved)] if _has_code(mine) else saved


def _pairs(where, name, saved):
    if not hasattr(saved, "items"):
        raise wrong_kind(where, name, "a dict", saved)
    return saved.items()


def warn_of_epoch(scheduler):
    warnings.warn(f"{type(scheduler).__name__}.step(epoch) is deprecated; use step()", UserWarning, stacklevel=3)


def check_optimizer(scheduler, optimizer):
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__}: {type(optimizer).__name__} is not an Optimizer")
    for group in optimizer.param_groups:
        if "lr" in group.schedules:
            raise ValueError(
                f"{type(scheduler).__name__}: the optimizer follows lr = {group.texts()['lr']} already; one of the two"
            )


def for_groups(name, optimizer, value):
    """A value for each group, from a list of them or from one for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        value = [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name}: expected {groups} values, one for each parameter group, got {len(value)}")
    return list(value)


def numbers_for_groups(scheduler, name, optimizer, value):
    """A number for each group, from a list of them or from one for all."""
    return [number(type(scheduler).__name__, name, v) for v in for_groups(name, optimizer, value)]


def require_of(scheduler, holds, expected, got):
    if not holds:
        raise ValueError(f"{type(scheduler).__name__}: expected {expected}, got {shown(got)}")
