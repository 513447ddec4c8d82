"""DataParallel: the module inside, under other names."""

import numpy as np
import pytest
from helpers import close, numpy

import tinynet as tn
from tinynet import nn


@pytest.mark.torch
def test_state_text_and_outputs_are_pytorchs(torch):
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    ours = nn.DataParallel(nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2)))
    theirs = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2)))
    ours.load_state_dict({k: numpy(v) for k, v in theirs.state_dict().items()})
    assert list(ours.state_dict()) == list(theirs.state_dict()) and repr(ours) == repr(theirs)
    assert ours.device_ids == theirs.device_ids and nn.parallel.DataParallel is nn.DataParallel
    close(ours(tn.tensor(x)).detach(), theirs(torch.tensor(x)).detach(), ulp=32, scale=1)


def test_inputs_go_through_as_they_are():
    class Sum(nn.Module):
        def forward(self, pair, scale=1, *, more):
            return (pair[0] + pair[1]) * scale + more["x"]

    found = nn.DataParallel(Sum(), device_ids=[0])([tn.ones(2), tn.ones(2)], 3, more={"x": tn.ones(2)})
    assert found.tolist() == [7, 7]
    with pytest.raises(TypeError, match="expected module to be a Module, got None"):
        nn.DataParallel(None)


@pytest.mark.cuda
def test_inputs_come_to_the_gpu():
    model = nn.DataParallel(nn.Linear(2, 2), device_ids=[0]).cuda()
    assert model(tn.ones(1, 2)).is_cuda and model(input=tn.ones(1, 2)).is_cuda and model.device_ids == [0]
    with pytest.raises(tn.DeviceError, match="one GPU is used"):
        nn.DataParallel(nn.Linear(2, 2), device_ids=[0, 1])


def test_outputs_are_gathered():
    parts = [{"x": tn.ones(2, 3), "y": [tn.tensor(1.0)]}, {"x": tn.zeros(1, 3), "y": [tn.tensor(2.0)]}]
    found = nn.parallel.gather(parts, "cpu")
    assert found["x"].tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]] and found["y"][0].tolist() == [1, 2]
    assert nn.parallel.gather([tn.ones(2, 1), tn.zeros(2, 2)], -1, dim=1).tolist() == [[1, 0, 0]] * 2
    with pytest.raises(TypeError, match="gather: expected outputs to be tensors"):
        nn.parallel.gather([1, 2], "cpu")


@pytest.mark.cuda
def test_inputs_are_scattered_to_the_one_gpu():
    (x,) = nn.parallel.scatter(tn.ones(2), [0])
    ((y, three),) = nn.parallel.scatter([tn.ones(2), 3], [0])
    assert x.is_cuda and y.is_cuda and three == 3 and nn.parallel.gather([x, y], "cpu").tolist() == [1] * 4
    with pytest.raises(tn.DeviceError, match="one GPU is used"):
        nn.parallel.scatter(x, [0, 1])
