"""Random tensors, and dropout."""

import numpy as np

from .. import dtypes
from .. import random as streams
from ..autograd.graph import check_writable, mode, record
from ..errors import DTypeError, GraphError, ShapeError
from ..kernels import cpu as kernels
from ..kernels.arrays import empty, host, put
from ..kernels.launch import launch
from ..tensor import Tensor
from .creation import empty as new
from .device import array_on
from .registry import op
from .shape import _sizes


def _stream(generator):
    return generator if generator is not None else streams.default_generator


def _new(name, size, dtype, device, requires_grad, draw):
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    if dtype.kind != "f":
        raise DTypeError(f"{name}: expected a floating dtype, got {dtype}")
    out = new(_sizes(name, size), dtype=dtype, device=device)
    draw(out)
    return out.requires_grad_(requires_grad)


def rand(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers from the uniform distribution on [0, 1)."""
    return _new("rand", size, dtype, device, requires_grad, lambda x: uniform_(x, generator=generator))


def randn(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers from the standard normal distribution."""
    return _new("randn", size, dtype, device, requires_grad, lambda x: normal_(x, generator=generator))


def rand_like(x):
    """Numbers from the uniform distribution on [0, 1), in the shape, of the dtype and on the device of x."""
    return rand(x.shape, dtype=x.dtype, device=x.device)


def randn_like(x):
    """Numbers from the standard normal distribution, in the shape, of the dtype and on the device of x."""
    return randn(x.shape, dtype=x.dtype, device=x.device)


def _bits(n, generator):
    out = np.empty(n, dtypes.int64)
    launch(kernels.bits, out, *_stream(generator).take(n, 2))
    return out


def randint(low, high=None, size=None, *, generator=None, dtype=dtypes.int64, device=None):
    """Whole numbers from [low, high), or from [0, low) if one bound is given: randint(high, size=...)."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None or not low < high:
        raise ValueError(f"randint: expected low < high and a size, got low={low}, high={high}, size={size}")
    size = _sizes("randint", (size,))
    numbers = low + _bits(int(np.prod(size)), generator) % (high - low)
    return Tensor(array_on(device, numbers.reshape(size).astype(dtypes.as_dtype(dtype))))


def randperm(n, *, generator=None, device=None):
    """The numbers 0 ... n−1 in random order."""
    return Tensor(array_on(device, np.argsort(_bits(n, generator), kind="stable")))


def uniform_(x, low=0.0, high=1.0, *, generator=None):
    """Fill x with numbers from the uniform distribution on [low, high), in place."""
    return _fill(x, kernels.uniform, generator, low, high)


def normal_(x, mean=0.0, std=1.0, *, generator=None):
    """Fill x with numbers from the normal distribution, in place."""
    return _fill(x, kernels.normal, generator, mean, std)


def _fill(x, kernel, generator, a, b):
    name = f"{kernel.__name__}_"
    if x.array.dtype.kind != "f":
        raise DTypeError(f"{name}: expected a floating dtype, got {x.dtype}")
    if mode.enabled and not x.is_leaf:
        raise GraphError(f"{name}: a tensor with a history cannot be drawn anew; use detach() or no_grad()")
    check_writable(name, x)
    target = x.array if x.array.flags.c_contiguous else empty(x.array.shape, x.array.dtype, x.array)
    seed, block = _stream(generator).take(target.size, 4 if target.dtype == np.float32 else 2)
    launch(kernel, target, seed, block, a, b)
    if target is not x.array:
        launch(kernels.copy, x.array, target)
    x.mark_written()
    return x


def bernoulli(p, *, generator=None):
    """1 with probability p, else 0, for each element of the tensor p."""
    if p.array.dtype.kind != "f":
        raise DTypeError(f"bernoulli: expected a floating dtype, got {p.dtype}")
    values = host(p.array)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"bernoulli: expected probabilities in [0, 1], got {values.min()} to {values.max()}")
    out = empty(p.array.shape, p.array.dtype, p.array)
    launch(kernels.bernoulli, out, p.array, *_stream(generator).take(out.size, 4))
    return Tensor(out)


def multinomial(p, num_samples, replacement=False, *, generator=None):
    """`num_samples` indices for each row of p, (n,) or (rows, n), index i with probability p[i] / Σ p; of dtype int64.

    Without `replacement` no index is drawn twice: the largest u^(1/p) win, Efraimidis & Spirakis (2006).
    """
    weights = np.atleast_2d(host(p.array).astype(np.float64))
    if p.array.ndim not in (1, 2) or p.array.dtype.kind != "f":
        raise ShapeError(f"multinomial: expected floating probabilities (n,) or (rows, n), got {p.dtype} {p.shape}")
    if not (weights >= 0).all() or not np.isfinite(weights).all() or not weights.sum(1).all():
        raise ValueError("multinomial: expected finite probabilities ≥ 0 with a positive sum")
    rows, n = weights.shape
    if not replacement:
        if num_samples > (weights > 0).sum(1).min(initial=n):
            raise ValueError(f"multinomial: expected at most as many samples as probabilities > 0, got {num_samples}")
        u = (_bits(rows * n, generator).reshape(rows, n) + 1.0) / 2.0**63
        with np.errstate(divide="ignore"):
            found = np.argsort(-np.log(u) / weights, axis=1, kind="stable")[:, :num_samples]
    else:
        u = _bits(rows * num_samples, generator).reshape(rows, num_samples) / 2.0**63
        sums = np.cumsum(weights, axis=1)
        found = np.empty((rows, num_samples), dtypes.int64)
        for r in range(rows):
            found[r] = np.searchsorted(sums[r], u[r] * sums[r, -1], side="right")
        last = n - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)  # where rounding made u · Σ p as large as Σ p
        found = np.minimum(found, last[:, None])
    found = found.reshape(num_samples) if p.array.ndim == 1 else np.ascontiguousarray(found)
    return Tensor(put(found, p.array))


def dropout(x, p=0.5, training=True):
    """Zero each element with probability p and scale the others by 1 / (1 − p): Srivastava et al. (2014)."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout: expected a probability in [0, 1], got {p}")
    if x.array.dtype.kind != "f":
        raise DTypeError(f"dropout: expected a floating dtype, got {x.dtype}")
    if not training or p == 0.0:
        return x
    return _dropout(x, float(p), *streams.default_generator.take(x.array.size, 4))


@op
def _dropout(x, p, seed, block):
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.dropout, out, x.array, p, seed, block)
    return record("dropout", out, (x,), lambda g: _dropout(g, p, seed, block))  # the same mask, drawn again
