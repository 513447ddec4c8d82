"""Lazy modules: layers that learn from their first input how many features it has, and become ordinary ones."""

from ..arguments import boolean
from ..errors import LocatedError, ShapeError
from ..ops.creation import tensor
from ..tensor_arguments import expect_tensor
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import BUFFERS, PARAMETER
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin:
    """To be inherited before a module: `initialize_parameters` is called with the inputs of the first call.

    It gives their shapes to all parameters that are uninitialized. Then the module becomes one of the class
    `cls_to_become`, unless that is None.
    """

    cls_to_become = None
    _initialized = False

    def __call__(self, *args, **kwargs):
        if self._initialized:
            return super().__call__(*args, **kwargs)
        self._initialize(args, kwargs)
        return self(*args, **kwargs)  # of another class now, or initialized

    def _initialize(self, args, kwargs):
        try:
            self.initialize_parameters(*args, **kwargs)
        except LocatedError as error:
            error.enter(self)
            raise
        if self.has_uninitialized_params():
            raise RuntimeError(f"{type(self).__name__}: initialize_parameters left parameters uninitialized")
        if self.cls_to_become is None:
            self._initialized = True
        else:
            self.__class__ = self.cls_to_become

    def initialize_parameters(self, *args, **kwargs):
        """Give uninitialized parameters their shapes, by `materialize`, and values; for a subclass to say how."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self):
        """Whether a parameter or a buffer of the module itself has no shape yet."""
        return any(is_lazy(x) for _, x, _ in self._registered(PARAMETER, *BUFFERS))

    def reset_parameters(self):
        if not self.has_uninitialized_params():
            super().reset_parameters()

    def _materialize(self, **shapes):
        """Give shapes to those that have none, and then to all their first values."""
        if self.has_uninitialized_params():
            for name, shape in shapes.items():
                if is_lazy(getattr(self, name)):
                    getattr(self, name).materialize(shape)
            self.reset_parameters()


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose `in_features` are the size of the last dimension of its first input."""

    cls_to_become = Linear

    def __init__(self, out_features, bias=True, device=None, dtype=None):
        super().__init__(0, out_features, False, device, dtype)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.bias = UninitializedParameter(device=device, dtype=dtype) if boolean("LazyLinear", "bias", bias) else None

    def initialize_parameters(self, input):
        x = expect_tensor("LazyLinear", input)
        if not x.ndim:
            raise ShapeError("expected an input (*, in_features), got a 0-d tensor")
        self.in_features = x.shape[-1]
        self._materialize(weight=(self.out_features, self.in_features), bias=(self.out_features,))


class _LazyConv(LazyModuleMixin):
    def _make_lazy(self, bias, device, dtype):
        bias = boolean(type(self).__name__, "bias", bias)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.bias = UninitializedParameter(device=device, dtype=dtype) if bias else None

    def initialize_parameters(self, input, *args, **kwargs):
        x, dims = expect_tensor(type(self).__name__, input), self.dims
        if x.ndim not in (dims + 1, dims + 2):
            raise ShapeError(f"expected {dims + 1} or {dims + 2} dimensions, got shape {x.shape}")
        if x.shape[-dims - 1] % self.groups:
            raise ShapeError(f"expected channels that groups={self.groups} divides, got shape {x.shape}")
        self.in_channels = x.shape[-dims - 1]
        self._materialize(weight=self._weight_shape(), bias=(self.out_channels,))


class _LazyConvForward(_LazyConv):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
        device=None, dtype=None,
    ):  # fmt: skip
        options = stride, padding, dilation, groups, False, padding_mode, device, dtype
        super().__init__(0, out_channels, kernel_size, *options)
        self._make_lazy(bias, device, dtype)


class _LazyConvTranspose(_LazyConv):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        options = stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        super().__init__(0, out_channels, kernel_size, *options)
        self._make_lazy(bias, device, dtype)


class LazyConv1d(_LazyConvForward, Conv1d):
    """A Conv1d whose `in_channels` are those of its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvForward, Conv2d):
    """A Conv2d whose `in_channels` are those of its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConvForward, Conv3d):
    """A Conv3d whose `in_channels` are those of its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose `in_channels` are those of its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose `in_channels` are those of its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose `in_channels` are those of its first input."""

    cls_to_become = ConvTranspose3d


class _LazyNorm(LazyModuleMixin):
    def __init__(
        self, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True
    ):  # fmt: skip
        name = type(self).__name__
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine = boolean(name, "affine", affine)
        self.track_running_stats = boolean(name, "track_running_stats", track_running_stats)
        if self.affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            self.bias = UninitializedParameter(device=device, dtype=dtype) if boolean(name, "bias", bias) else None
        if self.track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = tensor(0, device=device)

    def initialize_parameters(self, input):
        x = self._expected(input)
        self.num_features = n = x.shape[self._channel_dim(x)]
        self._materialize(weight=(n,), bias=(n,), running_mean=(n,), running_var=(n,))

    def _channel_dim(self, x):
        return 1


class _LazyInstanceNorm(_LazyNorm):
    def _channel_dim(self, x):
        return 1 if x.ndim == self.dimensions[-1] else 0


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose `num_features` are the channels of its first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose `num_features` are the channels of its first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose `num_features` are the channels of its first input."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d whose `num_features` are the channels of its first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d whose `num_features` are the channels of its first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d whose `num_features` are the channels of its first input."""

    cls_to_become = InstanceNorm3d
