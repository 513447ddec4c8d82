"""Parametrizations and what else computes or moves parameters in nn.utils, beside PyTorch's."""

import copy
import pickle

import numpy as np
import pytest
from helpers import close, numpy

import tinynet as tn
from tinynet import nn
from tinynet.nn.utils import parametrizations, parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T


class Exp(nn.Module):
    def forward(self, x):
        return x.exp()

    def right_inverse(self, y):
        return y.log()


class Rank1(nn.Module):
    def forward(self, a, b):
        return a[:, None] * b

    def right_inverse(self, w):
        return w[:, 0].clone(), w[0].clone()


LAYERS = {
    "Linear": lambda lib: (lib.nn.Linear(4, 3), (5, 4)),
    "Conv2d": lambda lib: (lib.nn.Conv2d(2, 3, 3), (2, 2, 5, 5)),
    "ConvTranspose1d": lambda lib: (lib.nn.ConvTranspose1d(2, 3, 2), (2, 2, 5)),
}
NORMS = {
    "weight_norm": lambda lib, m: lib.nn.utils.parametrizations.weight_norm(m),
    "weight_norm of all": lambda lib, m: lib.nn.utils.parametrizations.weight_norm(m, dim=None),
    "weight_norm dim=1": lambda lib, m: lib.nn.utils.parametrizations.weight_norm(m, "weight", 1),
    "spectral_norm": lambda lib, m: lib.nn.utils.parametrizations.spectral_norm(m),
    "older weight_norm": lambda lib, m: lib.nn.utils.weight_norm(m),
    "older weight_norm of all": lambda lib, m: lib.nn.utils.weight_norm(m, dim=None),
    "older spectral_norm": lambda lib, m: lib.nn.utils.spectral_norm(m),
    "older spectral_norm dim=1": lambda lib, m: lib.nn.utils.spectral_norm(m, "weight", 2, dim=1),
    "spectral_norm twice": lambda lib, m: lib.nn.utils.parametrizations.spectral_norm(m, n_power_iterations=2, dim=1),
}


def trained(lib, module, shape):
    """Outputs, gradients and state after two passes in training and one in evaluation."""
    x = lib.tensor(np.random.default_rng(1).standard_normal(shape).astype(np.float32))
    for _ in range(2):
        module(x).sin().sum().backward()
    y = module.eval()(x)
    return [y.detach(), *(p.grad for p in module.parameters()), *module.state_dict().values()]


@pytest.mark.torch
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:weight_norm is deprecated:FutureWarning")
def test_norms_of_weights_are_pytorchs(torch, layer, norm):
    (ours, shape), (theirs, _) = LAYERS[layer](tn), LAYERS[layer](torch)
    ours, theirs = NORMS[norm](tn, ours), NORMS[norm](torch, theirs)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({k: numpy(v) for k, v in theirs.state_dict().items()})
    for a, e in zip(trained(tn, ours, shape), trained(torch, theirs, shape), strict=True):
        np.testing.assert_allclose(numpy(a), numpy(e), 1e-4, 1e-5)


@pytest.mark.filterwarnings("ignore:weight_norm is deprecated:FutureWarning")
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_the_older_norms_can_be_removed(name):
    layer = getattr(nn.utils, name)(nn.Linear(3, 2))
    x = tn.randn(4, 3)
    y = layer(x)
    assert getattr(nn.utils, f"remove_{name}")(layer) is layer and list(layer.state_dict()) == ["bias", "weight"]
    close(layer(x).detach(), y.detach(), ulp=16, scale=1)
    with pytest.raises(ValueError, match=f"remove_{name}: Linear.* has none for 'weight'"):
        getattr(nn.utils, f"remove_{name}")(layer)
    with pytest.raises(ValueError, match=f"{name}: expected the name of a parameter"):
        getattr(nn.utils, name)(layer, "training")


def test_a_state_of_the_older_norm_fits():
    with pytest.warns(FutureWarning, match="in favour of parametrizations.weight_norm"):
        older = nn.Sequential(nn.utils.weight_norm(nn.Linear(3, 2)))
    layer = nn.Sequential(parametrizations.weight_norm(nn.Linear(3, 2)))
    layer.load_state_dict(older.state_dict())
    assert layer(tn.ones(1, 3)).tolist() == older(tn.ones(1, 3)).tolist()
    copy.deepcopy(layer).load_state_dict(older.state_dict())
    pickle.loads(pickle.dumps(layer)).load_state_dict(older.state_dict())


SHAPES = [(4, 4), (5, 3), (3, 5), (2, 4, 3)]


