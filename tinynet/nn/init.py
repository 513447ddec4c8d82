"""Initialisers, each in place and named as in PyTorch."""

import functools
import math
import warnings

import numpy as np

from ..arguments import integer, number, one_of
from ..autograd.mode import no_grad
from ..errors import ArgumentValueError, ShapeError
from ..kernels.arrays import host
from ..ops import creation, inplace, random, reduction, shape
from ..ops.choosing import where
from ..ops.device import to
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor

ROUNDS = 1000  # of rejected numbers; of the proposals one in fifty is accepted at least


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Numbers from U(a, b)."""
    return random.uniform_(tensor, a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Numbers from N(mean, std²)."""
    return random.normal_(tensor, mean, std, generator=generator)


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Numbers from N(mean, std²) that lie in [a, b], by rejection: each is drawn until it is accepted.

    Where [a, b] holds less than 0.3 of the distribution, proposals are uniform, else normal.
    Raises: ArgumentValueError unless a < b and std > 0.
    """
    x = expect_floating("trunc_normal_", tensor, "tensor")
    mean, std, a, b = (number("trunc_normal_", n, v) for n, v in (("mean", mean), ("std", std), ("a", a), ("b", b)))
    if not (a < b and std > 0):
        raise ArgumentValueError(f"trunc_normal_: expected a < b and std > 0, got a={a}, b={b}, std={std}")
    if not a - 2 * std <= mean <= b + 2 * std:
        warnings.warn(f"trunc_normal_: mean={mean} is more than 2 std from [{a}, {b}]", stacklevel=2)
    probability = (math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))) / 2
    new = lambda: creation.empty_like(x)
    with no_grad():
        if probability > 0.3:
            propose = lambda: random.normal_(new(), mean, std, generator=generator)
            accepted = lambda y: (y >= a) & (y <= b)
        else:
            nearest = min(max(mean, a), b)  # where the density has its peak
            reach = math.hypot(nearest - mean, 9 * std)  # beyond, it is below exp(−40) of that
            low, high = max(a, mean - reach), min(b, mean + reach)
            propose = lambda: random.uniform_(new(), low, high, generator=generator)
            fall = lambda y: (y - nearest) * ((y + (nearest - 2 * mean)) / (2 * std**2))
            accepted = lambda y: random.uniform_(new(), generator=generator).log() <= -fall(y)
        y = propose()
        rejected = ~accepted(y)
        for _ in range(ROUNDS):
            if not reduction.any(rejected).item():
                break
            again = propose()
            y, rejected = where(rejected, again, y), rejected & ~accepted(again)
        return inplace.copy_(x, y.clamp(a, b))


@no_grad()
def constant_(tensor, val):
    """`val` everywhere."""
    return inplace.fill_(expect_tensor("constant_", tensor, "tensor"), val)


def zeros_(tensor):
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor):
    """1 everywhere."""
    return constant_(tensor, 1.0)


@no_grad()
def eye_(tensor):
    """The identity: 1 on the diagonal of a matrix, 0 elsewhere. Raises ShapeError for what is no matrix."""
    return inplace.copy_(tensor, creation.eye(*_matrix("eye_", tensor).shape))


@no_grad()
def dirac_(tensor, groups=1):
    """The weight (out, in, *kernel) of a convolution that hands channel i of its input on as channel i of its output.

    With `groups` each group of output channels gets the first channels of its group of input channels.
    Raises: ShapeError, ArgumentValueError for what is no such weight, or not of so many groups.
    """
    w, groups = expect_tensor("dirac_", tensor, "tensor"), integer("dirac_", "groups", groups, 1)
    if w.ndim not in (3, 4, 5):
        raise ShapeError(f"dirac_: expected a weight of 3, 4 or 5 dimensions, got shape {w.shape}")
    if w.shape[0] % groups:
        raise ArgumentValueError(f"dirac_: expected groups that divide {w.shape[0]}, got {groups}")
    values, size = np.zeros(w.shape, w.dtype), w.shape[0] // groups
    center = [n // 2 for n in w.shape[2:]]
    for group in range(groups):
        for i in range(min(size, w.shape[1])):
            values[(group * size + i, i, *center)] = 1
    return inplace.copy_(w, to(wrap(values), w.device))


def fans(tensor):
    """(fan_in, fan_out) of a weight (out, in, *receptive field). Raises ShapeError for fewer than 2 dimensions."""
    if expect_tensor("init", tensor, "tensor").ndim < 2:
        raise ShapeError(f"expected a weight with at least 2 dimensions, got shape {tensor.shape}")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


_calculate_fan_in_and_fan_out = fans  # scripts call it so, as the layers of PyTorch do


def calculate_gain(nonlinearity, param=None):
    """The factor that keeps the variance through a nonlinearity: 1 / √E[f(z)²] for some, customary for others."""
    convolutions = [f"conv{kind}{d}d" for kind in ("", "_transpose") for d in (1, 2, 3)]
    gains = {
        **dict.fromkeys(["linear", *convolutions, "sigmoid"], 1.0),
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "selu": 0.75,
    }
    if one_of("calculate_gain", "nonlinearity", nonlinearity, ("leaky_relu", *gains)) == "leaky_relu":
        slope = 0.01 if param is None else float(number("calculate_gain", "param", param))
        return math.sqrt(2 / (1 + slope**2))
    return gains[nonlinearity]


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """U(−a, a) with a = gain √(6 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
    a = number("xavier_uniform_", "gain", gain) * math.sqrt(6 / max(sum(fans(tensor)), 1))
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """N(0, σ²) with σ = gain √(2 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
    std = number("xavier_normal_", "gain", gain) * math.sqrt(2 / max(sum(fans(tensor)), 1))
    return normal_(tensor, 0.0, std, generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    one_of("kaiming", "mode", mode, ("fan_in", "fan_out"))
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fans(tensor)[mode == "fan_out"], 1))


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """U(−b, b) with b = gain √(3 / fan): He et al. (2015)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """N(0, σ²) with σ = gain / √fan: He et al. (2015)."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


@no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """gain · Q with orthonormal rows or columns, whichever are fewer, of x seen as a matrix (len(x), −1).

    Q is uniform among such matrices: that of a QR decomposition of normal numbers, with the signs that make the
    diagonal of R positive: Mezzadri (2007). Raises ShapeError for fewer than 2 dimensions.
    """
    x, gain = expect_floating("orthogonal_", tensor, "tensor"), number("orthogonal_", "gain", gain)
    if x.ndim < 2:
        raise ShapeError(f"orthogonal_: expected at least 2 dimensions, got shape {x.shape}")
    if not x.numel():
        return x
    z = host(random.normal_(creation.empty(len(x), x.numel() // len(x), dtype=x.dtype), generator=generator).array)
    wide = z.shape[0] < z.shape[1]
    q, r = np.linalg.qr((z.T if wide else z).astype(np.float64))
    q *= np.where(np.diagonal(r) < 0, -gain, gain)
    values = (q.T if wide else q).astype(x.dtype)
    return inplace.copy_(x, shape.reshape(to(wrap(np.ascontiguousarray(values)), x.device), x.shape))


@no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """N(0, std²), but ⌈sparsity · rows⌉ elements of each column of a matrix, at random, 0: Martens (2010).

    Raises: ShapeError for what is no matrix.
    """
    rows, columns = _matrix("sparse_", tensor).shape
    zeros = math.ceil(number("sparse_", "sparsity", sparsity, 0, 1) * rows)
    random.normal_(tensor, 0.0, std, generator=generator)
    keys = random.random_bits("sparse_", rows * columns, generator).reshape(rows, columns)
    keep = np.argsort(np.argsort(keys, axis=0, kind="stable"), axis=0) >= zeros
    return inplace.copy_(tensor, where(to(wrap(keep), tensor.device), tensor, 0.0))


def _matrix(where, tensor):
    if expect_tensor(where, tensor, "tensor").ndim != 2:
        raise ShapeError(f"{where}: expected a matrix, got shape {tensor.shape}")
    return tensor


def _older(function):
    """An initialiser by its older name, without the underscore, with the warning that PyTorch gives."""
    old = function.__name__.removesuffix("_")

    @functools.wraps(function)
    def initialiser(*args, **kwargs):
        warnings.warn(f"nn.init.{old} is deprecated in favour of nn.init.{old}_", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    initialiser.__name__ = initialiser.__qualname__ = old
    initialiser.__doc__ = f"`{function.__name__}` by its older name, with a warning."
    return initialiser


uniform, normal, constant, eye, dirac = map(_older, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal = _older(xavier_uniform_), _older(xavier_normal_)
kaiming_uniform, kaiming_normal = _older(kaiming_uniform_), _older(kaiming_normal_)
orthogonal, sparse = _older(orthogonal_), _older(sparse_)
