"""Hooks of modules: functions of the user's own around forward, the walk backwards, states and registrations.

While no hook has been registered in a process, `active` is False, and modules do not ask for any.
"""

import warnings
from collections import OrderedDict
from types import MappingProxyType
from typing import NamedTuple

from ..autograd.hooks import add_hook, expect_function
from ..autograd.mode import mode
from .backward_hooks import BackwardHooks

active = False  # whether a module has, or had, a hook
NONE = MappingProxyType({})


class Hooks(OrderedDict):
    """{id: hook} in the order of calls. One that is filled, also from a copy or a pickle, makes modules look for it."""

    def __setitem__(self, key, hook):
        global active
        active = True
        super().__setitem__(key, hook)


class ForwardHook(NamedTuple):
    """A hook before or after forward, and how it is called."""

    function: object
    with_kwargs: bool = False
    always_call: bool = False

    def __call__(self, module, args, kwargs, *result):
        return self.function(module, args, *([kwargs] if self.with_kwargs else []), *result)


class InPlaceHook(NamedTuple):
    """A hook that shall change what it gets, and return nothing."""

    function: object

    def __call__(self, *args):
        if self.function(*args) is not None:
            raise RuntimeError("a state_dict post-hook must return None; it may change the state in place")


class HookWithoutModule(NamedTuple):
    """A hook that is called without the module."""

    function: object

    def __call__(self, module, *args):
        return self.function(*args)


