"""Smooth activations: gates and their like."""

from ..arguments import axis_of, number
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..tensor_arguments import expect_floating, expect_tensor
from .activation import Activation, activate, sigmoid, tanh
from .arithmetic import abs, neg, sub
from .choosing import where
from .comparison import gt
from .exponential import logaddexp
from .pieces import chunk
from .rectifiers import placed

FUNCTIONAL = "glu logsigmoid mish silu softplus softsign tanhshrink"


SILU = Activation("silu", kernels.silu, kernels.silu_grad, lambda x: x * sigmoid(x))
MISH = Activation("mish", kernels.mish, kernels.mish_grad, lambda x: x * tanh(logaddexp(x, 0.0)))
LOG_SIGMOID = Activation(
    "logsigmoid", kernels.log_sigmoid, kernels.log_sigmoid_grad, lambda x: neg(logaddexp(neg(x), 0.0))
)


def silu(input, inplace=False):
    """x σ(x), also called swish: Hendrycks & Gimpel (2016)."""
    return placed("silu", input, inplace, lambda x: activate(x, SILU))


def mish(input, inplace=False):
    """x tanh(log(1 + eˣ)): Misra (2019)."""
    return placed("mish", input, inplace, lambda x: activate(x, MISH))


def softplus(input, beta=1, threshold=20):
    """log(1 + exp(β x)) / β; x itself where β x > threshold."""
    x, beta = expect_floating("softplus", input), float(number("softplus", "beta", beta))
    threshold = float(number("softplus", "threshold", threshold))

    def equation(x):
        scaled = x * beta
        return where(gt(scaled, threshold), x, logaddexp(scaled, 0.0) / beta)

    numbers = beta, threshold
    return activate(x, Activation("softplus", kernels.softplus, kernels.softplus_grad, equation, numbers, numbers))


def logsigmoid(input):
    """log σ(x) = −log(1 + e⁻ˣ)."""
    return activate(expect_floating("logsigmoid", input), LOG_SIGMOID)


def softsign(input):
    """x / (1 + |x|)."""
    x = expect_tensor("softsign", input)
    return x / (abs(x) + 1.0)


def tanhshrink(input):
    """x − tanh x."""
    return sub(input, tanh(expect_tensor("tanhshrink", input)))


def glu(input, dim=-1):
    """a σ(b), for a and b the first and the second half of x along `dim`: Dauphin et al. (2017).

    Raises: ShapeError for an odd size of that dimension.
    """
    x = expect_floating("glu", input)
    size = x.array.shape[axis_of("glu", dim, x.array.ndim)]
    if size % 2:
        raise ShapeError(f"glu: expected an even size of dimension {dim}, got shape {x.shape}")
    a, b = chunk(x, 2, dim)
    return a * sigmoid(b)
