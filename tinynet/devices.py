"""Devices by name: "cpu", and "cuda", the GPU."""

import threading

from .arguments import integer, shown, wrong_kind
from .errors import DeviceError


class device:
    """Where a tensor lies: `device("cpu")`, `device("cuda")`, `device("cuda:0")`, `device("cuda", 0)`.

    Raises ValueError for another name, DeviceError for another GPU than the first.
    """

    __slots__ = ("index", "type")

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if not isinstance(type, str):
            raise wrong_kind("device", "type", "a device such as 'cpu', 'cuda' or 'cuda:0'", type)
        index = None if index is None else integer("device", "index", index, 0)
        name, _, number = type.partition(":")
        if number:
            if index is not None or not number.isdigit():
                raise ValueError(f"expected a device such as 'cpu', 'cuda' or 'cuda:0', got {shown(type)}")
            index = int(number)
        if name not in ("cpu", "cuda"):
            raise ValueError(f"expected a device such as 'cpu', 'cuda' or 'cuda:0', got {shown(type)}")
        if index not in (None, 0):
            raise DeviceError(f"device '{name}:{index}': one GPU is used, the first, whose name is 'cuda:0'")
        self.type, self.index = name, 0 if name == "cuda" else index

    def __eq__(self, other):
        if isinstance(other, str):
            other = device(other)
        return isinstance(other, device) and self.type == other.type

    def __hash__(self):
        return hash(self.type)

    def __str__(self):
        return "cuda:0" if self.type == "cuda" else "cpu"

    def __repr__(self):
        return f"device(type={self.type!r}, index=0)" if self.type == "cuda" else f"device(type={self.type!r})"

    def __enter__(self):
        """New tensors are made here in the block, where no other device is asked for."""
        of_thread.before = *of_thread.before, of_thread.default
        set_default(self)
        return self

    def __exit__(self, *error):
        *of_thread.before, before = of_thread.before
        set_default(before)


CPU, CUDA = device("cpu"), device("cuda")


class _OfThread(threading.local):
    default = CPU  # of new tensors
    before = ()  # the defaults outside the `with` blocks of devices, the innermost last


of_thread = _OfThread()


def set_default(where):
    """Let new tensors of this thread be made on a device where no other is asked for."""
    of_thread.default = where


def gpu(x):
    """The GPU that `x` names, as a device or by its number."""
    return device("cuda", x) if x.__class__ is int else device(x)


def is_device(x):
    """Whether x names a device, and is not a dtype or a number."""
    return isinstance(x, device) or (isinstance(x, str) and x.partition(":")[0] in ("cpu", "cuda"))
