"""Averages of parameters: their formulas, PyTorch's numbers, one loop over all, and state that survives saving."""

import numpy as np
import pytest
from helpers import launches

import tinynet as tn
from tinynet import nn, optim, training
from tinynet.kernels.runtime import parallel_for
from tinynet.optim import swa_utils
from tinynet.optim.swa_utils import AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn

SHAPES = [(3, 5), (5,), (), (2, 20)]


class Net(nn.Module):
    """Parameters of several shapes, a buffer of floats and one of integers."""

    def __init__(self, dtype=tn.float32):
        for i, shape in enumerate(SHAPES):
            setattr(self, f"p{i}", nn.Parameter(tn.randn(*shape, dtype=dtype)))
        self.register_buffer("seen", tn.zeros(2, dtype=dtype))
        self.register_buffer("count", tn.tensor(0))


def walk(net, averaged, steps, seed=0):
    """Random steps, each followed by an update of the average; the parameters after each, as rows."""
    random, path = np.random.default_rng(seed), []
    for _ in range(steps):
        for p in net.parameters():
            p.data = tn.tensor(random.standard_normal(p.shape), dtype=p.dtype)
        net.seen.add_(1)
        net.count.add_(1)
        averaged.update_parameters(net)
        path.append(flat(net))
    return np.array(path, np.float64)


def flat(module):
    return np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])


def polyak(path, beta):
    return path.mean(0)


def exponential(path, beta):
    mean = path[0]
    for p in path[1:]:
        mean = beta * mean + (1 - beta) * p
    return mean


def section_7_2(path, beta):
    """The paper's two lines: an average that begins at 0, and the division that corrects for it."""
    mean = 0.0
    for p in path:
        mean = beta * mean + (1 - beta) * p
    return mean / (1 - beta ** len(path))


AVERAGES = {
    "default": (lambda beta: {}, polyak),
    "swa": (lambda beta: {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, polyak),
    "swa, by tensor": (lambda beta: {"avg_fn": swa_utils.get_swa_avg_fn()}, polyak),
    "ema": (lambda beta: {"multi_avg_fn": get_ema_multi_avg_fn(beta)}, exponential),
    "ema, by tensor": (lambda beta: {"avg_fn": get_ema_avg_fn(beta)}, exponential),
    "Adam 7.2": (lambda beta: {"multi_avg_fn": get_ema_multi_avg_fn(beta, debias=True)}, section_7_2),
    "Adam 7.2, by tensor": (lambda beta: {"avg_fn": get_ema_avg_fn(beta, debias=True)}, section_7_2),
    "the user's": (lambda beta: {"avg_fn": lambda a, p, n: beta * a + (1 - beta) * p}, exponential),
}


@pytest.mark.parametrize("optimizer", [None, optim.SGD], ids=["as made", "in an arena"])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("kind", AVERAGES)
def test_the_formulas(kind, beta, optimizer):
    for dtype, rtol in ((tn.float64, 1e-13), (tn.float32, 2e-5)):
        options, formula = AVERAGES[kind]
        averaged = AveragedModel(net := Net(dtype), **options(beta))
        if optimizer:
            optimizer(net.parameters())
        for steps in (1, 2, 37):
            averaged = AveragedModel(net, **options(beta))
            expected = formula(walk(net, averaged, steps), beta)
            np.testing.assert_allclose(flat(averaged), expected, rtol=rtol, atol=rtol)
        assert averaged.n_averaged.item() == 37


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", ["default", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn"])
def test_the_numbers_are_pytorchs(name, use_buffers, torch):
    utils = torch.optim.swa_utils

    def path(lib, utils):
        key = "multi_avg_fn" if "multi" in name else "avg_fn"
        options = {} if name == "default" else {key: getattr(utils, name)(*([0.9] if "ema" in name else []))}
        model = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 1)).to(lib.float64)
        model.register_buffer("seen", lib.zeros(2, dtype=lib.float64))
        random, rows = np.random.default_rng(0), []
        averaged = utils.AveragedModel(model, use_buffers=use_buffers, **options)
        for _ in range(30):
            for p in model.parameters():
                p.data = lib.tensor(random.standard_normal(tuple(p.shape)), dtype=lib.float64)
            model.seen.add_(1)
            averaged.update_parameters(model)
            rows.append(np.concatenate([v.detach().numpy().ravel() for v in averaged.state_dict().values()]))
        return np.array(rows), list(averaged.state_dict())

    ours, theirs = path(tn, swa_utils), path(torch, utils)
    assert sorted(ours[1]) == sorted(theirs[1])
    np.testing.assert_allclose(np.sort(ours[0]), np.sort(theirs[0]), rtol=1e-12)


