"""Bad arguments end in clear errors: see `support/bad_calls.py`, whose calls are tried here, some thousands of them."""

import math
import random
import re

import numpy as np
import pytest
from bad_calls import bad_call, complaint, text_of, try_call

import tinynet as tn
from tinynet.errors import ArgumentTypeError, ArgumentValueError, OutOfMemoryError
from tinynet.nn import functional as F


@pytest.mark.parametrize("seed", range(4))
def test_bad_calls_end_in_clear_errors(seed, monkeypatch):
    monkeypatch.setattr("tinynet.arguments._machine_memory", lambda: 2**28)
    choose, found = random.Random(seed), {}
    for _ in range(1000):
        call = bad_call(choose)
        found[text_of(*call)] = try_call(*call)
    assert {call: problem for call, problem in found.items() if problem} == {}


def unclear_attribute():
    return [].array


def inside_numpy():
    return np.zeros(3).reshape(2)


def deep_inside_numpy():
    return np.stack([])


@pytest.mark.parametrize("function", [unclear_attribute, inside_numpy, deep_inside_numpy])
def test_the_judge_finds_unclear_errors(function):
    with pytest.raises((AttributeError, ValueError)) as caught:
        function()
    assert complaint(caught.value)


def test_what_is_no_number_or_no_size():
    x = tn.arange(4).float()
    for call, message in [
        (lambda: x.narrow(0, 1, 99), "narrow: expected length in [0, 3], got 99"),
        (lambda: F.conv2d(tn.ones(1, 1, 4, 4), tn.ones(1, 1, 2, 2), stride=0), "conv2d: expected stride ≥ 1, got 0"),
        (lambda: F.cross_entropy(tn.ones(1, 3), tn.tensor([0]), ignore_index=1.5), "ignore_index to be an integer"),
        (lambda: F.cross_entropy(tn.ones(1, 3), tn.tensor([0]), None, -100), "size_average to be a bool, got -100"),
        (lambda: F.avg_pool2d(tn.ones(1, 4, 4), 2, divisor_override=2.5), "expected divisor_override to be an integer"),
        (lambda: F.layer_norm(x, (4,), eps=None), "layer_norm: expected eps to be a number, got None"),
        (lambda: tn.zeros("23"), "zeros: expected size to be an integer, got '23'"),
        (lambda: F.relu([1]), "relu: expected input to be a Tensor, got [1]"),
        (lambda: tn.set_rng_state((1, 2**64)), "set_rng_state: expected place to fit int64"),
        (lambda: F.interpolate(tn.ones(1, 1, 4), scale_factor=math.inf), "expected scale_factor ≤ 2147483647, got inf"),
        (lambda: F.adaptive_avg_pool1d(tn.ones(1, 4), 2**31), "expected output_size ≤ 2147483647, got 2147483648"),
    ]:  # fmt: skip
        with pytest.raises((ArgumentTypeError, ArgumentValueError), match=re.escape(message)):
            call()
    with pytest.raises(TypeError, match="setitem: expected a tensor or a number, got None"):
        x[0] = None
    assert x.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("call", [
    lambda: tn.zeros(2**40, 2**20), lambda: tn.ones(2, 2).repeat(2**40, 1), lambda: tn.arange(2**60),
    lambda: tn.eye(2**40), lambda: F.one_hot(tn.tensor([0]), 2**50), lambda: tn.randperm(2**50),
    lambda: tn.linspace(0, 1, 2**50),
    lambda: F.conv_transpose2d(tn.ones(1, 4, 4), tn.ones(1, 1, 1, 1), stride=2**31 - 1),
])  # fmt: skip
def test_what_no_machine_can_hold_is_refused_before_it_is_asked_for(call):
    with pytest.raises(OutOfMemoryError, match="GiB, and this machine has"):
        call()


@pytest.mark.parametrize("options", [{"padding": 2**29}, {"stride": 2**27}])
def test_the_addresses_of_a_convolution_take_memory_too(options, monkeypatch):
    monkeypatch.setattr("tinynet.arguments._machine_memory", lambda: 15 << 29)
    convolve = F.conv1d if "padding" in options else F.conv_transpose1d
    with pytest.raises(OutOfMemoryError, match="and int64 takes"):
        convolve(tn.ones(1, 1, 5), tn.ones(1, 1, 3), **options)


def test_a_stride_that_is_never_taken_may_be_any():
    x, w = tn.ones(1, 2, 6, requires_grad=True), tn.ones(2, 2, 3, requires_grad=True)
    huge, two = (F.conv1d(x, w, stride=s, padding=p).sum() for s, p in ((2**31 - 1, 0), (4, 0)))
    assert huge.item() == 12
    (grad,) = tn.autograd.grad(huge, x)
    assert grad.tolist() == tn.autograd.grad(two, x)[0].tolist()
