"""`detect_anomaly`: find the first operation that made a NaN or Inf, forward or backward."""

import contextlib

import numpy as np

from ..arguments import boolean, only
from ..errors import KernelError, NonFiniteError
from ..kernels.arrays import host
from ..kernels.launch import observe, run
from .mode import module_paths


@contextlib.contextmanager
def detect_anomaly(check_nan=True):
    """Raise NonFiniteError at the first operation whose result is not finite, in a `with` block.

    The error names the operation, the module path if it ran inside a module, and whether its inputs were finite. An
    operation is to blame if it makes a NaN, or an Inf from finite inputs; an Inf that was put in on purpose, such as
    a mask of -inf, may pass through. Slow: every result is read once more.
    """
    only("detect_anomaly", "check_nan", check_nan, True)
    with module_paths(), observe(_check):
        yield


class set_detect_anomaly:
    """Switch `detect_anomaly` on or off: at once, and as a context manager for its block only."""

    _on = None  # the block that is open while it is switched on

    def __init__(self, mode, check_nan=True):
        self._before = set_detect_anomaly._on is not None
        only("set_detect_anomaly", "check_nan", check_nan, True)
        self._switch(boolean("set_detect_anomaly", "mode", mode))

    def __enter__(self):
        pass

    def __exit__(self, *error):
        self._switch(self._before)

    @staticmethod
    def _switch(on):
        block = set_detect_anomaly._on
        if on and block is None:
            set_detect_anomaly._on = detect_anomaly()
            set_detect_anomaly._on.__enter__()
        elif block is not None and not on:
            set_detect_anomaly._on = None
            block.__exit__(None, None, None)


def _check(kernel, arguments):
    # Before the kernel runs: it may work in place.
    dirty = [name for name in map(_defect, kernel.read(arguments)) if name]
    try:
        run(kernel, arguments)
        outputs = [host(out) for out in kernel.written(arguments)]
    except KernelError as error:
        raise KernelError(f"operation {kernel.name!r} failed on the device: {error}") from error
    for out in outputs:
        defect = _defect(out)
        if defect is None or (defect == "Inf" and dirty):
            continue
        given = f"from an input that held {dirty[0]}" if dirty else "from finite inputs"
        raise NonFiniteError(f"operation {kernel.name!r} made {_where(out, defect)} {given}")


def _defect(array):
    """'NaN' or 'Inf' if the array or number holds one, else None."""
    array = host(array)
    if np.asarray(array).dtype.kind != "f" or np.isfinite(array).all():
        return None
    return "NaN" if np.isnan(array).any() else "Inf"


def _where(out, defect):
    bad = np.isnan(out) if defect == "NaN" else np.isinf(out)
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"{defect} at {index} of its result of shape {out.shape}" if out.ndim else defect
