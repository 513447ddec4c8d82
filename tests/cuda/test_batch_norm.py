"""Batch norm on the GPU, or its simulator: in both layouts and many cuts, its digits, and its passes over memory."""

import numpy as np
import pytest
from cuda_cases import on, same_on_both

import tinynet as tn

pytestmark = pytest.mark.cuda

rng = np.random.default_rng(0)


def normalise(lib, x, weight, bias):
    return lib.batch_norm(x, lib.zeros(len(weight)).to(x.dtype), lib.ones(len(weight)).to(x.dtype), weight, bias, True)


def channels_last(x):
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


SHAPES = [
    (2, 1), (37, 1), (9, 2), (50, 3), (7, 5), (3, 2, 2), (4, 3, 7), (11, 1, 3), (2, 2, 40), (2, 5, 2, 3), (6, 3, 2, 2),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layout", [np.ascontiguousarray, channels_last], ids=["planes", "channels last"])
def test_every_cut_of_both_layouts(shape, layout):
    parameters = rng.standard_normal((2, shape[1]))
    same_on_both(normalise, [layout(rng.standard_normal(shape)), *parameters], ulp=64)


def statistics(x):
    """(mean, variance) by channel as batch norm finds them, through running ones that take the batch's whole."""
    running = tn.zeros(x.shape[1], device="cuda"), tn.zeros(x.shape[1], device="cuda")
    tn.nn.functional.batch_norm(x, *running, training=True, momentum=1.0)
    return [r.cpu().numpy() for r in running]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, channels_last], ids=["planes", "channels last"])
@pytest.mark.parametrize("first", [None, 0.0, 3e4], ids=["", "the first number is 0", "the first number is far away"])
def test_a_large_mean_costs_no_digits(layout, first):
    x = (1e4 + rng.standard_normal((40, 3, 5))).astype(np.float32)
    if first is not None:
        x[0, 0, 0] = first
    exact = x.astype(np.float64)
    mean, variance = statistics(on("cuda", layout(x)))
    np.testing.assert_allclose(mean, exact.mean((0, 2)), rtol=2e-7)
    np.testing.assert_allclose(variance, exact.var((0, 2), ddof=1), rtol=2e-6)


def test_the_same_bits_every_time():
    x = on("cuda", rng.standard_normal((30, 3, 4)), np.float32)
    assert len({b"".join(s.tobytes() for s in statistics(x)) for _ in range(3)}) == 1


@pytest.fixture
def passes(monkeypatch):
    """A list of how often kernels are given arrays of at least 64 elements: passes over memory."""
    from tinynet.kernels.cuda.device import driver

    run, found = driver.Kernel.__call__, []

    def counted(self, dtype, blocks, threads, *arguments):
        found.extend(self.__name__ for a in arguments if getattr(a, "size", 0) >= 64)
        return run(self, dtype, blocks, threads, *arguments)

    monkeypatch.setattr(driver.Kernel, "__call__", counted)
    return found


@pytest.mark.parametrize("layout", [np.ascontiguousarray, channels_last], ids=["planes", "channels last"])
def test_passes_over_memory(layout, passes):
    x, g = (on("cuda", layout(rng.standard_normal((16, 2, 8)))) for _ in range(2))
    weight, bias, *running = (tn.ones(2, dtype=tn.float64, device="cuda", requires_grad=i < 2) for i in range(4))
    passes.clear()
    y = tn.nn.functional.batch_norm(x, *running, weight, bias, training=True)
    passes.remove("channel_statistics")  # which reads a number of each channel
    assert passes == ["moments_of_pieces"] + ["normalise_pieces"] * 2
    passes.clear()
    tn.autograd.grad(y, [x, weight, bias], g)
    assert passes == ["sums_of_pieces"] * 2 + ["gradient_of_pieces"] * 3
