"""Norms: layer norm and RMS norm of rows, batch norm of channels, with their gradients."""

import numpy as np

from ..kernel import In, InOut, Out, Scalar, kernel


@kernel
def layer_norm(out: Out, mean: Out, rstd: Out, x: In, weight: In, bias: In, eps):
    """out ← (x − mean) rstd · weight + bias for each row of x (rows, n), with rstd = 1/√(variance + eps).

    mean (rows,) and rstd (rows,) are kept for the gradient.
    """
    mean[...] = x.mean(1)
    rstd[...] = 1 / np.sqrt(x.var(1) + eps)
    out[...] = (x - mean[:, None]) * rstd[:, None] * weight + bias


@kernel
def layer_norm_grad(gx: Out, gw: Out, gb: Out, g: In, x: In, weight: In, mean: In, rstd: In):
    """With x̂ = (x − mean) rstd and ĝ = g · weight, the means of ĝ and ĝx̂ over a row being s and t:

    gx ← rstd (ĝ − s − x̂ t);  gw ← Σ g x̂ and gb ← Σ g over the rows.
    """
    rstd = rstd[:, None]
    x_hat, g_hat = (x - mean[:, None]) * rstd, g * weight
    s, t = g_hat.mean(1, keepdims=True), (g_hat * x_hat).mean(1, keepdims=True)
    gx[...] = rstd * (g_hat - s - x_hat * t)
    gw[...], gb[...] = (g * x_hat).sum(0), g.sum(0)


@kernel
def rms_norm(out: Out, rstd: Out, x: In, weight: In, eps):
    """out ← x rstd · weight for each row of x, with rstd = 1/√(mean of x² + eps), kept for the gradient."""
    rstd[...] = 1 / np.sqrt((x * x).mean(1) + eps)
    out[...] = x * rstd[:, None] * weight


@kernel
def rms_norm_grad(gx: Out, gw: Out, g: In, x: In, weight: In, rstd: In):
    """With x̂ = x rstd, ĝ = g · weight and t the mean of ĝx̂ over a row: gx ← rstd (ĝ − x̂ t);  gw ← Σ g x̂."""
    rstd = rstd[:, None]
    x_hat, g_hat = x * rstd, g * weight
    gx[...] = rstd * (g_hat - x_hat * (g_hat * x_hat).mean(1, keepdims=True))
    gw[...] = (g * x_hat).sum(0)


@kernel
def batch_norm(
    out: Out, mean: Out, rstd: Out, running_mean: InOut, running_var: InOut, x: In, weight: In, bias: In, eps,
    momentum: Scalar, training,
):  # fmt: skip
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    over, column = (0, 2)[: x.ndim - 1], (slice(None), None)[: x.ndim - 1]
    var = running_var
    mean[...] = running_mean
    if training:
        n = x.size // max(x.shape[1], 1)
        mean[...], var = x.mean(over, dtype=np.float64), x.var(over, dtype=np.float64)
        running_mean += momentum * (mean - running_mean)
        running_var += momentum * (var * n / max(n - 1, 1) - running_var)
    rstd[...] = 1 / np.sqrt(var + eps)
    out[...] = (x - mean[column]) * rstd[column] * weight[column] + bias[column]


@kernel
def batch_norm_grad(gx: Out, gw: Out, gb: Out, g: In, x: In, weight: In, mean: In, rstd: In, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    over, column = (0, 2)[: x.ndim - 1], (slice(None), None)[: x.ndim - 1]
    x_hat = (x - mean[column]) * rstd[column]
    gb[...], gw[...] = g.sum(over, dtype=np.float64), (g * x_hat).sum(over, dtype=np.float64)
    n = x.size // max(x.shape[1], 1)
    from_statistics = (gb[column] + x_hat * gw[column]) / n if training and n else 0
    gx[...] = (weight * rstd)[column] * (g - from_statistics)
