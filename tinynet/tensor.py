"""The Tensor: an array, and what autograd needs to know of it.

This file says what a tensor is. What can be done with one is attached by the modules that know how: the operations
by `ops/__init__.py`, the walk backwards by `autograd/__init__.py`.
"""

import copy
import math

import numpy as np
from numpy import ndarray

from . import capture, devices, dtypes
from .arguments import axis_of, boolean
from .convert import HoldsArray, of_default_dtype, usable
from .errors import ArgumentValueError, DeviceError, DTypeError, GraphError, ShapeError
from .kernels import reference as kernels
from .kernels.arrays import empty, host
from .kernels.filled import copied, store
from .kernels.launch import launch
from .leaf import Leaf
from .memory_format import contiguous_format
from .printing import html_of, text_of, with_suffixes
from .size import Size
from .versions import Base, Version, note_move


class Tensor(HoldsArray):
    """An n-dimensional array that operations can be recorded on.

    Make one with `tinynet.tensor`. As in PyTorch, `Tensor(data)` is float32 whatever numbers it is made of, and shares
    the memory of an array or tensor that needs no conversion; `Tensor(2, 3)` is uninitialised memory of that shape.
    """

    __slots__ = ("__weakref__", "_base", "_edge", "_leaf", "_version")

    def __init__(self, *data):
        if len(data) == 1 and isinstance(data[0], Tensor):
            data[0].settle()
        self._hold(of_default_dtype(data))
        if not self.array.flags.c_contiguous:
            self.keep_order()

    def _hold(self, array):
        self.array = array
        self._edge = None  # the Node that made it, or its Leaf, if gradients shall flow here
        self._leaf = None  # its Leaf, kept while requires_grad is off
        self._version = None  # its Version, once somebody asks; shared by all views of the same memory
        self._base = None  # of a view: its Base

    # Shape and type

    @property
    def shape(self):
        return _size(Size, self.array.shape)

    @property
    def dtype(self):
        return self.array.dtype

    @property
    def device(self):
        """Where it lies: `device("cpu")`, or `device("cuda")` for the GPU."""
        return devices.CUDA if self.is_cuda else devices.CPU

    @property
    def is_cuda(self):
        return self.array.__class__ is not ndarray and self.array.device != "cpu"

    @property
    def ndim(self):
        return self.array.ndim

    def dim(self):
        return self.array.ndim

    def size(self, dim=None):
        return self.shape if dim is None else self.array.shape[axis_of("size", dim, self.array.ndim)]

    def numel(self):
        return self.array.size

    def element_size(self):
        return self.array.itemsize

    @property
    def nbytes(self):
        return self.array.nbytes

    def stride(self, dim=None):
        """Steps in memory between neighbours along each dimension, or along one, in elements."""
        array = self.array
        if self._may_move():
            sizes = [max(n, 1) for n in array.shape]
            steps = tuple([math.prod(sizes[i + 1 :]) for i in range(array.ndim)])
        else:
            steps = tuple([s // array.itemsize for s in array.strides])
        return steps if dim is None else steps[axis_of("stride", dim, self.array.ndim)]

    def is_contiguous(self, *, memory_format=contiguous_format):
        """Whether elements are in memory in order, or in the order that a memory format says."""
        if memory_format is not contiguous_format:
            order = memory_format.order
            if order is None:
                raise ArgumentValueError(f"is_contiguous: expected a format that names an order, got {memory_format}")
            return self.array.ndim == len(order) and self.settle().array.transpose(order).flags.c_contiguous
        return self.array.flags.c_contiguous or self._may_move()

    def _may_move(self):
        """Whether nobody shares the memory, so that nobody sees in which order it is."""
        return self._base is None and (self._version is None or self._version.movable)

    def settle(self):
        """The tensor itself, its elements in memory in order, if it is the result of an operation.

        Operations lay out their results as is fastest, such as images with the channels last, where PyTorch's are
        contiguous. Before the memory is shared, by a view or with NumPy, it is brought in order: so nobody can tell.
        """
        array = self.array
        if not array.flags.c_contiguous and self._may_move():
            out = empty(array.shape, array.dtype, array)
            launch(kernels.copy, out, array)
            self.move_to(out)
        return self

    def keep_order(self):
        """Let the memory stay in the order in which it is, and `stride` tell of it; returns the tensor."""
        self.version().movable = False
        return self

    def is_floating_point(self):
        return dtypes.is_floating(self.array.dtype)

    # Autograd

    @property
    def requires_grad(self):
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, flag):
        if not self.is_leaf:
            if flag:
                return
            raise GraphError("requires_grad can be turned off only for a leaf; use detach() to leave the graph")
        if flag and self.dtype.kind != "f":
            raise DTypeError(f"only tensors of floating point dtype can require gradients, got {self.dtype}")
        if flag and self._leaf is None:
            self._leaf = Leaf()
        self._edge = self._leaf if flag else None

    def requires_grad_(self, requires_grad=True):
        if requires_grad is not False or self._edge is not None:
            self.requires_grad = boolean("requires_grad_", "requires_grad", requires_grad)
        return self

    @property
    def is_leaf(self):
        return self._edge is None or self._edge.__class__ is Leaf

    @property
    def grad_fn(self):
        """The Node of the graph that made this tensor, or None for a leaf."""
        return None if self.is_leaf else self._edge

    @property
    def grad(self):
        """The gradient that `backward` has accumulated here, or None."""
        edge = self._edge or self._leaf
        if edge.__class__ is Leaf:
            if edge.grad is not None:
                edge.seen = True
            return edge.grad
        return edge.grad if edge is not None and isinstance(edge.grad, Tensor) else None

    def borrow_grad(self):
        """`grad` for code that does not keep it."""
        edge = self._edge or self._leaf
        return edge.grad if edge is not None and isinstance(edge.grad, Tensor) else None

    @grad.setter
    def grad(self, grad):
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(f"expected a Tensor or None as grad, got {type(grad).__name__}")
            check_alike("a grad of", grad, self)
        if not self.is_leaf:
            if grad is not None or isinstance(self._edge.grad, Tensor):  # else it is not retained, and stays so
                self._edge.grad = grad
            return
        if self._leaf is None:
            if grad is None:
                return
            self._leaf = Leaf()
        self._leaf.grad = grad

    @property
    def data(self):
        """The same memory as a tensor outside the graph, whose in-place changes autograd does not notice."""
        return wrap(self.settle().array)

    @data.setter
    def data(self, value):
        if not isinstance(value, Tensor):
            raise TypeError(f"expected a Tensor as data, got {type(value).__name__}")
        if value.shape != self.shape:
            raise ShapeError(f"expected data of shape {self.shape}, got {value.shape}")
        if value.dtype != self.dtype:
            raise DTypeError(f"expected data of dtype {self.dtype}, got {value.dtype}")
        check_writable("data", self)
        # Copied and not swapped, so that a parameter stays in its optimizer's arena.
        store(self.array, value.array)

    def detach(self):
        """The same memory as a tensor outside the graph."""
        out = wrap(self.settle().array)
        out._version = self.version()
        return out

    def move_to(self, array):
        """Let the same values lie in another array, a copy of this one: what was saved for gradients stays valid."""
        note_move(self.array, array)
        self.array = array

    def version(self):
        """What it shares with all tensors that view the same memory: its Version."""
        if self._version is None:
            self._version = Version()
        return self._version

    def mark_written(self):
        """Note that the memory of this tensor, and of its views, has been overwritten."""
        self.version().mark_written()

    # To Python and NumPy

    def item(self):
        """The value of a tensor with one element, as a Python number."""
        if self.array.size != 1:
            raise ShapeError(f"expected a tensor with one element to make a number of, got shape {self.shape}")
        return host(self.array).item()

    def tolist(self):
        return host(self.array).tolist()

    def numpy(self, *, force=False):
        """The NumPy array that holds the values, not a copy; with `force` also where that means detach() and cpu()."""
        if force:
            return self.detach().cpu().numpy()
        if self.requires_grad:
            raise GraphError("numpy() on a tensor that requires grad; use detach().numpy()")
        if self.is_cuda:
            raise DeviceError(f"numpy() on a tensor on {self.device}; use cpu() first, which copies it to the host")
        return host(self.settle().array)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def _shared(self):
        """The array, to be shared with another library, which knows nothing of gradients."""
        if self.requires_grad:
            raise GraphError("a tensor that requires grad cannot be shared; use detach(), or detach().numpy()")
        capture.reads(self.array)
        return self.settle().array

    def __dlpack__(self, **options):
        return self._shared().__dlpack__(**options)

    @property
    def __cuda_array_interface__(self):
        if not self.is_cuda:
            raise AttributeError("__cuda_array_interface__: the tensor lies on the CPU")
        return self._shared().__cuda_array_interface__

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __len__(self):
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __iter__(self):
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        if self.array.size != 1:
            raise ShapeError(f"the truth of a tensor with {self.array.size} elements is ambiguous")
        return bool(host(self.array).item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError("only an integer tensor with one element can be an index")
        return int(host(self.array).item())

    __array_priority__ = 1000  # in array * tensor the tensor's operator decides

    __hash__ = object.__hash__  # == compares elements; as a key of a dict a tensor is itself

    def __format__(self, spec):
        return format(self.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)

    def __repr__(self):
        shown = (dtypes.default, dtypes.int64, dtypes.bool) if self.array.size else (dtypes.default,)
        suffixes = [
            f"device='{self.device}'" if self.is_cuda else "",
            f"size={self.shape}" if self.array.size == 0 and self.ndim != 1 else "",
            f"dtype={self.dtype}" if self.dtype not in shown else "",  # else it shows in how the numbers look
            "" if self.is_leaf else f"grad_fn=<{self._edge.op}>",
            "requires_grad=True" if self.is_leaf and self.requires_grad else "",
        ]
        return with_suffixes(f"tensor({text_of(host(self.array), 'tensor(')}", [text for text in suffixes if text])

    def _repr_html_(self):
        gradient = "requires grad" if self.requires_grad and self.is_leaf else ""
        return html_of(repr(self), host(self.array), str(self.device) if self.is_cuda else "", gradient)

    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise GraphError("only leaf tensors can be deep-copied; use detach() first")
        out = self.__class__.__new__(self.__class__)
        out._hold(copied(self.array))
        out.requires_grad = self.requires_grad
        grad = self.borrow_grad()
        if grad is not None:
            out.grad = wrap(copied(grad.array))
        memo[id(self)] = out
        if hasattr(self, "__dict__"):
            out.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return out

    def __reduce_ex__(self, protocol):
        """Values, and whether gradients are wanted; no gradient and no Version goes to another process."""
        arguments = self.__class__, host(self.array), self.requires_grad, str(self.device)
        return _rebuilt, arguments, getattr(self, "__dict__", None)


def _rebuilt(cls, array, requires_grad, device):
    dtypes.note(array.dtype)
    out = cls.__new__(cls)
    if array.__class__ is not np.ndarray or not array.flags.writeable:  # joblib maps the memory of large ones
        array = np.array(array)
    out._hold(array if device == "cpu" else wrap(array).to(device).array)
    out.requires_grad = requires_grad
    return out


def check_alike(what, x, model):
    """Raise ShapeError or DTypeError if x, named by `what`, is not of the shape and dtype of `model`."""
    if x.shape != model.shape:
        raise ShapeError(f"expected {what} shape {model.shape}, got {x.shape}")
    if x.dtype != model.dtype:
        raise DTypeError(f"expected {what} dtype {model.dtype}, got {x.dtype}")


def check_writable(where, x):
    """Raise GraphError if the memory of x cannot be overwritten, or cannot be without changing several elements."""
    if not x.array.flags.writeable:
        if 0 in x.array.strides:
            what = "elements of an expanded tensor share memory"
        else:
            what = "the memory of this tensor, another library's or that of windows that overlap, is read-only"
        raise GraphError(f"{where}: {what} and cannot be changed; use clone() first")


_new, _size = object.__new__, tuple.__new__


def wrap(array):
    """A tensor over an array that the library has made."""
    out = _new(Tensor)
    out.array = array
    out._edge = out._leaf = out._version = out._base = None
    return out


def from_array(where, array):
    """A tensor over the memory of an array from outside. Raises DTypeError, ValueError: see `convert.usable`."""
    out = wrap(usable(where, array))
    return out if out.array.flags.c_contiguous else out.keep_order()


def view_of(base, array):
    """A tensor over `array`, which lies in the memory of `base`."""
    out = wrap(array)
    out._version = version = base.version()
    of = base._base
    if of is None:
        of = Base(base)
        of.history = version.history
    out._base = of
    return out
