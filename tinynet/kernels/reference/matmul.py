"""Matrix products."""

import numpy as np

from ..kernel import In, Out, kernel


@kernel
def matmul(out: Out, a: In, b: In):
    """out[i, j] ← Σₖ a[i, k] b[k, j], for a (..., m, k) and b (..., k, n), whose leading dimensions broadcast."""
    out[...] = 0
    for k in range(a.shape[-1]):
        out += a[..., :, k, None] * b[..., None, k, :]


@kernel
def linear(out: Out, x: In, weight: In, bias: In, relu=False):
    """out ← x weightᵀ + bias, for x (m, k), weight (n, k) and bias (n,) or None; with `relu`, max(out, 0)."""
    matmul.reference(out, x, weight.T)
    if bias is not None:
        out += bias
    if relu:
        np.maximum(out, 0, out=out)
