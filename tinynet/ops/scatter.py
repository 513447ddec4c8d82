"""Elements written, added or combined where an index says along a dimension: the transpose of `gather`."""

import numpy as np

from ..arguments import axis_of, boolean, one_of
from ..autograd.graph import record
from ..errors import ArgumentTypeError, DTypeError, GraphError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import along_axis, host, put
from ..kernels.filled import contiguous as in_order
from ..kernels.filled import copied, full
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import div, floor_divide, mul
from .choosing import where
from .comparison import eq
from .indexing import check_range, fits, gather, getitem
from .operands import number_to_fill, to
from .registry import op
from .shape import expand, reshape

FUNCTIONS = "scatter scatter_add scatter_reduce index_reduce"
METHODS = FUNCTIONS
IN_PLACE = FUNCTIONS
REDUCTIONS = "sum", "prod", "mean", "amax", "amin"


def _arguments(where, input, dim, index, src):
    """(x, axis, index, src) with at least one dimension each, `src` without what the index has no place for.

    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    x, index = expect_tensor(where, input), expect_tensor(where, index, "index")
    src = expect_tensor(where, src, "src")
    if index.array.dtype.kind != "i":
        raise DTypeError(f"{where}: expected an index of integers, got {index.dtype}")
    if src.array.dtype != x.array.dtype:
        raise DTypeError(f"{where}: expected src of dtype {x.dtype}, got {src.dtype}")
    axis = axis_of(where, dim, max(x.array.ndim, 1))
    x, index, src = [reshape(t, 1) if t.array.ndim == 0 else t for t in (x, index, src)]
    shape, places, sources = x.array.shape, index.array.shape, src.array.shape
    if index.array.size == 0:
        return x, axis, None, None
    if not (fits(places, shape, axis) and fits(places, sources, None)):
        raise ShapeError(
            f"{where}: expected an index no larger than src {sources}, nor than {shape} outside dimension {axis}, "
            f"got {places}"
        )
    check_range(f"{where}: expected indices", index.array, shape[axis])
    return x, axis, index, src if places == sources else getitem(src, tuple([slice(n) for n in places]))


def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy of x in which out[i][index[i][j]] = src[i][j], for dim 1, and likewise for others; `src` may be a number.

    Of several elements for one place the last is there. With `reduce`, "add" or "multiply", they are combined with what
    is there instead. Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    x = expect_tensor("scatter", input)
    if (src is None) == (value is None):
        raise ArgumentTypeError("scatter: expected src, a tensor, or value, a number")
    src = value if src is None else src
    if not hasattr(src, "array"):
        number = number_to_fill("scatter", src, x.array.dtype).item()
        src = wrap(full(expect_tensor("scatter", index, "index").array.shape, number, x.array.dtype, x.array))
    if reduce is not None:
        reduce = one_of("scatter", "reduce", reduce, ("add", "multiply"))
        return scatter_reduce(x, dim, index, src, "sum" if reduce == "add" else "prod")
    return _in_shape(x, scattered, *_arguments("scatter", x, dim, index, src))


def scatter_add(input, dim, index, src):
    """x with src[i][j] added to out[i][index[i][j]], for dim 1, and likewise for others.

    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    return _in_shape(input, scattered_sum, *_arguments("scatter_add", input, dim, index, src))


def _in_shape(input, function, x, axis, index, src):
    """What the function makes, in the shape of the input, which may have no dimension; its copy for an empty index."""
    out = mul(x, 1) if index is None else function(x, axis, index, src)
    return out if out.array.shape == input.array.shape else reshape(out, input.array.shape)


@op
def scattered(x, axis, index, src):
    """`scatter` of what has been checked."""
    out = copied(x.array)
    launch(kernels.index_put, out, src.array, *along_axis(host(index.array), axis))

    def gx(g):
        return scattered(g, axis, index, wrap(full(index.array.shape, 0, g.array.dtype, g.array)))

    return record("scatter", out, (x, src), gx, lambda g: gather(g, axis, index))


@op
def scattered_sum(x, axis, index, src):
    """`scatter_add` of what has been checked."""
    out = copied(x.array)
    launch(kernels.scatter_add, out, in_order(src.array), index.array, axis)
    return record("scatter_add", out, (x, src), lambda g: g, lambda g: gather(g, axis, index))


