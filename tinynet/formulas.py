"""Scalar mathematics, each formula written once, for one element and without arrays.

The kernels lift these functions into loops (see `kernels/lifting/lift.py`), so what you read here is what runs.
Notation: `g` is the gradient of the loss by a function's output, `x` its input, `y` its output. A function named
`f_grad` gives the gradient by the input of `f`. Activations (`activations.py`), special functions and update rules
(`rules.py`) have files of their own.
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
