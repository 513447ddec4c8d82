"""Scalar mathematics, each formula written once, for one element and without arrays.

The kernels lift these functions into loops (see `kernels/lifting/lift.py`), so what you read here is what runs.
Notation: `g` is the gradient of the loss by a function's output, `x` its input, `y` its output. A function named
`f_grad` gives the gradient by the input of `f`. Update rules have a file of their own, `rules.py`.
"""

from math import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    copysign,
    cos,
    cosh,
    erfc,
    exp,
    expm1,
    floor,
    fmod,
    hypot,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    log2,
    log10,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip

import numpy as np

# Arithmetic


def add(x, y):
    return x + y


def sub(x, y):
    return x - y


def mul(x, y):
    return x * y


def div(x, y):
    return x / y


def neg(x):
    return -x


def square_root(x):
    return sqrt(x)


def exponential(x):
    return exp(x)


def logarithm(x):
    return log(x)


def logarithm_1p(x):
    return log1p(x)


def hyperbolic_tangent(x):
    return tanh(x)


def larger(x, y):
    """max(x, y); NaN if one is NaN."""
    return x if x >= y or x != x else y


def smaller(x, y):
    """min(x, y); NaN if one is NaN."""
    return x if x <= y or x != x else y


# What NumPy's ufuncs do on the CPU, for devices that have no NumPy


def same(x):
    return x


def magnitude(x):
    return abs(x)


def signum(x):
    """−1, 0 or 1; of NaN 0."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0


def rounded_down(x):
    return floor(x)


def rounded_up(x):
    return ceil(x)


def sine(x):
    return sin(x)


def cosine(x):
    return cos(x)


def raised(x, y):
    return x**y


def remainder(x, y):
    """x − y ⌊x / y⌋, with the sign of y, and without the rounding of the quotient."""
    r = fmod(x, y)
    return r + y if r != 0.0 and (r < 0.0) != (y < 0.0) else r


def floor_quotient(x, y):
    """⌊x / y⌋, from the exact (x − r) / y, which is nearly a whole number; ±inf or NaN for y = 0."""
    r = fmod(x, y)
    q = (x - r) / y - (1.0 if r != 0.0 and (r < 0.0) != (y < 0.0) else 0.0)
    below = floor(q)
    return x / y if y == 0.0 else below + (1.0 if q - below > 0.5 else 0.0)


def whole_remainder(x, y):
    return x % y


def whole_quotient(x, y):
    return x // y


def bits_of_both(x, y):
    return x & y


def bits_of_either(x, y):
    return x | y


def bits_of_one(x, y):
    return x ^ y


def bits_of_neither(x):
    return ~x


def shifted_left(x, y):
    return x << y if 0 <= y < 64 else 0


def shifted_right(x, y):
    return x >> (y if 0 <= y < 64 else 63)


def equal(x, y):
    return x == y


def not_equal(x, y):
    return x != y


def less(x, y):
    return x < y


def less_equal(x, y):
    return x <= y


def greater(x, y):
    return x > y


def greater_equal(x, y):
    return x >= y


def both(x, y):
    return x != 0 and y != 0


def either(x, y):
    return x != 0 or y != 0


def one_of_two(x, y):
    return (x != 0) != (y != 0)


def neither(x):
    return x == 0


def is_nan(x):
    return isnan(x)


def is_infinite(x):
    return isinf(x)


def is_finite(x):
    return isfinite(x)


def chosen(condition, x, y):
    return x if condition else y


def rounded(x):
    """The nearest whole number, of two the even one."""
    below = floor(x)
    rest = x - below
    return below + 1.0 if rest > 0.5 or (rest == 0.5 and below % 2.0 != 0.0) else below


def rounded_to_0(x):
    return floor(x) if x > 0.0 else ceil(x)


def remainder_to_0(x, y):
    """x − y · trunc(x / y), with the sign of x."""
    return fmod(x, y)


def whole_remainder_to_0(x, y):
    r = abs(x) % abs(y)
    return -r if x < 0 else r


def sign_bit(x):
    """Whether the number has a minus sign, as −0.0 has."""
    return copysign(1.0, x) < 0.0


def common_divisor(x, y):
    """The greatest: Euclid, Elements VII.2."""
    while y != 0:
        x, y = y, x % y
    return abs(x)


# Trigonometry and exponentials


def tangent(x):
    return tan(x)


def arc_sine(x):
    return asin(x)


def arc_cosine(x):
    return acos(x)


def arc_tangent(x):
    return atan(x)


def angle(y, x):
    """The angle of the point (x, y), from −π to π."""
    return atan2(y, x)


def hypotenuse(x, y):
    return hypot(x, y)


def hyperbolic_sine(x):
    return sinh(x)


def hyperbolic_cosine(x):
    return cosh(x)


def area_sine(x):
    return asinh(x)


def area_cosine(x):
    return acosh(x)


def area_tangent(x):
    return atanh(x)


def exponential_2(x):
    return 2.0**x


def exponential_m1(x):
    return expm1(x)


def logarithm_2(x):
    return log2(x)


def logarithm_10(x):
    return log10(x)


LOG_2 = log(2.0)


def log_add_exp(x, y):
    """log(eˣ + eʸ), where no exponential overflows."""
    return x + LOG_2 if x == y else larger(x, y) + log1p(exp(-abs(x - y)))


def log_add_exp_2(x, y):
    """log₂(2ˣ + 2ʸ)."""
    return x + 1.0 if x == y else larger(x, y) + log1p(2.0 ** -abs(x - y)) / LOG_2


def x_log_y(x, y):
    """x log y, which is 0 for x = 0, also where the logarithm is infinite."""
    return 0.0 if x == 0.0 and y == y else x * log(y)


def x_log_1p_y(x, y):
    """x log(1 + y), which is 0 for x = 0."""
    return 0.0 if x == 0.0 and y == y else x * log1p(y)


def normal_cdf(x):
    """Φ(x), the distribution function of the standard normal distribution."""
    return 0.5 * erfc(-x * sqrt(0.5))


def normal_pdf(x):
    """φ(x), the density of the standard normal distribution."""
    return exp(-0.5 * x * x) / sqrt(2.0 * pi)


# Activations


def relu(x):
    """max(x, 0); NaN stays NaN."""
    return max(x, 0.0)


def relu_grad(g, y):
    # By y > 0 the gradient at 0 is 0. Written as a product g * (y > 0), an infinite g would give NaN there.
    return g if y > 0.0 else 0.0


def sigmoid(x):
    """1 / (1 + e⁻ˣ), and for x < 0 the same as eˣ / (1 + eˣ), so that no exponential overflows."""
    e = exp(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


def sigmoid_grad(g, y):
    return g * y * (1.0 - y)


def tanh_grad(g, y):
    return g * (1.0 - y * y)


def gelu(x):
    """x Φ(x): Hendrycks & Gimpel (2016)."""
    return x * normal_cdf(x)


def gelu_slope(x):
    """The derivative of x Φ(x)."""
    return normal_cdf(x) + x * normal_pdf(x)


def gelu_grad(g, x):
    return g * gelu_slope(x)


SQRT_2_OVER_PI = sqrt(2.0 / pi)


def gelu_tanh(x):
    """x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return 0.5 * x * (1.0 + tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)))