def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """x with out[i][index[i][j]] combined with all src[i][j] for it, for dim 1, and likewise for others.

    `reduce` is "sum", "prod", "mean", "amax" or "amin"; unless `include_self`, what x had there does not count.
    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    reduce = one_of("scatter_reduce", "reduce", reduce, REDUCTIONS)
    own = boolean("scatter_reduce", "include_self", include_self)
    run = lambda x, axis, index, src: _reduced(x, axis, index, src, reduce, own)
    return _in_shape(input, run, *_arguments("scatter_reduce", input, dim, index, src))


def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """x with the slices of `source` combined with those of x along `dim` that a vector of indices names.

    `reduce` is "prod", "mean", "amax" or "amin"; unless `include_self`, what x had there does not count.
    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    one_of("index_reduce", "reduce", reduce, ("prod", "mean", "amax", "amin"))
    x, index = expect_tensor("index_reduce", input), expect_tensor("index_reduce", index, "index")
    source, axis = expect_tensor("index_reduce", source, "source"), axis_of("index_reduce", dim, max(x.array.ndim, 1))
    shape = (*x.array.shape[:axis], index.array.size, *x.array.shape[axis + 1 :]) if x.array.ndim else (1,)
    if index.array.ndim > 1 or reshape(source, -1 if x.array.ndim == 0 else source.array.shape).array.shape != shape:
        raise ShapeError(
            f"index_reduce: expected a vector of indices and a source {shape}, got {index.shape}, {source.shape}"
        )
    places = expand(reshape(index, [-1 if i == axis else 1 for i in range(len(shape))]), shape)
    return scatter_reduce(x, axis, places, reshape(source, shape), reduce, include_self=include_self)


def _reduced(x, axis, index, src, reduce, own):
    like = lambda value, shape: wrap(full(shape, value, x.array.dtype, x.array))
    if reduce in ("sum", "mean"):
        if not own:
            x = scattered(x, axis, index, like(0, index.array.shape))
        total = scattered_sum(x, axis, index, src)
        if reduce == "sum":
            return total
        count = like(1, x.array.shape)
        if not own:
            count = scattered(count, axis, index, like(0, index.array.shape))
        count = scattered_sum(count, axis, index, like(1, index.array.shape))
        count = where(eq(count, 0), 1, count)
        return div(total, count) if x.array.dtype.kind == "f" else floor_divide(total, count)
    kind = x.array.dtype
    limits = np.iinfo(kind) if kind.kind in "iu" else None
    lowest, highest = (limits.min, limits.max) if limits else (-np.inf, np.inf) if kind.kind == "f" else (False, True)
    if not own:
        neutral = {"prod": 1, "amax": lowest, "amin": highest}[reduce]
        x = scattered(x, axis, index, like(neutral, index.array.shape))
    return combined(x, axis, index, src, reduce)


COMBINE = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


@op
def combined(x, axis, index, src, reduce):
    """The product or an extreme of x and of all elements of `src` for the same place, on the host."""
    values = np.array(host(x.array))
    COMBINE[reduce].at(values, along_axis(host(index.array), axis), host(src.array))
    rule = _product_gradients if reduce == "prod" else _extreme_gradients
    return record(
        "scatter_reduce", put(values, x.array), (x, src), joint=lambda g, y: rule(g, y, x, axis, index, src),
        saves_output=True,
    )  # fmt: skip


def _extreme_gradients(g, y, x, axis, index, src):
    """Elements that are equal to the extreme share its gradient."""
    y = y.detach()
    mine, theirs = to(eq(x, y), g.array.dtype), to(eq(src, gather(y, axis, index)), g.array.dtype)
    shared = div(g, scattered_sum(mine, axis, index, theirs))
    return mul(mine, shared), mul(theirs, gather(shared, axis, index))


def _product_gradients(g, y, x, axis, index, src):
    """The product of the others, which is that of all divided by the element, or where it is the only 0, of all but it.

    Raises: GraphError for gradients of gradients where an element is 0.
    """
    zero_x, zero_src = eq(x, 0), eq(src, 0)
    if not (host(zero_x.array).any() or host(zero_src.array).any()):
        product = combined(x, axis, index, src, "prod")
        return mul(g, div(product, x)), div(gather(mul(g, product), axis, index), src)
    if g.requires_grad:
        raise GraphError("scatter_reduce: a product with a 0 has no second gradient here")
    x1, src1 = where(zero_x, 1, x).detach(), where(zero_src, 1, src).detach()
    others = combined(x1, axis, index, src1, "prod")  # the product of all that are not 0
    zeros = scattered_sum(to(zero_x, g.array.dtype), axis, index, to(zero_src, g.array.dtype))
    none, one = (mul(g, where(eq(zeros, n), others, 0)) for n in (0, 1))
    gx = where(zero_x, one, div(none, x1))
    return gx, where(zero_src, gather(one, axis, index), div(gather(none, axis, index), src1))
