"""How windows lie over one, two or three axes: what convolutions, pooling and folding share."""

import itertools
from typing import NamedTuple

from ..arguments import LARGEST_SIZE, ntuple
from ..kernels.windows import Geometry

AXES = {1: "L", 2: "H, W", 3: "D, H, W"}  # of images, by their number


def spaces(name, what, value, n, low):
    """A number of pixels along each of n axes: a stride, padding, dilation or size of a kernel."""
    return ntuple(name, what, value, n, low, LARGEST_SIZE)


def strides(name, value, kernel, n):
    """The distances of windows along each of n axes, by default as far as the kernel reaches."""
    is_default = value is None or (isinstance(value, tuple | list) and not value)
    return kernel if is_default else spaces(name, "stride", value, n, 1)


def geometry(x_size, y_size, kernel, stride, padding, dilation, groups):
    """The Geometry, of two axes at least: the first of one axis is trivial. A stride that is never taken is 1."""
    stride = tuple([s if y > 1 else 1 for s, y in zip(stride, y_size)])
    dilation = tuple([d if k > 1 else 1 for d, k in zip(dilation, kernel)])
    if len(kernel) == 1:
        return Geometry((1, *x_size), (1, *y_size), (1, *kernel), (1, *stride), (0, *padding), (1, *dilation), groups)
    return Geometry(x_size, y_size, kernel, stride, padding, dilation, groups)


def split(geometry):
    """The Axis of the depth of a Geometry in three dimensions, and the Geometry of the other two."""
    *fields, groups = geometry
    return Axis(*[field[0] for field in fields]), Geometry(*[field[1:] for field in fields], groups)


class Axis(NamedTuple):
    """How `count` windows lie along an axis: window p sees at tap k the element p · stride + k · dilation − padding."""

    size: int
    count: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    def taps(self):
        """(k, windows, elements) for each tap: the windows whose tap lies inside, as a slice, and what they see."""
        for k in range(self.kernel):
            first = k * self.dilation - self.padding  # what window 0 sees
            low = max(0, -(first // self.stride))
            high = min(self.count, (self.size - 1 - first) // self.stride + 1)
            if low < high:
                start, stop = low * self.stride + first, (high - 1) * self.stride + first + 1
                yield k, slice(low, high), slice(start, stop, self.stride)

    def is_all(self):
        """Whether each element is a window."""
        return self[1:] == (self.size, 1, 1, 0, self.dilation)

    def geometry(self):
        """The Geometry of windows along this axis alone."""
        return geometry(*[(n,) for n in self], 1)


def taps(axes):
    """(k, windows, elements) for each tap of windows with several axes, each a tuple of what `Axis.taps` says."""
    for tap in itertools.product(*[list(axis.taps()) for axis in axes]):
        yield tuple(zip(*tap))
