"""Functions of functions, by PyTorch's names: gradients, products with Jacobians, Jacobians, and calls of a module
with other parameters than its own."""

import sys

from .. import autograd
from . import functional
from .ensemble import stack_module_state
from .functional_call import functional_call
from .jacobians import hessian, jacfwd, jacrev
from .mapping import vmap
from .transforms import grad, grad_and_value, jvp, vjp

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "stack_module_state", "vjp",
    "vmap",
]  # fmt: skip

autograd.functional = functional
sys.modules[f"{autograd.__name__}.functional"] = functional
