"""Every differentiable function against finite differences, first and second order."""

import numpy as np
import pytest
from helpers import LAYOUTS, TINYNET, close, derivatives, leaf, numpy
from samples import SAMPLES
from samples_products import INVERSES

import tinynet as tn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.autograd.graph import record
from tinynet.ops.registry import OPS

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def test_every_operation_has_a_sample():
    assert not set(OPS) - {sample.op for sample in SAMPLES}


def expanded(sample):
    """The sample with each input repeated: by strides of 0 in memory, and by broadcasting in the graph."""
    return lambda lib, *xs: sample.function(lib, *(x[..., :1].expand(x.shape) if x.ndim else x for x in xs))


@every_sample
def test_gradient(sample):
    inputs = [leaf(a.copy()) for a in sample.inputs]
    assert gradcheck(lambda *xs: sample.function(TINYNET, *xs), inputs)


@every_sample
def test_gradient_of_gradient(sample):
    inputs = [leaf(a.copy()) for a in sample.inputs]
    assert gradgradcheck(lambda *xs: sample.function(TINYNET, *xs), inputs, directions=2)


@every_sample
def test_layouts(sample):
    """Strides change neither a result nor a gradient, nor the second gradient."""

    def run(layout):
        make = lambda a: leaf(LAYOUTS[layout](a))
        xs = list(map(make, sample.inputs))
        return [x for x in derivatives(sample.function(TINYNET, *xs), xs, make) if x is not None]

    expected = run("contiguous")
    for layout in ("transposed", "strided", "flipped"):
        for actual, wanted in zip(run(layout), expected, strict=True):
            close(actual, wanted, ulp=8, scale=max(1.0, float(np.abs(numpy(wanted)).max(initial=0))))


KINKS = "max", "min", "std", "max_pool", "corrcoef"


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.op not in KINKS + INVERSES], ids=str)
def test_expanded_inputs(sample):
    """A tensor whose elements share memory; not for max and std, which have kinks where elements are
    equal, nor for inverses, which matrices of equal columns have not."""
    inputs = [leaf(a.copy()) for a in sample.inputs]
    assert gradcheck(lambda *xs: expanded(sample)(TINYNET, *xs), inputs, directions=2)


@every_sample
def test_inputs_are_not_written(sample):
    arrays = [a.copy() for a in sample.inputs]
    y = sample.function(TINYNET, *(leaf(a) for a in arrays))
    y.backward(tn.ones_like(y))
    for a, before in zip(arrays, sample.inputs):
        np.testing.assert_array_equal(a, before)


# The checker itself


def _wrong_first(x):  # sin, with the gradient cos + 0.01
    return record("wrong", np.sin(x.array), (x,), lambda g: g * (x.cos() + 0.01))


def _wrong_second(x):  # sin, whose gradient is right, and loses its history
    return record("wrong", np.sin(x.array), (x,), lambda g: g * x.detach().cos())


def _wrong_entry(x):
    mask = tn.tensor(np.arange(x.numel()) == 1).reshape(x.shape)
    return record("wrong", x.array.copy(), (x,), lambda g: tn.where(mask, -g, g))


def test_gradcheck_finds_a_wrong_gradient():
    x = leaf(np.linspace(-1, 1, 6).reshape(2, 3))
    for wrong in (_wrong_first, _wrong_entry, lambda x: x * x.detach()):
        assert not gradcheck(wrong, x, raise_exception=False)
        with pytest.raises(tn.GraphError, match=r"gradient of output 0 by input 0 of shape \(2, 3\) is wrong"):
            gradcheck(wrong, x)


def test_gradcheck_finds_a_lost_graph():
    x = leaf([0.5, 2.0])
    assert not gradcheck(lambda x: tn.tensor(x.array**2), x, raise_exception=False)


def test_gradgradcheck_finds_a_wrong_second_gradient():
    x = leaf(np.linspace(-1, 1, 6))
    assert gradcheck(_wrong_second, x)
    assert not gradgradcheck(_wrong_second, x, raise_exception=False)
    with pytest.raises(tn.GraphError, match="is wrong"):
        gradgradcheck(_wrong_second, x)


def test_gradcheck_restores_its_inputs_and_says_what_it_needs():
    x = leaf([1.0, 2.0])
    gradcheck(tn.exp, x)
    np.testing.assert_array_equal(x.array, [1.0, 2.0])
    with pytest.raises(tn.DTypeError, match="input 0 is float32"):
        gradcheck(tn.exp, leaf([1.0], np.float32))
    with pytest.raises(tn.GraphError, match="at least one input"):
        gradcheck(tn.exp, tn.tensor([1.0]))


def test_repetitions_are_copies():
    """Also where nothing is repeated, and where all of it could be one element in memory."""
    for x in (tn.ones(2, 3), tn.ones(1), tn.ones(3).expand(2, 3)):
        once = [1] * x.ndim
        for y in (x.repeat(*once), x.repeat(4, *once), x.repeat_interleave(1), x.repeat_interleave(2, 0)):
            y.zero_()
            assert x.array.all()


@pytest.mark.torch
def test_empty_rows_in_cat():
    torch = pytest.importorskip("torch")
    for shapes, dim in [([(0,), (2, 3)], 0), ([(2, 3), (0,)], 1), ([(0,), (0,)], 0), ([(0,), (2, 3), (2, 1)], -1)]:
        results = []
        for framework in (tn, torch):
            xs = [framework.ones(*s).requires_grad_() for s in shapes]
            y = framework.cat(xs, dim)
            y.backward(framework.ones_like(y))
            results.append([y, *(x.grad for x in xs)])
        for a, e in zip(*results):
            close(a, e)
    assert tn.cat([tn.tensor([], dtype=tn.float64), tn.ones(2, 2)]).dtype == tn.float64
    with pytest.raises(tn.ShapeError):
        tn.cat([tn.zeros(2, 0), tn.ones(3, 4)])
