"""The older names of `tinynet.amp`, for "cuda"; each warns, as in PyTorch."""

import warnings

from .. import amp
from ..amp.autocast_mode import expect_nothing_to_do
from ..dtypes import float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def _warn(name, instead):
    warnings.warn(f"cuda.amp.{name} is deprecated in favour of amp.{instead}", FutureWarning, stacklevel=3)


class autocast(amp.autocast):
    """`amp.autocast("cuda", ...)`."""

    def __init__(self, enabled=True, dtype=float16, cache_enabled=True):
        _warn("autocast", 'autocast("cuda", ...)')
        expect_nothing_to_do("cuda", dtype, enabled)


class GradScaler(amp.GradScaler):
    """`amp.GradScaler("cuda", ...)`."""

    _stacklevel = 4

    def __init__(self, init_scale=65536.0, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True):
        _warn("GradScaler", 'GradScaler("cuda", ...)')
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def custom_fwd(fwd=None, *, cast_inputs=None):
    """`amp.custom_fwd(..., device_type="cuda")`."""
    _warn("custom_fwd", 'custom_fwd(..., device_type="cuda")')
    return amp.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd):
    """`amp.custom_bwd(..., device_type="cuda")`."""
    _warn("custom_bwd", 'custom_bwd(..., device_type="cuda")')
    return amp.custom_bwd(bwd, device_type="cuda")
