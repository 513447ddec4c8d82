"""`tinynet.jit`: what scripts say to PyTorch's older compiler; here functions and modules stay as they are.

A function or module that is `script`ed or `trace`d runs as Python, with the same results. `tinynet.compile` makes one
program of a whole training step.
"""

import contextlib

from .arguments import wrong_kind
from .errors import ArgumentTypeError

__all__ = [
    "export", "ignore", "is_scripting", "is_tracing", "load", "optimized_execution", "save", "script", "trace",
    "unused",
]  # fmt: skip


def _itself(where, found):
    if not callable(found):
        raise wrong_kind(where, "what is compiled", "a function, a class or a module", found)
    return found


def script(obj, optimize=None, _frames_up=0, _rcb=None, example_inputs=None):
    """The function, class or module itself.

    Raises: ArgumentTypeError for what cannot be called.
    """
    return _itself("script", obj)


def trace(
    func, example_inputs=None, optimize=None, check_trace=True, check_inputs=None, check_tolerance=1e-5, strict=True,
    **options,
):  # fmt: skip
    """The function or module itself, which goes on to decide by values at each call; it is not called here.

    Raises: ArgumentTypeError for what cannot be called.
    """
    return _itself("trace", func)


def export(fn):
    """The method itself; all methods of a module can be called."""
    return fn


def unused(fn):
    """The method itself."""
    return fn


def ignore(drop=False, **kwargs):
    """The function itself: `@ignore` and `@ignore()` decorate alike."""
    return drop if callable(drop) else lambda fn: fn


def is_scripting():
    """Whether this runs as a compiled program: never."""
    return False


def is_tracing():
    """Whether a trace is being made of this: never."""
    return False


def optimized_execution(should_optimize):
    """A block in which nothing changes."""
    return contextlib.nullcontext()


def save(m, f, _extra_files=None):
    """Programs cannot be saved. Raises ArgumentTypeError, which says what can be."""
    raise ArgumentTypeError("jit.save: there are no compiled modules; save the state_dict() of the module")


def load(f, map_location=None, _extra_files=None, _restore_shapes=False):
    """Programs of TorchScript cannot be loaded. Raises ArgumentTypeError, which says what can be."""
    raise ArgumentTypeError("jit.load: there are no compiled modules; load a state_dict() into a module made in Python")