@pytest.mark.torch
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [True, False])
def test_orthogonal_weights_are_pytorchs(torch, name, shape, trivial):
    results, rng = [], np.random.default_rng(0)
    original, base = (
        rng.standard_normal(shape),
        np.linalg.qr(rng.standard_normal((*shape[:-2], max(shape[-2:]), max(shape[-2:]))))[0],
    )
    for lib in (tn, torch):
        module = lib.nn.Module()
        module.weight = lib.nn.Parameter(lib.zeros(*shape) + 1)
        lib.nn.utils.parametrizations.orthogonal(module, "weight", name, use_trivialization=trivial)
        state = {"parametrizations.weight.original": lib.tensor(original)}
        if trivial:
            state["parametrizations.weight.0.base"] = lib.tensor(base)
        module.load_state_dict(state)
        module.weight.sin().sum().backward()
        results.append([module.weight.detach(), module.parametrizations.weight.original.grad])
    for a, e in zip(*results):
        np.testing.assert_allclose(numpy(a), numpy(e), 1e-4, 1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "options", [{}, {"orthogonal_map": "cayley"}, {"use_trivialization": False, "orthogonal_map": "householder"}]
)
def test_orthogonal_weights_can_be_assigned_and_trained(shape, options):
    module = nn.Module()
    module.weight = nn.Parameter(tn.randn(*shape))
    parametrizations.orthogonal(module, **options)
    optimizer = tn.optim.SGD(module.parameters(), 0.1)
    assigned = nn.init.orthogonal_(tn.empty(*shape[-2:])).expand(*shape).clone()
    module.weight = assigned
    np.testing.assert_allclose(module.weight.detach().numpy(), assigned.numpy(), atol=1e-5)
    for _ in range(3):
        optimizer.zero_grad()
        (module.weight * tn.arange(float(shape[-1]))).sum().backward()
        optimizer.step()
    weight = module.weight.detach().numpy()
    assert np.abs(weight - assigned.numpy()).max() > 1e-2
    product = weight @ weight.swapaxes(-1, -2) if shape[-2] < shape[-1] else weight.swapaxes(-1, -2) @ weight
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(min(shape[-2:])), product.shape), atol=1e-5)


def test_a_parametrized_weight_is_computed_at_each_use():
    layer = nn.Linear(3, 3)
    weight = layer.weight
    assert parametrize.register_parametrization(layer, "weight", Symmetric()) is layer
    assert (layer.weight == layer.weight.T).all() and layer.parametrizations.weight.original is weight
    assert isinstance(layer, nn.Linear) and parametrize.type_before_parametrizations(layer) is nn.Linear
    assert [n for n, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]
    optimizer = tn.optim.SGD(layer.parameters(), 0.1)
    layer(tn.ones(2, 3)).sum().backward()
    before = layer.weight
    optimizer.step()
    assert (layer.weight != before).any() and (layer.weight == layer.weight.T).all()


def test_assignment_goes_through_the_inverse():
    layer = nn.Linear(2, 2)
    nn.init.ones_(layer.weight)
    parametrize.register_parametrization(layer, "weight", Exp())
    close(layer.weight.detach(), tn.ones(2, 2))
    layer.weight = tn.full((2, 2), 3.0)
    close(layer.weight.detach(), tn.full((2, 2), 3.0))
    close(layer.parametrizations.weight.original.detach(), tn.full((2, 2), 3.0).log())
    parametrize.register_parametrization(layer, "weight", Symmetric())
    with pytest.raises(RuntimeError, match="Symmetric has no right_inverse to assign by"):
        layer.weight = tn.ones(2, 2)


def test_several_originals():
    layer = nn.Linear(3, 2)
    parametrize.register_parametrization(layer, "weight", Rank1(), unsafe=True)
    assert [n for n, _ in layer.named_parameters()][1:] == [f"parametrizations.weight.original{i}" for i in range(2)]
    assert np.linalg.matrix_rank(layer.weight.detach().numpy()) == 1
    with pytest.raises(ValueError, match="expected leave_parametrized=True"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    weight = layer.weight
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and isinstance(layer.weight, nn.Parameter)
    assert layer.weight.tolist() == weight.tolist() and list(layer.state_dict()) == ["bias", "weight"]


@pytest.mark.parametrize("leave", [True, False])
def test_removal(leave):
    layer = nn.Linear(2, 2)
    weight, before = layer.weight, layer.weight.tolist()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    parametrize.register_parametrization(layer, "bias", Exp())
    after = layer.weight.tolist()
    assert parametrize.is_parametrized(layer) and parametrize.is_parametrized(layer, "bias")
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=leave)
    assert layer.weight is weight and weight.tolist() == (after if leave else before)
    assert parametrize.is_parametrized(layer, "bias") and not parametrize.is_parametrized(layer, "weight")
    parametrize.remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear and not parametrize.is_parametrized(layer)
    with pytest.raises(ValueError, match="has no parametrized 'weight'"):
        parametrize.remove_parametrizations(layer, "weight")