def gelu_tanh_grad(g, x):
    t = tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))
    slope = SQRT_2_OVER_PI * (1.0 + 0.134145 * x * x)
    return g * 0.5 * (1.0 + t + x * (1.0 - t) * (1.0 + t) * slope)


def leaky_relu(x, slope):
    """x where x > 0, else slope · x."""
    return x if x > 0.0 else x * slope


def leaky_relu_grad(g, x, slope):
    return g if x > 0.0 else g * slope


def elu(x, scale, below, rate):
    """scale · x where x > 0, else below · (exp(rate · x) − 1); with other numbers also selu and celu."""
    return x * scale if x > 0.0 else expm1(x * rate) * below


def elu_grad(g, x, scale, slope, rate):
    """With slope = below · rate."""
    return g * scale if x > 0.0 else g * slope * exp(x * rate)


def silu(x):
    """x σ(x)."""
    return x * sigmoid(x)


def silu_grad(g, x):
    s = sigmoid(x)
    return g * s * (1.0 + x * (1.0 - s))


def tanh_softplus(x):
    """tanh(log(1 + eˣ)) = n / (n + 2) with n = eˣ (eˣ + 2), in powers of e^(−|x|), so that none overflows."""
    e = exp(-abs(x))
    n, rest = (1.0 + 2.0 * e, 2.0 * e * e) if x >= 0.0 else (e * (e + 2.0), 2.0)
    return n / (n + rest)


def mish(x):
    """x tanh(log(1 + eˣ))."""
    return x * tanh_softplus(x)


def mish_grad(g, x):
    t = tanh_softplus(x)
    return g * (t + x * sigmoid(x) * (1.0 - t) * (1.0 + t))


