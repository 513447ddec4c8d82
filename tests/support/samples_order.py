"""Samples of reductions, norms, scans, and of what goes by order: sorting, the median, quantiles."""

import math

import numpy as np
from samples import DIMS, add, function, internal, normal, positive

HALF_NEGATIVE = np.array([[1.0, -2.0], [3.0, 0.5]])
LINES = [((2, 3), 0), ((2, 3), -1), ((2, 3, 2), 1), ((), 0), ((2, 1), 1), ((0, 3), 1)]


def values(name, *args, **kwargs):
    return lambda lib, x: getattr(lib, name)(x, *args, **kwargs)[0]


# Reductions

for name in ("amax", "amin", "logsumexp"):
    for shape, dim in DIMS:
        if dim is not None:
            add(name, function(name, dim), normal(*shape))
    add(name, function(name, (0, 1), keepdim=True), normal(2, 3))
add("amax", function("amax"), normal(2, 2))
add("logsumexp", lambda lib, x: lib.logsumexp(lib.cat([x, x * 0 - math.inf]), 0), normal(2, 3))
for i in range(2):
    add("amin" if i == 0 else "amax", lambda lib, x, i=i: lib.aminmax(x, dim=1)[i], normal(2, 3))
    add("std", lambda lib, x, i=i: lib.std_mean(x, 1)[i], normal(2, 3))
    add("variance", lambda lib, x, i=i: lib.var_mean(x, 0, correction=0)[i], normal(2, 3))


def away_from_0(x):
    """PyTorch divides by the factors for second gradients."""
    return x + 0.3 * np.sign(x)


for shape, dim in LINES:
    add("prod", function("prod", dim), away_from_0(normal(*shape)))
add("prod", function("prod"), away_from_0(normal(2, 3)))
add("prod", function("prod", 1, True), np.array([[0.0, 2.0, -3.0], [0.0, 0.0, 1.5]]))
for name in ("nansum", "nanmean"):
    add(name, lambda lib, x, name=name: getattr(lib, name)(lib.where(x.detach() > 0, x, math.nan), 1), HALF_NEGATIVE)
add(
    "nanmean",
    lambda lib, x: lib.nanmean(lib.where(x.detach() > 0, x, math.nan), 1),
    np.array([[1.0, -2.0], [3.0, 0.5]]),
)

for p in (2, 3, 0.5, 0, 1, math.inf, -math.inf, 1.5):
    for dim in (None, 1, (0, 1)):
        add("power_norm", function("norm", p, dim), normal(2, 3))
add("power_norm", function("norm"), np.array([[0.0, 0.0], [3.0, 4.0]]))
add("power_norm", function("norm", dim=1), np.array([[0.0, 1.0], [3.0, 4.0]]))
for ord in (None, "fro", 1, -1, math.inf):
    add("power_norm", lambda lib, x, o=ord: lib.linalg.norm(x, o), normal(2, 3))

# Scans

for shape, dim in LINES:
    add("cumulative_sum", function("cumsum", dim), normal(*shape))
    add("cumulative_product", function("cumprod", dim), normal(*shape))
    add("logcumsumexp", function("logcumsumexp", dim), normal(*shape))
    add("cummax", values("cummax", dim), normal(*shape))
    add("cummin", values("cummin", dim), normal(*shape))
add("cumulative_product", function("cumprod", 1), np.array([[2.0, 0.0, -3.0], [0.0, 0.0, 1.5]]))
for reverse in (False, True):
    for shape, axis in (((2, 4), 1), ((3, 2), 0)):

        def recurrence(a, b, axis=axis, reverse=reverse):  # out[i] = a[i] out[i - 1] + b[i]
            a, b = (np.moveaxis(x, axis, 0)[:: -1 if reverse else 1] for x in (a, b))
            rows = [b[0]]
            for i in range(1, len(a)):
                rows.append(a[i] * rows[-1] + b[i])
            return np.moveaxis(np.stack(rows)[:: -1 if reverse else 1], 0, axis)

        add("recurrence", internal("recurrence", axis, reverse), normal(*shape), normal(*shape), reference=recurrence)
add("diff", function("diff"), normal(2, 3))
add("diff", function("diff", 2, 0), normal(4, 2))
add("diff", lambda lib, x, y: lib.diff(x, prepend=y, append=x), normal(2, 3), normal(2, 1))
add("trapezoid", function("trapezoid"), normal(2, 3))
add("trapezoid", function("trapezoid", dx=0.5, dim=0), normal(2, 3))
add("trapezoid", function("trapezoid"), normal(2, 3), normal(3))
add("cumulative_trapezoid", function("cumulative_trapezoid"), normal(2, 3), normal(3))

# Order

for shape, dim in LINES:
    for descending in (False, True):
        add("sort", values("sort", dim, descending), normal(*shape))
    if 0 not in shape:
        add("median", values("median", dim), normal(*shape))
        add("sort", values("kthvalue", 1, dim, True), normal(*shape))
        add("mode", values("mode", dim), normal(*shape))
add("sort", function("msort"), normal(3, 2))
for largest in (True, False):
    add("topk", values("topk", 2, largest=largest), normal(2, 3))
    add("topk", values("topk", 2, 0, largest=largest), normal(5, 2))
add("median", function("median"), normal(2, 3))
add("nanmedian", values("nanmedian", 1), np.array([[1.0, 2.5, 4.0], [5.0, 2.0, -1.0]]))
add("nanmedian", lambda lib, x: lib.nanmedian(lib.where(x.detach() > 4, math.nan, x)), normal(2, 3))
for interpolation in ("linear", "lower", "higher", "midpoint", "nearest"):
    add("quantile", function("quantile", 0.35, 1, interpolation=interpolation), normal(2, 4))
add("quantile", lambda lib, x: lib.quantile(x, lib.tensor([0.2, 0.7], dtype=x.dtype), 0, True), normal(3, 2))
add("quantile", function("quantile"), normal(5), np.array([0.3, 0.6]))
add("nanquantile", lambda lib, x: lib.nanquantile(lib.where(x.detach() > 4, math.nan, x), 0.4), positive(2, 3))
add("renorm", function("renorm", 2, 0, 1.0), normal(3, 2))
add("cov", function("cov"), normal(2, 4))
add("corrcoef", function("corrcoef"), normal(2, 4))
add("gradient", lambda lib, x: lib.gradient(x, dim=1, spacing=0.5, edge_order=2)[0], normal(2, 4))
