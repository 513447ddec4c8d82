"""tinynet: a deep learning framework in pure Python that can be read to the bottom."""

import importlib as _importlib

from . import autograd, cuda, dtypes, linalg, nn, ops, optim, return_types, special
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .devices import device
from .dtypes import bool, float16, float32, float64, int8, int16, int32, int64, uint8
from .errors import DeviceError, DTypeError, GraphError, NonFiniteError, ShapeError, TargetError
from .kernels.runtime.threads import get_num_threads, set_num_threads
from .random import Generator, get_rng_state, initial_seed, manual_seed, set_rng_state
from .tensor import Tensor

__version__ = "0.1.0"

float = float32
double = float64
half = float16
long = int64
int = int32
short = int16

globals().update(ops.FUNCTIONS)


def __getattr__(name):
    """`tinynet.data` and others, imported when they are first asked for: a program may do without them."""
    if name in ("data", "training", "utils"):
        return _importlib.import_module(f"tinynet.{name}")
    raise AttributeError(f"module 'tinynet' has no attribute {name!r}")
