"""Automatic differentiation: the graph (`graph.py`), the walk backwards through it (`backward.py`), and checks."""

import sys

from ..tensor import Tensor
from . import anomaly as anomaly_mode
from . import check
from . import mode as grad_mode
from .anomaly import detect_anomaly, set_detect_anomaly
from .backward import backward, backward_from, grad
from .check import gradcheck, gradgradcheck
from .function import Function
from .hooks import register_hook, retain_grad, retains_grad
from .mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

Tensor.backward = backward_from
Tensor.register_hook = register_hook
Tensor.retain_grad = retain_grad
Tensor.retains_grad = property(retains_grad)

# PyTorch's paths of modules that have another name here, or that of a function
sys.modules.update(
    {f"{__name__}.{name}": module for name, module in {
        "anomaly_mode": anomaly_mode, "grad_mode": grad_mode, "gradcheck": check,
    }.items()}
)  # fmt: skip
