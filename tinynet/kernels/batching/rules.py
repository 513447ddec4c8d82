"""What a kernel does with a whole batch: for each kind of kernels, which dimension of its arrays the batch becomes."""

import numpy as np

from .. import arrays
from .. import reference as kernels
from ..launch import launch
from ..reference.elementwise import Pointwise
from .dispatch import once, rule


@rule(
    *[name for name, kernel in vars(kernels).items() if isinstance(kernel, Pointwise)],
    "cast", "clamp", "pow", "remainder", "fmod", "floor_divide",
)  # fmt: skip
def broadcasting(call):
    """Kernels that broadcast: the batch is one more dimension in front of all others."""
    ndim = call.arguments[0].ndim
    call.launch(*[call.physical(i, ndim) for i in range(len(call.arguments))])


@rule("fill", for_each=True)
def fill(call):
    out, value = call.arguments
    call.launch(out.physical, value)


@rule("check_range", for_each=True)
def check_range(call):
    call.launch(call.physical(0), *call.arguments[1:])


@rule("sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "cummax", "cummin", "cumsum", "cumprod",
      "logcumsumexp", "recurrence", "sort", "topk", "gather", "scatter_add")  # fmt: skip
def along_axes(call):
    """Kernels that go along axes: these count one more dimension."""
    n = call.kernel.array_count
    axes = call.arguments[n]
    axes = tuple([a + 1 for a in axes]) if isinstance(axes, tuple) else axes + 1
    call.launch(*[call.copied(x) for x in call.arguments[:n]], axes, *call.arguments[n + 1 :])


@rule("softmax", "softmax_grad", "log_softmax", "log_softmax_grad")
def along_rows(call):
    """Kernels of rows, of which there are more."""
    if call.arguments[0].ndim == 0:
        return False
    return call.launch(*[call.copied(x) for x in call.arguments])


@rule("concatenate")
def concatenate(call):
    out, parts, axis = call.arguments
    call.launch(out.physical, tuple([call.whole(x) for x in parts]), axis + 1)


@rule("index", "index_add", "index_put")
def by_index(call):
    """An index is the same for the whole batch. One with slices between its arrays would put the batch elsewhere."""
    out, value, *index = call.arguments
    looked_up = value if call.kernel is kernels.index else out
    found = _found_shape(looked_up.shape, index)
    if _found_shape((call.size, *looked_up.shape), (slice(None), *index)) != (call.size, *found):
        return False
    if call.kernel is not kernels.index_put:
        value = call.copied(value)
    elif call.is_batched(value):
        value = call.physical(1, len(found))
    return call.launch(out.physical, value, slice(None), *index)


def _found_shape(shape, index):
    return np.broadcast_to(np.uint8(0), shape)[tuple(index)].shape


@rule("embedding")
def embedding(call):
    out, weight, _ = call.arguments
    return False if call.is_batched(weight) else call.launch(out.physical, weight, call.physical(2))


@rule("cross_entropy")
def cross_entropy(call):
    """Rows of all elements together; their sums and means after it."""
    loss, gx, x, target, ignore_index, mean = call.arguments
    rows, classes = x.shape
    labels = call.copied(target)
    if loss.ndim == 0 and (rows == 0 or (arrays.all_values(labels) == ignore_index).any()):
        return False
    merged = lambda array: array.reshape((call.size * rows, *array.shape[2:]))
    losses = arrays.empty((call.size, rows), loss.dtype, loss.physical)
    slopes = arrays.empty((call.size, rows, classes), gx.dtype, gx.physical)
    call.launch(merged(losses), merged(slopes), merged(call.copied(x)), merged(labels), ignore_index, False)
    if loss.ndim == 0:
        total = loss.physical[:, None]
        launch(kernels.sum, total, losses, (1,))
        for sums in (total, slopes) if mean else ():
            launch(kernels.div, sums, sums, np.array(rows, sums.dtype))
    else:
        launch(kernels.copy, loss.physical, losses)
    return launch(kernels.copy, gx.physical, slopes)


@rule("variance")
def variance(call):
    out, mean, x, divisor = call.arguments
    merged = lambda array: array.reshape((call.size * array.shape[1], *array.shape[2:]))
    call.launch(merged(out.physical), merged(mean.physical), merged(call.copied(x)), divisor)


# Products


@rule("matmul")
def matmul(call):
    ndim = call.arguments[0].ndim
    call.launch(*[call.physical(i, ndim) for i in range(3)])