def test_there_is_every_function_of_pytorch(torch):
    assert set(swa_utils.__all__) == set(torch.optim.swa_utils.__all__)


def test_an_update_is_one_launch_over_the_arena():
    model = nn.Sequential(*(nn.Linear(7, 7) for _ in range(20)))
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    optim.Adam(model.parameters())
    averaged.update_parameters(model)
    with launches() as names:
        averaged.update_parameters(model)
    assert [name for name in names if "average" in name] == ["exponential_average"]


def test_parameters_may_lie_in_several_arenas_and_averages_may_move():
    model = nn.Sequential(*(nn.Linear(7, 7) for _ in range(4)))
    averaged = AveragedModel(model)
    averaged.update_parameters(model)
    ones = flat(model) * 0 + 1

    def update():
        for p in model.parameters():
            p.data = p.data + 1
        with launches() as names:
            averaged.update_parameters(model)
        return names.count("polyak_average")

    start = flat(model).copy()
    arenas = [optim.SGD(model[:2].parameters()), optim.SGD(model[2:].parameters())]
    assert update() == 2
    arenas.append(optim.SGD(averaged.parameters()))
    assert update() == 8
    np.testing.assert_allclose(flat(averaged), start + ones, rtol=1e-6, atol=1e-6)


def test_a_list_of_any_tensors_is_averaged():
    average = swa_utils.get_swa_multi_avg_fn()
    a, b = tn.zeros(3, 4).T, tn.ones(4, 3)
    average([a, a[:2]], [b, b[:2]], 1)
    assert a.tolist() == [[0.75] * 3] * 2 + [[0.5] * 3] * 2


def test_neighbours_that_are_not_averaged_stay():
    net = Net()
    averaged = AveragedModel(net)
    averaged.update_parameters(net)
    before = averaged.module.p1.tolist()
    swa_utils.get_swa_multi_avg_fn()([averaged.module.p0, averaged.module.p2], [tn.zeros(3, 5), tn.tensor(0.0)], 1)
    assert averaged.module.p1.tolist() == before


@pytest.mark.parametrize("kind", AVERAGES)
def test_a_resumed_average_has_the_same_bits(kind):
    def make():
        tn.manual_seed(1)
        net = Net()
        optim.SGD(net.parameters())
        return net, AveragedModel(net, **AVERAGES[kind][0](0.9))

    net, whole = make()
    walk(net, whole, 5)
    walk(net, whole, 5, seed=1)
    net, first = make()
    walk(net, first, 5)
    _, second = make()
    second.load_state_dict(first.state_dict())
    walk(net, second, 5, seed=1)
    assert {k: v.numpy().tobytes() for k, v in second.state_dict().items()} == {
        k: v.numpy().tobytes() for k, v in whole.state_dict().items()
    }


def test_an_average_can_be_saved_and_read(tmp_path):
    averaged = AveragedModel(net := Net())
    walk(net, averaged, 3)
    training.save(averaged, tmp_path / "a.safetensors")
    other = training.load(AveragedModel(Net()), tmp_path / "a.safetensors")
    assert (flat(other) == flat(averaged)).all() and other.n_averaged.item() == 3


