"""Random programs of views, products, reductions and writes in place: onnxruntime computes the same for any batch."""

import random

import numpy as np
import pytest

import tinynet as tn
from tinynet import nn
from tinynet.errors import ExportError

onnx, ort = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.extras
OPTIONS = ort.SessionOptions()
OPTIONS.log_severity_level, OPTIONS.intra_op_num_threads = 3, 1


def changed(x, change):
    """A copy of x after a change in place."""
    y = x.clone()
    change(y)
    return y


def last(y):
    y[..., -1] += 3


def first(y):
    y[0] = 2.0


def flat(y):
    part = y.view(-1)
    part[1:] *= 2
    part[:1].zero_()


STEPS = [
    lambda x, net, rng: x @ net.weight if x.shape[-1] == 6 else x * 1.5,
    lambda x, net, rng: x + net.shift if x.shape[-1] == 6 else x.sigmoid(),
    lambda x, net, rng: x.transpose(-1, rng.randrange(x.ndim)),
    lambda x, net, rng: x.permute(*reversed(range(x.ndim))),
    lambda x, net, rng: x.flatten(),
    lambda x, net, rng: x.reshape(x.shape[0], -1),
    lambda x, net, rng: x.unsqueeze(rng.randint(0, x.ndim)),
    lambda x, net, rng: x.view(*x.shape[:-1], -1, 2) if x.shape[-1] % 2 == 0 and x.is_contiguous() else x,
    lambda x, net, rng: x[..., :2],
    lambda x, net, rng: x[..., :1].squeeze(-1) if x.ndim > 1 else x,
    lambda x, net, rng: x[:1].expand(2, *x.shape[1:]),
    lambda x, net, rng: tn.cat([x, -x], rng.randrange(x.ndim)),
    lambda x, net, rng: tn.stack([x, x * 2], rng.randint(0, x.ndim)),
    lambda x, net, rng: x.repeat(*[2] * x.ndim) if x.ndim < 3 else x,
    lambda x, net, rng: x.sum(rng.randrange(x.ndim), keepdim=True),
    lambda x, net, rng: x - x.mean(-1, keepdim=True),
    lambda x, net, rng: x.max(0, keepdim=True)[0],
    lambda x, net, rng: x.softmax(-1),
    lambda x, net, rng: x.sort(-1)[0],
    lambda x, net, rng: tn.where(x > 0, x, x * 0.1),
    lambda x, net, rng: x.flip(0),
    lambda x, net, rng: x.roll(1, 0),
    lambda x, net, rng: x + tn.arange(x.shape[-1]),
    lambda x, net, rng: x / x.shape[0],
    lambda x, net, rng: changed(x, lambda y: y.mul_(y).sub_(1)),
    lambda x, net, rng: changed(x, last),
    lambda x, net, rng: changed(x, first),
    lambda x, net, rng: changed(x, flat),
]


class Program(nn.Module):
    """Steps drawn by a seed; the results are those of the last three."""

    def __init__(self, seed):
        self.seed = seed
        self.weight = nn.Parameter(tn.tensor(np.random.default_rng(seed).standard_normal((6, 6)).astype(np.float32)))
        self.register_buffer("shift", tn.arange(6.0))

    def forward(self, x):
        rng, values = random.Random(self.seed), [x]
        for _ in range(rng.randint(3, 9)):
            values.append(rng.choice(STEPS)(rng.choice(values[-3:]), self, rng).clamp(-100, 100))
        return values[-3:]


def check(seed):
    """Whether the program could be exported: one of which Python decides the steps by an open size cannot."""
    module, rng = Program(seed).eval(), np.random.default_rng(seed)
    axes = [{"x": {0: "batch"}}, {"x": {0: "batch", 1: "time"}}][seed % 2]
    try:
        proto = tn.onnx.export(module, tn.tensor(rng.standard_normal((4, 3, 6)).astype(np.float32)), dynamic_axes=axes)
    except ExportError as error:
        assert "expected the same operations for inputs of any size" in str(error)
        return False
    onnx.checker.check_model(proto, full_check=True)
    session = ort.InferenceSession(proto.SerializeToString(), OPTIONS)
    for shape in [(7, 3, 6), (11, 3, 6), (5, 8, 6)][: 2 + seed % 2]:
        x = rng.standard_normal(shape).astype(np.float32)
        with tn.no_grad():
            expected = module(tn.tensor(x))
        for a, b in zip(session.run(None, {"x": x}), expected, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b.numpy(), 1e-4, 1e-3)  # of numbers up to 100, summed in another order
    return True


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_programs(start):
    assert sum(map(check, range(start, start + 20))) > 16


@pytest.mark.thorough
@pytest.mark.parametrize("start", range(100, 2000, 100))
def test_more_random_programs(start):
    assert sum(map(check, range(start, start + 100))) > 80
