"""Modules: names, state, modes, text, and errors that say where."""

import copy
import re
from collections import OrderedDict

import numpy as np
import pytest
from helpers import close, launches

import tinynet as tn
from tinynet import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5))
        self.heads = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 1, bias=False)])
        self.scale = nn.Parameter(tn.ones(2))
        self.register_buffer("count", tn.zeros(1))
        self.register_buffer("scratch", tn.zeros(1), persistent=False)

    def forward(self, x):
        h = self.body(x)
        return self.heads[0](h) * self.scale + self.heads[1](h)


def like_net(lib):
    """The modules of `Net` in either library."""
    net = lib.nn.Module()
    net.body = lib.nn.Sequential(lib.nn.Linear(4, 3), lib.nn.ReLU(), lib.nn.Dropout(0.5))
    net.heads = lib.nn.ModuleList([lib.nn.Linear(3, 2), lib.nn.Linear(3, 1, bias=False)])
    net.scale = lib.nn.Parameter(lib.ones(2))
    net.register_buffer("count", lib.zeros(1))
    net.register_buffer("scratch", lib.zeros(1), persistent=False)
    return net


def test_names_and_repr_are_pytorchs(torch):
    ours, theirs = like_net(tn), like_net(torch)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert [n for n, _ in ours.named_buffers()] == [n for n, _ in theirs.named_buffers()]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs)
    others = "CrossEntropyLoss NLLLoss MSELoss BCEWithLogitsLoss Flatten GELU Tanh Sigmoid Identity".split()
    assert [repr(getattr(nn, n)()) for n in others] == [repr(getattr(torch.nn, n)()) for n in others]


def test_default_initialisation_has_pytorchs_distribution():
    tn.manual_seed(0)
    layer = nn.Linear(100, 2000)
    for p in (layer.weight, layer.bias):
        values = p.detach().numpy()
        assert np.abs(values).max() <= 0.1
        assert abs(values.mean()) < 0.005 and abs(values.std() - 0.1 / 3**0.5) < 0.002


def test_the_same_seed_gives_the_same_network():
    def state(seed):
        tn.manual_seed(seed)
        return Net().state_dict()

    assert all((a.numpy() == b.numpy()).all() for a, b in zip(state(1).values(), state(1).values()))
    assert (state(1)["body.0.weight"].numpy() != state(2)["body.0.weight"].numpy()).any()


def test_training_and_evaluation():
    net = Net()
    net.eval()
    assert not any(m.training for m in net.modules())
    x = tn.ones(5, 4)
    assert (net(x).detach().numpy() == net(x).detach().numpy()).all()
    net.train()
    assert net.body[2].training
    assert (net(x).detach().numpy() != net(x).detach().numpy()).any()


def test_state_round_trip_and_copy():
    a, b = Net(), Net()
    assert b.load_state_dict(a.state_dict()) == ([], [])
    c = copy.deepcopy(a)
    nn.init.zeros_(a.scale)
    for other in (b, c):
        assert other.scale.tolist() == [1.0, 1.0]
        assert (other.body[0].weight.detach().numpy() == a.body[0].weight.detach().numpy()).all()


def test_numbers_and_strided_arrays_can_be_loaded():
    net = nn.Module()
    net.register_buffer("count", tn.tensor(0))
    net.w = nn.Parameter(tn.zeros(3, 2))
    net.load_state_dict({"count": tn.tensor(7), "w": np.arange(6, dtype=np.float32).reshape(2, 3).T})
    assert net.count.item() == 7 and net.w.tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]


