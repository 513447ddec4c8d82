"""Convolutions on the GPU, or its simulator: random ones against the CPU, and how much they multiply and copy."""

import numpy as np
import pytest
from conv_cases import SMALL, outputs_of
from cuda_cases import SIMULATED, on, same_on_both
from hypothesis import given, settings

import tinynet as tn

pytestmark = pytest.mark.cuda

rng = np.random.default_rng(0)


def inputs_of(name, case):
    x, weight, options = case
    channels = outputs_of(name, weight, {"groups": 1, **options})
    return [rng.standard_normal(shape) for shape in (x, weight, (channels,))]


@pytest.mark.parametrize("name", SMALL)
def test_random_convolutions_and_their_gradients(name):
    @settings(max_examples=15)
    @given(SMALL[name])
    def check(case):
        same_on_both(lambda lib, *xs: getattr(lib, name)(*xs, **case[2]), inputs_of(name, case), ulp=64)

    check()


TRANSPOSED = [  # y, weight, options
    ((2, 3, 4, 5), (3, 2, 3, 3), {}),
    ((2, 3, 4, 5), (3, 2, 3, 3), {"padding": 1}),
    ((2, 3, 4, 5), (3, 2, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 4, 3, 3), (4, 1, 4, 5), {"stride": 2, "groups": 2, "output_padding": (1, 0)}),
    ((2, 2, 3, 2), (2, 3, 1, 2), {"stride": 3}),  # no place in the kernel reaches most pixels
    ((2, 2, 3, 2), (2, 3, 2, 2), {"stride": 5, "output_padding": 4}),
    ((1, 2, 4, 3), (2, 2, 3, 3), {"stride": 2, "dilation": 2, "padding": 2}),  # what reaches one pixel in four
    ((1, 2, 4, 3), (2, 2, 3, 2), {"stride": (3, 4), "dilation": (2, 6), "output_padding": (2, 5)}),
    ((1, 2, 2, 2), (2, 2, 5, 5), {"stride": 2, "padding": 2}),
    ((3, 2, 1, 4), (2, 2, 1, 4), {"stride": (1, 4)}),
    ((0, 2, 2, 2), (2, 2, 2, 2), {"stride": 2}),
]


@pytest.mark.parametrize("case", TRANSPOSED, ids=str)
def test_transposed_convolutions(case):
    x, weight, bias = inputs_of("conv_transpose2d", case)
    for inputs in ([x, weight, bias], [x, weight]):
        same_on_both(lambda lib, *xs: lib.conv_transpose2d(*xs, **case[2]), inputs, ulp=64)


class Work:
    """How many products the tables of each launch make, and the images that were read."""

    def __init__(self, monkeypatch):
        from tinynet.kernels.cuda import conv

        self.products, self.images, self.tiles, self.launch = [], [], [], conv.launch
        monkeypatch.setattr(conv, "launch", self)

    def __call__(self, tile, groups, arrays, tables, *numbers):
        self.launch(tile, groups, arrays, tables, *numbers)
        rows, _, columns, spans = tables
        present = (rows.get()[: rows.size // 2] >= 0).reshape(-1, tile.height).sum(1)
        first, stop = spans.get().reshape(-1, 2).T
        self.products.append(int((present * (stop - first)).sum()) * columns.size)
        self.images.append(arrays[1])
        self.tiles.append(tile)


def meetings(x, kernel, stride, padding, dilation):
    """How often a pixel along an axis meets a place in the kernel."""
    return sum((i + padding - k * dilation) % stride == 0 for i in range(x) for k in range(kernel))


@pytest.mark.parametrize("case", TRANSPOSED[:-1], ids=str)
def test_nothing_is_multiplied_by_zeros_between_pixels(case, monkeypatch):
    x, weight, _ = (on("cuda", a) for a in inputs_of("conv_transpose2d", case))
    options = {"stride": 1, "padding": 0, "dilation": 1, **case[2]}
    pairs = [options[name] if isinstance(options[name], tuple) else (options[name],) * 2 for name in list(options)[:3]]
    work = Work(monkeypatch)
    out = tn.nn.functional.conv_transpose2d(x, weight, **case[2])
    high, wide = (meetings(*axis) for axis in zip(out.shape[2:], weight.shape[2:], *pairs))
    channels = weight.shape[0] // options.get("groups", 1) * weight.shape[1]
    assert work.products == [len(x) * high * wide * channels]


def test_an_image_that_needs_no_zeros_is_read_where_it_lies(monkeypatch):
    work = Work(monkeypatch)
    for weight, options in [((2, 3, 1, 1), {}), ((2, 3, 1, 1), {"stride": 2}), ((2, 3, 2, 2), {"stride": 2})]:
        x = on("cuda", rng.standard_normal((2, 4, 4, 3))).permute(0, 3, 1, 2)
        y = tn.nn.functional.conv2d(x, on("cuda", rng.standard_normal(weight)), **options)
        assert np.may_share_memory(work.images[-1], x.array)
        g = on("cuda", rng.standard_normal((*np.array(y.shape)[[0, 2, 3]], 2))).permute(0, 3, 1, 2)
        tn.autograd.grad(y, x, g)
        assert np.may_share_memory(work.images[-1], g.array)


@pytest.mark.parametrize("groups", [1, 4])
def test_narrow_groups_take_no_tiles(groups, monkeypatch):
    from tinynet.kernels.cuda.conv import ALONE

    work = Work(monkeypatch)
    x, weight = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((4, 4 // groups, 3, 3))
    same_on_both(lambda lib, *xs: lib.conv2d(*xs, padding=1, groups=groups), [x, weight], ulp=64)
    assert len(work.tiles) == 3 and all((tile == ALONE) == (groups == 4) for tile in work.tiles)
    long = [rng.standard_normal((2, 2, 5, 5)), rng.standard_normal((2, 1, 1, 1))]  # a sum that is cut into parts
    same_on_both(lambda lib, *xs: lib.conv2d(*xs, groups=2), long, ulp=64)


@pytest.mark.skipif(SIMULATED, reason="its tiles are small, and the other tests are of their sizes")
@pytest.mark.parametrize("tile", range(3))
@pytest.mark.parametrize(
    "channels, outputs, options", [(5, 7, {"padding": 1}), (33, 130, {"stride": 2}), (8, 40, {"groups": 2})]
)
def test_every_tile_at_its_edges(tile, channels, outputs, options, monkeypatch):
    from tinynet.kernels.cuda import conv, tiles

    monkeypatch.setattr(conv, "plan", lambda *sizes: ([*tiles.TILES][tile], 3 if sizes[-1] else 1))
    x = rng.standard_normal((3, channels, 13, 11))
    weight = rng.standard_normal((outputs, channels // options.get("groups", 1), 3, 3))
    same_on_both(lambda lib, *xs: lib.conv2d(*xs, **options), [x, weight], ulp=256)
