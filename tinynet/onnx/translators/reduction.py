"""Reductions over dimensions, norms and scans."""

import numpy as np

from ...ops import reduction, scan, vector_norm
from .table import translates

INT64 = np.dtype(np.int64)


def axes_of(dim, ndim):
    """The axes that `dim` names, None for all."""
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return None
    return [d % max(ndim, 1) for d in (dim if isinstance(dim, tuple | list) else (dim,))] if ndim else None


@translates(reduction.sum)
def total(g, out, input, dim, keepdim):
    return g.reduce("ReduceSum", g.cast(input, out.dtype), axes_of(dim, input.ndim), keepdim)


@translates(reduction.mean)
def mean(g, out, input, dim, keepdim):
    return g.reduce("ReduceMean", g.cast(input, out.dtype), axes_of(dim, input.ndim), keepdim)


@translates(reduction._var)
def variance(g, out, input, dim, unbiased, keepdim, correction):
    if isinstance(dim, bool) and unbiased is True:
        dim, unbiased = None, dim
    correction = int(unbiased) if correction is None else correction
    axes = axes_of(dim, input.ndim)
    centered = g.op("Sub", input, g.reduce("ReduceMean", input, axes, True))
    squares = g.op("Mul", centered, centered)
    if not correction:
        return g.reduce("ReduceMean", squares, axes, keepdim)
    n = g.product([input.shape[a] for a in (range(input.ndim) if axes is None else axes)])
    if isinstance(n, int):
        rest = g.constant(max(n - correction, 0), out.dtype)
    else:
        rest = g.op("Sub", g.cast_to(g.op("Squeeze", n), out.dtype), g.constant(correction, out.dtype))
        rest = g.op("Max", rest, g.constant(0, out.dtype))
    return g.op("Div", g.reduce("ReduceSum", squares, axes, keepdim), rest)


@translates(reduction.std)
def deviation(g, out, input, dim, unbiased, keepdim, correction):
    return g.op("Sqrt", variance(g, out, input, dim, unbiased, keepdim, correction))


@translates(reduction._extreme)
def extreme(g, out, name, x, dim, keepdim):
    kind = name.title()
    if dim is None:
        return g.reduce(f"Reduce{kind}", x, None, False)
    if x.ndim == 0:
        return g.op("Identity", x), g.constant(0, INT64)
    axis = dim % x.ndim
    indices = g.op(f"Arg{kind}", x, axis=axis, keepdims=int(keepdim))
    return g.reduce(f"Reduce{kind}", x, (axis,), keepdim), indices


@translates(reduction._arg)
def arg(g, out, name, x, dim, keepdim):
    if dim is None:
        found = g.op(name.replace("arg", "Arg").replace("max", "Max").replace("min", "Min"), g.reshape(x, (-1,)),
                     axis=0, keepdims=0)  # fmt: skip
        return g.reshape(found, out.shape) if keepdim else found
    if x.ndim == 0:
        return g.constant(0, INT64)
    return g.op("ArgMax" if name == "argmax" else "ArgMin", x, axis=dim % x.ndim, keepdims=int(keepdim))


@translates(reduction._truth)
def truth(g, out, name, input, dim, keepdim):
    holds = g.cast_to(g.cast(input, np.dtype(bool)), np.int32)
    kind = "ReduceMax" if name == "any" else "ReduceMin"
    return g.cast_to(g.reduce(kind, holds, axes_of(dim, input.ndim), keepdim), out.dtype)


@translates(reduction.prod)
def product(g, out, input, dim, keepdim):
    dim = None if dim is None or input.ndim == 0 else dim
    return g.reduce("ReduceProd", g.cast(input, out.dtype), axes_of(dim, input.ndim), keepdim and dim is not None)


@translates(reduction._shared_extreme)
def shared_extreme(g, out, name, x, dim, keepdim):
    return g.reduce("ReduceMax" if name == "amax" else "ReduceMin", x, axes_of(dim, x.ndim), keepdim)


@translates(reduction.logsumexp)
def logsumexp(g, out, input, dim, keepdim):
    return g.reduce("ReduceLogSumExp", g.cast(input, out.dtype), axes_of(dim, input.ndim), keepdim)


@translates(vector_norm.power_norm)
def power_norm(g, out, x, p, over, keepdim):
    over = list(over) if x.ndim else None
    if p == 2:
        return g.reduce("ReduceL2", x, over, keepdim)
    if p == 0:
        counted = g.op("Not", g.op("Equal", x, g.number(0, x)))
        return g.reduce("ReduceSum", g.cast_to(counted, out.dtype), over, keepdim)
    powers = g.op("Pow", g.op("Abs", x), g.number(p, x))
    return g.op("Pow", g.reduce("ReduceSum", powers, over, keepdim), g.number(1 / p, x))


@translates(scan.cumulative_sum)
def cumsum(g, out, x, axis, reverse):
    if x.ndim == 0:
        return g.op("Identity", x)
    return g.op("CumSum", x, g.constant(axis, INT64), reverse=int(reverse))
