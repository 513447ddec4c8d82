"""Random numbers of further distributions, each made of uniform or normal ones."""

import math

import numpy as np

from .. import dtypes
from ..arguments import axis_of, boolean, integer, number, wrong_value
from ..autograd.graph import record, write_in_place, zero_gradient
from ..errors import ArgumentTypeError, ArgumentValueError
from ..kernels.arrays import empty, host, put
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import add, div, exp, log, mul, neg, sub
from .choosing import maximum
from .creation import empty as new
from .creation import full_like, made_like, zeros_like
from .loss import softmax
from .operands import broadcast_shape, operands, to
from .random import bernoulli, normal_, randint, random_bits, uniform_
from .reduction import argmax
from .scatter import scatter
from .shape import expand, unsqueeze
from .trigonometry import tan

FUNCTIONS = "normal randint_like poisson binomial"
METHODS = "bernoulli bernoulli_ exponential_ cauchy_ log_normal_ geometric_ random_"
FUNCTIONAL = "gumbel_softmax"


def _new(x):
    """Memory for numbers that are drawn in the place of x."""
    return wrap(empty(x.array.shape, x.array.dtype, x.array))


def _from_host(x, numbers):
    """NumPy's numbers in the shape, of the dtype and on the device of x."""
    return wrap(put(numbers.reshape(x.array.shape).astype(x.array.dtype), x.array))


def host_stream(name, generator):
    """A stream of NumPy's on the host, whose seed is the next number of `generator`."""
    return np.random.Generator(np.random.Philox(key=int(random_bits(name, 1, generator)[0])))


def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers from normal distributions, of a mean and a standard deviation for each, or `size` numbers from one.

    Raises: ShapeError where mean and std do not broadcast, ArgumentValueError for std < 0.
    """
    requires_grad = boolean("normal", "requires_grad", requires_grad)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if size is None:
            raise ArgumentTypeError("normal: expected a tensor as mean or std, or a size")
        mean, std = number("normal", "mean", mean), number("normal", "std", std, 0)
        out = new(size, dtype=dtype, device=device)
        return normal_(out, mean, std, generator=generator).requires_grad_(requires_grad)
    if size is not None or dtype is not None or device is not None:
        raise ArgumentTypeError("normal: expected no size, dtype or device beside a tensor")
    model = expect_floating("normal", mean if isinstance(mean, Tensor) else std, "mean or std")
    mean, std = (
        full_like(model, number("normal", name, v)) if not isinstance(v, Tensor) else expect_floating("normal", v, name)
        for name, v in (("mean", mean), ("std", std))
    )
    if not (host(std.array) >= 0).all():
        raise ArgumentValueError("normal: expected std ≥ 0")
    z = wrap(empty(broadcast_shape("normal", mean, std), model.array.dtype, model.array))
    out = add(mul(normal_(z, generator=generator), to(std.detach(), z.dtype)), to(mean.detach(), z.dtype))
    return record("normal", out.array, (mean, std), zero_gradient, zero_gradient)


def randint_like(input, low, high=None, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Whole numbers from [low, high), or from [0, low) if one bound is given, shaped as x, by default of its dtype."""
    low, high = (0, low) if high is None else (low, high)
    draw = lambda shape, dtype, device: randint(low, high, shape, dtype=dtype, device=device)
    return made_like("randint_like", input, draw, dtype, device, requires_grad, memory_format)


def poisson(input, generator=None):
    """Counts from the Poisson distributions whose means are the elements of x, in its dtype.

    Raises: ValueError for a mean < 0, DTypeError where x is not floating.
    """
    x = expect_floating("poisson", input)
    means = host(x.array).astype(np.float64)
    if not (means >= 0).all():
        raise ArgumentValueError(f"poisson: expected means ≥ 0, got {means.min()}")
    counts = host_stream("poisson", generator).poisson(means)
    return record("poisson", put(np.asarray(counts, x.dtype), x.array), (x,), zero_gradient)


def binomial(count, prob, generator=None):
    """Successes in `count` trials, each with the probability `prob`, for each element of two tensors, in their dtype.

    Raises: ArgumentValueError for counts that are negative or no whole numbers, and probabilities outside [0, 1].
    """
    n, p, _ = operands("binomial", expect_floating("binomial", count, "count"), prob)
    trials, chances = host(n.array).astype(np.float64), host(p.array).astype(np.float64)
    if not ((trials >= 0) & (trials % 1 == 0)).all():
        raise ArgumentValueError(f"binomial: expected whole counts ≥ 0, got {trials.min()} to {trials.max()}")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ArgumentValueError(f"binomial: expected probabilities in [0, 1], got {chances.min()} to {chances.max()}")
    counts = host_stream("binomial", generator).binomial(trials.astype(np.int64), chances)
    return record("binomial", put(np.asarray(counts, n.dtype), n.array), (n, p), zero_gradient, zero_gradient)


