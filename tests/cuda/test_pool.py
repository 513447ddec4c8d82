"""Pooling on the GPU, or its simulator, against the CPU: windows that overlap, leave gaps, or look between pixels."""

import numpy as np
import pytest
from cuda_cases import same_on_both

pytestmark = pytest.mark.cuda

rng = np.random.default_rng(0)

MAXIMA = [  # size, options
    ((4, 4), {"kernel_size": 2}),
    ((5, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((5, 4), {"kernel_size": 3, "stride": 1, "padding": 1}),
    ((6, 5), {"kernel_size": (1, 2), "stride": (3, 4)}),  # most pixels are in no window
    ((7, 8), {"kernel_size": (3, 2), "stride": (1, 2), "dilation": (2, 3), "padding": (1, 1)}),
    ((6, 7), {"kernel_size": (2, 3), "stride": (2, 3), "dilation": (3, 2), "ceil_mode": True}),
    ((3, 3), {"kernel_size": 3}),
]
LAYOUTS = {"planes": np.ascontiguousarray, "channels last": lambda x: np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1)}
layouts = pytest.mark.parametrize("layout", LAYOUTS)


@layouts
@pytest.mark.parametrize(("size", "options"), MAXIMA, ids=str)
def test_maxima(size, options, layout):
    x = LAYOUTS[layout](rng.integers(-3, 3, (2, 3, *size)).astype(float))  # the first of several largest is taken
    same_on_both(lambda lib, x: lib.max_pool2d(x, **options), [x], second=True)


@layouts
@pytest.mark.parametrize("output", [1, (1, 2), (2, 1), 3])
def test_means(output, layout):
    x = LAYOUTS[layout](rng.standard_normal((2, 3, 5, 4)))
    same_on_both(lambda lib, x: lib.adaptive_avg_pool2d(x, output), [x], second=True)


@layouts
def test_means_of_one_window(layout):
    x = LAYOUTS[layout](rng.standard_normal((2, 3, 5, 4)))
    for options in ({}, {"divisor_override": 7}, {"padding": (2, 0)}):
        same_on_both(lambda lib, x, o=options: lib.avg_pool2d(x, (4, 3), 4, **o), [x], second=True)
