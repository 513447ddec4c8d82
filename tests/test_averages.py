"""Averages of parameters: their formulas, PyTorch's numbers, one loop over all, and state that survives saving."""

import numpy as np
import pytest
from helpers import launches

import tinynet as tn
from tinynet import nn, optim, training
from tinynet.kernels import lift
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
        model = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Linear(4, 1)).to(lib.float64)
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


def test_no_kernel_is_compiled_again_at_each_step():
    averaged = AveragedModel(net := Net(), multi_avg_fn=get_ema_multi_avg_fn(0.9, debias=True))
    walk(net, averaged, 5)
    assert isinstance(swa_utils.DEBIASED, lift.lift)
    assert all(len(loop.signatures) == 1 for loop in swa_utils.DEBIASED._serial.values())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: AveragedModel(Net(), min, max), ValueError, "expected one of avg_fn and multi_avg_fn, got both"),
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


class MeanOf(nn.Module):
    """Knows the mean of what it has seen: as batch normalisation does, for momentum None."""

    momentum = 0.1

    def __init__(self):
        self.register_buffer("running_mean", tn.zeros(()))
        self.reset_running_stats()

    def reset_running_stats(self):
        self.running_mean.zero_()
        self.batches = 0

    def forward(self, x):
        if self.training:
            self.batches += 1
            weight = 1 / self.batches if self.momentum is None else self.momentum
            self.running_mean.copy_(self.running_mean + weight * (x.mean() - self.running_mean))
        return x


def test_update_bn_measures_anew():
    model = nn.Sequential(MeanOf(), nn.Dropout())
    model.eval()
    model[0].train()
    model(tn.full((3,), 100.0))
    batches = [(tn.full((2,), float(i)), tn.tensor(0)) for i in range(5)]
    swa_utils.update_bn(batches, model)
    assert model[0].running_mean.item() == pytest.approx(2.0) and model[0].momentum == 0.1
    assert [m.training for m in model.modules()] == [False, True, False]
    swa_utils.update_bn((x for x, _ in batches[3:]), model)
    assert model[0].running_mean.item() == pytest.approx(3.5)
    swa_utils.update_bn(None, nn.Linear(2, 2))  # nothing to measure