def test_buffers_can_be_parametrized():
    module = nn.Module()
    module.register_buffer("scale", tn.full((2,), 2.0))
    parametrize.register_parametrization(module, "scale", Exp())
    close(module.scale, tn.full((2,), 2.0), ulp=16)
    assert list(module.state_dict()) == ["parametrizations.scale.original"] and not list(module.parameters())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_parametrized_too_and_apart(copied):
    layer = parametrizations.weight_norm(nn.Linear(2, 2))
    other = copied(layer)
    parametrize.remove_parametrizations(layer, "weight")
    assert parametrize.is_parametrized(other, "weight") and other.weight.shape == (2, 2)
    assert type(other).__name__ == "ParametrizedLinear" and type(layer) is nn.Linear


def test_in_a_cached_block_a_tensor_is_computed_once():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Exp())
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        assert layer.weight is first
        layer.weight = tn.ones(2, 2)
        assert layer.weight is not first
    assert layer.weight is not layer.weight


@pytest.mark.parametrize(
    "parametrization, message",
    [
        (lambda x: x.double(), "expected dtype float32, got float64"),
        (lambda x: x[0], r"expected shape \(2, 2\), got \(2,\)"),
        (lambda x: [x], "expected it to return a Tensor, got list"),
    ],
)
def test_a_parametrization_that_does_not_fit_changes_nothing(parametrization, message):
    layer, module = nn.Linear(2, 2), nn.Module().eval()
    module.forward = parametrization
    weight, before = layer.weight, layer.weight.tolist()
    with pytest.raises((ValueError, TypeError), match=message):
        parametrize.register_parametrization(layer, "weight", module)
    assert type(layer) is nn.Linear and layer.weight is weight and weight.tolist() == before and not module.training
    with pytest.raises(ValueError, match="expected the name of a parameter or buffer of Linear"):
        parametrize.register_parametrization(layer, "wieght", Symmetric())


def test_parameters_as_a_vector():
    model = nn.Linear(3, 2)
    optimizer = tn.optim.SGD(model.parameters(), 0.5)
    vector = nn.utils.parameters_to_vector(model.parameters())
    assert vector.tolist() == [*model.weight.flatten().tolist(), *model.bias.tolist()] and vector.requires_grad
    nn.utils.vector_to_parameters(tn.arange(8.0), model.parameters())
    assert model.weight.tolist() == [[0, 1, 2], [3, 4, 5]] and model.bias.tolist() == [6, 7]
    model(tn.zeros(1, 3)).sum().backward()
    optimizer.step()
    assert model.bias.tolist() == [5.5, 6.5]
    with pytest.raises(tn.ShapeError, match="expected a vector of 8 elements"):
        nn.utils.vector_to_parameters(tn.zeros(7), model.parameters())
    assert model.bias.tolist() == [5.5, 6.5]


@pytest.mark.parametrize("layer, shape, norm, fuse", [
    (lambda: nn.Conv2d(2, 3, 3, bias=False), (2, 2, 5, 5), nn.BatchNorm2d, nn.utils.fuse_conv_bn_eval),
    (lambda: nn.ConvTranspose1d(2, 3, 2), (2, 2, 5), nn.BatchNorm1d,
     lambda c, b: nn.utils.fuse_conv_bn_eval(c, b, transpose=True)),
    (lambda: nn.Linear(4, 3), (5, 4), nn.BatchNorm1d, nn.utils.fuse_linear_bn_eval),
])  # fmt: skip
def test_layers_and_norms_made_one(layer, shape, norm, fuse):
    model = nn.Sequential(layer(), norm(3))
    with pytest.raises(ValueError, match=r"expected modules in evaluation; call eval\(\) first"):
        fuse(*model)
    for _ in range(3):
        model(tn.randn(*shape) * 2 + 1)
    nn.init.uniform_(model[1].weight), nn.init.uniform_(model[1].bias)
    model.eval()
    x = tn.randn(*shape)
    close(fuse(*model)(x).detach(), model(x).detach(), ulp=64, scale=1)
