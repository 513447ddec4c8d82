"""Samples over three axes, of adaptive and random windows, and of windows as columns."""

from samples import add, function, normal, positive

for x, weight, options in [
    ((2, 2, 3, 4, 3), (3, 2, 2, 3, 2), {"stride": (1, 2, 1), "padding": (1, 0, 1)}),
    ((4, 4, 3, 3), (2, 2, 2, 2, 1), {"groups": 2, "dilation": (2, 1, 1), "padding": "same"}),
    ((2, 2, 3, 2, 3), (2, 2, 1, 2, 2), {}),
]:
    add("convolve", function("conv3d", **options), normal(*x), normal(*weight), normal(weight[0]))
for x, weight, options in [
    ((2, 4, 2, 3, 2), (4, 1, 2, 2, 3), {"groups": 2, "stride": (2, 1, 2), "padding": (0, 1, 1),
                                        "output_padding": (1, 0, 0)}),
    ((2, 2, 2, 3), (2, 3, 3, 1, 2), {"dilation": (1, 1, 2)}),
]:  # fmt: skip
    outputs = weight[1] * options.get("groups", 1)
    add("convolve_transposed", function("conv_transpose3d", **options), normal(*x), normal(*weight), normal(outputs))

for shape, options in [
    ((2, 2, 4, 3, 5), {"kernel_size": 2}),
    ((2, 3, 4, 5), {"kernel_size": (2, 3, 2), "stride": (2, 1, 2), "padding": 1, "ceil_mode": True}),
]:
    add("max_pool", function("max_pool3d", **options), normal(*shape))
    add("mean_pool", function("avg_pool3d", count_include_pad=False, **options), normal(*shape))
add("mean_pool", function("avg_pool2d", 2, ()), normal(1, 2, 2, 4))
add("group_norm", function("group_norm", 1), normal(0, 2))
add("mean_pool", function("avg_pool3d", 2, divisor_override=3), normal(1, 2, 4, 2, 3))
add("max_pool", lambda lib, x: lib.max_pool3d(x, (2, 2, 1), dilation=(1, 1, 2), return_indices=True)[0],
    normal(1, 2, 3, 2, 3))  # fmt: skip
add("mean_pool", function("adaptive_avg_pool3d", (2, None, 1)), normal(2, 2, 3, 2, 3))
for shape, size in [((2, 2, 7), 3), ((2, 6), 2)]:
    add("max_pool", function("adaptive_max_pool1d", size), normal(*shape))
for shape, size in [((2, 2, 5, 4), (3, 2)), ((2, 4, 6), (None, 4)), ((2, 2, 5, 4), 1)]:
    add("max_pool", function("adaptive_max_pool2d", size), normal(*shape))
add("max_pool", function("adaptive_max_pool3d", (2, 3, 1)), normal(2, 2, 3, 4, 2))
add("max_pool", lambda lib, x: lib.max_unpool2d(*lib.max_pool2d(x, 2, return_indices=True), 2), normal(2, 2, 4, 2))
# Windows side by side: of a number that is the largest of two, both would be asked for a gradient.
add("max_pool", lambda lib, x: lib.max_unpool1d(*lib.max_pool1d(x, 3, 3, return_indices=True), 3, 3, 0, (8,)),
    normal(2, 8))  # fmt: skip
add("mean_pool", function("lp_pool1d", 3, 2), positive(2, 2, 6))
add("mean_pool", function("lp_pool2d", 2, (2, 3), 1, ceil_mode=True), positive(2, 2, 4, 5))
add("mean_pool", function("lp_pool3d", 1.5, 2), positive(2, 2, 2, 3))
SAMPLED = positive(2, 2, 2) / 2
add("max_pool", lambda lib, x: lib.fractional_max_pool2d(
    x, (2, 3), (3, 2), _random_samples=lib.tensor(SAMPLED, dtype=x.dtype)), normal(2, 2, 5, 6))  # fmt: skip

# Windows as columns

for shape, options in [
    ((2, 2, 4, 5), {"kernel_size": (2, 3)}),
    ((2, 4, 3), {"kernel_size": 2, "dilation": (2, 1), "padding": 1, "stride": (1, 2)}),
]:
    add("im2col", function("unfold", **options), normal(*shape))
    add("col2im", lambda lib, x, o=options: lib.fold(lib.unfold(x, **o) * 2, x.shape[-2:], **o), normal(*shape))
add("col2im", function("fold", (3, 4), 2), normal(8, 6))

# Resampling

for shape, options in [
    ((1, 2, 3, 4), {"scale_factor": (2, 0.5)}),
    ((1, 2, 2, 3, 2), {"size": (3, 2, 4)}),
    ((2, 2, 4), {"size": 7, "mode": "linear"}),
    ((1, 2, 2, 2, 3), {"size": 3, "mode": "trilinear", "align_corners": True}),
    ((1, 2, 4, 3), {"size": (3, 5), "mode": "bicubic"}),
    ((1, 2, 5, 4), {"size": (2, 3), "mode": "bilinear", "antialias": True}),
]:
    add("interpolate", function("interpolate", **options), normal(*shape))
for shape in ((1, 1, 2, 3), (2, 1, 2, 1, 2)):
    dims = len(shape) - 2
    add("affine_grid", function("affine_grid", shape, align_corners=False), normal(shape[0], dims, dims + 1))
for shape, points, *options in [
    ((1, 2, 3, 2), (2, 2), "bilinear", "border", True),
    ((1, 1, 2, 3), (1, 2), "bicubic", "reflection", False),
    ((1, 1, 2, 1, 2), (1, 1, 2), "bilinear", "zeros", False),
]:  # PyTorch's grid_sample has no second gradient
    grid = 1.4 * normal(shape[0], *points, len(points))
    add("grid_sample", function("grid_sample", *options), normal(*shape), grid, public=False)
