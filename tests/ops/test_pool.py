"""Pooling: beside PyTorch on random shapes, at the edges of windows and of numbers, and without the compiler."""

import functools
import re

import numpy as np
import pytest
from helpers import LAYOUTS, TINYNET, close, leaf, numpy, run_here, run_python, torch_library
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SAMPLES

import tinynet as tn
from tinynet import nn
from tinynet.autograd import gradcheck, gradgradcheck

F = nn.functional


@st.composite
def pools(draw, dims, kind):
    """(shape, positional arguments and options) of a pooling that PyTorch takes."""
    ints = lambda *ends: tuple(draw(st.integers(*ends)) for _ in range(dims))
    shape = (draw(st.sampled_from([0, 1, 2, 5])), draw(st.sampled_from([1, 2, 3, 15, 16, 17, 35])))
    if kind == "adaptive_avg_pool":
        return (*shape, *ints(1, 9)), {"output_size": ints(1, 6)}
    options = {"kernel_size": ints(1, 4), "stride": ints(1, 4), "ceil_mode": draw(st.booleans())}
    options["padding"] = tuple(draw(st.integers(0, k // 2)) for k in options["kernel_size"])
    covered = options["kernel_size"]
    if kind == "max_pool":
        options["dilation"] = ints(1, 2)
        covered = [(k - 1) * d + 1 for k, d in zip(covered, options["dilation"])]
    else:
        options["count_include_pad"] = draw(st.booleans())
    # At least 2, since PyTorch crashes in the backward of a window that falls outside the image between two places.
    return (*shape, *(max(2, c - 2 * p) + n for c, p, n in zip(covered, options["padding"], ints(0, 7)))), options


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("kind", ["max_pool", "avg_pool", "adaptive_avg_pool"])
def test_as_pytorch_does(kind, dims):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    name = f"{kind}{dims}d"

    @settings(max_examples=60)
    @given(pools(dims, kind), st.sampled_from(["float32", "float64"]), *[st.sampled_from(list(LAYOUTS))] * 2)
    def check(case, dtype, layout_x, layout_g):
        shape, options = case
        if kind == "adaptive_avg_pool" and dims == 1:
            options = {"output_size": options["output_size"][0]}
        rng, results = np.random.default_rng(0), []
        x = rng.integers(-3, 4, shape).astype(dtype)  # with ties
        for framework, lib in ((torch, torch_library(torch)), (tn, TINYNET)):
            array = leaf(LAYOUTS[layout_x](x)) if framework is tn else torch.tensor(x).requires_grad_()
            y = getattr(lib, name)(array, **options)
            if framework is torch:
                g = rng.standard_normal(tuple(y.shape)).astype(dtype)
            seed = tn.from_numpy(LAYOUTS[layout_g](g)) if framework is tn else torch.tensor(g)
            results.append([y, *framework.autograd.grad(y, [array], seed)])
        for expected, actual in zip(*results):
            close(actual, expected, ulp=32, scale=max(1.0, float(np.abs(numpy(expected)).max(initial=0))))

    check()


@pytest.mark.parametrize("kind", ["max_pool", "avg_pool"])
def test_gradients_of_random_shapes(kind):
    @settings(max_examples=15)
    @given(pools(2, kind))
    def check(case):
        shape, options = case
        x = leaf(np.random.default_rng(0).standard_normal((*shape[:1], min(shape[1], 3), *shape[2:])))
        function = lambda x: getattr(F, f"{kind}2d")(x, **options)
        assert gradcheck(function, x, directions=2) and gradgradcheck(function, x, directions=2)

    check()


VALUES = [
    [1.0, 3.0, 3.0, 2.0],
    [-np.inf, -np.inf, -np.inf, -np.inf],
    [np.nan, 1.0, 2.0, np.nan],
    [np.inf, 1, -np.inf, 0],
]


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("repeat", [1, 40])
def test_ties_nan_and_inf(values, repeat):
    """The first of equal numbers gets the gradient, as in PyTorch; NaN wins."""
    torch = pytest.importorskip("torch")
    x = np.repeat(np.array(values, np.float32).reshape(1, 1, 2, 2), repeat, axis=1)
    results = []
    for lib, framework in ((TINYNET, tn), (torch_library(torch), torch)):
        a = framework.tensor(x).requires_grad_()
        y, indices = lib.max_pool2d(a, 2, return_indices=True)
        y.sum().backward()
        results.append((y, indices, a.grad))
    for actual, expected in zip(*results):
        close(actual, expected)


@pytest.mark.parametrize("dims", [1, 2])
def test_indices(dims):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 9)[: dims + 2]).astype(np.float32)
    for options in ({}, {"stride": 1, "padding": 1, "dilation": 2}, {"ceil_mode": True}):
        results = [
            getattr(lib, f"max_pool{dims}d")(framework.tensor(x), 2, return_indices=True, **options)
            for lib, framework in ((TINYNET, tn), (torch_library(torch), torch))
        ]
        for actual, expected in zip(*results):
            close(actual, expected)


def test_a_window_outside_the_image():
    y = F.max_pool2d(tn.ones(1, 1, 1, 1, requires_grad=True), 2, 1, 1, 3 - 1)
    assert y.shape == (1, 1, 1, 1) and np.isneginf(y.array).all()
    y.sum().backward()


WRONG = {
    "max_pool2d: expected an input (N, C, H, W) or (C, H, W), got shape (3, 4)": lambda: F.max_pool2d(tn.ones(3, 4), 2),
    "expected padding of at most half the kernel, got (2, 2) for (3, 3)":
        lambda: F.max_pool2d(tn.ones(1, 1, 8, 8), 3, 1, 2),
    "expected an input that a window of (4, 4) fits in, got (3, 3)": lambda: F.avg_pool2d(tn.ones(1, 1, 3, 3), 4),
    "max_pool1d: expected numbers, got bool": lambda: F.max_pool1d(tn.ones(1, 1, 8).bool(), 2),
    "expected output_size ≥ 0, got -1":
        lambda: F.adaptive_avg_pool2d(tn.ones(1, 1, 3, 3), (2, -1)),
    "expected images of at least one pixel, got shape (1, 1, 0, 3)": lambda: F.avg_pool2d(tn.ones(1, 1, 0, 3), 1),
    "expected a divisor_override that is not 0": lambda: F.avg_pool2d(tn.ones(1, 1, 3, 3), 2, divisor_override=0),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_errors_say_what_was_expected_and_what_came(message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        WRONG[message]()


@pytest.mark.parametrize(
    "text",
    [
        "MaxPool1d(2)", "MaxPool2d((2, 3), stride=1, padding=1, dilation=2, ceil_mode=True)", "AvgPool1d(3)",
        "AvgPool2d(3, 2, 1)", "AvgPool2d((2, 1), ceil_mode=True, count_include_pad=False)", "AdaptiveAvgPool1d(3)",
        "AdaptiveAvgPool2d((None, 2))", "AdaptiveAvgPool2d(1)",
    ],
)  # fmt: skip
def test_modules_are_pytorchs(text):
    torch = pytest.importorskip("torch")
    ours, theirs = eval(f"nn.{text}", {"nn": nn}), eval(f"nn.{text}", {"nn": torch.nn})
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).standard_normal((2, 4, 9, 8)[: 4 if "2d" in text else 3]).astype(np.float32)
    close(ours(tn.Tensor(x)), theirs(torch.tensor(x)), ulp=16, scale=1)


SCRIPT = """
import numpy as np, tinynet as tn
from helpers import TINYNET
from samples import SAMPLES
results = []
for sample in SAMPLES:
    if sample.op in OPS:
        xs = [tn.from_numpy(a).requires_grad_() for a in sample.inputs]
        y = sample.function(TINYNET, *xs)
        g = tn.tensor(np.cos(np.arange(y.numel())).reshape(y.shape))
        first = tn.autograd.grad(y, xs, g, create_graph=True)
        results += [y, *first]
np.savez(PATH, *[np.ascontiguousarray(r.array) for r in results])
"""


def test_without_the_compiler(tmp_path):
    """The kernels in plain Python, which a debugger can step through, do what the compiled ones do."""
    ops = {"convolve", "convolve_transposed", "correlate", "sum_pixels", "max_pool", "scatter_maxima", "gather_maxima"}
    ops |= {"mean_pool", "mean_pool_transposed"}
    path, results = tmp_path / "results.npz", []
    text = SCRIPT.replace("PATH", repr(str(path))).replace("OPS", repr(ops))
    for run in (run_here, functools.partial(run_python, NUMBA_DISABLE_JIT="1")):
        run(text)
        with np.load(path) as found:
            results.append(list(found.values()))
    assert len(results[0]) > sum(s.op in ops for s in SAMPLES)
    for compiled, plain in zip(*results, strict=True):
        close(compiled, plain, ulp=100, scale=1)
