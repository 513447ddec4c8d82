"""Convolutions: beside PyTorch and finite differences on random shapes, and the same bits on any number of threads."""

import os
import re
import subprocess
import sys

import numba
import numpy as np
import pytest
from conv_cases import CASES, SMALL, outputs_of
from helpers import LAYOUTS, TINYNET, close, launches, leaf, numpy, on_threads, run_here, torch_library
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet import nn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.kernels.cpu import conv_loops, conv_planes, conv_windows, layout, pool
from tinynet.kernels.kernel import KERNELS
from tinynet.kernels.runtime.parallel_for import ParallelFor
from tinynet.kernels.windows import Geometry, channels_last

F = nn.functional


names = pytest.mark.parametrize("name", CASES)


@names
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_as_pytorch_does(name):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)

    @settings(max_examples=60)
    @given(CASES[name], st.sampled_from(["float32", "float64"]), *[st.sampled_from(list(LAYOUTS))] * 2, st.booleans())
    def check(case, dtype, layout_x, layout_g, biased):
        x, weight, options = case
        rng, channels = np.random.default_rng(0), outputs_of(name, weight, options)
        arrays = [rng.standard_normal(shape).astype(dtype) for shape in (x, weight, (channels,))[: 2 + biased]]
        results, g = [], None
        for framework, lib in ((torch, torch_library(torch)), (tn, TINYNET)):
            if framework is tn:
                arrays[0] = LAYOUTS[layout_x](arrays[0])
            leaves = (
                [leaf(a) for a in arrays] if framework is tn else [torch.tensor(a).requires_grad_() for a in arrays]
            )
            y = getattr(lib, name)(*leaves, **options)
            if g is None:
                g = rng.standard_normal(tuple(y.shape)).astype(dtype)
            seed = tn.from_numpy(LAYOUTS[layout_g](g)) if framework is tn else torch.tensor(g)
            results.append([y, *framework.autograd.grad(y, leaves, seed)])
        for expected, actual in zip(*results):
            close(actual, expected, ulp=200, scale=max(1.0, float(np.abs(numpy(expected)).max(initial=0))))

    check()


@names
def test_gradients_of_random_shapes(name):
    @settings(max_examples=20)
    @given(SMALL[name])
    def check(case):
        x, weight, options = case
        shapes = x, weight, (outputs_of(name, weight, options),)
        inputs = [leaf(np.random.default_rng(0).standard_normal(shape)) for shape in shapes]
        function = lambda *xs: getattr(F, name)(*xs, **options)
        assert gradcheck(function, inputs, directions=2) and gradgradcheck(function, inputs, directions=2)

    check()


