"""Activations as modules."""

from .. import dtypes
from ..arguments import boolean, integer, number, one_of, only
from ..errors import ShapeError
from ..ops import activation, gates, rectifiers
from ..ops.creation import empty
from ..tensor_arguments import expect_tensor
from . import functional, init
from .module import Module
from .parameter import Parameter


class ReLU(Module):
    """max(x, 0), with `inplace=True` written over x."""

    def __init__(self, inplace=False):
        self.inplace = boolean("ReLU", "inplace", inplace)

    def forward(self, input):
        return functional.relu(input, self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """x Φ(x), or its approximation by tanh."""

    def __init__(self, approximate="none"):
        self.approximate = one_of("GELU", "approximate", approximate, ("none", "tanh"))

    def forward(self, input):
        return activation.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """tanh x."""

    def forward(self, input):
        return activation.tanh(input)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)."""

    def forward(self, input):
        return activation.sigmoid(input)


class Softmax(Module):
    """eˣ / Σ eˣ along `dim`."""

    def __init__(self, dim=None):
        self.dim = None if dim is None else integer(type(self).__name__, "dim", dim)

    def forward(self, input):
        return functional.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self):
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """x − log Σ eˣ along `dim`."""

    def forward(self, input):
        return functional.log_softmax(input, self.dim, _stacklevel=5)


class Softmin(Softmax):
    """e⁻ˣ / Σ e⁻ˣ along `dim`."""

    def forward(self, input):
        return functional.softmin(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """The softmax over the channels of x (N, C, H, W) or (C, H, W)."""

    def forward(self, input):
        if expect_tensor("Softmax2d", input).ndim not in (3, 4):
            raise ShapeError(f"expected an input (N, C, H, W) or (C, H, W), got {input.shape}")
        return functional.softmax(input, -3)


class _InPlace(Module):
    """An activation without other options; `inplace=True` writes it over its input."""

    def __init__(self, inplace=False):
        self.inplace = boolean(type(self).__name__, "inplace", inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class SiLU(_InPlace):
    """x σ(x): Hendrycks & Gimpel (2016)."""

    def forward(self, input):
        return gates.silu(input, self.inplace)


class Mish(_InPlace):
    """x tanh(log(1 + eˣ)): Misra (2019)."""

    def forward(self, input):
        return gates.mish(input, self.inplace)


class SELU(_InPlace):
    """λ elu(x, α), which keeps mean 0 and variance 1: Klambauer et al. (2017)."""

    def forward(self, input):
        return rectifiers.selu(input, self.inplace)


class Hardsigmoid(_InPlace):
    """relu6(x + 3) / 6."""

    def forward(self, input):
        return rectifiers.hardsigmoid(input, self.inplace)

    extra_repr = Module.extra_repr  # PyTorch's says nothing


class Hardswish(_InPlace):
    """x · relu6(x + 3) / 6: Howard et al. (2019)."""

    def forward(self, input):
        return rectifiers.hardswish(input, self.inplace)

    extra_repr = Module.extra_repr  # PyTorch's says nothing


class LogSigmoid(Module):
    """log σ(x)."""

    def forward(self, input):
        return gates.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input):
        return gates.softsign(input)


class Tanhshrink(Module):
    """x − tanh x."""

    def forward(self, input):
        return gates.tanhshrink(input)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope · x: Maas, Hannun & Ng (2013)."""

    def __init__(self, negative_slope=0.01, inplace=False):
        self.negative_slope = number("LeakyReLU", "negative_slope", negative_slope)
        self.inplace = boolean("LeakyReLU", "inplace", inplace)

    def forward(self, input):
        return rectifiers.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """x where x > 0, else weight · x, with `num_parameters` weights, one or one for each channel: He et al. (2015)."""

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        self.num_parameters = integer("PReLU", "num_parameters", num_parameters, 1)
        self.init = number("PReLU", "init", init)
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype or dtypes.default))
        self.reset_parameters()

    def reset_parameters(self):
        init.constant_(self.weight, self.init)

    def forward(self, input):
        return rectifiers.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """x where x > 0, else slope · x, with random slopes in training: see `functional.rrelu`."""

    def __init__(self, lower=1 / 8, upper=1 / 3, inplace=False):
        self.upper = number("RReLU", "upper", upper)
        self.lower = number("RReLU", "lower", lower, high=upper)
        self.inplace = boolean("RReLU", "inplace", inplace)

    def forward(self, input):
        return rectifiers.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self):
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """x where x > 0, else α (eˣ − 1): Clevert, Unterthiner & Hochreiter (2016)."""

    def __init__(self, alpha=1.0, inplace=False):
        name = type(self).__name__
        self.alpha, self.inplace = number(name, "alpha", alpha), boolean(name, "inplace", inplace)

    def forward(self, input):
        return rectifiers.elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(ELU):
    """x where x > 0, else α (exp(x / α) − 1): Barron (2017)."""

    def forward(self, input):
        return rectifiers.celu(input, self.alpha, self.inplace)


class Softplus(Module):
    """log(1 + exp(β x)) / β; x itself where β x > threshold."""

    def __init__(self, beta=1.0, threshold=20.0):
        self.beta, self.threshold = number("Softplus", "beta", beta), number("Softplus", "threshold", threshold)

    def forward(self, input):
        return gates.softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        return f"beta={self.beta}, threshold={self.threshold}"


class GLU(Module):
    """a σ(b), for a and b the halves of x along `dim`: Dauphin et al. (2017)."""

    def __init__(self, dim=-1):
        self.dim = integer("GLU", "dim", dim)

    def forward(self, input):
        return gates.glu(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class Threshold(Module):
    """x where x > threshold, else `value`."""

    def __init__(self, threshold, value, inplace=False):
        self.threshold, self.value = number("Threshold", "threshold", threshold), number("Threshold", "value", value)
        self.inplace = boolean("Threshold", "inplace", inplace)

    def forward(self, input):
        return rectifiers.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self):
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Hardtanh(Module):
    """x, not below `min_val` nor above `max_val`."""

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None):
        name = type(self).__name__
        only(name, "min_value", min_value, None)  # the older names of the bounds
        only(name, "max_value", max_value, None)
        self.max_val = number(name, "max_val", max_val)
        self.min_val = number(name, "min_val", min_val, high=max_val)
        self.inplace = boolean(name, "inplace", inplace)

    def forward(self, input):
        return rectifiers.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """min(max(x, 0), 6): Krizhevsky (2010)."""

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Hardshrink(Module):
    """x where |x| > λ, else 0."""

    def __init__(self, lambd=0.5):
        self.lambd = number(type(self).__name__, "lambd", lambd)

    def forward(self, input):
        return rectifiers.hardshrink(input, self.lambd)

    def extra_repr(self):
        return str(self.lambd)


class Softshrink(Hardshrink):
    """x − λ where x > λ, x + λ where x < −λ, else 0."""

    def forward(self, input):
        return rectifiers.softshrink(input, self.lambd)
