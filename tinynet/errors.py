"""Errors that say what was expected, what came, and in which module of the model.

Each is also the built-in error that NumPy or PyTorch would raise in its place, so that existing `except` clauses
keep working.
"""


class LocatedError(Exception):
    """An error raised under a module's `forward`, which learns its place while it travels up through the modules.

    `str(error)` is `Linear(in_features=64, out_features=10, bias=True) at model.3: expected ..., got ...`.
    """

    def __init__(self, message):
        super().__init__(message)
        self.message = message
        self.module = None  # how the innermost module describes itself
        self.path = ()  # the paths from each module around it to the next, outermost first
        self._child = None

    def enter(self, module):
        """Note that `module.forward` let this error pass."""
        if self.module is None:
            self.module = module.describe()
        else:
            path = module._path_of(self._child)
            self.path = self.path if path is None else (path, *self.path)
        self._child = module

    def __str__(self):
        if self.module is None:
            return self.message
        at = f" at {'.'.join(('model', *self.path))}" if self.path else ""
        return f"{self.module}{at}: {self.message}"


class ArgumentTypeError(LocatedError, TypeError):
    """An argument of the wrong kind: a list for a tensor, 1.5 for an integer."""


class ArgumentValueError(LocatedError, ValueError, RuntimeError):
    """An argument of the right kind whose value is not allowed."""


class LinAlgError(ArgumentValueError):
    """A matrix that has no inverse, or none of the factors that were asked for."""


class DimensionError(LocatedError, IndexError):
    """A dimension that a tensor does not have."""


class ShapeError(LocatedError, ValueError, RuntimeError):
    """Shapes that do not fit together."""


class DTypeError(LocatedError, TypeError, RuntimeError):
    """A dtype that an operation does not take."""


class TargetError(LocatedError, IndexError, ValueError):
    """A label outside the classes, or an index outside the table."""


class UninitializedError(LocatedError, ValueError, RuntimeError):
    """A use of a parameter whose shape is not known before its module is called."""


class GraphError(LocatedError, RuntimeError):
    """A use of the graph that has no meaning, such as a second walk through a graph that was freed."""


class DeviceError(LocatedError, RuntimeError):
    """A device that cannot be used, or operands that lie on different devices."""


class KernelError(LocatedError, RuntimeError):
    """A kernel that failed on a device. The device is not usable any more by this process."""


class OutOfMemoryError(LocatedError, MemoryError, RuntimeError):
    """A device's memory that does not suffice; what there was before is as it was."""


class DistError(RuntimeError):
    """Ranks that no longer do the same: one has left, or differs from the others."""


class CaptureError(LocatedError, RuntimeError):
    """A function does what a compiled step cannot."""


class ExportError(LocatedError, RuntimeError):
    """A model does what a graph of ONNX cannot."""


class NonFiniteError(LocatedError, ArithmeticError, RuntimeError):
    """A NaN or Inf, found where `detect_anomaly` looks for it or where data must not hold one."""


def nearest(name, known):
    """'did you mean ...?' with the name in `known` from which `name` comes by the fewest slips, or the list of them."""
    from difflib import get_close_matches

    close = get_close_matches(str(name), list(known), n=8)
    if not close:
        return f"known: {', '.join(map(str, known))}"
    return f"did you mean {min(close, key=lambda other: _slips(str(name).lower(), other.lower()))!r}?"


def _slips(a, b):
    """The fewest letters left out, put in, mistaken or swapped with their neighbour that make b of a."""
    before, row = [], list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
