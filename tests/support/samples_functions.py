"""Samples of functions of one element or two: trigonometry, exponentials, special functions, what jumps, clamping."""

import numpy as np
from samples import TWO, add, function, normal, positive, unit

from tinynet.ops.registry import OPS


def above_1(*shape):
    return 1.2 + positive(*shape)


def probability(*shape):
    return 0.5 + 0.5 * unit(*shape)


def special(name, *args):
    return lambda lib, *xs: getattr(lib.special, name)(*xs, *args)


for name, draw in {
    "tan": unit, "asin": unit, "acos": unit, "atan": normal, "sinh": normal, "cosh": normal, "asinh": normal,
    "acosh": above_1, "atanh": unit, "sinc": normal, "deg2rad": normal, "rad2deg": normal, "exp2": normal,
    "expm1": normal, "log2": positive, "log10": positive, "logit": probability, "erf": normal, "erfc": normal,
    "erfinv": unit, "i0": normal, "round": normal, "trunc": normal,
    "frac": normal, "nan_to_num": normal, "sgn": normal,
}.items():  # fmt: skip
    for shape in ((2, 3), (), (0, 3)):
        add(name, function(name), draw(*shape))
for name, draw in {
    "ndtr": normal, "ndtri": probability, "log_ndtr": normal, "i0e": positive, "i1": normal, "i1e": positive,
    "entr": positive, "erfcx": normal,
}.items():  # fmt: skip
    for shape in ((2, 3), ()):
        add(name, special(name), draw(*shape))
for name, draw in {
    "atan2": normal, "hypot": normal, "logaddexp": normal, "logaddexp2": normal, "xlogy": positive, "fmod": positive,
    "copysign": normal, "fmax": normal, "fmin": normal, "dist": normal, "clamp_min": normal, "clamp_max": normal,
    "ldexp": normal,
}.items():  # fmt: skip
    for a, b in TWO[:3] if name != "dist" else TWO[:2]:
        add(name, function(name), draw(*a), draw(*b))
for name in ("lgamma", "digamma"):  # PyTorch's next derivative, the trigamma function, has 10 digits
    for points in (positive(2, 3), positive(), np.array([-0.5, -1.3, -2.7, 12.5])):
        add(name, function(name), points, public=False)
add("zeta", lambda lib, x: lib.special.zeta(lib.tensor(3.0, dtype=x.dtype), x), np.array([0.4, 1.5, 14.0]))
add("zeta", lambda lib, x: lib.polygamma(2, x), positive(2, 3))
for name, a in (("igamma", 0.4), ("igammac", 2.5), ("igamma", 4.5)):  # by a: tests/ops/test_incomplete_gamma.py
    run = lambda lib, x, name=name, a=a: getattr(lib, name)(lib.tensor(a, dtype=x.dtype), x)
    add({"igamma": "lower", "igammac": "upper"}[name], run, np.array([0.3, 1.5, 14.0]))
slope = lambda lib: OPS["quantile_slope"](lib.tensor([0.4, 3.0, 30.0]), lib.tensor([-0.7, 0.0, 3.6]))
add("quantile_slope", lambda lib, x: slope(lib).to(x.dtype) * x, positive(2, 3), public=False)
add("mvlgamma", function("mvlgamma", 2), above_1(2, 3), public=False)
add("xlog1py", special("xlog1py"), positive(2, 3), positive(3))
add("logit", function("logit", eps=0.3), probability(2, 3))
add("round", function("round", decimals=1), normal(2, 3))
add("round", function("round", decimals=-1), 20 * normal(2, 3))
add("nan_to_num", lambda lib, x: lib.nan_to_num(lib.where(x.detach() > 0, np.inf, x), posinf=2.0), unit(3))
add("clamp", function("clamp"), normal(2, 3), normal(3) - 1, normal(2, 1) + 1)
add("clamp", lambda lib, x, low: lib.clamp(x, low, 0.5), normal(2, 3), normal(3) - 1, public=False)
for mode in ("floor", "trunc"):
    add("div", function("div", rounding_mode=mode), normal(2, 3), positive(3))
add("mantissa", lambda lib, x: lib.frexp(x).mantissa, normal(2, 3))
add("nextafter", function("nextafter"), normal(2, 3), normal(3))
add("angle", function("angle"), normal(2, 3))
for weight in (0.3, 0.8):
    add("lerp", function("lerp", weight), normal(2, 3), normal(3))
add("lerp", function("lerp"), normal(2, 3), normal(3), probability(2, 1))
add("addcmul", function("addcmul", value=0.5), normal(2, 3), normal(3), normal(2, 1))
add("addcdiv", function("addcdiv", value=0.5), normal(2, 3), normal(3), positive(2, 1))
add("rsub", function("rsub", alpha=2), normal(2, 3), normal(3))
for name in ("tan_", "expm1_", "erf_", "trunc_", "abs_", "relu_"):
    add(name, lambda lib, x, name=name: getattr(x * 1, name)() * x, unit(2, 3))
add("lerp_", lambda lib, x, y: (x * 1).lerp_(y, 0.3), normal(2, 3), normal(3))
add("addcmul_", lambda lib, x, y: (x * 1).addcmul_(y, y, value=2), normal(2, 3), normal(3))
