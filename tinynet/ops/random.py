"""Random tensors, and dropout."""

import math

import numpy as np

from .. import dtypes
from .. import random as streams
from ..arguments import boolean, check_room, integer, number, sizes, wrong_kind
from ..autograd.graph import record, write_in_place
from ..autograd.mode import mode
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import all_values, empty, host, put
from ..kernels.batching.array import of_batch
from ..kernels.launch import launch
from ..tensor import check_writable, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .creation import filled, full_like, given_size, made_like
from .device import array_on
from .registry import op

FUNCTIONS = "rand randn rand_like randn_like randint randperm bernoulli multinomial"
METHODS = "uniform_ normal_ multinomial"


def _stream(name, generator):
    if generator is None:
        return streams.default_generator
    if isinstance(generator, streams.Generator):
        return generator
    raise wrong_kind(name, "generator", "a Generator", generator)


def _new(name, size, dtype, device, requires_grad, draw):
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    if dtype.kind != "f":
        raise DTypeError(f"{name}: expected a floating dtype, got {dtype}")
    out = filled(name, size, None, dtype, device, False)
    out.array = of_batch(out.array)
    requires_grad = boolean(name, "requires_grad", requires_grad)
    draw(out)
    return out.requires_grad_(requires_grad)


def rand(*sizes, size=None, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers from the uniform distribution on [0, 1)."""
    return _new(
        "rand",
        given_size("rand", sizes, size),
        dtype,
        device,
        requires_grad,
        lambda x: uniform_(x, generator=generator),
    )


def randn(*sizes, size=None, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers from the standard normal distribution."""
    return _new(
        "randn",
        given_size("randn", sizes, size),
        dtype,
        device,
        requires_grad,
        lambda x: normal_(x, generator=generator),
    )


def rand_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Numbers from the uniform distribution on [0, 1), shaped as x, by default of its dtype and on its device."""
    return made_like("rand_like", input, rand, dtype, device, requires_grad, memory_format)


def randn_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Numbers from the standard normal distribution, shaped as x, by default of its dtype and on its device."""
    return made_like("randn_like", input, randn, dtype, device, requires_grad, memory_format)


def random_bits(name, n, generator):
    check_room(name, (n,), dtypes.int64)
    stream, out = _stream(name, generator), np.empty(n, dtypes.int64)
    launch(kernels.bits, out, *stream.take(n, 2))
    return out


def randint(low=None, high=None, size=None, *, generator=None, dtype=dtypes.int64, device=None, requires_grad=False):
    """Whole numbers from [low, high), or from [0, low) if one bound is given: randint(high, size=...).

    Raises: ArgumentValueError for bounds without a number between them, or that do not fit the dtype.
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low = integer("randint", "low", 0 if low is None else low)
    high = integer("randint", "high", high, low + 1)
    size, dtype = sizes("randint", "size", (size,)), dtypes.as_dtype(dtype)
    if high - low >= 2**63:
        raise ArgumentValueError(f"randint: expected high − low < 2**63, got {low} and {high}")
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= low <= high - 1 <= np.iinfo(dtype).max:
        raise ArgumentValueError(f"randint: expected bounds that fit {dtype}, got {low} and {high}")
    numbers = low + random_bits("randint", math.prod(size), generator) % (high - low)
    return wrap(array_on(device, numbers.reshape(size).astype(dtype))).requires_grad_(requires_grad)


def randperm(n, *, generator=None, dtype=dtypes.int64, device=None, requires_grad=False):
    """The numbers 0 ... n−1 in random order."""
    dtype = dtypes.as_dtype(dtype)
    bits = random_bits("randperm", integer("randperm", "n", n, 0), generator)
    order = np.argsort(bits, kind="stable").astype(dtype, copy=False)
    return wrap(array_on(device, order)).requires_grad_(requires_grad)


def uniform_(input, from_=0.0, to=1.0, *, generator=None):
    """Fill x with numbers from the uniform distribution on [from_, to), in place.

    Raises: ArgumentValueError for bounds in the wrong order, GraphError where x cannot be changed in place.
    """
    x, low, high = expect_floating("uniform_", input), number("uniform_", "from_", from_), number("uniform_", "to", to)
    if not 0 <= high - low <= np.finfo(x.dtype).max:
        raise ArgumentValueError(f"uniform_: expected from_ ≤ to, and a difference that fits, got {low} and {high}")
    return _fill(input, kernels.uniform, generator, low, high)


def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Fill x with numbers from the normal distribution, in place.

    Raises: ArgumentValueError for std < 0, GraphError where x cannot be changed in place.
    """
    mean, std = number("normal_", "mean", mean), number("normal_", "std", std, 0)
    return _fill(input, kernels.normal, generator, mean, std)


def _fill(x, kernel, generator, a, b):
    name = f"{kernel.name}_"
    expect_floating(name, x)
    check_writable(name, x)
    if mode.enabled and x._edge is not None:
        new = lambda before: wrap(empty(before.array.shape, before.array.dtype, before.array))
        return write_in_place(name, x, lambda before: _fill(new(before), kernel, generator, a, b))
    target = x.array if x.array.flags.c_contiguous else empty(x.array.shape, x.array.dtype, x.array)
    seed, block = _stream(name, generator).take(target.size, 4 if target.dtype == np.float32 else 2)
    launch(kernel, target, seed, block, a, b)
    if target is not x.array:
        launch(kernels.copy, x.array, target)
    x.mark_written()
    return x


def bernoulli(input, p=None, *, generator=None):
    """1 with a probability, else 0: that of each element of the tensor `input`, or the number p for all of them.

    Raises: ValueError for probabilities outside [0, 1].
    """
    if p is not None:
        input = full_like(expect_tensor("bernoulli", input), number("bernoulli", "p", p, 0, 1))
    p = expect_floating("bernoulli", input)
    values = all_values(p.array)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"bernoulli: expected probabilities in [0, 1], got {values.min()} to {values.max()}")
    out = empty(p.array.shape, p.array.dtype, p.array)
    launch(kernels.bernoulli, out, p.array, *_stream("bernoulli", generator).take(out.size, 4))
    return wrap(out)


