"""Padding: a border around the last dimensions, of a number, or of the elements that it continues."""

from ..arguments import INT64, number, one_of, sizes, wrong_value
from ..autograd.graph import record
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.filled import full
from ..kernels.launch import launch
from ..tensor_arguments import expect_tensor
from .indexing import getitem, narrow
from .joining import cat
from .operands import number_to_fill
from .rearrange import flip
from .registry import op
from .shape import copied, expand

FUNCTIONS = "constant_pad_nd"
FUNCTIONAL = "pad"
MODES = "constant", "reflect", "replicate", "circular"


def pad(input, pad, mode="constant", value=None):
    """x with pad[0] more elements before and pad[1] behind in its last dimension, pad[2] and pad[3] in the one before.

    "constant" puts `value` there, 0 by default; "reflect" the elements as in a mirror at the outermost one, "replicate"
    the outermost one, "circular" those of the other end. Negative numbers take elements away.
    Raises: ShapeError for more padding than there are dimensions or elements for.
    """
    x, widths = expect_tensor("pad", input), sizes("pad", "pad", (pad,), INT64[0])
    mode = one_of("pad", "mode", mode, MODES)
    ndim = x.array.ndim
    if len(widths) % 2 or len(widths) > 2 * ndim:
        raise ShapeError(f"pad: expected at most {ndim} pairs of numbers for shape {x.shape}, got {widths}")
    pairs = [(0, 0)] * (ndim - len(widths) // 2) + list(zip(widths[-2::-2], widths[-1::-2]))
    if mode == "constant":
        value = number("pad", "value", 0 if value is None else value)
        return _in_constant(x, pairs, number_to_fill("pad", value, x.array.dtype).item())
    if value:
        raise wrong_value("pad", f"no value for mode {mode!r}", value)
    if len(widths) not in (2, 4, 6) or ndim not in (len(widths) // 2 + 1, len(widths) // 2 + 2):
        raise ShapeError(
            f"pad: expected the last 1, 2 or 3 of 2 to 5 dimensions and one or two before them for mode {mode!r}, "
            f"got padding {widths} for shape {x.shape}"
        )
    for axis, pair in enumerate(pairs):
        x = _continued(x, axis, mode, *pair) if any(pair) else x
    return x if any(widths) else copied(x)


def _in_constant(x, pairs, value):
    if min(map(min, pairs), default=0) < 0:
        shape = x.array.shape
        if any(before + n + after < 0 for n, (before, after) in zip(shape, pairs)):
            raise ShapeError(f"pad: expected no more to be taken away than there is, got {pairs} for shape {shape}")
        x = getitem(x, tuple([slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(shape, pairs)]))
        pairs = [(max(before, 0), max(after, 0)) for before, after in pairs]
    return padded(x, pairs, value)


@op
def padded(x, pairs, value=0):
    """x with so many elements, all of them `value`, before and behind in each dimension."""
    shape = x.array.shape
    out = full([b + n + a for n, (b, a) in zip(shape, pairs)], value, x.array.dtype, x.array)
    inner = tuple([slice(before, before + n) for n, (before, _) in zip(shape, pairs)])
    launch(kernels.copy, out[(*inner, ...)], x.array)
    return record("pad", out, (x,), lambda g: getitem(g, inner))


def _continued(x, axis, mode, before, after):
    """x continued along an axis by pieces of itself, or shortened."""
    n = x.array.shape[axis]
    start, stop = max(-before, 0), n - max(-after, 0)
    left, right, kept = max(before, 0), max(after, 0), stop - start
    most = n - 1 if mode == "reflect" else kept if mode == "circular" else INT64[1]
    if kept < 0 or left + kept + right < 1 or left > most or right > most:
        raise ShapeError(f"pad: expected padding that {n} elements suffice for in mode {mode!r}, got {before}, {after}")
    parts = [narrow(x, axis, start, kept)]
    if mode == "reflect":
        ends = lambda: (flip(narrow(x, axis, 1, left), axis), flip(narrow(x, axis, n - 1 - right, right), axis))
    elif mode == "circular":
        ends = lambda: (narrow(x, axis, stop - left, left), narrow(x, axis, start, right))
    else:
        ends = lambda: (_repeated(narrow(x, axis, 0, 1), axis, left), _repeated(narrow(x, axis, n - 1, 1), axis, right))
    if left or right:
        first, last = ends()
        parts = [first] * (left > 0) + parts + [last] * (right > 0)
        return cat(parts, axis)
    return parts[0]


def _repeated(x, axis, n):
    return expand(x, [n if d == axis else size for d, size in enumerate(x.array.shape)])


pad_of = pad  # which a parameter of `constant_pad_nd` hides


def constant_pad_nd(input, pad, value=0):
    """`nn.functional.pad` by a constant."""
    return pad_of(input, pad, "constant", value)
