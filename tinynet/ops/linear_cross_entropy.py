"""The cross entropy of a linear layer's outputs, with `options` a part of the rows at a time.

Of many classes the logits take more memory than all else. In parts, those of one are there at a time: each is computed
again when its gradient is wanted (`autograd/recompute.py`).
"""

from dataclasses import dataclass

import numpy as np

from .. import dtypes
from ..arguments import boolean, integer, wrong_kind, wrong_value
from ..autograd.recompute import record_recomputed
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor, optional_tensor
from .choosing import where
from .comparison import ne
from .indexing import gather
from .joining import cat
from .loss import cross_entropy, reduction_of
from .matmul import linear
from .operands import to
from .pieces import split
from .reduction import mean, sum
from .shape import reshape

FUNCTIONAL = "linear_cross_entropy"
FEWEST = 64  # rows that are computed at a time, unless fewer are asked for


@dataclass(frozen=True, slots=True)
class LinearCrossEntropyOptions:
    """How `linear_cross_entropy` cuts its rows: `batch_chunk_size` of them at a time, or as `chunking_method` says.

    That is "aspect_ratio:k" for a size of N I / (k C) rows, of N in all with I inputs and C classes, rounded to a power
    of 2: so the logits of a part take as much memory as a k-th of the input. "aspect_ratio" is that for k = 1. "auto"
    is the batch_chunk_size that is given, or else that for k = 2, but 64 rows at least, as the gradient by the weights
    is added up once for each part. None is `batch_chunk_size`, or all rows.

    `allow_retain_graph` and `acc_policy` change nothing: a graph may always be kept, and there is one way to compute.
    Raises: ArgumentValueError for other values.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: np.dtype | None = None

    def __post_init__(self):
        name = type(self).__name__
        boolean(name, "allow_retain_graph", self.allow_retain_graph)
        if self.batch_chunk_size is not None:
            integer(name, "batch_chunk_size", self.batch_chunk_size, 1)
        if self.chunking_method not in (None, "auto") and self._factor() is None:
            expected = "chunking_method to be 'auto', 'aspect_ratio', 'aspect_ratio:2' or the like, or None"
            raise wrong_value(name, expected, self.chunking_method)
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            expected = "acc_policy to be 'auto', 'accurate', 'balanced' or 'compact'"
            raise wrong_value(name, expected, self.acc_policy)
        if self.acc_dtype not in (None, dtypes.float16, dtypes.float32, dtypes.float64):
            raise wrong_value(name, "acc_dtype to be None or a floating dtype", self.acc_dtype)

    def _factor(self):
        """k of "aspect_ratio:k"; None of what is no such text."""
        if self.chunking_method == "auto":
            return 2
        kind, colon, factor = str(self.chunking_method).partition(":")
        factor = factor if colon else "1"
        return int(factor) if kind == "aspect_ratio" and factor.isdecimal() and int(factor) else None

    def rows(self, count, inputs, classes):
        """How many rows, of so many with so many inputs and classes, are computed at a time.

        Raises: ArgumentValueError where two options say two numbers.
        """
        size = self.batch_chunk_size
        if self.chunking_method is None or (self.chunking_method == "auto" and size is not None):
            return count if size is None else min(size, count)
        ceil_div = lambda a, b: -(-a // max(b, 1))
        target = ceil_div(count, ceil_div(classes, inputs))
        least = FEWEST if self.chunking_method == "auto" else 1
        found = min(max((1 << max(target - 1, 0).bit_length()) // self._factor(), least), count)
        if size not in (None, found):
            raise ArgumentValueError(
                f"linear_cross_entropy: expected one of batch_chunk_size={size} and chunking_method="
                f"{self.chunking_method!r}, by which it is {found}"
            )
        return found


def linear_cross_entropy(
    input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None,
    label_smoothing=0.0, options=None,
):  # fmt: skip
    """The `cross_entropy` of the logits x Wᵀ + b, for x (N, in) or (in,), weight W (C, *, in) and bias b (C, *).

    With `options`, LinearCrossEntropyOptions, the logits of a part of the rows are there at a time.

    Raises: ShapeError, DTypeError; TargetError for a label outside [0, C); ArgumentValueError for an `ignore_index`
    beside probabilities as targets.
    """
    name = "linear_cross_entropy"
    x, W = expect_tensor(name, input), expect_tensor(name, linear_weight, "linear_weight")
    target = expect_tensor(name, target, "target")
    if x.array.ndim not in (1, 2) or W.array.ndim < 2 or (x.array.ndim == 1 and W.array.ndim > 2):
        raise ShapeError(f"{name}: expected an input (N, in) and a weight (C, *, in), got {x.shape} and {W.shape}")
    size = W.array.shape[:-1]
    if optional_tensor(name, "linear_bias", linear_bias) is not None:
        if linear_bias.array.shape != size:
            raise ShapeError(f"{name}: expected a bias of shape {size}, got {linear_bias.shape}")
        linear_bias = reshape(linear_bias, -1)
    if ignore_index is not None and target.array.shape == (*x.array.shape[:-1], *size):
        raise ArgumentValueError(f"{name}: expected no ignore_index beside a target of probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    matrix = reshape(W, -1, W.array.shape[-1])

    def loss(x, target, reduction=reduction):
        logits = reshape(linear(x, matrix, linear_bias), *x.array.shape[:-1], *size)
        return cross_entropy(logits, target, weight, None, ignored, None, reduction, label_smoothing)

    if options is None or not _has_rows(_checked(options, x), x, target):
        return loss(x, target)
    rows = options.rows(len(x), x.array.shape[1], size[0])
    others = [t for t in (matrix, linear_bias, weight) if t is not None]
    parts = [_part(loss, *part, others) for part in zip(split(x, rows), split(target, rows))]
    return _reduced(cat(parts), target, weight, ignored, reduction_of(name, None, None, reduction))


def _checked(options, x):
    """Options. Raises ArgumentTypeError for others, DTypeError for another dtype than that of x to compute in."""
    if not isinstance(options, LinearCrossEntropyOptions):
        raise wrong_kind("linear_cross_entropy", "options", "LinearCrossEntropyOptions", options)
    if options.acc_dtype not in (None, x.array.dtype):
        raise DTypeError(f"linear_cross_entropy: expected acc_dtype None, or {x.dtype} as the input, got another")
    return options


def _has_rows(options, x, target):
    """Whether there are rows to cut; where the target does not fit them, the whole says what is wrong."""
    return x.array.ndim == 2 and len(x) > 0 and target.array.shape[:1] == x.array.shape[:1]


def _part(loss, x, target, others):
    of_rows = lambda: loss(x, target, "none")
    return record_recomputed("linear_cross_entropy", of_rows, of_rows, [x, target, *others])


def _reduced(rows, target, weight, ignored, reduction):
    """The losses of all rows, as `cross_entropy` reduces them: rows that are ignored have no part in a mean."""
    if reduction == "none":
        return rows
    if reduction == "sum":
        return sum(rows)
    if target.array.dtype.kind == "f":
        return mean(rows)
    counted = ne(target, ignored)
    if isinstance(weight, Tensor):
        labels = reshape(where(counted, target, 0), -1)
        weights = where(counted, reshape(gather(weight, 0, labels), target.array.shape), 0.0)
    else:
        weights = to(counted, rows.dtype)
    return sum(where(counted, rows, 0.0)) / sum(weights)
