"""Modules over one, two and three axes beside PyTorch's: results, gradients, state, text."""

import re

import numpy as np
import pytest
from helpers import close

import tinynet as tn
from tinynet import nn


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


VOLUME, IMAGE, SERIES = (2, 4, 5, 4, 6), (2, 4, 7, 6), (2, 4, 9)
MODULES = {
    "Conv3d(4, 6, 3, padding=1)": VOLUME,
    "Conv3d(4, 6, (1, 2, 3), (2, 1, 2), (0, 1, 2), (1, 2, 1), 2, False)": VOLUME,
    "Conv3d(4, 2, (2, 3, 2), padding='same', padding_mode='replicate')": VOLUME,
    "Conv2d(4, 2, 3, padding=(2, 1), padding_mode='reflect', stride=2)": IMAGE,
    "Conv2d(4, 2, (2, 3), padding='same', dilation=(1, 2), padding_mode='circular', bias=False)": IMAGE,
    "Conv2d(4, 2, 3, padding='valid', padding_mode='reflect')": IMAGE,
    "Conv1d(4, 2, 4, padding='same', padding_mode='replicate')": SERIES,
    "Conv1d(4, 8, 3, padding=2, groups=4, padding_mode='circular')": SERIES[1:],
    "ConvTranspose3d(4, 2, (3, 2, 3), 2, 1, (1, 0, 1), 2, False, (1, 2, 1))": VOLUME,
    "ConvTranspose2d(4, 6, 3, (2, 3), 1, (1, 2), 2, True, 2)": IMAGE,
    "ConvTranspose1d(4, 2, 3, 2, 1, 1)": SERIES[1:],
    "BatchNorm3d(4)": VOLUME,
    "BatchNorm3d(4, 1e-3, None, False)": VOLUME,
    "InstanceNorm3d(4, affine=True)": VOLUME[1:],
    "MaxPool3d(2)": VOLUME,
    "MaxPool3d((2, 3, 2), (1, 2, 2), 1, ceil_mode=True)": VOLUME[1:],
    "AvgPool3d(2, 1, 1, True, False)": VOLUME,
    "AvgPool3d((2, 1, 3), divisor_override=5)": VOLUME,
    "AdaptiveAvgPool3d((2, None, 4))": VOLUME,
    "AdaptiveMaxPool1d(4)": SERIES,
    "AdaptiveMaxPool2d((None, 4))": IMAGE,
    "AdaptiveMaxPool2d(1)": IMAGE[1:],
    "AdaptiveMaxPool3d((2, 3, 4))": VOLUME,
    "LPPool1d(4, 2)": SERIES,
    "LPPool2d(2, 2, stride=(2, 1), ceil_mode=True)": IMAGE,
    "LPPool3d(2, (2, 1, 2))": VOLUME,
    "Unfold(2, 1, 1, (2, 1))": IMAGE,
    "Fold((4, 3), (2, 2))": (2, 4, 6),
    "Upsample(scale_factor=2, mode='trilinear')": VOLUME,
    "ReflectionPad3d((1, 2, 0, 1, 3, 0))": VOLUME,
}


@pytest.mark.torch
@pytest.mark.parametrize("text", MODULES)
def test_modules_are_pytorchs(torch, text):
    ours, theirs = (eval(f"nn.{text}", {"nn": library.nn}) for library in (tn, torch))
    assert repr(ours) == repr(theirs)
    for name, value in theirs.state_dict().items():
        if value.dtype == torch.float32:
            value.copy_(torch.tensor(normal(*value.shape, seed=len(name)) ** 2))
    ours.load_state_dict({name: tn.tensor(value.numpy()) for name, value in theirs.state_dict().items()})
    results = []
    for library, module in ((tn, ours), (torch, theirs)):
        x = library.tensor(normal(*MODULES[text]), requires_grad=True)
        y = module(x)
        y.sin().sum().backward()
        assert y.is_contiguous()
        found = [y.detach(), x.grad, *(p.grad for p in module.parameters()), *module.state_dict().values()]
        results.append((tuple(y.stride()), found))
    assert results[0][0] == results[1][0]
    for actual, expected in zip(results[0][1], results[1][1], strict=True):
        close(actual, expected, ulp=256, scale=max(1.0, float(np.abs(expected.numpy()).max(initial=0))))


