"""Hooks: functions of the user's own that run before and after a step, and when a state is saved or loaded."""

import copy
import functools
from types import MappingProxyType

from ... import capture
from ...autograd.hooks import add_hook, expect_function

BEFORE_ANY_STEP, AFTER_ANY_STEP = {}, {}  # hooks on every optimizer


def register_optimizer_step_pre_hook(hook):
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer. Returns a handle that removes it."""
    return add_hook(BEFORE_ANY_STEP, expect_function("register_optimizer_step_pre_hook", hook))


def register_optimizer_step_post_hook(hook):
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer. Returns a handle that removes it."""
    return add_hook(AFTER_ANY_STEP, expect_function("register_optimizer_step_post_hook", hook))


class Hooked:
    """The part of `Optimizer` about hooks, which are PyTorch's. Without any a call looks at an attribute, no more.

    Hooks are called in the order in which they were registered, with `prepend` before those that are there. They are
    not copied, pickled or saved.
    """

    _hooks = MappingProxyType({})  # when: {key: hook}
    _inside = ()  # the methods that are running with their hooks; what they call by `super()` runs without

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name, run in AROUND.items():
            if name in vars(cls):
                setattr(cls, name, _around(vars(cls)[name], run))

    def register_step_pre_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` before each step; a pair that it returns takes their place.

        `args` begins with the optimizer itself, as in PyTorch.
        """
        return self._register("step_pre", hook)

    def register_step_post_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._register("step_post", hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` before a state dict is made."""
        return self._register("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` when a state dict has been made; what it returns takes its place."""
        return self._register("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` before a state is loaded, with a shallow copy; what it returns is loaded
        in its place."""
        return self._register("load_pre", hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` when a state has been loaded."""
        return self._register("load_post", hook, prepend)

    def _register(self, when, hook, prepend=False):
        if "_hooks" not in self.__dict__:
            self._hooks = {}
        return add_hook(self._hooks.setdefault(when, {}), expect_function(type(self).__name__, hook), prepend)

    def _hooks_at(self, when):
        return tuple(self._hooks.get(when, {}).values())


def _around(method, run):
    """`method`, or where there are hooks, or it is captured, `run(method, self, ...)`."""
    name = method.__name__

    @functools.wraps(method)
    def around(self, *args, **kwargs):
        alone = not (self._hooks or BEFORE_ANY_STEP or AFTER_ANY_STEP) and capture.watcher is None
        if alone or name in self._inside:
            return method(self, *args, **kwargs)
        before, self._inside = self._inside, (*self._inside, name)
        try:
            return run(method, self, *args, **kwargs)
        finally:
            self._inside = before

    return around


def _step(step, self, *args, **kwargs):
    args = self, *args
    before = *BEFORE_ANY_STEP.values(), *self._hooks_at("step_pre")
    for hook in before:
        result = hook(self, args, kwargs)
        if result is not None:
            if not isinstance(result, tuple) or len(result) != 2:
                raise RuntimeError(
                    f"{type(self).__name__}: expected a hook before a step to return None or (args, kwargs), "
                    f"got {result!r}"
                )
            args, kwargs = result
    hooked = bool(before or self._hooks_at("step_post") or AFTER_ANY_STEP)
    out = capture.calls(step, args, kwargs, hooked)
    for hook in (*self._hooks_at("step_post"), *AFTER_ANY_STEP.values()):
        hook(self, args, kwargs)
    return out


def _state_dict(state_dict, self):
    for hook in self._hooks_at("state_dict_pre"):
        hook(self)
    return _passed_through(self._hooks_at("state_dict_post"), self, state_dict(self))


def _prepare_to_load(prepare, self, state_dict):
    load = prepare(self, _passed_through(self._hooks_at("load_pre"), self, copy.copy(state_dict)))

    def load_and_call():
        load()
        for hook in self._hooks_at("load_post"):
            hook(self)

    return load_and_call


def _passed_through(hooks, self, state_dict):
    for hook in hooks:
        result = hook(self, state_dict)
        state_dict = state_dict if result is None else result
    return state_dict


AROUND = {"step": _step, "state_dict": _state_dict, "prepare_to_load": _prepare_to_load}