def bernoulli_(input, p=0.5, *, generator=None):
    """Fill x with 1, with a probability p, else 0; p is a number, or a tensor of one for each element.

    Raises: ValueError for probabilities outside [0, 1].
    """
    x = expect_tensor("bernoulli_", input)
    if isinstance(p, Tensor):
        p = expand(expect_floating("bernoulli_", p, "p").detach(), x.shape)
    else:
        p = full_like(x, number("bernoulli_", "p", p, 0, 1), dtype=x.dtype if x.dtype.kind == "f" else dtypes.float32)
    return write_in_place("bernoulli_", x, lambda before: to(bernoulli(p, generator=generator), x.dtype))


def exponential_(input, lambd=1.0, *, generator=None):
    """Fill x with numbers from the exponential distribution: −log u / lambd > 0.

    Raises: ArgumentValueError unless lambd > 0.
    """
    x, rate = expect_floating("exponential_", input), number("exponential_", "lambd", lambd)
    if not rate > 0:
        raise wrong_value("exponential_", "lambd > 0", lambd)
    return write_in_place("exponential_", x, lambda before: div(_exponential(before, generator), rate))


def _exponential(x, generator):
    """Numbers > 0 from the standard exponential distribution, shaped as x."""
    drawn = neg(log(sub(1, uniform_(_new(x), generator=generator))))
    return maximum(drawn, full_like(drawn, float(np.finfo(x.dtype).eps) / 2))


def cauchy_(input, median=0.0, sigma=1.0, *, generator=None):
    """Fill x with numbers from the Cauchy distribution: median + sigma tan(π (u − ½)).

    Raises: ArgumentValueError unless sigma > 0.
    """
    x, median = expect_floating("cauchy_", input), number("cauchy_", "median", median)
    if not number("cauchy_", "sigma", sigma) > 0:
        raise wrong_value("cauchy_", "sigma > 0", sigma)

    def drawn(before):
        angle = mul(sub(uniform_(_new(before), generator=generator), 0.5), math.pi)
        return add(mul(tan(angle), sigma), median)

    return write_in_place("cauchy_", x, drawn)


def log_normal_(input, mean=1.0, std=2.0, *, generator=None):
    """Fill x with numbers whose logarithm is from the normal distribution of a mean and a standard deviation.

    Raises: ArgumentValueError unless std > 0.
    """
    x = expect_floating("log_normal_", input)
    if not number("log_normal_", "std", std) > 0:
        raise wrong_value("log_normal_", "std > 0", std)
    return write_in_place("log_normal_", x, lambda before: exp(normal_(_new(before), mean, std, generator=generator)))


def geometric_(input, p, *, generator=None):
    """Fill x with the number of trials up to the first success, each with the probability p: 1, 2, ...

    Raises: ArgumentValueError unless 0 < p < 1.
    """
    x, p = expect_tensor("geometric_", input), number("geometric_", "p", p, 0, 1)
    if not 0 < p < 1:
        raise wrong_value("geometric_", "p in (0, 1)", p)

    def drawn(before):
        u = (random_bits("geometric_", before.array.size, generator) + 1.0) / 2.0**63
        return _from_host(before, np.maximum(np.ceil(np.log(u) / math.log1p(-p)), 1))

    return write_in_place("geometric_", x, drawn)


def random_(input, from_=None, to=None, *, generator=None):
    """Fill x with whole numbers from [from_, to), or from [0, from_) if one bound is given.

    Without bounds, of all that the dtype holds from 0 on, of a floating dtype up to where each whole number is one.
    Raises: ArgumentValueError for bounds without a number between them.
    """
    x = expect_tensor("random_", input)
    kind = x.array.dtype.kind
    if from_ is None:
        most = 2 ** (np.finfo(x.dtype).nmant + 1) if kind == "f" else 1 if kind == "b" else int(np.iinfo(x.dtype).max)
        low, high = 0, most + 1
    else:
        low, high = (0, from_) if to is None else (from_, to)
    low = integer("random_", "from_", low)
    span = min(integer("random_", "to", high, low + 1, 2**63) - low, 2**63 - 1)
    bits = lambda before: random_bits("random_", before.array.size, generator)
    return write_in_place("random_", x, lambda before: _from_host(before, low + bits(before) % span))


def gumbel_softmax(logits, tau=1.0, hard=False, eps=1e-10, dim=-1):
    """softmax((x + g) / tau) along `dim` with Gumbel noise g; with `hard` 1 for the largest and 0 for all else.

    Hard samples have the gradient of the soft ones: Jang, Gu & Poole (2017). `eps` is not used.
    Raises: DTypeError where the logits are not floating.
    """
    x, tau = expect_floating("gumbel_softmax", logits, "logits"), number("gumbel_softmax", "tau", tau)
    hard, dim = boolean("gumbel_softmax", "hard", hard), axis_of("gumbel_softmax", dim, max(x.array.ndim, 1))
    noise = neg(log(_exponential(x, None)))
    soft = softmax(div(add(x, noise), tau), dim)
    if not hard:
        return soft
    winners = unsqueeze(argmax(soft.detach(), dim), dim) if x.array.ndim else argmax(soft.detach())
    ones = scatter(zeros_like(soft), dim, winners, value=1.0)
    return add(sub(ones, soft.detach()), soft)
