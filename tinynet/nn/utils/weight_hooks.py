"""Weights that a hook computes before each forward: the older way to what `parametrizations` does."""

import warnings

from ...arguments import axis_of, integer, number
from ...autograd.mode import no_grad
from ...errors import ArgumentValueError
from ...ops.distance import normalize
from ...ops.matmul import matmul
from ..parameter import Parameter
from .parametrizations import as_matrix, divided_by_sigma, norm_except_dim, of_length, random_direction, rows_of

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]


class _WeightHook:
    """Sets `module.<name>` to what `compute(module)` makes of other tensors, before each forward."""

    def __init__(self, name):
        self.name = name

    def __call__(self, module, args):
        setattr(module, self.name, self.compute(module))

    def attach(self, module):
        """Take the parameter from the module, to which it is returned, and come before each forward of it."""
        weight = module._kinds.get(self.name) == "parameter" and getattr(module, self.name)
        if not isinstance(weight, Parameter):
            raise ArgumentValueError(
                f"{self.called}: expected the name of a parameter of {module.describe()}, got {self.name!r}"
            )
        delattr(module, self.name)
        module.register_forward_pre_hook(self)
        return weight

    @classmethod
    def remove(cls, module, name):
        """Make what the hook computes a parameter again; returns the module."""
        for key, hook in module._forward_pre_hooks.items():
            if isinstance(hook.function, cls) and hook.function.name == name:
                with no_grad():
                    weight = hook.function.compute(module, last=True)
                for other in (name, *(f"{name}_{suffix}" for suffix in cls.parts)):
                    delattr(module, other)
                del module._forward_pre_hooks[key]
                module.register_parameter(name, Parameter(weight.detach()))
                return module
        raise ArgumentValueError(f"remove_{cls.called}: {module.describe()} has none for {name!r}")


class _WeightNorm(_WeightHook):
    called, parts = "weight_norm", ("g", "v")

    def __init__(self, name, dim):
        super().__init__(name)
        self.dim = -1 if dim is None else integer("weight_norm", "dim", dim)

    def compute(self, module, last=False):
        return of_length(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)


class _SpectralNorm(_WeightHook):
    called, parts = "spectral_norm", ("u", "v", "orig")

    def __init__(self, name, steps, dim, eps):
        super().__init__(name)
        self.dim, self.eps = dim, number("spectral_norm", "eps", eps)
        self.steps = integer("spectral_norm", "n_power_iterations", steps, 1)

    def compute(self, module, last=False):
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        with no_grad():
            for _ in range(self.steps if module.training and not last else 0):
                v.copy_(normalize(matmul(matrix.T, u), dim=0, eps=self.eps))
                u.copy_(normalize(matmul(matrix, v), dim=0, eps=self.eps))
        return divided_by_sigma(weight, matrix, u, v)


def weight_norm(module, name="weight", dim=0):
    """`parametrizations.weight_norm` by a hook, with PyTorch's warning: parameters `<name>_g` and `<name>_v`."""
    warnings.warn("weight_norm is deprecated in favour of parametrizations.weight_norm", FutureWarning, stacklevel=2)
    hook = _WeightNorm(name, dim)
    weight = hook.attach(module)
    with no_grad():
        module.register_parameter(f"{name}_g", Parameter(norm_except_dim(weight, hook.dim)))
        module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute(module))
    return module


def remove_weight_norm(module, name="weight"):
    """Undo `weight_norm`. Raises ArgumentValueError where there is none."""
    return _WeightNorm.remove(module, name)


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """`parametrizations.spectral_norm` by a hook: a parameter `<name>_orig`, buffers `<name>_u` and `<name>_v`."""
    dim = rows_of(module) if dim is None else axis_of("spectral_norm", dim, getattr(module, name).ndim)
    hook = _SpectralNorm(name, n_power_iterations, dim, eps)
    weight = hook.attach(module)
    module.register_parameter(f"{name}_orig", weight)
    rows, columns = as_matrix(weight.detach(), dim).shape
    module.register_buffer(f"{name}_u", random_direction(rows, weight, eps))
    module.register_buffer(f"{name}_v", random_direction(columns, weight, eps))
    setattr(module, name, weight.detach())
    return module


def remove_spectral_norm(module, name="weight"):
    """Undo `spectral_norm`. Raises ArgumentValueError where there is none."""
    return _SpectralNorm.remove(module, name)