@pytest.mark.parametrize(
    "x, weight, options",
    [
        ((1, 3, 70, 300), (5, 3, 3, 3), {"padding": 1}),  # an image of several blocks
        ((1, 40, 60, 33), (7, 40, 3, 5), {"padding": 2, "stride": 2}),
        ((2, 3, 90, 90), (4, 3, 1, 1), {}),
        ((70, 20, 1, 1), (33, 20, 1, 1), {}),  # blocks of several images
        ((37, 6, 5, 5), (4, 6, 5, 5), {}),
        ((19, 40, 20, 20), (40, 1, 3, 3), {"padding": 1, "groups": 40}),
    ],
)
def test_blocks(x, weight, options):
    """Against the sum as it is written."""
    rng = np.random.default_rng(0)
    a, w = rng.standard_normal(x), rng.standard_normal(weight)
    p, s, groups = options.get("padding", 0), options.get("stride", 1), options.get("groups", 1)
    padded = np.pad(a, ((0, 0), (0, 0), (p, p), (p, p)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, weight[2:], (2, 3))[:, :, ::s, ::s]
    seen = seen.reshape(x[0], groups, -1, *seen.shape[2:])
    split = w.reshape(groups, -1, *w.shape[1:])
    expected = np.einsum("ngchwkl,gockl->ngohw", seen, split, optimize=True).reshape(x[0], weight[0], *seen.shape[3:5])
    leaves = leaf(a), leaf(w)
    y = F.conv2d(*leaves, **options)
    close(y, expected, ulp=500, scale=1)
    g = rng.standard_normal(y.shape)
    gx, gw = tn.autograd.grad(y, leaves, tn.from_numpy(g))
    by_group = g.reshape(x[0], groups, -1, *g.shape[2:])
    close(gw, np.einsum("ngchwkl,ngohw->gockl", seen, by_group, optimize=True).reshape(weight), ulp=5000, scale=1)
    v = rng.standard_normal(x)
    np.testing.assert_allclose(np.sum(gx.array * v), np.sum(F.conv2d(tn.from_numpy(v), leaves[1], **options).array * g))


@pytest.mark.parametrize("x, outputs, kernel, stride", [((9, 3, 12, 20), 5, 5, 1), ((17, 6, 9, 9), 16, 5, 2)])
def test_few_channels_of_many_images(x, outputs, kernel, stride):
    """The ways that are taken for few channels, with a number that is not finite, which must not spread."""
    rng, like = np.random.default_rng(0), np.empty(0, np.float32)
    size = tuple((n - kernel) // stride + 1 for n in x[2:])
    geometry = Geometry(x[2:], size, (kernel,) * 2, (stride,) * 2, (0, 0), (1, 1), 1)
    draw = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    images, g = (channels_last(*shape, dtype=like.dtype, like=like) for shape in (x, (x[0], outputs, *size)))
    images[...], g[...], weight = draw(*x), draw(*g.shape), draw(outputs, x[1], kernel, kernel)
    images[0, 0, -1, -1], g[1, 0, 0, -1] = np.inf, np.nan
    for name, out, arguments in (
        ("convolve", np.empty_like(g), (images, weight, draw(outputs))),
        ("convolve", np.empty_like(g), (images.copy("C"), weight, draw(outputs))),
        ("convolve_transposed", np.empty_like(images), (g, weight, draw(x[1]))),
        ("correlate", np.empty_like(weight), (images, g)),
        ("correlate", np.empty_like(weight), (images.copy("C"), g)),
    ):
        expected = np.empty_like(out)
        KERNELS[name].cpu(out, *arguments, geometry)
        KERNELS[name].reference(expected, *arguments, geometry)
        np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_few_channels_each_with_a_kernel_of_its_own(channels):
    rng, geometry = np.random.default_rng(0), Geometry((8, 32), (8, 32), (3, 3), (1, 1), (1, 1), (1, 1), channels)
    x, g = (rng.standard_normal((2, 8, 32, channels)).astype(np.float32).transpose(0, 3, 1, 2) for _ in range(2))
    out, expected = np.empty((2, channels, 1, 3, 3), np.float32)
    KERNELS["correlate"].cpu(out, x, g, geometry)
    KERNELS["correlate"].reference(expected, x, g, geometry)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


def test_results_are_channels_last_and_such_inputs_are_not_copied():
    x = tn.Tensor(np.moveaxis(np.ones((2, 5, 6, 3), np.float32), -1, 1)).requires_grad_()
    w = tn.ones(4, 3, 3, 3, requires_grad=True)
    y = F.conv2d(x, w)
    assert np.moveaxis(y.array, 1, -1).flags.c_contiguous
    (gx,) = tn.autograd.grad(y, x, tn.ones(2, 4, 3, 4))
    assert np.moveaxis(gx.array, 1, -1).flags.c_contiguous
    assert np.moveaxis(F.max_pool2d(y, 2).array, 1, -1).flags.c_contiguous
    assert layout.rows_of_pixels(x.array).base is not None


def test_gradients_land_in_the_arena():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.ConvTranspose2d(3, 2, 2))
    tn.optim.SGD(net.parameters(), lr=0.1)
    with launches() as names:
        net(tn.ones(2, 2, 5, 5)).sum().backward()
    assert "copy" not in names and names.count("correlate") == 2 and names.count("sum_pixels") == 2
    assert all(p.grad is not None and np.isfinite(p.grad.array).all() for p in net.parameters())


def test_a_parameter_as_input_gets_its_gradient():
    x = nn.Parameter(tn.ones(1, 1, 3, 3))
    tn.optim.SGD([x], lr=0.1)
    F.conv2d(x, tn.ones(1, 1, 2, 2)).sum().backward()
    np.testing.assert_array_equal(x.grad.array[0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_nan_stays_where_it_is_seen():
    x = np.ones((1, 1, 5, 5), np.float32)
    x[0, 0, 0, 0] = np.nan
    y = F.conv2d(tn.Tensor(x), tn.ones(3, 1, 2, 2), padding=1).array
    assert np.isnan(y[0, :, :2, :2]).all() and np.isfinite(y[0, :, 2:]).all() and np.isfinite(y[0, :, :, 2:]).all()


WRONG = {
    "expected an input of 3 channels for a weight of (4, 3, 3, 3) and groups=1, got shape (2, 5, 8, 8)":
        lambda: F.conv2d(tn.ones(2, 5, 8, 8), tn.ones(4, 3, 3, 3)),
    "conv2d: expected an input (N, C, H, W) or (C, H, W), got shape (2, 3)":
        lambda: F.conv2d(tn.ones(2, 3), tn.ones(4, 3, 3, 3)),
    "conv1d: expected a weight with 3 dimensions, got shape (4, 3, 3, 3)":
        lambda: F.conv1d(tn.ones(2, 3, 8), tn.ones(4, 3, 3, 3)),
    "expected groups to divide weight.shape[0], got groups=2 for a weight of (3, 2, 1, 1)":
        lambda: F.conv2d(tn.ones(1, 4, 5, 5), tn.ones(3, 2, 1, 1), groups=2),
    "expected an input of at least (5, 3), which the kernel (3, 3) covers with dilation (2, 1), got (4, 4)":
        lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 3, 3), dilation=(2, 1)),
    "expected stride ≥ 1, got 0":
        lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 3, 3), stride=0),
    "expected padding ≥ 0, got -1":
        lambda: F.conv1d(tn.ones(1, 1, 4), tn.ones(1, 1, 3), padding=-1),
    "expected stride 1 for padding='same', got (2, 2)":
        lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 3, 3), stride=2, padding="same"),
    "expected padding to be 'same', 'valid' or numbers, got 'full'":
        lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 3, 3), padding="full"),
    "expected a bias of shape (2,), got (3,)": lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(2, 1, 3, 3), tn.ones(3)),
    "expected numbers of the weight's dtype float32, got float64":
        lambda: F.conv2d(tn.ones(1, 1, 4, 4, dtype=tn.float64), tn.ones(1, 1, 3, 3)),
    "expected output_padding below stride or dilation, got (2, 2) for (2, 2) and (1, 1)":
        lambda: F.conv_transpose2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 3, 3), stride=2, output_padding=2),
    "expected an output of at least 1 along each axis, got (-1,) from an input of (2,)":
        lambda: F.conv_transpose1d(tn.ones(1, 1, 2), tn.ones(1, 1, 2), padding=2),
    "Conv2d: expected groups to divide out_channels, got groups=2 for 3": lambda: nn.Conv2d(4, 3, 3, groups=2),
    "ConvTranspose1d: expected padding_mode='zeros'": lambda: nn.ConvTranspose1d(4, 3, 3, padding_mode="reflect"),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_errors_say_what_was_expected_and_what_came(message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        WRONG[message]()


def test_an_error_says_which_module():
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(9, 1, 3))
    with pytest.raises(tn.ShapeError, match=r"Conv2d\(9, 1, .*\) at model.1: conv2d: expected an input of 9 channels"):
        net(tn.ones(1, 3, 8, 8))


