"""Elementary functions of one number that LLVM turns into vector code: exp, log, tanh, erf, Φ, GELU and others.

    from tinynet.kernels.elementary import exp

A compiled loop that calls `math.exp` calls a C function for every element, 2.4 ns each; this `exp` has no branches, no
tables and no calls, so the loop around it runs 8 or 16 elements at a time, 0.3 ns each. Call the functions from kernels
with float32 or float64 numbers, under any fast-math flags; the result has the type of the argument.
`kernels/lifting/lift.py` puts them in the place of `math.exp` and the others.

They live beside the CPU's kernels and not with `formulas.py`, since they are a property of the device: a GPU has such
functions in hardware and in libraries, and a formula that reads `exp(x)` means whichever is at hand.

Each is within 2 units in the last place of the exact value in float32 and within 4 in float64, from the largest to the
denormal numbers (tests/kernels/test_elementary.py); on a CPU without fused multiply-add, Φ within 3. The exception is
GELU, of which networks compute millions: in float32 it is within 4 where |GELU(x)| ≥ 10⁻³ |x|, and elsewhere within
2⁻²⁴ |x|; its slope is within 2 units in the last place of 1. `functions.py` is the mathematics, `constants.py` holds
the polynomials, and `floats.py` the few operations on the bits of a number.
"""

from .functions import erf, exp, expm1, gelu, gelu_slope, log, log1p, normal_cdf, normal_pdf, sigmoid, tanh

__all__ = ["erf", "exp", "expm1", "gelu", "gelu_slope", "log", "log1p", "normal_cdf", "normal_pdf", "sigmoid", "tanh"]
