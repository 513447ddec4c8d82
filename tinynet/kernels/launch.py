"""The launch: the one call through which every operation and optimizer reaches memory.

    launch(kernels.mul, out, x, y)

A kernel is declared once (`kernel.py`): which of its arguments it writes, which it reads. Because nothing goes around
this call, whoever watches it sees everything: the search for the first NaN does so, and so will the profiler and the
recorder of a compiled step.

It is also where the device is chosen. Once a GPU is in use, `run` looks where the arrays lie, and takes what the kernel
has registered for there. A program without a GPU does not pay for it.
"""

import contextlib

_observer = None  # what is called in place of a launch: who watches, else `_dispatch`
_watching = None
_dispatch = None  # what runs a kernel once it is not just `kernel.cpu`: a function (kernel, arguments)
_device = None  # the same of its device alone, once there are others than the CPU
_batching = None  # while there are arrays of a batch: a function (kernel, arguments, what runs it or shows it)
_widening = None  # once there is float16: a function (kernel, arguments, what runs it)


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


@contextlib.contextmanager
def observe(observer):
    """Let `observer(kernel, arguments)` stand in for every launch in the block; it must call `run(kernel, arguments)`.

    In a block inside another, the inner observer alone sees the launches.
    """
    global _watching
    before, _watching = _watching, observer
    _update()
    try:
        yield
    finally:
        _watching = before
        _update()


@contextlib.contextmanager
def unobserved():
    """In the block nobody sees the launches."""
    global _watching
    before, _watching = _watching, None
    _update()
    try:
        yield
    finally:
        _watching = before
        _update()


def observer():
    """Who watches the launches, or None."""
    return _watching


def set_dispatcher(dispatch):
    """From now on `dispatch(kernel, arguments)` runs every kernel; a device calls this when it is first used."""
    global _device
    _device = dispatch
    _update()


def set_widening(widening):
    """From now on `widening(kernel, arguments, run)` prepares each launch; float16 calls this at its first use."""
    global _widening
    _widening = widening
    _update()


def set_batching(batching):
    """From now on `batching(kernel, arguments, run)` sees each launch first, or nobody does if it is None."""
    global _batching
    _batching = batching
    _update()


def _update():
    global _observer, _dispatch
    _dispatch = _device
    if _widening is not None:
        run, widening = _device or _on_cpu, _widening
        _dispatch = lambda kernel, arguments: widening(kernel, arguments, run)
    _observer = _watching or _dispatch
    if _batching is not None:
        inner, batching = _observer or _on_cpu, _batching
        _observer = lambda kernel, arguments: batching(kernel, arguments, inner)


def _on_cpu(kernel, arguments):
    kernel.cpu(*arguments)
