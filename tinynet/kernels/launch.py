"""The launch: the one call through which every operation and optimizer reaches memory.

    launch(kernels.mul, out, x, y)

A kernel is declared once (`kernel.py`): which of its arguments it writes, which it reads. Because nothing goes around
this call, whoever watches it sees everything: the search for the first NaN does so, and so will the profiler and the
recorder of a compiled step.

It is also where the device is chosen. Once a GPU is in use, `run` looks where the arrays lie, and takes what the kernel
has registered for there. A program without a GPU does not pay for it.
"""

import contextlib

_observer = None
_dispatch = None  # what runs a kernel once there are other devices than the CPU: a function (kernel, arguments)


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
    global _observer
    before, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = _dispatch if before is None else before


def set_dispatcher(dispatch):
    """From now on `dispatch(kernel, arguments)` runs every kernel; a device calls this when it is first used."""
    global _observer, _dispatch
    _dispatch = dispatch
    if _observer is None:
        _observer = dispatch
