"""Channels and pixels rearranged, and channels normalised by their neighbours."""

from ..arguments import integer, number
from ..errors import ShapeError
from ..tensor_arguments import expect_tensor
from .arithmetic import div
from .padding import pad
from .shape import flatten, permute, reshape, unsqueeze

FUNCTIONS = "pixel_shuffle pixel_unshuffle channel_shuffle"
FUNCTIONAL = "pixel_shuffle pixel_unshuffle channel_shuffle local_response_norm"


def pixel_shuffle(input, upscale_factor):
    """x (*, C r², H, W) as (*, C, H r, W r): each r² channels become a square of pixels. Shi et al. (2016).

    Raises: ShapeError where r² does not divide the channels.
    """
    x, r = _images("pixel_shuffle", input), integer("pixel_shuffle", "upscale_factor", upscale_factor, 1)
    *batch, c, h, w = x.shape
    if c % (r * r):
        raise ShapeError(f"pixel_shuffle: expected channels that {r}² divides, got shape {x.shape}")
    n = len(batch)
    parts = reshape(x, (*batch, c // (r * r), r, r, h, w))
    return reshape(permute(parts, (*range(n + 1), n + 3, n + 1, n + 4, n + 2)), (*batch, c // (r * r), h * r, w * r))


def pixel_unshuffle(input, downscale_factor):
    """x (*, C, H r, W r) as (*, C r², H, W): the inverse of `pixel_shuffle`.

    Raises: ShapeError where r does not divide height and width.
    """
    x, r = _images("pixel_unshuffle", input), integer("pixel_unshuffle", "downscale_factor", downscale_factor, 1)
    *batch, c, h, w = x.shape
    if h % r or w % r:
        raise ShapeError(f"pixel_unshuffle: expected a height and width that {r} divides, got shape {x.shape}")
    n = len(batch)
    parts = reshape(x, (*batch, c, h // r, r, w // r, r))
    return reshape(permute(parts, (*range(n + 1), n + 2, n + 4, n + 1, n + 3)), (*batch, c * r * r, h // r, w // r))


def _images(where, input):
    x = expect_tensor(where, input)
    if x.ndim < 3:
        raise ShapeError(f"{where}: expected (*, C, H, W), got shape {x.shape}")
    return x


def channel_shuffle(input, groups):
    """x (N, C, *) with its channels, as a matrix of `groups` rows, transposed: Zhang et al. (2018).

    Raises: ShapeError for fewer than 3 dimensions, or channels that `groups` does not divide.
    """
    x, groups = expect_tensor("channel_shuffle", input), integer("channel_shuffle", "groups", groups, 1)
    if x.ndim < 3 or x.shape[1] % groups:
        raise ShapeError(f"channel_shuffle: expected (N, C, *) with C that {groups} divides, got shape {x.shape}")
    n, c, *rest = x.shape
    parts = reshape(x, (n, groups, c // groups, *rest))
    return reshape(permute(parts, (0, 2, 1, *range(3, x.ndim + 1))), x.shape)


def local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0):
    """x / (k + α/n Σ x²)^β with the sum over n = `size` neighbouring channels of x (N, C, *): Krizhevsky et al. (2012).

    Of integers the mean Σ x² / n is one too, rounded towards 0.
    Raises: ShapeError for fewer than 3 dimensions.
    """
    name = "local_response_norm"
    x, size = expect_tensor(name, input), integer(name, "size", size, 1)
    alpha, beta, k = (number(name, n, v) for n, v in (("alpha", alpha), ("beta", beta), ("k", k)))
    if x.ndim < 3:
        raise ShapeError(f"{name}: expected (N, C, *), got shape {x.shape}")
    c = x.shape[1]
    squares = pad(unsqueeze(flatten(x * x, 2), 1), (0, 0, size // 2, (size - 1) // 2))
    total = squares[:, 0, :c]
    for i in range(1, size):
        total = total + squares[:, 0, i : i + c]
    if x.is_floating_point():
        return x / reshape(total * (alpha / size) + k, x.shape) ** beta
    return x / reshape(div(total, size, rounding_mode="trunc") * alpha + k, x.shape) ** beta
