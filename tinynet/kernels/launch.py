"""The launch: the one call through which every operation and optimizer reaches memory.

    launch(kernels.mul, out, x, y)

A kernel is declared once (`kernel.py`): which of its arguments it writes, which it reads. Because nothing goes around
this call, whoever watches it sees everything: so the first NaN is found, a profile is made, a compiled step recorded.

It is also where the device is chosen. Once a GPU is in use, `run` looks where the arrays lie, and takes what the kernel
has registered for there. A program without a GPU does not pay for it.
"""

import threading

_observer = None  # what is called in place of a launch: `_show` if somebody watches, else `_dispatch`
_watches = ()  # (observer, the thread whose launches it sees, or None for those of all), the innermost last
_dispatch = None  # what runs a kernel once it is not just `kernel.cpu`: a function (kernel, arguments)
_device = None  # the same of its device alone, once there are others than the CPU
_batching = None  # while there are arrays of a batch: a function (kernel, arguments, what runs it or shows it)
_widening = None  # once there is float16: a function (kernel, arguments, what runs it)
_changing = threading.RLock()  # held while one of these is changed


def launch(kernel, *arguments):
    """Run the kernel, and show the call to the observer if there is one. Unobserved it costs about 50 ns."""
    if _observer is None:
        kernel.cpu(*arguments)
    else:
        _observer(kernel, arguments)


def run(kernel, arguments):
    """Run a kernel where its arrays lie, without showing it to anybody."""
    if _dispatch is None:
        kernel.cpu(*arguments)
    else:
        _dispatch(kernel, arguments)


class observe:
    """Let `observer(kernel, arguments)` stand in for every launch in the block; it must call `run(kernel, arguments)`.

    With `thread`, the number of one, it sees the launches of that thread alone. A launch is shown to one observer: the
    innermost of its thread, or if it has none, of all. Blocks of several threads may overlap in any way.
    """

    # A class, which takes half the time of a generator: each compiled step goes through one for each optimizer.
    __slots__ = ("_watch",)

    def __init__(self, observer, thread=None):
        self._watch = observer, thread

    def __enter__(self):
        global _watches
        with _changing:
            _watches = (*_watches, self._watch)
            _update()

    def __exit__(self, *error):
        global _watches
        with _changing:
            _watches = tuple([other for other in _watches if other is not self._watch])
            _update()


def unobserved():
    """In the block nobody sees the launches of this thread."""
    return observe(None, threading.get_ident())


def observer():
    """Who watches the launches of this thread, or None."""
    watches, this = _watches, threading.get_ident()
    for of in (this, None):
        for watching, thread in reversed(watches):
            if thread == of:
                return watching
    return None


def set_dispatcher(dispatch):
    """From now on `dispatch(kernel, arguments)` runs every kernel; a device calls this when it is first used."""
    global _device
    with _changing:
        _device = dispatch
        _update()


def set_widening(widening):
    """From now on `widening(kernel, arguments, run)` prepares each launch; float16 calls this at its first use."""
    global _widening
    with _changing:
        _widening = widening
        _update()


def set_batching(batching):
    """From now on `batching(kernel, arguments, run)` sees each launch first, or nobody does if it is None."""
    global _batching
    with _changing:
        _batching = batching
        _update()


def _update():
    global _observer, _dispatch
    _dispatch = _device
    if _widening is not None:
        run, widening = _device or _on_cpu, _widening
        _dispatch = lambda kernel, arguments: widening(kernel, arguments, run)
    _observer = _show if _watches else _dispatch
    if _batching is not None:
        inner, batching = _observer or _on_cpu, _batching
        _observer = lambda kernel, arguments: batching(kernel, arguments, inner)


def _show(kernel, arguments):
    (observer() or run)(kernel, arguments)


def _on_cpu(kernel, arguments):
    kernel.cpu(*arguments)
