"""Activations, and the losses that are made of them, each for one element as in `formulas.py`, with their gradients.

`g` is the gradient of the loss by a function's output, `x` its input, `y` its output.
"""

from math import exp, expm1, log1p, pi, sqrt, tanh

from .formulas import larger, normal_cdf, normal_pdf, smaller


def relu(x):
    """max(x, 0); NaN stays NaN."""
    return max(x, 0.0)


def relu_grad(g, y):
    # At 0 the gradient is 0, at NaN it is g. Written as a product g * (y > 0), an infinite g would give NaN at 0.
    return 0.0 if y <= 0.0 else g


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
    fall = x * (1.0 - t) * (1.0 + t)  # 0 far from 0, where x² may be infinite: so it comes before x²
    return g * 0.5 * (1.0 + t + SQRT_2_OVER_PI * (fall + 0.134145 * x * fall * x))


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
    return g * slope * exp(x * rate) if x <= 0.0 else g * scale


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
    return 0.0 if x <= -3.0 else g * (x / 3.0 + 0.5) if x < 3.0 else g


# Losses, per element


def bce_with_logits(x, target):
    """−[target log σ(x) + (1−target) log(1−σ(x))], written so that no large x overflows."""
    return max(x, 0.0) - x * target + log1p(exp(-abs(x)))


def bce_with_logits_grad(g, x, target):
    return g * (sigmoid(x) - target)