@rule("linear")
def linear(call):
    """x (m, k), weight (n, k) and bias (n,): if only x differs, all of its rows together; else batched products."""
    out, x, weight, bias, *relu = call.arguments
    if not call.is_batched(weight) and not call.is_batched(bias) and out.physical.flags.c_contiguous:
        merged = lambda array: array.reshape((array.shape[0] * array.shape[1], array.shape[2]))
        return call.launch(merged(out.physical), merged(call.copied(x)), weight, bias, *relu)
    launch(kernels.matmul, out.physical, call.physical(1), call.whole(weight).swapaxes(1, 2))
    if bias is not None:
        launch(kernels.add, out.physical, out.physical, call.physical(3, 2))
    return launch(kernels.relu, out.physical, out.physical) if relu and relu[0] else None


# Convolutions and pooling: the batch is part of the images, or where weights differ, of the groups of channels.


def _into(x, axis):
    """The physical array x with its first dimension made part of another, counted without it."""
    x = np.moveaxis(x, 0, axis)
    return x.reshape((*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


def _out_of(x, size, axis):
    """The inverse of `_into`."""
    return np.moveaxis(x.reshape((*x.shape[:axis], size, x.shape[axis] // size, *x.shape[axis + 1 :])), axis, 0)


def _fill_from(call, make, axis, *arguments):
    """Run the kernel into new arrays, of whose dimension `axis` the batch is a part, and copy what they get."""
    outs = call.arguments[: call.kernel.writes]
    found = [make([n * call.size if i == axis else n for i, n in enumerate(out.shape)], out) for out in outs]
    call.launch(*found, *arguments)
    for out, x in zip(outs, found):
        launch(kernels.copy, out.physical, _out_of(x, call.size, axis))


def _in_order(shape, out):
    return arrays.empty(tuple(shape), out.dtype, out.physical)


def _channels_last(shape, out):
    n, c, *space = shape
    return np.moveaxis(arrays.empty((n, *space, c), out.dtype, out.physical), -1, 1)


@rule("convolve", "convolve_transposed")
def convolve(call):
    _, x, weight, bias, geometry = call.arguments
    if not call.is_batched(weight) and not call.is_batched(bias):
        return _fill_from(call, _channels_last, 0, _into(x.physical, 0), weight, bias, geometry)
    inputs = _into(call.whole(x), 1), _into(call.whole(weight), 0), None if bias is None else _into(call.whole(bias), 0)
    return _fill_from(call, _channels_last, 1, *inputs, geometry._replace(groups=geometry.groups * call.size))


@rule("correlate")
def correlate(call):
    _, x, y, geometry = call.arguments
    by_group = geometry._replace(groups=geometry.groups * call.size)
    _fill_from(call, _in_order, 0, _into(call.whole(x), 1), _into(call.whole(y), 1), by_group)


@rule("max_pool", "gather_maxima", "scatter_maxima", "mean_pool", "mean_pool_transposed")
def pool(call):
    """Kernels take it that indices lie in memory as `max_pool` has made them, densely and with the channels last."""
    n, written = call.kernel.array_count, call.kernel.writes
    inputs = [_pixels(_into(call.whole(x), 0)) for x in call.arguments[written:n]]
    _fill_from(call, _channels_last, 0, *inputs, *call.arguments[n:])


def _pixels(x):
    """Images x themselves if their channels are last in memory, without gaps, else a copy where they are."""
    pixels = np.moveaxis(x, 1, -1)
    if pixels.flags.c_contiguous:
        return x
    out = arrays.empty(pixels.shape, x.dtype, x)
    launch(kernels.copy, out, pixels)
    return np.moveaxis(out, -1, 1)


# Random draws: of a batch whose elements draw differently, one draw for all.


@rule("uniform", "normal", "bits", for_each=True)
def draw(call):
    return _draw(call, [], call.arguments[1:])


@rule("bernoulli", "dropout", for_each=True)
def draw_for_each(call):
    return _draw(call, [call.copied(call.arguments[1])], call.arguments[2:])


def _draw(call, inputs, rest):
    if call.level.randomness != "different":
        return once(call)
    out = call.arguments[0]
    drawn = _in_order(out.physical.shape, out)
    call.launch(drawn, *inputs, *rest)
    return launch(kernels.copy, out.physical, drawn)


@rule("attention", "attention_grad", for_each=True)
def attention(call):
    """Heads of more images; where dropout shall be the same for all, one after the other."""
    n, written = call.kernel.array_count, call.kernel.writes
    mask, p = call.arguments[n - 1], call.arguments[n + 2]
    if (p > 0 and call.level.randomness != "different") or (
        mask is not None and (call.is_batched(mask) or mask.shape[0] != 1)
    ):
        return False
    inputs = [_into(call.copied(x), 0) for x in call.arguments[written : n - 1]]
    return _fill_from(call, _in_order, 0, *inputs, mask, *call.arguments[n:])
