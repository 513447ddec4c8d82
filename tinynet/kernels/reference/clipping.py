"""The norm of many arrays together, and the factor that limits it, as gradients are clipped."""

import numpy as np

from ..kernel import In, InOut, Out, Scalar, kernel


@kernel
def total_norm(norm: Out, sums: In, p):
    """norm ← (Σ sums)^(1/p), for sums of |x|ᵖ; for p = ∞ the largest of them. norm () and sums (N,) are float64."""
    norm[...] = sums.max(initial=0.0) if p == np.inf else np.sqrt(sums.sum()) if p == 2 else sums.sum() ** (1 / p)


@kernel
def clip_factor(factor: Out, norm: In, max_norm: Scalar, scale: Scalar):
    """factor ← scale · min(max_norm / (scale · norm + 10⁻⁶), 1), all float64; NaN if the norm is."""
    factor[...] = scale * np.minimum(max_norm / (scale * norm + 1e-6), 1.0)


@kernel
def scale_slices(x: InOut, factor: In, starts, stops):
    """x[starts[k]:stops[k]] ← factor · x[starts[k]:stops[k]] for every k; no two of the slices overlap."""
    for start, stop in zip(starts, stops):
        x[start:stop] *= factor
