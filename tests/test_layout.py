"""Elementwise operations and their gradients keep the order in which an image lies in memory."""

import numpy as np
import pytest
from helpers import TINYNET as ops
from helpers import close

import tinynet as tn

SHAPES = [(2, 3, 4, 5), (4, 8, 64, 48)]  # small, and large enough for threads


def channels_last(shape, seed=0):
    """A tensor of shape (N, C, H, W) that lies in memory as (N, H, W, C)."""
    n, c, h, w = shape
    values = np.random.default_rng(seed).standard_normal((n, h, w, c), np.float32)
    return tn.Tensor(values.transpose(0, 3, 1, 2)).requires_grad_()


UNARY = "neg abs exp sqrt sin floor relu sigmoid tanh gelu clone sign isnan".split()
BINARY = "add sub mul div maximum minimum lt eq".split()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_one_operand(name, shape):
    x = channels_last(shape)
    y = getattr(ops, name)(x)
    same = getattr(ops, name)(tn.Tensor(np.ascontiguousarray(x.array)))
    assert np.argsort(y.array.strides).tolist() == np.argsort(x.array.strides).tolist()
    close(y, same, ulp=8)
    if y.requires_grad and name not in ("sign", "floor"):
        y.backward(channels_last(shape, 1).detach())
        assert x.grad.array.strides == x.array.strides


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("other", ["alike", "number", "per channel", "contiguous", "left number", "left per channel"])
@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name, other, shape):
    x = channels_last(shape)
    y = {
        "alike": lambda: channels_last(shape, 1),
        "number": lambda: tn.tensor(0.5),
        "per channel": lambda: tn.Tensor(np.linspace(0.5, 1, shape[1], dtype=np.float32)[None, :, None, None]),
        "contiguous": lambda: tn.Tensor(np.ascontiguousarray(channels_last(shape, 1).array)),
    }[other.removeprefix("left ")]()
    left, right = (y, x) if other.startswith("left") else (x, y)
    out = getattr(ops, name)(left, right)
    if other != "contiguous":
        assert np.argsort(out.array.strides).tolist() == np.argsort(x.array.strides).tolist()
    plain = [tn.Tensor(np.ascontiguousarray(v.array)) for v in (left, right)]
    close(out, getattr(ops, name)(*plain))
    if out.requires_grad and name in ("add", "mul", "div") and other != "contiguous":
        out.backward(channels_last(shape, 2).detach())
        assert x.grad.array.strides == x.array.strides


def test_a_broadcast_array_says_nothing_of_order():
    """The gradient of a sum has strides of 0; what is computed from it is contiguous."""
    x = tn.ones(3, 4, requires_grad=True)
    (x * x).sum(0).backward(tn.ones(4))
    assert x.grad.array.flags.c_contiguous


def test_results_are_dense():
    x = tn.Tensor(np.ones((4, 6, 8), np.float32)[::2, ::-1, ::4].transpose(2, 0, 1))
    for y in (ops.relu(x), ops.exp(x), ops.add(x, x), ops.add(x, 1.0)):
        assert y.array.strides == (4, 4 * 2 * 6, 4 * 2)
        assert (y.array == y.array.flat[0]).all()
