"""The launch: the one call through which every operation and optimizer reaches memory.

    launch(kernel, out, *inputs)

A kernel writes its outputs, which come first (as in `np.copyto(dst, src)`), from inputs and Python scalars. A kernel
with several outputs says how many in its attribute `outputs`; one that also reads an output updates it in place.
Because nothing goes around this call, whoever watches it sees everything: the search for the first NaN does so, and
so will the profiler and the recorder of a compiled step.

It is also where the device is chosen. Operations name the CPU's kernel; once a device is in use, `run` looks where the
arrays lie, and takes the kernel of the same name that works there. A program without a device does not pay for it.
"""

import contextlib

_observer = None
_elsewhere = None  # what runs a kernel once there are other devices than the CPU: a function (kernel, arrays)


def launch(kernel, *arrays):
    """Run `kernel(*arrays)`, and show it to the observer if there is one. Unobserved it costs about 50 ns."""
    if _observer is None:
        kernel(*arrays)
    else:
        _observer(kernel, arrays)


def run(kernel, arrays):
    """Run a kernel where its arrays lie, without showing it to anybody; returns what the kernel returns."""
    return kernel(*arrays) if _elsewhere is None else _elsewhere(kernel, arrays)


@contextlib.contextmanager
def observe(observer):
    """Let `observer(kernel, arrays)` stand in for every launch in the block; it must call `run(kernel, arrays)`.

    In a block inside another, the inner observer alone sees the launches.
    """
    global _observer
    before, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = _elsewhere if before is None else before


def send_elsewhere(choose):
    """From now on `choose(kernel, arrays)` runs every kernel; a device calls this when it is first used."""
    global _observer, _elsewhere
    _elsewhere = choose
    if _observer is None:
        _observer = choose


def split(kernel, arrays):
    """The arguments of a launch as (outputs, inputs)."""
    n = getattr(kernel, "outputs", 1)
    return arrays[:n], arrays[n:]
