"""Normalisation layers."""

from .. import dtypes
from ..arguments import boolean, integer, number, only, sizes
from ..errors import ArgumentValueError, ShapeError
from ..ops import group_norm, norm
from ..ops.creation import empty, ones, tensor, zeros
from ..ops.pixels import local_response_norm
from ..tensor_arguments import expect_tensor
from . import init
from .module import Module
from .parameter import Parameter


class _Affine(Module):
    """A norm with a weight and a bias of some shape, 1 and 0 at first, each of which may be absent."""

    def _make_parameters(self, shape, affine, bias, device, dtype):
        dtype = dtypes.default if dtype is None else dtype
        self.weight = Parameter(empty(shape, device=device, dtype=dtype)) if affine else None
        self.bias = Parameter(empty(shape, device=device, dtype=dtype)) if affine and bias else None

    def reset_parameters(self):
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _NormBase(_Affine):
    """weight and bias (num_features,), 1 and 0 at first, if `affine`; running statistics if they are tracked."""

    dimensions = ()
    _version, _added = 2, ("num_batches_tracked",)

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        name, dtype = type(self).__name__, dtypes.default if dtype is None else dtype
        self.num_features = num_features = integer(name, "num_features", num_features, 0)
        self.eps = number(name, "eps", eps)
        self.momentum = None if momentum is None else number(name, "momentum", momentum)
        self.affine = affine = boolean(name, "affine", affine)
        self.track_running_stats = track_running_stats = boolean(name, "track_running_stats", track_running_stats)
        bias = boolean(name, "bias", bias)
        self._make_parameters((num_features,), affine, bias, device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0, device=device) if tracked else None)
        self.reset_parameters()

    def _expected(self, input):
        """The input, which must be a tensor of as many dimensions as the layer takes."""
        x = expect_tensor(type(self).__name__, input)
        if x.ndim not in self.dimensions:
            expected = " or ".join(f"{d}-dimensional" for d in self.dimensions)
            raise ShapeError(f"expected a {expected} input, got shape {x.shape}")
        return x

    def reset_running_stats(self):
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        self.reset_running_stats()
        super().reset_parameters()

    def extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
    """In training the statistics are those of the batch, and running ← (1 − momentum) running + momentum · batch.

    With `momentum=None` the running ones are the average over all batches. In evaluation they are the running ones.
    """

    def forward(self, input):
        x = self._expected(input)
        if x.shape[1] != self.num_features:
            raise ShapeError(f"expected (N, {self.num_features}, ...), got {x.shape}")
        momentum = 0.0 if self.momentum is None else self.momentum
        training = self.training or self.running_mean is None
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / self.num_batches_tracked.item()
        used = not self.training or self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if used else (None, None)
        return norm.batch_norm(x, mean, var, self.weight, self.bias, training, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each feature of x (N, C), or channel of x (N, C, L), to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

    dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of x (N, C, H, W) to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

    dimensions = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel of x (N, C, D, H, W) to mean 0 and variance 1: Ioffe & Szegedy (2015)."""

    dimensions = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch norm of x (N, C, ...) over the batches of all processes, of which there is one: BatchNorm1d, 2d or 3d."""

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        process_group=None,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        self.process_group = only("SyncBatchNorm", "process_group", process_group, None)
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _expected(self, input):
        x = expect_tensor("SyncBatchNorm", input)
        if x.ndim < 2:
            raise ShapeError(f"expected an input of at least 2 dimensions, got shape {x.shape}")
        return x

    @classmethod
    def convert_sync_batchnorm(cls, module, process_group=None):
        """The module with every BatchNorm inside it, or itself, replaced by a SyncBatchNorm of the same tensors."""
        found = module
        if isinstance(module, _BatchNorm):
            options = module.eps, module.momentum, module.affine, module.track_running_stats, process_group
            found = cls(module.num_features, *options, bias=module.bias is not None)
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(found, name, getattr(module, name))
            found.training = module.training
        for name, child in module.named_children():
            found.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return found


class LayerNorm(_Affine):
    """The last dimensions of x (*, *normalized_shape) to mean 0 and variance 1: Ba, Kiros & Hinton (2016).

    weight and bias of `normalized_shape`, 1 and 0 at first.
    """

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        self.normalized_shape = sizes("LayerNorm", "normalized_shape", (normalized_shape,))
        self.eps, bias = number("LayerNorm", "eps", eps), boolean("LayerNorm", "bias", bias)
        self.elementwise_affine = elementwise_affine = boolean("LayerNorm", "elementwise_affine", elementwise_affine)
        self._make_parameters(self.normalized_shape, elementwise_affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input):
        return norm.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        shown = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{shown}, bias={self.bias is not None}"


class RMSNorm(Module):
    """The last dimensions of x (*, *normalized_shape) to mean square 1: Zhang & Sennrich (2019).

    weight of `normalized_shape`, 1 at first.
    """

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        self.normalized_shape = sizes("RMSNorm", "normalized_shape", (normalized_shape,))
        self.eps = None if eps is None else number("RMSNorm", "eps", eps)
        self.elementwise_affine = elementwise_affine = boolean("RMSNorm", "elementwise_affine", elementwise_affine)
        dtype = dtypes.default if dtype is None else dtype
        self.weight = (
            Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        )
        self.reset_parameters()

    def reset_parameters(self):
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x):
        return norm.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Each of `num_groups` groups of channels of each sample of x (N, C, ...) to mean 0 and variance 1: Wu & He (2018).

    weight and bias (num_channels,), 1 and 0 at first, if `affine`.

    Raises: ArgumentValueError where the groups do not divide the channels.
    """

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True):
        self.num_groups = integer("GroupNorm", "num_groups", num_groups, 1)
        self.num_channels = integer("GroupNorm", "num_channels", num_channels, 0)
        if num_channels % num_groups:
            raise ArgumentValueError(f"GroupNorm: expected channels that {num_groups} divides, got {num_channels}")
        self.eps, self.affine = number("GroupNorm", "eps", eps), boolean("GroupNorm", "affine", affine)
        bias = boolean("GroupNorm", "bias", bias)
        self._make_parameters((num_channels,), affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input):
        return group_norm.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        shown = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{shown}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    """x / (k + α/n Σ x²)^β with the sum over n = `size` neighbouring channels of x (N, C, *).

    Krizhevsky, Sutskever & Hinton (2012).
    """

    def __init__(self, size, alpha=0.0001, beta=0.75, k=1.0):
        self.size, self.alpha = integer("LocalResponseNorm", "size", size, 1), alpha
        self.beta, self.k = beta, k

    def forward(self, input):
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self):
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class _InstanceNorm(_NormBase):
    """weight and bias (num_features,) if `affine`; running statistics, for evaluation, if they are tracked."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *,
        bias=True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input):
        x = self._expected(input)
        batch = x if x.ndim == self.dimensions[-1] else x.unsqueeze(0)
        if self.affine and batch.shape[1] != self.num_features:
            raise ShapeError(f"expected {self.num_features} channels, got {x.shape}")
        own = self.training or not self.track_running_stats
        statistics = self.running_mean, self.running_var, self.weight, self.bias
        momentum = 0.0 if self.momentum is None else self.momentum
        y = group_norm.instance_norm(batch, *statistics, own, momentum, self.eps)
        return y if batch is x else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of x (N, C, L) or (C, L) to mean 0 and variance 1: Ulyanov et al. (2016)."""

    dimensions = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each sample of x (N, C, H, W) or (C, H, W) to mean 0 and variance 1: Ulyanov et al. (2016)."""

    dimensions = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each sample of x (N, C, D, H, W) or (C, D, H, W) to mean 0 and variance 1."""

    dimensions = (4, 5)
