"""What convolution and pooling share on every device: their windows over an image, and the order of its memory.

Images have the shape (N, C, H, W) or (N, C, L), and lie in memory as (N, H, W, C), "channels-last": the channels of a
pixel are neighbours.

Along one axis, output y[q] sees the inputs x[q·s + k·d − p], for stride s, dilation d, padding p and position k in the
kernel. The transpose of this map, which the gradient by the input needs, looks different: input x[i] is seen by output
y[(i + p − k·d) / s], for the k that leave no remainder. But those k are the same for all i = q·s + r with the same r,
and for each such *phase* r it is a convolution again, with stride 1 and fewer positions:

    x[q·s + r] = Σ y[q + t] w[k]    with    t = (r + p − k·d) / s .

So both are planned alike, as phases with taps (k, t): "target q·out_step + first sees source q·step + t".
"""

from typing import NamedTuple

import numpy as np

from .arrays import empty

NOWHERE = 2**16 - 1  # the index of the maximum of a window that lies outside the image; others are kh · width + kw


class Geometry(NamedTuple):
    """What defines a convolution of x (N, C, *x_size) with w (O, C / groups, *kernel) to y (N, O, *y_size)."""

    x_size: tuple
    y_size: tuple
    kernel: tuple
    stride: tuple
    padding: tuple  # at the upper and left edge; how far the other edges are padded follows from y_size
    dilation: tuple
    groups: int


class Phase(NamedTuple):
    """One axis of a phase."""

    source: int  # the size of the source along this axis
    step: int
    out_step: int
    first: int
    count: int  # of q
    taps: list  # of (k, t)

    @property
    def low(self):
        return min((t for _, t in self.taps), default=0)

    @property
    def high(self):
        return max((t for _, t in self.taps), default=0)

    def window(self, count):
        """How much of the source is seen by `count` neighbouring q."""
        return (count - 1) * self.step + self.high - self.low + 1

    def is_inside(self):
        return self.low >= 0 and (self.count - 1) * self.step + self.high < self.source


def phases(geometry, transposed, axis):
    x, y, kernel, s, p, d = (field[axis] for field in geometry[:6])
    if not transposed:
        return [Phase(x, s, 1, 0, y, [(k, k * d - p) for k in range(kernel)])]
    taps = lambda r: [(k, (r + p - k * d) // s) for k in range(kernel)[::-1] if (r + p - k * d) % s == 0]
    return [Phase(y, 1, s, r, -(-(x - r) // s), taps(r)) for r in range(min(s, x))]


def edges(geometry, transposed=False):
    """((above, below), (left, right)): the zeros around the source that let each pixel see something at every tap."""
    found = []
    for axis in (0, 1):
        seeing = [p for p in phases(geometry, transposed, axis) if p.taps]
        low = min((p.low for p in seeing), default=0)
        beyond = max(((p.count - 1) * p.step + p.high + 1 - p.source for p in seeing), default=0)
        found.append((max(0, -low), max(0, beyond)))
    return tuple(found)


class Windows:
    """The windows of a mean along both axes: rows [start, stop) of the image for each, and what to divide by.

    The divisor of a window is the product of its two.
    """

    def __init__(self, vertical, horizontal):
        """Each a list of (start, stop, divisor)."""
        self.vertical, self.horizontal = (np.array(axis, np.int64).reshape(-1, 3) for axis in (vertical, horizontal))
        self.nbytes = self.vertical.nbytes + self.horizontal.nbytes


def channels_last(n, channels, *size, dtype, like):
    """An uninitialised array of shape (n, channels, *size) with the channels last in memory, where `like` lies."""
    out = empty((n, *size, channels), dtype, like)
    return out.transpose(0, 3, 1, 2) if len(size) == 2 else out.transpose(0, 2, 1)


def nhwc(x):
    """(N, C, H, W) or (N, C, L) as (N, H, W, C), the same memory."""
    if x.ndim == 3:
        x = x[:, :, None]
    return x.transpose(0, 2, 3, 1)
