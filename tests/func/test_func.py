"""Functions of functions. What is asserted of `lib` is asserted of PyTorch too."""

from collections import namedtuple

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet.trees import flatten, map_leaves, unflatten


def tensor(lib, *values, requires_grad=False):
    return lib.tensor(values, dtype=lib.float64).requires_grad_(requires_grad)


def same(found, expected):
    """The same structure, and the same values to a few ulp."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, tuple | list) and isinstance(found, tuple | list):
        assert len(found) == len(expected)
        for f, e in zip(found, expected):
            same(f, e)
    else:
        np.testing.assert_allclose(numpy(found.detach()), np.asarray(expected), rtol=1e-12, atol=1e-12)


# Gradients


def test_grad(lib):
    x = tensor(lib, 1.0, 2.0)
    cube = lambda x, n=3: (x**n).sum()
    same(lib.func.grad(cube)(x), [3, 12])
    same(lib.func.grad(cube)(x, n=2), [2, 4])
    same(lib.func.grad_and_value(cube)(x), ([3, 12], 9))
    assert not lib.func.grad(cube)(x).requires_grad and x.grad is None
    with lib.no_grad():
        same(lib.func.grad(cube)(x), [3, 12])


def test_which_arguments(lib):
    f, x, y = lambda x, y: (x * y).sum(), tensor(lib, 1.0), tensor(lib, 3.0)
    same(lib.func.grad(f, argnums=-1)(x, y), [1])
    same(lib.func.grad(f, argnums=(1, 0))(x, y), ([1], [3]))
    nested = lambda d: (d["a"] * d["b"][0]).sum()
    same(lib.func.grad(nested)({"a": x, "b": (y,)}), {"a": [3], "b": ([1],)})
    for wrong in (2, (0, 2)):
        with pytest.raises(RuntimeError):
            lib.func.grad(f, argnums=wrong)(x, y)


def test_what_is_returned_beside(lib):
    x = tensor(lib, 1.0, 2.0)
    f = lambda x: ((x**2).sum(), {"twice": x * 2})
    same(lib.func.grad(f, has_aux=True)(x), ([2, 4], {"twice": [2, 4]}))
    found, (value, aux) = lib.func.grad_and_value(f, has_aux=True)(x)
    same((found, value, aux), ([2, 4], 5, {"twice": [2, 4]}))
    assert not value.requires_grad and not aux["twice"].requires_grad
    with pytest.raises((RuntimeError, TypeError), match="aux"):
        lib.func.grad(lambda x: x.sum(), has_aux=True)(x)


def test_gradients_of_gradients(lib):
    grad = lib.func.grad
    x = tensor(lib, 2.0).squeeze()
    same(grad(grad(grad(lambda x: x**4)))(x), 48)
    # Partial derivatives do not mix: d/dx x (d/dy x y) = 2x
    same(grad(lambda x: x * grad(lambda y: x * y)(x * 3))(x), 4)
    same(grad(lambda x: grad(lambda y: x**2 * y**3)(x))(x), 12 * 2**3)  # 3x⁴


def test_derivatives_by_what_is_outside(lib):
    x, w = tensor(lib, 1.0, 2.0, requires_grad=True), tensor(lib, 3.0, requires_grad=True)
    g, value = lib.func.grad_and_value(lambda x: (w * x**2).sum())(x)
    assert g.requires_grad and value.requires_grad
    g.sum().backward()
    same(x.grad, [6, 6])
    same(w.grad, [6])
    with lib.no_grad():
        assert not lib.func.grad(lambda x: (w * x**2).sum())(x).requires_grad


def test_no_dependence(lib):
    x, w = tensor(lib, 1.0, 2.0), tensor(lib, 3.0, requires_grad=True)
    same(lib.func.grad(lambda x: w.sum())(x), [0, 0])
    same(lib.func.grad(lambda x: lib.ones(()))(x), [0, 0])
    same(lib.func.jacrev(lambda x: w)(x), [[0, 0]])


@pytest.mark.parametrize("func", [lambda x: x, lambda x: 1.0, lambda x: (x.sum(),)], ids=["vector", "number", "tuple"])
def test_a_gradient_is_of_a_number(lib, func):
    with pytest.raises((RuntimeError, TypeError), match=r"Expected f|expected func"):
        lib.func.grad(func)(tensor(lib, 1.0, 2.0))


@pytest.mark.parametrize("x", [2.0, [1], "x"])
def test_inputs_are_tensors(lib, x):
    with pytest.raises((ValueError, TypeError), match="ensor"):
        lib.func.grad(lambda x: x * x)(x)


def test_inputs_are_of_a_floating_dtype(lib):
    with pytest.raises(RuntimeError, match="floating"):
        lib.func.grad(lambda x: x.sum())(lib.tensor([1, 2]))


# Products with the Jacobian


def test_vjp(lib):
    x, y = tensor(lib, 1.0, 2.0), tensor(lib, 3.0, 4.0)
    out, pull = lib.func.vjp(lambda x, y: {"a": x * y, "b": (x.sum(),)}, x, y)
    same(out, {"a": [3, 8], "b": (3,)})
    u = {"a": tensor(lib, 1.0, 10.0), "b": (lib.tensor(100.0, dtype=lib.float64),)}
    for _ in range(2):
        same(pull(u), ([103, 140], [1, 20]))
    with pytest.raises((RuntimeError, TypeError), match="structure"):
        pull(u["a"])
    out, pull, aux = lib.func.vjp(lambda x: (x * 2, x * 3), x, has_aux=True)
    same((out, pull(x), aux), ([2, 4], ([2, 4],), [3, 6]))
    with pytest.raises(RuntimeError, match="shape"):
        pull(lib.ones(3))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_jvp(lib):
    x, y = tensor(lib, 1.0, 2.0), tensor(lib, 3.0, 4.0)
    v = tensor(lib, 1.0, 10.0), tensor(lib, 0.0, 1.0)
    f = lambda x, y: {"a": x * y, "b": x.exp().sum()}
    same(
        lib.func.jvp(f, (x, y), v), ({"a": [3, 8], "b": np.exp([1, 2]).sum()}, {"a": [3, 42], "b": np.e + 10 * np.e**2})
    )
    same(lib.func.jvp(lambda x: (x**2, x), (x,), v[:1], has_aux=True), ([1, 4], [2, 40], [1, 2]))
    same(lib.func.jvp(lambda x: y, (x,), v[:1]), ([3, 4], [0, 0]))
    for wrong in (lambda: lib.func.jvp(f, x, v), lambda: lib.func.jvp(lambda x: y, (x,), v[:1], strict=True),
                  lambda: lib.func.jvp(lambda x: x, (x,), (lib.ones(3),))):  # fmt: skip
        with pytest.raises((RuntimeError, TypeError)):
            wrong()


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_they_may_be_nested(lib):
    func, x, v = lib.func, tensor(lib, 1.0, 2.0), tensor(lib, 1.0, 10.0)
    cube = lambda x: (x**3).sum()
    same(func.jvp(func.grad(cube), (x,), (v,))[1], [6, 120])  # H v
    same(func.grad(lambda x: func.jvp(cube, (x,), (v,))[1])(x), [6, 120])
    same(func.vjp(func.grad(cube), x)[1](v)[0], [6, 120])
    same(func.grad(lambda u: func.vjp(lambda x: x**2, x)[1](u)[0].sum())(v), [2, 4])


# Jacobians


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_jacobians(lib, name):
    jacobian = getattr(lib.func, name)
    x, y = tensor(lib, 1.0, 2.0), tensor(lib, 3.0, 4.0)
    same(jacobian(lambda x: x**2)(x), [[2, 0], [0, 4]])
    same(jacobian(lambda x: x.sum())(x), [1, 1])
    same(jacobian(lambda x, y: (x * y, {"s": x.sum()}), argnums=(0, 1))(x, y),
         (([[3, 0], [0, 4]], [[1, 0], [0, 2]]), {"s": ([1, 1], [0, 0])}))  # fmt: skip
    same(jacobian(lambda d: d["a"] ** 2)({"a": x}), {"a": [[2, 0], [0, 4]]})
    same(jacobian(lambda x: (x * 2, x * 3), has_aux=True)(x), ([[2, 0], [0, 2]], [3, 6]))
    m = jacobian(lambda x: x.reshape(3, 2).t() * 2)(lib.arange(6, dtype=lib.float64).reshape(2, 3))
    assert m.shape == (2, 3, 2, 3) and m.sum().item() == 12 and m[0, 1, 0, 2].item() == 2
    same(jacobian(jacobian(lambda x: x**3))(x), [[[6, 0], [0, 0]], [[0, 0], [0, 12]]])
    w = tensor(lib, 3.0, requires_grad=True)
    assert jacobian(lambda x: w * x)(x).requires_grad and not jacobian(lambda x: x)(x).requires_grad


def test_jacobians_without_elements():
    for jacobian in tn.func.jacrev, tn.func.jacfwd:
        assert jacobian(lambda x: x[:0])(tensor(tn, 1.0, 2.0)).shape == (0, 2)
        assert jacobian(lambda x: x.sum())(tensor(tn)).shape == (0,)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_hessian(lib):
    x, y = tensor(lib, 1.0, 2.0), tensor(lib, 3.0, 4.0)
    same(lib.func.hessian(lambda x: (x**3).sum())(x), [[6, 0], [0, 12]])
    found = lib.func.hessian(lambda x, y: (x * y**2).sum(), argnums=(0, 1))(x, y)
    zero, cross = [[0, 0], [0, 0]], [[6, 0], [0, 8]]
    same(found, ((zero, cross), (cross, [[2, 0], [0, 4]])))


# autograd.functional


def test_functional_products(lib):
    at, x, y = lib.autograd.functional, tensor(lib, 1.0, 2.0), tensor(lib, 3.0, 4.0)
    u, v = tensor(lib, 1.0, 10.0), tensor(lib, 0.0, 1.0)
    f = lambda x, y: (x * y, x.sum())
    one = lib.ones((), dtype=lib.float64)
    same(at.vjp(f, (x, y), (u, one)), (([3, 8], 3), ([4, 41], [1, 20])))
    same(at.jvp(f, (x, y), (u, v)), (([3, 8], 3), ([3, 42], 11)))
    same(at.vjp(lambda x: x.sum(), x), (3, [1, 1]))
    cube = lambda x: (x**3).sum()
    for product in at.vhp, at.hvp:
        same(product(cube, x, u), (9, [6, 120]))
        same(product(lambda x, y: (x * y).sum(), (x, y), (u, v)), (11, ([0, 1], [1, 10])))
        assert not product(cube, x, u)[1].requires_grad and product(cube, x, u, create_graph=True)[1].requires_grad
    for wrong in (lambda: at.vjp(lambda x: x, x), lambda: at.jvp(lambda x: x, x), lambda: at.hvp(lambda x: x, x, u),
                  lambda: at.vjp(lambda x: x, x, lib.ones(3)), lambda: at.vjp(lambda x: x, x, (u, u)),
                  lambda: at.vjp(lambda x: y, x, u, strict=True)):  # fmt: skip
        with pytest.raises(RuntimeError):
            wrong()


def test_functional_jacobian_and_hessian(lib):
    at, x, y = lib.autograd.functional, tensor(lib, 1.0, 2.0, requires_grad=True), tensor(lib, 3.0, 4.0)
    same(at.jacobian(lambda x: x**2, x), [[2, 0], [0, 4]])
    same(at.jacobian(lambda x, y: (x * y, y.sum()), (x, y)), (([[3, 0], [0, 4]], [[1, 0], [0, 2]]), ([0, 0], [1, 1])))
    same(at.jacobian(lambda x: x, (x,)), ([[1, 0], [0, 1]],))
    same(at.jacobian(lambda x: x**2, x, vectorize=True, strategy="forward-mode"), [[2, 0], [0, 4]])
    same(at.hessian(lambda x: (x**3).sum(), x), [[6, 0], [0, 12]])
    zero, one = [[0, 0], [0, 0]], [[1, 0], [0, 1]]
    same(at.hessian(lambda x, y: (x * y).sum(0, keepdim=True), (x, y)), ((zero, one), (one, zero)))
    assert not at.jacobian(lambda x: x**2, x).requires_grad and x.grad is None
    at.jacobian(lambda x: x**2, x, create_graph=True).sum().backward()
    same(x.grad, [2, 2])
    for wrong in (lambda: at.jacobian(lambda x: y, x, strict=True), lambda: at.hessian(lambda x: x, x),
                  lambda: at.jacobian(lambda x, y: x, (x, y), strict=True),
                  lambda: at.hessian(lambda x: x.sum(), x, strict=True),
                  lambda: at.jacobian(lambda x: x, x, strategy="forward-mode")):  # fmt: skip
        with pytest.raises(RuntimeError):
            wrong()
    for wrong in (lambda: at.jacobian(lambda x: x, [x]), lambda: at.jacobian(lambda x: [x], x)):
        with pytest.raises(TypeError):
            wrong()


def test_paths(lib):
    assert lib.autograd.gradcheck is not None and callable(lib.autograd.gradcheck)
    name = lib.__name__
    for path, found in {
        "autograd.functional": "jacobian", "autograd.gradcheck": "gradgradcheck", "autograd.grad_mode": "no_grad",
        "autograd.anomaly_mode": "detect_anomaly", "autograd.function": "once_differentiable", "func": "grad",
        "autograd.variable": "Variable", "autograd.graph": "Node", "nn.utils.stateless": "functional_call",
    }.items():  # fmt: skip
        scope = {}
        exec(f"from {name}.{path} import {found}", scope)
        assert scope[found] is not None


# functional_call


def model_of(lib):
    return lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.BatchNorm1d(2))


def test_functional_call(lib):
    model, x = model_of(lib), lib.ones(4, 2)
    call, weight = lib.func.functional_call, model[0].weight
    zero = {"0.weight": lib.zeros(2, 2).requires_grad_()}
    mine = {"0.bias": lib.tensor([1.0, 2.0])}
    model.eval()
    expected = (mine["0.bias"] / (1 + model[1].eps) ** 0.5).expand(4, 2)
    for found in (
        call(model, (zero, mine), (x,)),
        call(model, {**zero, **mine}, x),
        call(model, [zero, mine], kwargs={"input": x}),
    ):
        np.testing.assert_allclose(numpy(found.detach()), numpy(expected), rtol=1e-6)
    assert model[0].weight is weight
    call(model, zero, x).sum().backward()
    assert zero["0.weight"].grad is not None and weight.grad is None
    assert call(model, {"nothing": x}, x).shape == (4, 2) and not hasattr(model, "nothing")


def test_functional_call_changes_given_buffers(lib):
    model = model_of(lib)
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    lib.func.functional_call(model, buffers, lib.randn(4, 2))
    assert buffers["1.num_batches_tracked"] == 1 and model[1].num_batches_tracked == 0
    assert (buffers["1.running_mean"] != 0).any() and (model[1].running_mean == 0).all()

    class Counts(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", lib.zeros(()))

        def forward(self, x):
            self.count = self.count + 1
            return x

    module, buffers = Counts(), {"count": lib.ones(())}
    lib.func.functional_call(module, buffers, lib.ones(1))
    assert buffers["count"] == 2 and module.count == 0


def test_tied_parameters(lib):
    class Tied(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = self.b = lib.nn.Parameter(lib.ones(1))

        def forward(self, x):
            return x * self.a + self.b

    tied, call, x, zero = Tied(), lib.func.functional_call, lib.ones(1), {"a": lib.zeros(1)}
    assert call(tied, zero, x).item() == 0 and call(tied, zero, x, tie_weights=False).item() == 1
    assert call(tied, zero, x, strict=True).item() == 0
    with pytest.raises(ValueError, match="tie_weights=False"):
        call(tied, {**zero, "b": lib.ones(1)}, x)


def test_functional_call_is_told_what_it_cannot_do(lib):
    model, call, x = model_of(lib), lib.func.functional_call, lib.ones(4, 2)
    weight, zero = model[0].weight, {"0.weight": lib.zeros(2, 2)}
    for kind, wrong in [
        (RuntimeError, lambda: call(model, zero, x, strict=True)),
        (RuntimeError, lambda: call(model, {**dict(model.named_parameters()), "more": x}, x, strict=True)),
        (RuntimeError, lambda: call(model, {"0.weight": lib.zeros(3, 3)}, x)),
        (AttributeError, lambda: call(model, {"5.weight": x}, x)),
        (ValueError, lambda: call(model, (zero, zero), x)),
        (ValueError, lambda: call(model, 3, x)),
        (TypeError, lambda: call(model, {"0.weight": 3}, x)),
    ]:
        with pytest.raises(kind):
            wrong()
        assert model[0].weight is weight


def test_the_older_place_of_functional_call(lib):
    with pytest.warns(FutureWarning, match="func.functional_call"):
        lib.nn.utils.stateless.functional_call(model_of(lib), {}, lib.ones(4, 2))


def test_gradients_by_the_parameters_of_a_module(lib):
    model, x = lib.nn.Linear(2, 1), lib.ones(3, 2)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    loss = lambda p: lib.func.functional_call(model, p, x).sum()
    same(lib.func.grad(loss)(parameters), {"weight": [[3, 3]], "bias": [3]})


# Trees


def test_trees():
    tree = {"a": [1, (2, 3)], "b": {}, "c": np.float64(4)}
    leaves, structure = flatten(tree)
    assert leaves == [1, 2, 3, 4] and unflatten(structure, leaves) == tree
    assert map_leaves(lambda x: x + 1, tree) == {"a": [2, (3, 4)], "b": {}, "c": 5}
    assert flatten([1, 2])[1] != flatten((1, 2))[1] and flatten({"a": 1})[1] != flatten({"b": 1})[1]
    pair = namedtuple("Pair", "a b")(1, [2])
    assert map_leaves(lambda x: x * 2, pair) == type(pair)(2, [4])


BATCHED = {
    "elements": lambda lib, x: (x * x * x, lib.eye(4, dtype=lib.float64)),
    "a number": lambda lib, x: ((x * x).sum(), lib.tensor([1.0, -2.0, 0.5], dtype=lib.float64)),
    "what reads values": lambda lib, x: (x.sort()[0].cumprod(0), lib.eye(4, dtype=lib.float64)[:3]),
    "matrices": lambda lib, x: (lib.linalg.inv(x.reshape(2, 2)), lib.eye(4, dtype=lib.float64).reshape(4, 2, 2)),
}


@pytest.mark.parametrize("name", BATCHED)
def test_several_gradients_at_once(lib, name):
    x, z = lib.tensor([3.0, 1.0, 2.0, -5.0], dtype=lib.float64, requires_grad=True), lib.ones(2, requires_grad=True)
    y, gs = BATCHED[name](lib, x)
    expected = [lib.autograd.grad(y, x, g, retain_graph=True)[0].numpy() for g in gs]
    found, none = lib.autograd.grad(y, [x, z], gs, create_graph=True, allow_unused=True, is_grads_batched=True)
    assert none is None and found.requires_grad and x.grad is None
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-12, atol=1e-15)
    assert lib.autograd.grad(found.sum(), x, retain_graph=True)[0].shape == x.shape
    (again,) = lib.autograd.grad(y, x, gs, is_grads_batched=True)
    np.testing.assert_allclose(again.numpy(), expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(RuntimeError):
        lib.autograd.grad(y, x, gs, is_grads_batched=True)


def test_no_gradients_at_once_where_values_are_read():
    class Double(tn.autograd.Function):
        forward = staticmethod(lambda ctx, x: x * 2)
        backward = staticmethod(lambda ctx, g: g * 2 if g.sum().item() < 9 else g * 2.0)

    x, z = tn.ones(3, requires_grad=True), tn.ones(2, requires_grad=True)
    for n in (2, 0):
        found = tn.autograd.grad(Double.apply(x), [x, z], tn.ones(n, 3), allow_unused=True, is_grads_batched=True)
        assert found[0].tolist() == [[2.0] * 3] * n and found[0].shape == (n, 3) and found[1] is None


def test_several_gradients_have_a_first_dimension(lib):
    x = lib.ones(3, requires_grad=True)
    for g in (None, lib.ones(3), lib.ones(2, 4)):
        with pytest.raises(RuntimeError, match="grad"):
            lib.autograd.grad(x * x, x, g, is_grads_batched=True)


def test_modules_as_one(lib):
    models = [lib.nn.Sequential(lib.nn.Linear(3, 2), lib.nn.BatchNorm1d(2)).eval() for _ in range(4)]
    parameters, buffers = lib.func.stack_module_state(models)
    assert list(parameters) == [name for name, _ in models[0].named_parameters()]
    assert all(p.is_leaf and p.requires_grad and len(p) == 4 for p in parameters.values())
    assert list(buffers) == [name for name, _ in models[0].named_buffers()]
    call = lambda p, b, x: lib.func.functional_call(models[0], (p, b), (x,))
    x = lib.ones(5, 3)
    y = lib.func.vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)
    for one, model in zip(y, models):
        np.testing.assert_allclose(one.detach().numpy(), model(x).detach().numpy(), rtol=1e-5, atol=1e-7)
    y.sum().backward()
    assert parameters["0.weight"].grad.shape == (4, 2, 3) and models[0][0].weight.grad is None


@pytest.mark.parametrize("change", [
    lambda nn, models: [], lambda nn, models: [models[0], nn.ReLU()], lambda nn, models: [models[0], models[1].eval()],
    lambda nn, models: [models[0], nn.Linear(2, 4)], lambda nn, models: [models[0], models[1].requires_grad_(False)],
])  # fmt: skip
def test_modules_that_are_not_of_one_kind(lib, change):
    with pytest.raises(RuntimeError, match=r"stack|Expected"):
        lib.func.stack_module_state(change(lib.nn, [lib.nn.Linear(2, 3), lib.nn.Linear(2, 3)]))
