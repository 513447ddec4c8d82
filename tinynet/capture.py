"""What a step does besides launching kernels, for whoever captures it: reads on the host, draws, calls.

A kernel launch passes by `kernels/launch.py`. The rest of a training step is Python: a value is read, a place in the
random stream is taken, an optimizer counts its steps. Whoever turns a step into a program has to know of each, since
the program runs without this Python. While nobody does, `watcher` is None, which is all that it costs.
"""

import contextlib
import functools
import threading

watcher = None  # a `compiler.recorder.Recorder`, or the tracer of an export
_watching = threading.RLock()  # held by the thread that is watched
changes = 0  # how often an attribute of something `Watched` has been set
structure = 0  # how often something was changed by which all programs become invalid


@contextlib.contextmanager
def watched_by(new):
    """In the block `new` is the watcher. The block's target is who was it before in this thread, or None.

    One thread is watched at a time: the block begins when those of others have ended.
    """
    global watcher
    with _watching:
        before, watcher = watcher, new
        try:
            yield before
        finally:
            watcher = before


class Watched:
    """The base of objects whose attributes are counted as they are set: see `changed`."""

    __slots__ = ()


def changed():
    """Note that an attribute of something `Watched` has been set."""
    global changes
    changes += 1


def rebuilt():
    """Note that a hook was added or taken away, or the parameters of an optimizer were changed."""
    global structure
    structure += 1


def host_call(method):
    """Decorates a method whose Python has to run at each step, such as an optimizer's count of its steps.

    When a captured step is run again, the method is called again, and its launches take no effect: the program makes
    them, with the numbers that they were given.
    """

    @functools.wraps(method)
    def call(*args, **kwargs):
        if watcher is None:
            return method(*args, **kwargs)
        return watcher.calls(method, args, kwargs)

    return call


def calls(method, args, kwargs, hooked=False):
    """Call a method whose Python has to run at each step, as `host_call` does; `hooked` says that hooks go with it."""
    return method(*args, **kwargs) if watcher is None else watcher.calls(method, args, kwargs, hooked)


class _Thread(threading.local):
    postponed = None  # functions that wait for the launches of a host call, while a program makes it


_thread = _Thread()


def after_launches(function):
    """Call a function that reads what the launches of the running host call compute, and changes what Python keeps.

    That is now, or in a captured step once its program has made these launches.
    """
    if _thread.postponed is not None:
        _thread.postponed.append(function)
    elif watcher is not None:
        watcher.reads_after(function)
    else:
        function()


class postponing:
    """In the block functions that are given to `after_launches` are put into a list, which is the block's target."""

    __slots__ = ("_before",)  # a class for its speed, as `observe` in kernels/launch.py

    def __enter__(self):
        self._before, _thread.postponed = _thread.postponed, []
        return _thread.postponed

    def __exit__(self, *error):
        _thread.postponed = self._before


def reads(array):
    """Note that a value is read on the host; returns the array."""
    if watcher is not None:
        watcher.reads(array)
    return array


def converts(array):
    """Note that a tensor is made of the numbers of a NumPy array, which no launch has put there."""
    if watcher is not None:
        watcher.converts(array)


def seeds():
    """Note that a random stream is set to another place."""
    if watcher is not None:
        watcher.seeds()


def sets(what):
    """Note that a number that an optimizer's step uses is set, such as a learning rate."""
    if watcher is not None:
        watcher.sets(what)