@pytest.mark.parametrize("use_buffers", [False, True])
def test_buffers_are_copied_or_averaged(use_buffers):
    averaged = AveragedModel(net := Net(), use_buffers=use_buffers)
    walk(net, averaged, 5)
    assert averaged.module.seen.tolist() == ([3.0, 3.0] if use_buffers else [5.0, 5.0])
    assert averaged.module.count.item() == 5


def test_it_is_the_model_and_leaves_it_alone():
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    averaged, x = AveragedModel(model), tn.randn(4, 3)
    averaged.update_parameters(model)
    assert (averaged(x) == model(x)).all()
    assert not any(np.shares_memory(a.array, b.array) for a, b in zip(averaged.parameters(), model.parameters()))
    before = flat(model).copy()
    for p in averaged.parameters():
        p.data = p.data + 1
    averaged.update_parameters(model)
    assert (flat(model) == before).all()


def test_an_update_between_forward_and_backward_is_noticed():
    averaged = AveragedModel(model := nn.Linear(3, 1))
    averaged.update_parameters(model)
    loss = averaged(tn.randn(4, 3, requires_grad=True)).square().sum()
    averaged.update_parameters(model)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_no_kernel_is_compiled_again_at_each_step(monkeypatch):
    averaged = AveragedModel(net := Net(), multi_avg_fn=get_ema_multi_avg_fn(0.9, debias=True))
    walk(net, averaged, 2)
    monkeypatch.setattr(parallel_for.ParallelFor, "compile", None)
    walk(net, averaged, 5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: AveragedModel(Net(), None, min, max), ValueError, "expected one of avg_fn and multi_avg_fn, got both"),
        (lambda: get_ema_multi_avg_fn(1.1), ValueError, r"expected a decay in \[0, 1\], got 1.1"),
        (lambda: get_ema_avg_fn(float("nan")), ValueError, "expected a decay"),
        (lambda: get_ema_avg_fn(1.0, debias=True), ValueError, r"expected a decay in \[0, 1\), got 1.0"),
        (lambda: AveragedModel(Net()).update_parameters(Net(tn.float64)), tn.ShapeError, "another structure"),
        (lambda: AveragedModel(nn.Linear(2, 2)).update_parameters(nn.Linear(2, 3)), ValueError, "another structure"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("as_tuples", [False, True])
def test_update_bn_measures_anew_as_pytorch_does(as_tuples, torch):
    def statistics(lib, utils):
        x = np.random.default_rng(0).standard_normal((5, 8, 3)).astype(np.float32)
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(3), lib.nn.Dropout(0.5), lib.nn.BatchNorm1d(3, momentum=0.3))
        model.eval()
        utils.update_bn([(lib.tensor(b), 0) if as_tuples else lib.tensor(b) for b in x], model)
        assert [m.momentum for m in (model[0], model[2])] == [0.1, 0.3] and not model.training
        return [model[0].running_mean.numpy(), model[0].running_var.numpy(), model[0].num_batches_tracked.numpy()]

    for ours, theirs in zip(statistics(tn, swa_utils), statistics(torch, torch.optim.swa_utils)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_update_bn_puts_modes_and_momentum_back_and_needs_no_data_without_statistics():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout()).eval()
    model[0].train()
    with pytest.raises(tn.ShapeError):
        swa_utils.update_bn([tn.randn(2, 4)], model)
    assert [m.training for m in model.modules()] == [False, True, False] and model[0].momentum == 0.1
    swa_utils.update_bn(None, nn.Linear(2, 2))


def test_weights_in_any_layout_of_memory():
    model = nn.Conv2d(2, 3, 3)
    model.weight.array = np.asarray(model.weight.array, order="F")
    averaged = AveragedModel(model)
    averaged.update_parameters(model)
    before = flat(model).copy()
    for p in model.parameters():
        p.data = p.data + 1
    averaged.update_parameters(model)
    np.testing.assert_allclose(flat(averaged), before + 0.5, rtol=1e-6, atol=1e-6)
