"""Automatic differentiation: the graph (`graph.py`), the walk backwards through it (`backward.py`), and checks."""

from ..tensor import Tensor
from .anomaly import detect_anomaly
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
    "set_grad_enabled",
]

Tensor.backward = backward_from
Tensor.register_hook = register_hook
Tensor.retain_grad = retain_grad
Tensor.retains_grad = property(retains_grad)