def test_loading_goes_into_the_memory_that_an_optimizer_updates():
    a, b = Net(), Net()
    optimizer = tn.optim.SGD(b.parameters(), lr=0.1)
    b.load_state_dict(a.state_dict())
    b.scale.grad = tn.ones(2)
    optimizer.step()
    assert np.allclose(b.scale.detach().numpy(), 0.9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("scale"), "missing keys: scale"),
        (lambda s: s.update(more=tn.ones(1)), "unexpected keys: more"),
        (lambda s: s.update(scale=tn.ones(3)), "scale: expected shape (2,), got (3,)"),
        (lambda s: s.update(scale=np.array([1j, 2j])), "scale: expected dtype float32, got complex128"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    net = Net()
    before = {k: v.numpy().copy() for k, v in net.state_dict().items()}
    state = {k: tn.zeros_like(v) for k, v in net.state_dict().items()}
    change(state)
    with pytest.raises(RuntimeError, match=re.escape(message)):
        net.load_state_dict(state)
    assert all((before[k] == v.numpy()).all() for k, v in net.state_dict().items())


def test_a_loose_load_reports_what_did_not_match():
    net = Net()
    result = net.load_state_dict({"scale": tn.zeros(2), "more": tn.ones(1)}, strict=False)
    assert "heads.0.bias" in result.missing_keys and result.unexpected_keys == ["more"]
    assert net.scale.tolist() == [0.0, 0.0]


def test_a_shape_error_says_which_module_and_what_was_expected():
    net = Net()
    with pytest.raises(tn.ShapeError) as caught:
        net(tn.ones(2, 5))
    assert str(caught.value) == (
        "Linear(in_features=4, out_features=3, bias=True) at model.body.0: expected (*, 4), got (2, 5)"
    )
    with pytest.raises(
        RuntimeError, match=re.escape("Linear(in_features=4, out_features=1, bias=True): expected (*, 4)")
    ):
        nn.Linear(4, 1)(tn.ones(3))


def test_a_wrong_dtype_says_which_module():
    with pytest.raises(
        TypeError, match=r"at model.0: linear: expected an input of the weight's dtype float32, got int64"
    ):
        nn.Sequential(nn.Linear(2, 2))(tn.tensor([[1, 2]]))


def test_sequential_calls_each_module_as_it_is():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2))
    assert model.summary(tn.ones(1, 3)).count("(1, 2)") >= 3
    with launches() as names:
        model(tn.ones(1, 3))
    assert names == ["linear", "relu", "linear"]
    model[1].forward = lambda x: x * 0 + 7
    model[2].weight.array[...], model[2].bias.array[...] = 1, 0
    assert model(tn.ones(1, 3)).tolist() == [[14.0, 14.0]]
    model[0].forward = lambda x: x[:, :2]
    assert model(tn.ones(1, 3)).tolist() == [[14.0, 14.0]]


class Doubled(nn.Linear):
    """A Linear with a forward of its own, which takes what PyTorch's takes."""

    def forward(self, input):
        return super().forward(input) * 2


def test_a_subclass_of_linear_before_a_relu():
    model = nn.Sequential(Doubled(3, 2), nn.ReLU())
    x = tn.randn(4, 3)
    expected = (nn.functional.linear(x, model[0].weight, model[0].bias) * 2).relu()
    assert model(x).tolist() == expected.tolist()


@pytest.mark.parametrize("call", [nn.functional.linear, nn.Linear(2, 2)], ids=["function", "module"])
def test_linear_takes_what_pytorchs_takes(call):
    arguments = (tn.ones(1, 2), tn.ones(2, 2)) if call is nn.functional.linear else (tn.ones(1, 2),)
    with pytest.raises(TypeError, match="activation"):
        call(*arguments, activation="relu")


def test_nll_loss_of_integers():
    assert tn.nn.functional.nll_loss(tn.tensor([[1, 2], [3, 4]]), tn.tensor([0, 1])).item() == -2.5


def test_nll_loss_of_log_probabilities_is_cross_entropy():
    x, target = tn.randn(4, 3, generator=tn.Generator(0)), tn.tensor([0, 2, 1, 2])
    for options in ({}, {"weight": tn.tensor([1.0, 2.0, 3.0])}, {"ignore_index": 2}, {"reduction": "sum"}):
        expected = nn.CrossEntropyLoss(**options)(x, target)
        assert nn.NLLLoss(**options)(nn.LogSoftmax(1)(x), target).item() == pytest.approx(expected.item(), rel=1e-6)


def test_labels_out_of_range():
    loss = nn.CrossEntropyLoss()
    for labels, at in (([0, 3], "got 3 at index 1"), ([-1, 0], "got -1 at index 0")):
        with pytest.raises(IndexError, match=re.escape(f"expected labels in [0, 3), {at}")):
            loss(tn.ones(2, 3), tn.tensor(labels))


