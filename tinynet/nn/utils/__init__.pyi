"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
from . import parametrizations as parametrizations
from . import parametrize as parametrize
from . import prune as prune
from . import rnn as rnn
from . import stateless as stateless

def clip_grad_norm(parameters, max_norm, norm_type: Any = 2.0, error_if_nonfinite: _bool = False, foreach = None):
    """`clip_grad_norm_` by its older name, with the warning that PyTorch gives."""
def clip_grad_norm_(parameters, max_norm, norm_type: Any = 2.0, error_if_nonfinite: _bool = False, foreach = None):
    """Scale the gradients of `parameters` in place so that their norm together is at most `max_norm`."""
def clip_grad_value_(parameters, clip_value, foreach = None):
    """Cut off the elements of the gradients of `parameters` at ±clip_value, in place."""
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach = None):
    """Multiply the gradients of `parameters` by min(1, max_norm / (total_norm + 1e-6)), in place."""
def fuse_conv_bn_eval(conv, bn, transpose: _bool = False):
    """A copy of a convolution that gives what it and then a batch norm give in evaluation."""
def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose: _bool = False):
    """Weight and bias w γ/σ, (b − μ) γ/σ + β, as Parameters, of a convolution and the batch norm after it."""
def fuse_linear_bn_eval(linear, bn):
    """A copy of a Linear that gives what it and then a batch norm give in evaluation."""
def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """Weight and bias w γ/σ, (b − μ) γ/σ + β, as Parameters, of a Linear and the batch norm after it."""
def get_total_norm(tensors, norm_type: Any = 2.0, error_if_nonfinite: _bool = False, foreach = None):
    """The norm of all elements of `tensors` together, (Σ|x|ᵖ)^(1/p), as a 0-d tensor; p = inf gives the largest."""
def parameters_to_vector(parameters):
    """The elements of all parameters, one after another, as one vector; with gradients."""
def remove_spectral_norm(module, name: _str = 'weight'):
    """Undo `spectral_norm`. Raises ArgumentValueError where there is none."""
def remove_weight_norm(module, name: _str = 'weight'):
    """Undo `weight_norm`. Raises ArgumentValueError where there is none."""
def spectral_norm(module, name: _str = 'weight', n_power_iterations: Any = 1, eps: Any = 1e-12, dim = None):
    """`parametrizations.spectral_norm` by a hook: a parameter `<name>_orig`, buffers `<name>_u` and `<name>_v`."""
def vector_to_parameters(vec, parameters):
    """Copy the elements of a vector into the parameters, one after another."""
def weight_norm(module, name: _str = 'weight', dim: _int | Sequence[_int] = 0):
    """`parametrizations.weight_norm` by a hook, with PyTorch's warning: parameters `<name>_g` and `<name>_v`."""
