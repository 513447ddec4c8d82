"""Each compiled kernel gives what its definition gives (`kernels/reference/`), and does to memory what it declares."""

import itertools
import math

import numpy as np
import pytest
from helpers import LAYOUTS, TINYNET, derivatives, leaf, sampled
from samples import SAMPLES
from watch import Memory, held_against_definitions, plans_kept_to_their_arguments

import tinynet as tn
from tinynet.kernels.kernel import KERNELS, In, InOut, Kernel, Out, Role, Scalar, kernel
from tinynet.kernels.launch import launch
from tinynet.kernels.reference.elementwise import MATHEMATICS

TOLERANCE = {"float64": 1e-11, "float32": 3e-5}


def run(sample, dtype, layout, orders=2):
    """Forward, backward, and with `orders` = 2 the gradient of the gradient."""
    make = lambda a: leaf(LAYOUTS[layout](a.astype(dtype)))
    xs = list(map(make, sample.inputs))
    return derivatives(sample.function(TINYNET, *xs), xs, make, orders)


@pytest.mark.parametrize("name", ["gamma", "lgamma"])
def test_definitions_raise_no_errors_of_python(name):
    at = [0.0, -0.0, -1.0, -2.5, 3.0, 1.5e308, np.inf, -np.inf, np.nan]
    expected = {
        "gamma": [np.inf, -np.inf, np.nan, -0.9453087204829419, 2.0, np.inf, np.inf, np.nan, np.nan],
        "lgamma": [np.inf, np.inf, np.inf, -0.05624371649767405, math.log(2), np.inf, np.inf, np.inf, np.nan],
    }[name]
    np.testing.assert_allclose([MATHEMATICS[name](x) for x in at], expected, rtol=1e-14)


OTHERS = ("strided", "float64"), ("transposed", "float64"), ("contiguous", "float32")
BY_OP = {}
for sample in SAMPLES:
    BY_OP.setdefault(sample.op, []).append(sample)


@pytest.mark.parametrize(("samples", "other"), list(zip(BY_OP.values(), itertools.cycle(OTHERS))), ids=BY_OP)
def test_every_kernel_of_every_operation(samples, other):
    """Of each sample, and of one in another layout or dtype."""
    with held_against_definitions(TOLERANCE):
        for sample in samples:
            run(sample, "float64", "contiguous")
        layout, dtype = other
        run(samples[-1], dtype, layout)


@pytest.mark.thorough
@pytest.mark.parametrize("samples", list(BY_OP.values()), ids=BY_OP)
def test_every_kernel_in_every_layout(samples):
    with held_against_definitions(TOLERANCE):
        for sample, (layout, dtype) in itertools.product(samples, OTHERS):
            run(sample, dtype, layout)


def test_which_kernels_were_held():
    with held_against_definitions(TOLERANCE) as seen:
        (tn.ones(3) * 2).exp()
    assert seen == ["mul", "exp"]


def test_a_kernel_that_differs_from_its_definition_is_found(monkeypatch):
    monkeypatch.setattr(KERNELS["exp"], "cpu", lambda out, x: np.expm1(x, out))
    with pytest.raises(AssertionError, match="exp"), held_against_definitions(TOLERANCE):
        tn.ones(3).exp()


def test_a_kernel_that_reads_what_it_should_only_write_is_found(monkeypatch):
    monkeypatch.setattr(KERNELS["exp"], "cpu", lambda out, x: np.add(out, np.exp(x), out))
    with pytest.raises(AssertionError, match="exp"), held_against_definitions(TOLERANCE):
        tn.ones(3).exp()


def test_a_kernel_that_writes_what_it_should_only_read_is_found(monkeypatch):
    monkeypatch.setattr(KERNELS["exp"], "cpu", lambda out, x: (np.exp(x, out), x.fill(0)))
    with pytest.raises(AssertionError, match="only reads"), held_against_definitions(TOLERANCE):
        tn.ones(3).exp()


# Memory changes by launches alone, and as they declare


@pytest.mark.parametrize("sample", sampled(SAMPLES, 8), ids=str)
def test_memory_changes_as_launches_declare(sample):
    with Memory().watched(), plans_kept_to_their_arguments():
        run(sample, "float32", "strided", orders=1)


def test_a_change_around_the_launch_is_found():
    with pytest.raises(AssertionError, match="before <kernel mul"), Memory().watched():
        x = tn.ones(3) + 1
        x.array[1] = 5
        x * x


def test_a_change_that_is_not_declared_is_found(monkeypatch):
    monkeypatch.setattr(KERNELS["mul"], "cpu", lambda out, x, y: (np.multiply(x, y, out), x.fill(0)))
    with pytest.raises(AssertionError, match="in <kernel mul"), Memory().watched():
        tn.ones(3) * 2


# Declarations


def test_a_declaration_says_what_a_launch_does():
    try:

        @kernel
        def axpy(out: InOut, x: In, where, a: Scalar):
            """out ← out + a x."""
            out += a * x

        assert KERNELS["axpy"] is axpy and repr(axpy) == "<kernel axpy(out, x, where, a)>"
        assert axpy.parameters == {"out": InOut, "x": In, "where": Role.STRUCTURE, "a": Scalar}
        out, x = np.ones(2), np.arange(2.0)
        launch(axpy, out, x, None, 2.0)
        assert out.tolist() == [1, 3]
        assert axpy.written((out, x, None, 2.0))[0] is out and axpy.read((out, x, None, 2.0))[1] is x
    finally:
        KERNELS.pop("axpy", None)


def test_written_arrays_come_first():
    with pytest.raises(TypeError, match="kernel wrong: arrays that are written must come first"):
        Kernel("wrong", {"x": In, "out": Out}, "")


def test_every_kernel_says_what_it_computes():
    assert [k for k in KERNELS.values() if not k.__doc__ or not k.reference] == []


def test_kernels_warn_of_nothing_whatever_numpy_is_told():
    x = tn.tensor([1.0, -1.0])
    with np.errstate(all="raise"):
        assert (x / 0).tolist() == [np.inf, -np.inf] and (x / 0).int().shape == (2,)
        assert x.sqrt().isnan().tolist() == [False, True]
        assert tn.tensor(1e300).item() == np.inf and tn.full((2,), 1e38).prod().item() == np.inf
        assert np.geterr()["divide"] == "raise"