def test_anomalies_name_the_module_forward_and_backward():
    class Log(nn.Module):
        def forward(self, x):
            return x.log()

    class Root(nn.Module):
        def forward(self, x):
            return (x * x).sqrt()

    with tn.autograd.detect_anomaly(), pytest.raises(tn.NonFiniteError, match=r"Log\(\) at model.1: operation 'log'"):
        nn.Sequential(nn.Identity(), Log())(tn.zeros(2))
    x = tn.zeros(1, requires_grad=True)
    with tn.autograd.detect_anomaly():
        y = nn.Sequential(Root())(x)
        with pytest.raises(
            tn.NonFiniteError, match=r"in the backward of 'sqrt' at model.0: operation 'div' made NaN|Inf"
        ):
            y.sum().backward()


def test_summary_counts_parameters_and_shows_shapes():
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Linear(5, 2, bias=False))
    text = net.summary(tn.zeros(3, 2, 3))
    assert "(3, 5)" in text and "(3, 2)" in text and "45 parameters" in text
    net[1].requires_grad_(False)
    assert "45 parameters, 10 of them trained" in net.summary() and net.summary().isascii()
    assert net.training


def test_modules_in_lists_are_told_by_their_whole_path():
    """Although a list is not called itself."""

    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(3, 3)), nn.Sequential(nn.Linear(3, 2))])
            self.heads = nn.ModuleDict({"out": nn.Linear(2, 1)})

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return self.heads["out"](x).log()

    net = Stack()
    with pytest.raises(tn.ShapeError, match=r"Linear\(.*\) at model.blocks.0.0: expected"):
        net(tn.ones(4, 5))
    with tn.profile() as p:
        net(tn.ones(4, 3))
    assert [x.module for x in p.events() if x.kernel == "linear"] == [
        "model.blocks.0.0", "model.blocks.1.0", "model.heads.out",
    ]  # fmt: skip
    lines = net.summary(tn.ones(4, 3)).splitlines()
    assert [re.search(r"\((4, \d)\)", line)[1] for line in lines[3:6]] == ["4, 3", "4, 2", "4, 1"]


def test_containers():
    net = nn.Sequential(OrderedDict(first=nn.Linear(2, 2), second=nn.ReLU()))
    assert list(net.state_dict()) == ["first.weight", "first.bias"]
    assert isinstance(net[-1], nn.ReLU) and len(net[:1]) == 1 and len(net) == 2
    net[1] = nn.Tanh()
    assert isinstance(net.second, nn.Tanh)
    modules = nn.ModuleList([nn.Linear(1, 1)])
    modules.append(nn.Linear(1, 2)).extend([nn.ReLU()])
    assert [type(m).__name__ for m in modules] == ["Linear", "Linear", "ReLU"]
    with pytest.raises(TypeError, match="expected modules, got int"):
        nn.Sequential(3)
    with pytest.raises(IndexError, match="expected an index below 2"):
        net[2]


def test_shared_parameters_are_listed_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(net.state_dict()) == 4


def test_a_parameter_cannot_be_replaced_by_a_tensor_by_mistake():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="expected a Parameter or None"):
        layer.weight = tn.ones(2, 2)
    layer.bias = None
    assert layer(tn.ones(1, 2)).shape == (1, 2)


def test_conversion_to_float64():
    net = Net().double()
    assert {p.dtype for p in net.parameters()} == {tn.float64} and net.count.dtype == tn.float64
    net(tn.ones(2, 4, dtype=tn.float64)).sum().backward()
    assert net.scale.grad.dtype == tn.float64


def test_lookup_by_path():
    net = Net()
    assert net.get_submodule("heads.1") is net.heads[1]
    assert net.get_parameter("body.0.bias") is net.body[0].bias
    with pytest.raises(AttributeError, match="nothing is called 'tail'"):
        net.get_submodule("tail.0")


def test_a_module_without_forward():
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(1)


def test_gradients_go_where_their_parameters_go(torch):
    results = []
    for lib in (tn, torch):
        model = lib.nn.Linear(2, 3)
        optimizer = lib.optim.SGD([model.weight], lr=0.1)
        model(lib.ones(1, 2)).sum().backward()
        model.bias.grad = None
        assert model.double().bias.grad is None and model.weight.grad.dtype == lib.float64
        model(lib.ones(1, 2, dtype=lib.float64)).sum().backward()
        results.append([model.weight.grad, model.bias.grad])
        if lib is tn:
            with pytest.raises(tn.DTypeError, match="when its optimizer was made"):
                optimizer.step()
    for a, e in zip(*results):
        close(a, e)