@pytest.mark.torch
@pytest.mark.parametrize("size", [(1, 2, 14, 13, 16), (14, 12, 15), (13, 12, 15), (12, 12, 15), (13, 12)])
def test_the_output_size_of_a_transposed_convolution_may_be_asked_for(torch, size):
    results = []
    for library in (tn, torch):
        module = library.nn.ConvTranspose3d(3, 2, 3, (2, 1, 2), (1, 0, 1))
        try:
            results.append(tuple(module(library.ones(1, 3, 7, 10, 8), output_size=size).shape))
        except ValueError:
            results.append("refused")
    assert results[0] == results[1]


@pytest.mark.torch
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_what_was_pooled_goes_back_to_where_it_was(torch, dims):
    even, odd = (2, 3, 6, 4, 2)[: dims + 2], (2, 3, 7, 6, 5)[: dims + 2]
    for arguments, shape, output_size in [((2,), even, None), ((3, 2, 1), odd, odd), ((2,), odd, odd[2:])]:
        results = []
        for library in (tn, torch):
            x = library.tensor(normal(*shape), requires_grad=True)
            pool = getattr(library.nn, f"MaxPool{dims}d")(*arguments, return_indices=True)
            back = getattr(library.nn, f"MaxUnpool{dims}d")(*arguments)
            y, indices = pool(x)
            z = back(y, indices, output_size=output_size)
            (z * z).sum().backward()
            results.append([repr(back), z.detach(), indices, x.grad])
        assert results[0].pop(0) == results[1].pop(0)
        for actual, expected in zip(*results):
            close(actual, expected)


@pytest.mark.torch
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_indices_and_ties_of_adaptive_maxima(torch, dims):
    shape = (2, 3, 7, 5, 6)[: dims + 2]
    x = np.random.default_rng(0).integers(-1, 2, shape).astype(np.float32)
    x.flat[3] = np.nan
    for size in (1, 3, 5, 8):
        results = []
        for library in (tn, torch):
            leaf = library.tensor(x, requires_grad=True)
            function = getattr(library.nn.functional, f"adaptive_max_pool{dims}d")
            y, indices = function(leaf, size, return_indices=True)
            y.sum().backward()
            results.append([y.detach(), indices, leaf.grad])
        for actual, expected in zip(*results):
            close(actual, expected)


def test_a_kernel_of_more_places_than_an_index_can_hold():
    x = tn.zeros(1, 1, 300, 300, requires_grad=True)
    with tn.no_grad():
        x[0, 0, 7, 250] = x[0, 0, 8, 2] = 3.0
    y, place = nn.functional.adaptive_max_pool2d(x, 1, return_indices=True)
    y.backward(tn.ones_like(y))
    assert y.item() == 3 and place.item() == 7 * 300 + 250
    assert x.grad.sum().item() == x.grad[0, 0, 7, 250].item() == 1


@pytest.mark.torch
@pytest.mark.parametrize("dims", [2, 3])
def test_windows_at_random_distances(torch, dims):
    shape, samples = (2, 3, 9, 8, 7)[: dims + 2], np.random.default_rng(0).random((2, 3, dims), np.float32)
    for options in ({"output_size": (4, 3, 5)[:dims]}, {"output_ratio": (0.5, 0.4, 0.6)[:dims]}):
        results = []
        for library in (tn, torch):
            function = getattr(library.nn.functional, f"fractional_max_pool{dims}d")
            given = library.tensor(samples)
            results.append(
                function(library.tensor(normal(*shape)), 2, return_indices=True, _random_samples=given, **options)
            )
        for actual, expected in zip(*results):
            close(actual, expected)
    pool = getattr(nn, f"FractionalMaxPool{dims}d")(2, output_ratio=0.5)
    tn.manual_seed(0)
    first, second = pool(tn.tensor(normal(*shape))), pool(tn.tensor(normal(*shape)))
    assert first.shape == second.shape and not (first == second).all()


POINTS = {
    "around": 1.5 * normal(2, 4, 5, 2, seed=1),
    "on pixels": np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 4)), -1)[None].repeat(2, 0),
    "in volumes": 1.5 * normal(2, 2, 3, 4, 3, seed=1),
}


