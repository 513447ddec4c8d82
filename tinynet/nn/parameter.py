"""Parameter: a tensor that a module owns and an optimizer updates; and those whose shape is not known yet."""

import copy

import numpy as np

from .. import dtypes
from ..convert import HoldsArray, to_array
from ..errors import UninitializedError
from ..leaf import Leaf
from ..ops import creation
from ..tensor import Tensor, wrap


class Parameter(Tensor):
    """A tensor that requires grad and is found by `Module.parameters()` when it is an attribute of a module.

    Scripts may give it attributes of their own.
    """

    def __init__(self, data=None, requires_grad=True):
        data = np.empty(0, dtypes.default) if data is None else data
        self._hold(data.settle().array if isinstance(data, Tensor) else to_array(data, None))
        self.requires_grad_(requires_grad)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that belongs to a module but is not trained: `self.mean = Buffer(tensor)` registers it.

    It is saved in `state_dict` if `persistent`.
    """

    def __init__(self, data=None, *, persistent=True):
        data = np.empty(0, dtypes.default) if data is None else data
        self._hold(data.settle().array if isinstance(data, Tensor) else to_array(data, None))
        self.persistent = persistent


class _Uninitialized:
    """A tensor of which only dtype and device are known: until `materialize`, whatever asks for more is an error.

    Raises: UninitializedError.
    """

    __slots__ = ()
    _empty = HoldsArray.__dict__["array"]  # holds an array of no elements, which has the dtype, and lies on the device

    @property
    def array(self):
        raise UninitializedError(
            f"this {type(self).__name__} has no shape and no values before its module is called: run the model on a "
            "batch first, then count its parameters or make its optimizer"
        )

    @array.setter
    def array(self, array):
        self._empty = array

    @property
    def dtype(self):
        return self._empty.dtype

    @property
    def device(self):
        return wrap(self._empty).device

    @property
    def is_cuda(self):
        return wrap(self._empty).is_cuda

    def is_floating_point(self):
        return dtypes.is_floating(self.dtype)

    def to(self, *args, **kwargs):
        """A tensor of no elements, of the dtype and on the device asked for."""
        return wrap(self._empty).to(*args, **kwargs)

    def materialize(self, shape, device=None, dtype=None):
        """Become a tensor of this shape, whose values are still to be set."""
        dtype = self.dtype if dtype is None else dtypes.as_dtype(dtype)
        array = creation.empty(*shape, dtype=dtype, device=self.device if device is None else device).array
        self.__class__ = self.cls_to_become
        self.array = array

    def __deepcopy__(self, memo):
        out = memo[id(self)] = _uninitialized(type(self), self.requires_grad, str(self.device), self.dtype)
        out.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return out

    def __reduce_ex__(self, protocol):
        return _uninitialized, (type(self), self.requires_grad, str(self.device), self.dtype), self.__dict__

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def _repr_html_(self):
        """None: notebooks show its text."""


def _set_up(x, requires_grad, device, dtype):
    x._hold(creation.empty(0, dtype=dtypes.default if dtype is None else dtype, device=device).array)
    if requires_grad:
        x._edge = x._leaf = Leaf()


def _uninitialized(cls, requires_grad, device, dtype):
    out = cls.__new__(cls)
    _set_up(out, requires_grad, device, dtype)
    return out


class UninitializedParameter(_Uninitialized, Parameter):
    """A Parameter that gets its shape from the first input of its module, of the class LazyLinear or another."""

    cls_to_become = Parameter

    def __init__(self, requires_grad=True, device=None, dtype=None):
        _set_up(self, requires_grad, device, dtype)


class UninitializedBuffer(_Uninitialized, Buffer):
    """A Buffer that gets its shape from the first input of its module."""

    cls_to_become = Buffer

    def __init__(self, requires_grad=False, device=None, dtype=None, persistent=True):
        _set_up(self, requires_grad, device, dtype)
        self.persistent = persistent


def is_lazy(x):
    """Whether x is a parameter or a buffer whose shape is not known yet."""
    return isinstance(x, _Uninitialized)
