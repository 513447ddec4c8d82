"""Modes: whether operations are recorded at this point, and whether module paths are tracked; per thread."""

import contextlib
import functools
import inspect
import threading

from ..arguments import boolean, wrong_kind


class _Mode(threading.local):
    enabled = True
    # While module paths are tracked: the path of the module that runs, the modules around it, and a function
    # (path, module, output) to call after each. Else `path` is None, and modules take no notice.
    path = None
    paths_wanted, path_before = 0, None  # how many blocks of `module_paths` there are, and the path before the first
    modules = ()
    visit = None
    finishing = None  # during `backward`: functions to call once it has arrived everywhere, as keys of a dict


mode = _Mode()


@contextlib.contextmanager
def module_paths():
    """In the block modules say where they are, as `mode.path`. Blocks may overlap, and end in any order."""
    if not mode.paths_wanted:
        mode.path_before, mode.path = mode.path, mode.path or ""
    mode.paths_wanted += 1
    try:
        yield
    finally:
        mode.paths_wanted -= 1
        if not mode.paths_wanted:
            mode.path = mode.path_before


class _GradMode(contextlib.ContextDecorator):
    """Switches recording on or off in a `with` block, or in a function that it decorates; per thread."""

    def __init__(self, enabled):
        self._enabled, self._before = enabled, []

    def __enter__(self):
        self._before.append(mode.enabled)
        mode.enabled = self._enabled

    def __exit__(self, *error):
        mode.enabled = self._before.pop()

    def __call__(self, function):
        if not callable(function):
            raise wrong_kind("a switch of gradients", "what it decorates", "a function", function)
        if inspect.isgeneratorfunction(function):  # it would run after the mode has been switched back
            raise TypeError(f"a generator cannot be decorated, use a with block inside it: {function.__name__}")
        return super().__call__(function)

    def _recreate_cm(self):  # a decorated function may call itself, or run in several threads
        return _GradMode(self._enabled)


def no_grad(orig_func=None):
    """Record no operations in the `with` block or decorated function: `with no_grad():`, `@no_grad()`."""
    context = _GradMode(False)
    return context if orig_func is None else functools.wraps(orig_func)(context(orig_func))


def enable_grad(orig_func=None):
    """Record operations in the `with` block or decorated function, even under an outer `no_grad()`."""
    context = _GradMode(True)
    return context if orig_func is None else functools.wraps(orig_func)(context(orig_func))


def inference_mode(mode=True):
    """`no_grad`, which with `mode=False` is `enable_grad`; it may decorate a function without being called."""
    if callable(mode):
        return no_grad(mode)
    return _GradMode(not boolean("inference_mode", "mode", mode))


def is_grad_enabled():
    """Whether operations on tensors that require grad are recorded at this point."""
    return mode.enabled


class set_grad_enabled(_GradMode):
    """Switch recording on or off: at once, and as a context manager or decorator for its block or function only."""

    def __init__(self, mode):
        super().__init__(boolean("set_grad_enabled", "mode", mode))
        super().__enter__()

    def __enter__(self):
        mode.enabled = self._enabled

    def __call__(self, orig_func):
        self.__exit__()  # decorating a function changes nothing outside it
        return super().__call__(orig_func)