@pytest.mark.torch
@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [False, True])
def test_grid_sample_is_pytorchs(torch, points, padding, corners):
    shape = (2, 3, 4, 5) if POINTS[points].shape[-1] == 2 else (2, 3, 4, 5, 2)
    for mode in ("bilinear", "nearest", *(("bicubic",) if len(shape) == 4 else ())):
        results = []
        for library in (tn, torch):
            x = library.tensor(normal(*shape).astype(float), requires_grad=True)
            grid = library.tensor(POINTS[points].astype(float), requires_grad=True)
            y = library.nn.functional.grid_sample(x, grid, mode, padding, corners)
            y.sin().sum().backward()
            results.append([y.detach(), x.grad, grid.grad])
            assert y.is_contiguous()
        for actual, expected in zip(*results):
            close(actual, expected, ulp=64, scale=8)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:invalid value")
def test_points_without_a_place_and_pixels_without_a_value(torch):
    x, grid = normal(1, 2, 3, 4), normal(1, 3, 3, 2)
    grid[0, 0, 0], grid[0, 1, 1, 0], grid[0, 2, 2, 1], x[0, 0, 0, 0] = np.nan, np.inf, -1e30, np.inf
    for mode in ("bilinear", "nearest"):
        ours, theirs = (
            lib.nn.functional.grid_sample(lib.tensor(x), lib.tensor(grid), mode, align_corners=False)
            for lib in (tn, torch)
        )
        close(ours, theirs, ulp=16, scale=1)


@pytest.mark.torch
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (2, 1, 1, 3), (2, 3, 3, 4, 2)], ids=str)
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.filterwarnings("ignore:Since version 1.3.0")
def test_affine_grid_is_pytorchs(torch, size, corners):
    theta = normal(2, len(size) - 2, len(size) - 1)
    ours, theirs = (lib.nn.functional.affine_grid(lib.tensor(theta), size, corners) for lib in (tn, torch))
    close(ours, theirs, ulp=16, scale=1)


def test_a_grid_without_align_corners_warns():
    theta = tn.eye(2, 3)[None]
    with pytest.warns(UserWarning, match="affine_grid: align_corners is False"):
        grid = nn.functional.affine_grid(theta, (1, 1, 2, 2))
    with pytest.warns(UserWarning, match="grid_sample: align_corners is False"):
        y = nn.functional.grid_sample(tn.arange(4.0).reshape(1, 1, 2, 2), grid)
    assert y.tolist() == [[[[0, 1], [2, 3]]]]


WRONG = {
    "grid_sample: expected images (N, C, H, W) and a grid":
        lambda F: F.grid_sample(tn.ones(1, 2, 2), tn.ones(1, 2, 2), align_corners=True),
    "expected a grid (1, ..., 2) for (1, 1, 2, 2), got (2, 1, 1, 2)":
        lambda F: F.grid_sample(tn.ones(1, 1, 2, 2), tn.ones(2, 1, 1, 2), align_corners=True),
    "expected images for mode 'bicubic'":
        lambda F: F.grid_sample(tn.ones(1, 1, 2, 2, 2), tn.ones(1, 1, 1, 1, 3), "bicubic", align_corners=True),
    "affine_grid: expected theta of shape (1, 2, 3)": lambda F: F.affine_grid(tn.ones(1, 3, 4), (1, 1, 2, 2), True),

    "conv3d: expected an input (N, C, D, H, W) or (C, D, H, W)":
        lambda F: F.conv3d(tn.ones(2, 3), tn.ones(1, 1, 1, 1, 1)),
    "padding_mode to be 'zeros', 'reflect'": lambda F: nn.Conv2d(1, 1, 1, padding_mode="mirror"),
    "max_unpool2d: expected indices of int64": lambda F: F.max_unpool2d(tn.ones(1, 1, 1), tn.ones(1, 1, 1), 2),
    "expected an output_size within a stride":
        lambda F: F.max_unpool1d(tn.ones(1, 1), tn.zeros(1, 1).long(), 2, output_size=(4,)),
    "fold: expected an input (N, C · 4, 6)": lambda F: F.fold(tn.ones(1, 8, 5), (3, 4), 2),
    "unfold: expected an image that a kernel (5, 5) fits in": lambda F: F.unfold(tn.ones(1, 1, 4, 4), 5),
    "expected either output_size or output_ratio": lambda F: F.fractional_max_pool2d(tn.ones(1, 4, 4), 2),
    "expected an input of (4, 4) windows": lambda F: F.fractional_max_pool2d(tn.ones(1, 4, 4), 2, 4),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_errors_say_what_was_expected(message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        WRONG[message](nn.functional)
