"""Samples of convolutions and pooling; `samples.py` says what a sample is."""

from samples import add, function, internal, normal

from tinynet.kernels.windows import Geometry, Windows
from tinynet.ops.registry import OPS

CONVOLUTIONS = [  # input, weight, options
    ((2, 2, 5, 6), (3, 2, 3, 2), {}),
    ((2, 2, 5, 4), (3, 2, 3, 3), {"padding": (1, 2), "stride": (2, 1)}),
    ((1, 4, 6, 5), (2, 2, 2, 3), {"groups": 2, "dilation": (2, 1), "padding": 1}),
    ((2, 3, 4, 4), (3, 1, 3, 3), {"groups": 3, "padding": "same"}),
    ((1, 2, 5, 4), (1, 2, 4, 2), {"padding": "same", "dilation": (1, 2)}),
    ((2, 7, 4), (3, 2, 2, 2), {"stride": 3}),
    ((0, 2, 4, 4), (3, 2, 3, 3), {"padding": 1}),
]
for x, weight, options in CONVOLUTIONS:
    x = (weight[1] * options.get("groups", 1), *x[-2:]) if len(x) == 3 else x
    add("convolve", function("conv2d", **options), normal(*x), normal(*weight), normal(weight[0]))
add("convolve", function("conv2d", padding=1), normal(2, 2, 3, 3), normal(2, 2, 3, 3))
for x, weight, options in [
    ((2, 3, 8), (4, 3, 3), {"padding": 2, "stride": 2}),
    ((4, 7), (4, 1, 3), {"groups": 4, "dilation": 2}),
    ((2, 2, 5), (2, 2, 2), {"padding": "same"}),
]:
    add("convolve", function("conv1d", **options), normal(*x), normal(*weight), normal(weight[0]))

for x, weight, options in [
    ((2, 3, 4, 3), (3, 2, 3, 2), {}),
    ((2, 3, 3, 4), (3, 2, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 4, 3, 3), (4, 2, 2, 3), {"groups": 2, "stride": (3, 1), "dilation": (1, 2), "padding": (1, 0)}),
    ((2, 3, 3, 3), (3, 1, 3, 3), {"groups": 3, "stride": 2}),
    ((3, 3, 3), (3, 2, 1, 2), {"stride": 3}),
]:
    outputs = weight[1] * options.get("groups", 1)
    add("convolve_transposed", function("conv_transpose2d", **options), normal(*x), normal(*weight), normal(outputs))
add("convolve_transposed", function("conv_transpose1d", stride=2), normal(2, 3, 4), normal(3, 2, 3))
add("convolve_transposed", function("conv_transpose1d", padding=1), normal(3, 4), normal(3, 2, 3), normal(2))

for geometry in [
    Geometry((5, 4), (3, 4), (3, 2), (2, 1), (1, 1), (1, 2), 1),
    Geometry((4, 4), (4, 4), (3, 3), (1, 1), (1, 1), (1, 1), 2),
]:
    add("correlate", internal("correlate", geometry), normal(2, 2, *geometry.x_size), normal(2, 2, *geometry.y_size),
        public=False)  # fmt: skip
add("sum_pixels", internal("sum_pixels"), normal(2, 3, 4, 2), public=False)
add("sum_pixels", internal("sum_pixels"), normal(2, 3, 4), public=False)

for shape, options in [
    ((2, 3, 4, 6), {}),
    ((2, 2, 5, 7), {"ceil_mode": True}),
    ((2, 2, 6, 5), {"kernel_size": (3, 2), "stride": 1, "padding": 1}),
    ((1, 2, 7, 6), {"kernel_size": 3, "stride": (1, 2), "dilation": (2, 1), "padding": 1, "ceil_mode": True}),
    ((2, 5, 4), {}),
    ((0, 2, 4, 4), {}),
]:
    add("max_pool", function("max_pool2d", **{"kernel_size": 2, **options}), normal(*shape))
    options.pop("dilation", None)
    for more in ({}, {"count_include_pad": False}, {"divisor_override": 3}):
        if not more or "padding" in options or "ceil_mode" in options:
            options = {"kernel_size": 2, **options, "padding": (1, 1) if "padding" in options else 0}
            add("mean_pool", function("avg_pool2d", **options, **more), normal(*shape))
add("max_pool", lambda lib, x: lib.max_pool2d(x, 2, 1, return_indices=True)[0], normal(2, 2, 4, 3))
add("max_pool", function("max_pool1d", 3, 2, 1), normal(2, 3, 7))
add("max_pool", function("max_pool1d", 2), normal(3, 6))
add("mean_pool", function("avg_pool1d", 3, 2, 1, count_include_pad=False), normal(2, 3, 7))
add("mean_pool", function("avg_pool1d", 2, ceil_mode=True), normal(3, 5))
for size in (1, (3, 2), (None, 3), (5, 7)):
    add("mean_pool", function("adaptive_avg_pool2d", size), normal(2, 3, 5, 4))
add("mean_pool", function("adaptive_avg_pool2d", 2), normal(2, 5, 3))
add("mean_pool", function("adaptive_avg_pool1d", 2), normal(2, 3, 5))
add("mean_pool", function("adaptive_avg_pool1d", 3), normal(3, 4))

POOL = Geometry((5, 4), (3, 3), (3, 2), (2, 1), (1, 0), (1, 1), 1)
image = normal(2, 2, 5, 4)
for name, shape in (("scatter_maxima", (2, 2, 3, 3)), ("gather_maxima", (2, 2, 5, 4))):

    def run(lib, x, name=name):
        return OPS[name](x, OPS["max_pool"](lib.tensor(image), POOL)[1], POOL)

    add(name, run, normal(*shape), public=False)
windows = Windows([(0, 2, 2), (1, 4, 3)], [(0, 1, 1), (0, 3, 4), (3, 3, 1)])
add("mean_pool", internal("mean_pool", windows), normal(2, 2, 4, 3), public=False)
add("mean_pool_transposed", internal("mean_pool_transposed", windows, (4, 3)), normal(2, 2, 2, 3), public=False)
