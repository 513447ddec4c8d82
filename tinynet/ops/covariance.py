"""Covariances and correlations of variables, each of which is a row of observations."""

from ..arguments import integer
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import all_values
from ..tensor_arguments import expect_tensor, optional_tensor
from .arithmetic import div, mul, sqrt, sub
from .choosing import clamp
from .diagonals import diagonal
from .matmul import matmul
from .operands import floating
from .reduction import sum
from .shape import mT, reshape, unsqueeze

FUNCTIONS = "cov corrcoef"
METHODS = FUNCTIONS


def cov(input, *, correction=1, fweights=None, aweights=None):
    """C[i, j] = Σ w (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ) / n, for the variables in the rows of x, or for the one in a vector.

    The weight of an observation is w = f a: f says how often it was made, a how much it counts. n is Σ w less the
    `correction`, which with `aweights` is multiplied by Σ w a / Σ w.

    Raises: ShapeError for what is no vector or matrix, or weights that do not fit; DTypeError for weights of the wrong
    kind, ArgumentValueError for negative ones.
    """
    x = floating("cov", input)
    if x.array.ndim > 2:
        raise ShapeError(f"cov: expected a vector or a matrix, got shape {x.shape}")
    correction = integer("cov", "correction", correction)
    rows = reshape(x, 1, -1) if x.array.ndim < 2 else x
    n = rows.array.shape[1]
    f, a = _weights("fweights", fweights, n, "i"), _weights("aweights", aweights, n, "f")
    w = f if a is None else a if f is None else mul(f, a)
    if w is None:
        total = n
        mean = div(sum(rows, 1, True), n)
    else:
        total = sum(w)
        mean = div(sum(mul(rows, w), 1, True), total)
    centered = sub(rows, mean)
    lost = correction if a is None else div(mul(sum(mul(w, a)), correction), total)
    degrees = max(total - lost, 0) if w is None else clamp(sub(total, lost), 0)
    weighted = centered if w is None else mul(centered, w)
    out = div(matmul(weighted, mT(centered)), degrees)
    return reshape(out, ()) if out.array.size == 1 else out


def _weights(name, weights, n, kind):
    """Weights of n observations, all ≥ 0, or None."""
    w = optional_tensor("cov", name, weights)
    if w is None:
        return None
    if w.array.dtype.kind != kind:
        raise DTypeError(f"cov: expected {name} of {'integers' if kind == 'i' else 'a floating dtype'}, got {w.dtype}")
    if w.array.shape != (n,):
        raise ShapeError(f"cov: expected {n} {name}, one for each observation, got shape {w.shape}")
    if (all_values(w.array) < 0).any():
        raise ArgumentValueError(f"cov: expected {name} ≥ 0")
    return w


def corrcoef(input):
    """R[i, j] = C[i, j] / √(C[i, i] C[j, j]), in [−1, 1], for the covariances C of the rows of x."""
    c = cov(expect_tensor("corrcoef", input))
    if c.array.ndim == 0:
        return div(c, c)
    deviations = sqrt(diagonal(c))
    return clamp(div(div(c, unsqueeze(deviations, -1)), unsqueeze(deviations, 0)), -1, 1)