def multinomial(input, num_samples, replacement=False, *, generator=None):
    """`num_samples` indices for each row of p (n,) or (rows, n), index i with probability p[i] / Σ p; of dtype int64.

    Without `replacement` no index is drawn twice: the largest u^(1/p) win, Efraimidis & Spirakis (2006).

    Raises: ShapeError for other shapes, ValueError for what are no probabilities, or too few.
    """
    p, num_samples = expect_tensor("multinomial", input), integer("multinomial", "num_samples", num_samples, 1)
    replacement = boolean("multinomial", "replacement", replacement)
    weights = np.atleast_2d(host(p.array).astype(np.float64))
    if p.array.ndim not in (1, 2) or p.array.dtype.kind != "f":
        raise ShapeError(f"multinomial: expected floating probabilities (n,) or (rows, n), got {p.dtype} {p.shape}")
    if not (weights >= 0).all() or not np.isfinite(weights).all() or not weights.sum(1).all():
        raise ValueError("multinomial: expected finite probabilities ≥ 0 with a positive sum")
    rows, n = weights.shape
    if not replacement:
        if num_samples > (weights > 0).sum(1).min(initial=n):
            raise ValueError(f"multinomial: expected at most as many samples as probabilities > 0, got {num_samples}")
        u = (random_bits("multinomial", rows * n, generator).reshape(rows, n) + 1.0) / 2.0**63
        with np.errstate(divide="ignore"):
            found = np.argsort(-np.log(u) / weights, axis=1, kind="stable")[:, :num_samples]
    else:
        u = random_bits("multinomial", rows * num_samples, generator).reshape(rows, num_samples) / 2.0**63
        sums = np.cumsum(weights, axis=1)
        found = np.empty((rows, num_samples), dtypes.int64)
        for r in range(rows):
            found[r] = np.searchsorted(sums[r], u[r] * sums[r, -1], side="right")
        last = n - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)  # where rounding made u · Σ p as large as Σ p
        found = np.minimum(found, last[:, None])
    found = found.reshape(num_samples) if p.array.ndim == 1 else np.ascontiguousarray(found)
    return wrap(put(found, p.array))


def dropout(input, p=0.5, training=True):
    """Zero each element with probability p and scale the others by 1 / (1 − p): Srivastava et al. (2014).

    Raises: ArgumentValueError for p outside [0, 1], DTypeError where x is not floating and not returned as it is.
    """
    x, p = expect_tensor("dropout", input), number("dropout", "p", p, 0, 1)
    training = boolean("dropout", "training", training)
    if not training or p == 0.0:
        return x
    return _dropout(expect_floating("dropout", x), float(p), *streams.default_generator.take(x.array.size, 4))


@op
def _dropout(x, p, seed, block):
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.dropout, out, x.array, p, seed, block)
    return record("dropout", out, (x,), lambda g: _dropout(g, p, seed, block))  # the same mask, drawn again
