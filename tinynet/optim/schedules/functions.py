"""The schedules, each a few lines. n is `steps`, η₀ is `peak`."""

import math
from bisect import bisect_right

from .algebra import Schedule, Warmup
from .arguments import require, whole
from .curves import (
    CURVES,
    SCALES,
    between,
    cosine_curve,
    interpolate,
    one_cycle_points,
    position_in_cycle,
    triangle_wave,
)
from .declare import schedule


@schedule(least=0)
def constant(value=1.0, steps=math.inf):
    """η(t) = value."""
    return lambda t: value


@schedule(least=0)
def warmup(steps, start=0.0, peak=None):
    """η(t) = start + (peak − start) (t + 1)/(n + 1) for t < n, then peak.

    Without a peak it rises to the first value of what follows: `warmup(1000) >> cosine(10_000, peak=1e-3)`. The first
    step is not lost to a rate of 0, and the peak comes at step n, with what follows. Goyal et al., "Accurate, Large
    Minibatch SGD" (2017), section 2.2.
    """
    return Warmup(steps, start, peak)


@schedule
def time_based(k, peak=1.0):
    """η(t) = η₀ / (1 + kt), k ≥ 0: Robbins & Monro, "A Stochastic Approximation Method" (1951), for k = 1."""
    require("time_based: k", k >= 0, "a number ≥ 0", k)
    return lambda t: peak / (1 + k * t)


@schedule
def step(every, gamma=0.1, peak=1.0):
    """η(t) = η₀ γ^⌊t/every⌋: by a factor, once in `every` steps. As in He et al., "Deep Residual Learning" (2016)."""
    return lambda t: peak * gamma ** (t // every)


@schedule
def exponential(gamma=None, peak=1.0, every=1, *, k=None):
    """η(t) = η₀ γ^(t/every), or η₀ e^(−kt/every): smooth; `step` is the same in stairs.

    γ and k belong to `every` steps: one, or with the steps of an epoch, an epoch.
    """
    if (gamma is None) == (k is None):
        raise TypeError("exponential: expected either gamma or k")
    rate = -k if gamma is None else None
    return lambda t: peak * (math.exp(rate * t / every) if gamma is None else gamma ** (t / every))


@schedule
def linear(steps, start=1.0, end=0.0):
    """η(t) = start + (end − start) t/n."""
    return lambda t: between(start, end, t / steps)


@schedule
def polynomial(steps, power=1.0, peak=1.0, end=0.0):
    """η(t) = end + (η₀ − end) (1 − t/n)^power: Chen et al., "DeepLab" (2016), the "poly" policy."""
    return lambda t: between(end, peak, (1 - t / steps) ** power)


@schedule
def cosine(steps, peak=1.0, end=0.0):
    """η(t) = end + (η₀ − end) (1 + cos(πt/n))/2: Loshchilov & Hutter, "SGDR" (ICLR 2017), eq. 5, in one run."""
    return lambda t: between(peak, end, cosine_curve(t / steps))


@schedule
def cosine_restarts(first, mult=1, peak=1.0, end=0.0):
    """Cosines one after the other, of `first` steps and then each `mult` times as long as the one before.

    In each, η = end + (η₀ − end) (1 + cos(πs/n))/2 with s steps done of n: Loshchilov & Hutter, "SGDR" (ICLR 2017).
    """

    def at(t):
        s, n = position_in_cycle(t, first, mult)
        return between(peak, end, cosine_curve(s / n))

    return at


@schedule
def one_cycle(steps, peak=1.0, pct_start=0.3, div_factor=25.0, final_div_factor=1e4, curve="cos", three_phase=False):
    """From η₀/div up to η₀ and down to η₀/(div·final_div), along half cosines (curve="cos") or lines ("linear").

    The peak is reached at step pct_start·n − 1, the end at n − 1. With `three_phase` it goes back down to where it
    came from by 2·pct_start·n − 2, and from there to the end. Smith & Topin, "Super-Convergence" (2018).
    """
    require("one_cycle: pct_start", 0 <= pct_start <= 1, "a fraction in [0, 1]", pct_start)
    require("one_cycle: curve", curve in CURVES, "'cos' or 'linear'", curve)
    require("one_cycle", div_factor > 0 and final_div_factor > 0, "factors > 0", (div_factor, final_div_factor))
    low = peak / div_factor
    points = one_cycle_points(steps, pct_start, three_phase, low, peak, low / final_div_factor)
    return lambda t: interpolate(min(t, steps - 1), points, CURVES[curve])


@schedule
def cyclic(up, down=None, low=0.0, peak=1.0, mode="triangular", gamma=1.0):
    """Up from `low` to `peak` in `up` steps, down again in `down` (as many, if None), and so on.

    The height peak − low is the same in each cycle ("triangular"), halved from one to the next ("triangular2"), or
    γᵗ times as much ("exp_range"). Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017).
    """
    require("cyclic: mode", mode in SCALES, f"one of {', '.join(SCALES)}", mode)

    def at(t):
        cycle, x = triangle_wave(t, up, up if down is None else down)
        return low + (peak - low) * x * SCALES[mode](t, cycle, gamma)

    return at


@schedule
def inverse_sqrt(scale=1, peak=1.0):
    """η(t) = η₀ / √(1 + t/scale).

    `inverse_sqrt()` is the αₜ = α/√t of Kingma & Ba (2015), section 4, which count from t = 1, and
    `warmup(n) >> inverse_sqrt(n)` the schedule of Vaswani et al., "Attention Is All You Need" (2017), section 5.3.
    """
    return lambda t: peak / math.sqrt(1 + t / scale)


@schedule(least=0)
def warmup_stable_decay(warm, stable, decay, peak=1.0, end=0.0):
    """warmup(warm) >> constant(peak, stable) >> linear(decay, peak, end): Hu et al., "MiniCPM" (2024), section 4.

    The decay can be begun from any checkpoint of the stable part, so the length need not be known in advance.
    """
    return warmup(warm) >> constant(peak, stable) >> linear(max(decay, 1), peak, end)[: max(decay, 0)]


@schedule
def piecewise(points, curve="constant"):
    """Through points {step: value}, the first at step 0: each value until the next one's step ("constant"), or along
    lines ("linear") or half cosines ("cos") from point to point."""
    require("piecewise: curve", curve in ("constant", *CURVES), "'constant', 'linear' or 'cos'", curve)
    steps = sorted(whole("piecewise: each step", t, 0) for t in points)
    require("piecewise", steps[:1] == [0], "points {step: value}, the first at step 0", points)
    values = [points[t] for t in steps]
    require("piecewise", all(map(math.isfinite, values)), "finite values", points)
    if curve == "constant":
        return lambda t: values[bisect_right(steps, t) - 1]
    require("piecewise", len(steps) > 1, f"two points or more for the curve {curve!r}", points)
    return Schedule(lambda t: interpolate(t, list(zip(steps, values)), CURVES[curve]), steps[-1])
