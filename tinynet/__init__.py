"""tinynet: a deep learning framework in pure Python that can be read to the bottom."""

import importlib as _importlib

from . import accelerator, autograd, backends, cuda, dtypes, func, linalg, nn, ops, optim, return_types, special
from .autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .backends import get_float32_matmul_precision, set_float32_matmul_precision
from .defaults import (
    are_deterministic_algorithms_enabled,
    get_default_device,
    get_default_dtype,
    is_deterministic_algorithms_warn_only_enabled,
    set_default_device,
    set_default_dtype,
    use_deterministic_algorithms,
)
from .devices import device
from .dtypes import bool, float16, float32, float64, int8, int16, int32, int64, uint8
from .errors import CaptureError, DeviceError, DTypeError, GraphError, NonFiniteError, ShapeError, TargetError
from .func import vmap
from .kernels.runtime.threads import get_num_threads, set_num_threads
from .memory_format import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from .ops.questions import e, finfo, iinfo, inf, nan, pi
from .ops.tensor_types import set_default_tensor_type
from .printing import set_printoptions
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .size import Size
from .tensor import Tensor

__version__ = "0.1.0"

float = float32
double = float64
half = float16
long = int64
int = int32
short = int16

dtype = dtypes.Dtype

globals().update({**ops.FUNCTIONS, **ops.tensor_types.ON_CPU})
vars(cuda).update(ops.tensor_types.ON_GPU)

_PACKAGES = (
    "amp",
    "compiler",
    "data",
    "distributed",
    "distributions",
    "jit",
    "multiprocessing",
    "onnx",
    "profiler",
    "serialization",
    "sklearn",
    "training",
    "utils",
)
_FROM = {
    **dict.fromkeys(("load", "save"), "training.objects"),
    **dict.fromkeys(("autocast", "is_autocast_enabled"), "amp.autocast_mode"),
    "compile": "compiler",
    "profile": "profiler",
    "show": "window",
}


def __getattr__(name):
    """`tinynet.data` and others, imported when they are first asked for: a program may do without them."""
    if name in _PACKAGES:
        return _importlib.import_module(f"tinynet.{name}")
    if name in _FROM:
        return getattr(_importlib.import_module(f"tinynet.{_FROM[name]}"), name)
    raise AttributeError(f"module 'tinynet' has no attribute {name!r}")
