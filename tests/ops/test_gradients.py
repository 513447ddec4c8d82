"""Every differentiable function against finite differences, first and second order."""

import numpy as np
import pytest
from helpers import LAYOUTS, TINYNET, close, derivatives, leaf, numpy, sampled
from samples import SAMPLES
from samples_products import INVERSES

import tinynet as tn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.autograd.graph import record
from tinynet.ops.registry import OPS

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)
every_other_sample = pytest.mark.parametrize("sample", sampled(SAMPLES, 2), ids=str)


# What other operations consist of, or their gradients: a wrong value of these is a wrong one of theirs, or a gradient
# that finite differences contradict. The last ones have tests of their own (`test_functions.py` and others).
PARTS = """_dropout _lookup_grad activate alignments bce_with_logits combined correlate gather_maxima
    mean_pool_transposed recurrent_layer scatter_maxima sum_pixels digamma lgamma quantile_slope""".split()


@pytest.mark.parametrize("name", OPS)
def test_every_operation_has_samples(name):
    found = [sample for sample in SAMPLES if sample.op == name]
    assert found, f"{name}: add a sample to tests/support/samples.py"
    known = name in PARTS or name.endswith("_grad") or any(sample.public or sample.reference for sample in found)
    assert known, f"{name}: PyTorch has it not, so a sample needs a reference=, which says its value in NumPy"


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.reference], ids=str)
def test_value(sample):
    with tn.no_grad():
        actual = sample.function(TINYNET, *map(tn.tensor, sample.inputs))
    close(actual, sample.reference(*sample.inputs), ulp=64, scale=1.0)


def expanded(sample):
    """The sample with each input repeated: by strides of 0 in memory, and by broadcasting in the graph."""
    return lambda lib, *xs: sample.function(lib, *(x[..., :1].expand(x.shape) if x.ndim else x for x in xs))


@every_sample
def test_gradient(sample):
    inputs = [leaf(a.copy()) for a in sample.inputs]
    assert gradcheck(lambda *xs: sample.function(TINYNET, *xs), inputs)


@every_other_sample
def test_gradient_of_gradient(sample):
    inputs = [leaf(a.copy()) for a in sample.inputs]
    assert gradgradcheck(lambda *xs: sample.function(TINYNET, *xs), inputs, directions=2)


@every_other_sample
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


ENDS = [0.0, -0.0, 1e-30, -1e-12, 3.0, -0.5, 20.0, -20.0, 1e10, 1e25, -1e25, np.inf, -np.inf]
OF_ONE_NUMBER = {s.op: s for s in SAMPLES if [a.shape for a in s.inputs] == [()] and not s.op.endswith("_")}


@pytest.mark.thorough
@pytest.mark.parametrize("sample", OF_ONE_NUMBER.values(), ids=OF_ONE_NUMBER)
def test_no_nan_at_either_end_of_float32(sample):
    """Neither as value nor as its gradient where float64 has none: no step on the way is larger than its result."""
    for number in ENDS:
        found = {}
        for dtype in (np.float64, np.float32):
            x = leaf(np.array(number, dtype))
            with np.errstate(all="ignore"):
                y = sample.function(TINYNET, x)
                y.backward(tn.ones_like(y))
            found[dtype] = np.array([numpy(y.detach()).sum(), numpy(x.grad).sum()])
        new = np.isnan(found[np.float32]) & ~np.isnan(found[np.float64])
        assert np.isinf(found[np.float32][0]) or not new.any(), f"NaN at {number}"


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