MODULES = [
    "Conv1d(4, 6, 3)", "Conv2d(4, 6, 3)", "Conv2d(4, 6, (3, 5), stride=2, padding=(1, 2), bias=False)",
    "Conv2d(4, 8, 3, padding='same', dilation=2, groups=4)", "Conv1d(4, 6, 3, padding='valid')",
    "ConvTranspose1d(4, 6, 3, stride=2)", "ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, dilation=(1, 2))",
]  # fmt: skip


@pytest.mark.parametrize("text", MODULES)
def test_modules_are_pytorchs(text):
    torch = pytest.importorskip("torch")
    ours, theirs = eval(f"nn.{text}", {"nn": nn}), eval(f"nn.{text}", {"nn": torch.nn})
    assert repr(ours) == repr(theirs)
    theirs.load_state_dict({k: torch.tensor(v.array) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((2, 4, 9, 9)[: ours.weight.ndim]).astype(np.float32)
    close(ours(tn.Tensor(x)), theirs(torch.tensor(x)), ulp=50, scale=1)
    bound = 1 / np.sqrt(np.prod(ours.weight.shape[1:]))
    for p in ours.parameters():
        assert 0.5 * bound < np.abs(p.array).max() <= bound


# Compilation


def kernels():
    modules = conv_loops, conv_planes, conv_windows, layout, pool
    return [k for m in modules for k in vars(m).values() if isinstance(k, ParallelFor)]


def test_one_compiled_version_per_dtype():
    for dtype, sizes in ((tn.float32, (3, 40)), (tn.float64, (3, 40)), (tn.float32, (1, 90))):
        for size in sizes:
            x = tn.ones(2, 3, size, 5, dtype=dtype, requires_grad=True)
            layer = nn.Conv2d(3, 4, 3, padding=1, dtype=dtype)
            F.max_pool2d(layer(x), 2, 1, 1).sum().backward()
    assert all(set(k.bodies) <= {np.dtype("float32"), np.dtype("float64")} for k in kernels())


SCRIPT = """
import hashlib, numpy as np, tinynet as tn
from tinynet import nn
tn.manual_seed(0)
digest = hashlib.sha256()
def check(layer, *shape):
    x = tn.randn(*shape, requires_grad=True)
    y = layer(x)
    (y * y).sum().backward()
    for value in (y, x.grad, *(p.grad for p in layer.parameters())):
        assert np.isfinite(value.array).all()
        digest.update(np.ascontiguousarray(value.array).tobytes())
for n, size in SIZES:
    check(nn.Conv2d(3, 20, 3, padding=1), n, 3, size, size)
    check(nn.Conv2d(20, 20, 3, padding=1, groups=20, stride=2), n, 20, size, size)
    check(nn.ConvTranspose2d(5, 7, 3, stride=2), n, 5, size, size)
    check(nn.Conv1d(5, 7, 3), n, 5, size * size)
    check(nn.Conv2d(3, 2, 5), n, 3, size, size)
    check(nn.MaxPool2d(3, 2, 1), n, 20, size, size)
    check(nn.AvgPool2d(2), n, 20, size, size)
print(digest.hexdigest())
"""


def run(sizes, **environment):
    script = SCRIPT.replace("SIZES", sizes)
    environment = {**os.environ, **environment}
    process = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-2000:]
    return process.stdout


def test_same_bits_on_any_number_of_threads():
    program = SCRIPT.replace("SIZES", "[(3, 5), (20, 30)]")
    assert on_threads(1, run_here, program) == on_threads(numba.config.NUMBA_NUM_THREADS, run_here, program)


@pytest.mark.thorough
@pytest.mark.parametrize("cpu", ["haswell", "nehalem"])  # AVX2; SSE, which has no masked loads
def test_an_older_cpu(cpu):
    import platform

    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the names are of x86")
    run("[(2, 5)]", NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES="")


@pytest.mark.parametrize("shape", [(1, 3, 100_007), (2, 5, 300, 300), (64, 6, 24, 24)])
def test_the_gradient_by_the_bias_keeps_its_digits(shape):
    """Over any number of pixels: numbers of one sign, so that an error has nothing to cancel with."""
    x, out = np.random.default_rng(0).random(shape, np.float32), np.empty(shape[1], np.float32)
    KERNELS["sum_pixels"].cpu(out, x)
    np.testing.assert_allclose(out, x.sum((0, *range(2, x.ndim)), dtype=np.float64), rtol=3e-7)