def softplus(x, beta, threshold):
    """log(1 + exp(β x)) / β; x itself where β x > threshold."""
    z = x * beta
    return x if z > threshold else (larger(z, 0.0) + log1p(exp(-abs(z)))) / beta


def softplus_grad(g, x, beta, threshold):
    z = x * beta
    return g if z > threshold else g * sigmoid(z)


def log_sigmoid(x):
    """log σ(x), where no exponential overflows."""
    return smaller(x, 0.0) - log1p(exp(-abs(x)))


def log_sigmoid_grad(g, x):
    return g * sigmoid(-x)


def hardtanh(x, low, high):
    """x, not below `low` nor above `high`."""
    return smaller(larger(x, low), high)


def hardtanh_grad(g, x, low, high):
    """0 at the bounds and beyond."""
    return 0.0 if x <= low or x >= high else g


def hardsigmoid(x):
    """min(max(x + 3, 0), 6) / 6."""
    return hardtanh(x + 3.0, 0.0, 6.0) / 6.0


def hardsigmoid_grad(g, x):
    return g / 6.0 if -3.0 < x < 3.0 else 0.0


def hardswish(x):
    """x · min(max(x + 3, 0), 6) / 6."""
    return x * hardtanh(x + 3.0, 0.0, 6.0) / 6.0


def hardswish_grad(g, x):
    return 0.0 if x <= -3.0 else g if x >= 3.0 else g * (x / 3.0 + 0.5)


# Norms: what is summed


def square(x):
    return x * x


def absolute(x):
    return abs(x)


def power(x, p):
    return abs(x) ** p


def product(x, y):
    return x * y


# Batch norm, with the statistics of each channel known


def normalised(x, mean, rstd, weight, bias):
    return (x - mean) * rstd * weight + bias


def batch_norm_grad(g, x, mean, scale, shift, slope):
    return scale * (g - shift - (x - mean) * slope)


# Losses, per element


def bce_with_logits(x, target):
    """−[target log σ(x) + (1−target) log(1−σ(x))], written so that no large x overflows."""
    return max(x, 0.0) - x * target + log1p(exp(-abs(x)))


def bce_with_logits_grad(g, x, target):
    return g * (sigmoid(x) - target)


# Randomness: a function of a key and a counter, so that any element of any draw can be computed on its own, on any
# device and by any number of threads. Values are integers below 2³² held in 64 bits.

PHILOX_M0, PHILOX_M1 = 0xD2511F53, 0xCD9E8D57
PHILOX_W0, PHILOX_W1 = 0x9E3779B9, 0xBB67AE85
LOW = 0xFFFFFFFF


def philox(c0, c1, c2, c3, k0, k1, m0, m1, w0, w1, low, half):
    """Philox4x32-10: four random words from a counter (c) and a key (k); Salmon et al., SC 2011.

    The constants come as arguments, so that their integer type is the caller's.
    """
    for _ in range(10):
        p0, p1 = m0 * c0, m1 * c2
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ k0, p1 & low, (p0 >> half) ^ c3 ^ k1, p0 & low
        k0, k1 = (k0 + w0) & low, (k1 + w1) & low
    return c0, c1, c2, c3


# The upper 24 bits of one word, or 53 bits of two, give every multiple of 2⁻²⁴ or 2⁻⁵³ in [0, 1).


def unit24(word):
    return np.float32(np.int64(word) >> 8) * np.float32(2.0**-24)


def unit53(high, low):
    return (np.int64(high) >> 5) * 2.0**-27 + (np.int64(low) >> 6) * 2.0**-53


# Averages of the parameters θ over the steps t = 1, 2, ...; `mean` is the average so far.


def polyak_average(mean, p, t):
    """θ̄ₜ = (1/t) Σ θₖ, as θ̄ ← θ̄ + (θ − θ̄)/t: Polyak & Juditsky (1992)."""
    return mean + (p - mean) * (1 / t)


def exponential_average(mean, p, beta):
    """θ̄ ← βθ̄ + (1−β)θ, which begins at the first θ."""
    return mean + (p - mean) * (1 - beta)


def debiased_average(mean, p, t, beta):
    """θ̂ₜ = θ̄ₜ/(1−βᵗ) with θ̄ ← βθ̄ + (1−β)θ from θ̄₀ = 0: section 7.2 of Kingma & Ba (2015), solved for θ̂."""
    return mean + (p - mean) * ((1 - beta) / (1 - beta**t))
