"""The launch: the one call through which every operation and optimizer reaches memory.

    launch(kernel, out, *inputs)

A kernel writes its outputs, which come first (as in `np.copyto(dst, src)`), from inputs and Python scalars. A kernel
with several outputs says how many in its attribute `outputs`; one that also reads an output updates it in place.
Because nothing goes around this call, whoever watches it sees everything: the search for the first NaN does so, and
so will the profiler, the recorder of a compiled step, and the choice of the device.
"""

import contextlib

_observer = None


def launch(kernel, *arrays):
    """Run `kernel(*arrays)`, and show it to the observer if there is one. Unobserved it costs about 50 ns."""
    if _observer is None:
        kernel(*arrays)
    else:
        _observer(kernel, arrays)


@contextlib.contextmanager
def observe(observer):
    """Let `observer(kernel, arrays)` stand in for every launch in the block; it must run the kernel itself.

    In a block inside another, the inner observer alone sees the launches.
    """
    global _observer
    before, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = before


def split(kernel, arrays):
    """The arguments of a launch as (outputs, inputs)."""
    n = getattr(kernel, "outputs", 1)
    return arrays[:n], arrays[n:]