class Hooked:
    """The part of `Module` about hooks. Those of every module are called before its own."""

    _forward_pre_hooks = _forward_hooks = _backward_pre_hooks = _backward_hooks = NONE
    _state_dict_pre_hooks = _state_dict_hooks = _load_state_dict_pre_hooks = _load_state_dict_post_hooks = NONE
    _is_full_backward_hook = None  # whether its backward hooks were registered as full ones, if it has any

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before each forward; what it returns, a tuple or one value, takes their place.

        With `with_kwargs` it is `hook(module, args, kwargs)`, which returns None or (args, kwargs). Returns a handle
        that removes the hook; `prepend` puts it before the others of the module.
        """
        hook = ForwardHook(expect_function("register_forward_pre_hook", hook), with_kwargs)
        return self._add_hook("_forward_pre_hooks", hook, prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after each forward; what it returns, if not None, takes the output's place.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`; with `always_call` it is called, with output
        None, after an error too. Returns a handle that removes the hook.
        """
        hook = ForwardHook(expect_function("register_forward_hook", hook), with_kwargs, always_call)
        return self._add_hook("_forward_hooks", hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` when the gradients of the outputs are there, a tuple with None for those
        that have none; what it returns takes their place. Returns a handle that removes the hook."""
        return self._add_hook("_backward_pre_hooks", expect_function("register_full_backward_pre_hook", hook), prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are there, tuples with None
        for what has none; what it returns takes the place of grad_input. Returns a handle that removes the hook.

        Inputs are the positional arguments of forward that require grad; if none does, the hook is called with Nones
        when the gradients of the outputs are there.
        """
        return self._add_backward_hook("register_full_backward_hook", hook, True, prepend)

    def register_backward_hook(self, hook):
        """The old name of `register_full_backward_hook`, and here the same. A module cannot have hooks of both."""
        return self._add_backward_hook("register_backward_hook", hook, False)

    def _add_backward_hook(self, where, hook, full, prepend=False):
        expect_function(where, hook)
        if self._backward_hooks and self._is_full_backward_hook is not full:
            raise RuntimeError(f"{where}: a module cannot have both full and other backward hooks")
        self._is_full_backward_hook = full
        return self._add_hook("_backward_hooks", hook, prepend)

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before the state of the module is taken."""
        return self._add_hook("_state_dict_pre_hooks", expect_function("register_state_dict_pre_hook", hook))

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata)` when the state of the module is there, to change it
        in place."""
        hook = InPlaceHook(expect_function("register_state_dict_post_hook", hook))
        return self._add_hook("_state_dict_hooks", hook)

    def _register_state_dict_hook(self, hook):
        """An older form of `register_state_dict_post_hook`: what the hook returns takes the place of the state."""
        return self._add_hook("_state_dict_hooks", expect_function("_register_state_dict_hook", hook))

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`
        before a state is loaded. The first is a copy, which it may change, such as to rename keys; to the lists it may
        add what shall be reported."""
        return self._add_hook("_load_state_dict_pre_hooks", expect_function("register_load_state_dict_pre_hook", hook))

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        """An older form of `register_load_state_dict_pre_hook`: the hook does not get the module, unless asked for."""
        expect_function("_register_load_state_dict_pre_hook", hook)
        return self._add_hook("_load_state_dict_pre_hooks", hook if with_module else HookWithoutModule(hook))

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` when a state has been loaded; a key that it takes out of the lists
        `missing_keys` and `unexpected_keys` is no error."""
        return self._add_hook(
            "_load_state_dict_post_hooks", expect_function("register_load_state_dict_post_hook", hook)
        )

    def _add_hook(self, kind, hook, prepend=False):
        if kind not in self.__dict__:
            self.__dict__[kind] = Hooks()
        return add_hook(self.__dict__[kind], hook, prepend)


# Of every module

EVERY = Hooked()
_REGISTERED = {kind: {} for kind in ("parameter", "module", "buffer")}


def register_module_forward_pre_hook(hook):
    """`register_forward_pre_hook` of every module."""
    return EVERY.register_forward_pre_hook(hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """`register_forward_hook` of every module."""
    return EVERY.register_forward_hook(hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_full_backward_pre_hook(hook):
    """`register_full_backward_pre_hook` of every module."""
    return EVERY.register_full_backward_pre_hook(hook)


def register_module_full_backward_hook(hook):
    """`register_full_backward_hook` of every module."""
    return EVERY.register_full_backward_hook(hook)


def register_module_backward_hook(hook):
    """`register_backward_hook` of every module."""
    return EVERY.register_backward_hook(hook)


def register_module_parameter_registration_hook(hook):
    """Call `hook(module, name, parameter)` when a module gets a parameter; what it returns takes its place."""
    return _on_registration("register_module_parameter_registration_hook", "parameter", hook)


def register_module_module_registration_hook(hook):
    """Call `hook(module, name, submodule)` when a module gets a module; what it returns takes its place."""
    return _on_registration("register_module_module_registration_hook", "module", hook)


def register_module_buffer_registration_hook(hook):
    """Call `hook(module, name, buffer)` when a module gets a buffer; what it returns takes its place."""
    return _on_registration("register_module_buffer_registration_hook", "buffer", hook)


def _on_registration(where, kind, hook):
    return add_hook(_REGISTERED[kind], expect_function(where, hook))


def registered(module, name, value, kind):
    """What a module shall register under a name, of a kind such as "transient buffer", after the hooks for that."""
    for hook in list(_REGISTERED[kind.split()[-1]].values()) if value is not None else ():
        changed = hook(module, name, value)
        value = value if changed is None else changed
    return value


# Around a call


def around(module):
    """Whether a call of the module has hooks around it."""
    return bool(
        module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or module._backward_pre_hooks
        or EVERY._forward_hooks or EVERY._forward_pre_hooks or EVERY._backward_hooks or EVERY._backward_pre_hooks
    )  # fmt: skip


def call(module, forward, args, kwargs):
    """forward(*args, **kwargs), with the hooks of the module and of every module around it."""
    called, result = set(), None
    try:
        for _, hook in _both("_forward_pre_hooks", module):
            args, kwargs = _replaced(hook, module, args, kwargs)
        around = _around_backward(module)
        if around is not None:
            args = around.watch_inputs(args)
        result = forward(*args, **kwargs)
        for key, hook in _both("_forward_hooks", module):
            called.add(key)
            changed = hook(module, args, kwargs, result)
            result = result if changed is None else changed
        return result if around is None else around.watch_outputs(result)
    except Exception:
        for key, hook in _both("_forward_hooks", module):
            if hook.always_call and key not in called:
                _call_after_error(hook, module, args, kwargs, result)
        raise


def _both(kind, module):
    """(id, hook) of every module's hooks of a kind, and of this module's."""
    return [*getattr(EVERY, kind).items(), *getattr(module, kind).items()]


def _replaced(hook, module, args, kwargs):
    """The arguments of a call after a hook."""
    changed = hook(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not hook.with_kwargs:
        return changed if isinstance(changed, tuple) else (changed,), kwargs
    if not (isinstance(changed, tuple) and len(changed) == 2):
        raise RuntimeError(f"expected a forward pre-hook to return None or a pair (args, kwargs), got {changed!r}")
    return changed


def _around_backward(module):
    """What shows the gradients of this call to hooks, or None if there are none or nothing is recorded."""
    before, after = ([hook for _, hook in _both(kind, module)] for kind in ("_backward_pre_hooks", "_backward_hooks"))
    return BackwardHooks(module, before, after) if (before or after) and mode.enabled else None


def _call_after_error(hook, module, args, kwargs, result):
    try:
        hook(module, args, kwargs, result)
    except Exception as error:
        warnings.warn(f"a forward hook raised after another error, which goes on: {error!r}", stacklevel=4)
