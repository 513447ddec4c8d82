"""`vmap`. What is asserted of `lib` is asserted of PyTorch too."""

import gc

import numpy as np
import pytest
from helpers import TINYNET, numpy
from samples import SAMPLES

import tinynet as tn
from tinynet.kernels import launch
from tinynet.kernels.batching import dispatch
from tinynet.kernels.batching.array import NeedsLoop


def numbers(lib, *shape):
    return lib.tensor(np.cos(np.arange(np.prod(shape), dtype=np.float64)).reshape(shape))


def same(found, expected):
    if isinstance(expected, dict):
        found, expected = [found[key] for key in expected], list(expected.values())
    if isinstance(expected, tuple | list):
        for f, e in zip(found, expected, strict=True):
            same(f, e)
    else:
        assert tuple(found.shape) == tuple(expected.shape)
        np.testing.assert_allclose(numpy(found.detach()), numpy(expected.detach()), rtol=1e-10, atol=1e-12)


DIMS = {
    "one": lambda lib, v, x, w: (v(lambda a: a.sum())(x), x.sum((1, 2))),
    "products": lambda lib, v, x, w: (v(lambda a: a @ w)(x), x @ w),
    "two": lambda lib, v, x, w: (v(lambda a, b: a @ b, in_dims=(0, 1))(x, w), (x * w.t()[:, None]).sum(2)),
    "none": lambda lib, v, x, w: (v(lambda a, b: a @ b, in_dims=(0, None))(x, w), x @ w),
    "number": lambda lib, v, x, w: (v(lambda a, n: a**n, in_dims=(0, None))(x, 2), x**2),
    "last": lambda lib, v, x, w: (v(lambda a: a.sum(0), in_dims=-1)(x), x.sum(0).t()),
    "out": lambda lib, v, x, w: (v(lambda a: (a, [a[0]]), out_dims=(-1, [1]))(x), (x.movedim(0, -1), [x[:, 0].t()])),
    "out of what is the same": lambda lib, v, x, w: (v(lambda a: (a, w), out_dims=(0, None))(x), (x, w)),
    "constant": lambda lib, v, x, w: (v(lambda a: w)(x), w.expand(3, *w.shape)),
    "tree": lambda lib, v, x, w: (
        v(lambda d: {"s": d["x"] @ d["w"]}, in_dims=({"x": 0, "w": None},))({"x": x, "w": w}), {"s": x @ w},
    ),
    "keywords": lambda lib, v, x, w: (v(lambda a, b=None: a * b)(x, b=x[0]), x * x[0]),
    "shaped alike": lambda lib, v, x, w: (v(lambda a: lib.zeros_like(a[0]).add_(a[0]))(x), x[:, 0]),
    "chunks": lambda lib, v, x, w: (v(lambda a: a @ w, chunk_size=2)(x), x @ w),
    "nested": lambda lib, v, x, w: (v(v(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None))(x[:, 0, 0], w[0]),
                                    x[:, 0, 0][:, None] * w[0]),
    "made inside": lambda lib, v, x, w: (v(lambda a: a.new_zeros(4).add_(a[0]))(x), x[:, 0]),
    "in place": lambda lib, v, x, w: (v(lambda a: a.clone().mul_(2).index_fill_(0, lib.tensor([0]), 1.0)[0])(x),
                                      lib.ones(3, 4, dtype=lib.float64)),
    "empty": lambda lib, v, x, w: (v(lambda a: a.sum())(x[:0]), x[:0, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", DIMS)
def test_dimensions(lib, name):
    same(*DIMS[name](lib, lib.func.vmap, numbers(lib, 3, 2, 4), numbers(lib, 4, 3)))


GRADIENTS = {
    "inside": lambda f, w, x: f.vmap(f.grad(cubes), in_dims=(None, 0))(w, x),
    "around": lambda f, w, x: f.grad(lambda w: f.vmap(cubes, in_dims=(None, 0))(w, x).sum())(w),
    "both": lambda f, w, x: f.grad(lambda w: f.vmap(f.grad(cubes), in_dims=(None, 0))(w, x).sin().sum())(w),
    "by both": lambda f, w, x: f.vmap(f.grad(cubes, argnums=(0, 1)), in_dims=(None, 0))(w, x),
    "hessian": lambda f, w, x: f.vmap(f.hessian(cubes), in_dims=(None, 0))(w, x),
    "jacrev": lambda f, w, x: f.vmap(f.jacrev(lambda w, x: (w * x).sin()), in_dims=(None, 0))(w, x),
    "jacfwd": lambda f, w, x: f.vmap(f.jacfwd(lambda w, x: (w * x).sin()), in_dims=(None, 0))(w, x),
    "jvp": lambda f, w, x: f.vmap(lambda x: f.jvp(lambda w: (w * x).sin(), (w,), (x,))[1])(x),
    "vjp": lambda f, w, x: f.vmap(f.vjp(lambda w: (w**3).sin(), w)[1])(x),
    "of nested": lambda f, w, x: f.vmap(
        lambda x: f.grad(lambda w: f.vmap(lambda e: cubes(w, x * e))(x).sum())(w))(x),
    "outer of nested": lambda f, w, x: f.grad(
        lambda w: f.vmap(lambda x: f.vmap(lambda e: cubes(w * e, x))(x))(x).sum())(w),
}  # fmt: skip


def cubes(w, x):
    return ((w * x) ** 3).sum() + (w @ x) * w[0]


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    found = [GRADIENTS[name](lib.func, numbers(lib, 4), numbers(lib, 3, 4)) for lib in (tn, torch)]
    same(*found)


def test_gradients_of_each_sample():
    """One walk for the whole batch, through a network and its parameters as arguments, finds what a loop finds."""
    nn = tn.nn
    tn.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 8), nn.LayerNorm(8), nn.Linear(8, 3)
    ).double()
    weights = {name: p.detach() for name, p in model.named_parameters()}
    x, y = numbers(tn, 5, 2, 6, 6), tn.tensor([0, 2, 1, 1, 0])

    def loss(weights, x, y):
        return nn.functional.cross_entropy(tn.func.functional_call(model, weights, (x[None],)), y[None])

    gradient = tn.func.grad(loss)
    found = tn.func.vmap(gradient, in_dims=(None, 0, 0))(weights, x, y)
    one_by_one = [gradient(weights, a, b) for a, b in zip(x, y)]
    same(found, {name: tn.stack([g[name] for g in one_by_one]) for name in weights})
    total = tn.func.grad(lambda w: tn.func.vmap(loss, in_dims=(None, 0, 0))(w, x, y).sum())(weights)
    same(total, {name: g.sum(0) for name, g in found.items()})


def test_a_jacobian_of_pooling():
    """The rows have one place of each maximum in common."""
    x, pool = numbers(tn, 1, 4, 4, 4), tn.nn.functional.max_pool2d
    y = pool(x.requires_grad_(), 2)
    rows = [tn.autograd.grad(y, x, e.view(y.shape), retain_graph=True)[0] for e in tn.eye(16, dtype=tn.float64)]
    same(tn.func.jacrev(lambda x: pool(x, 2))(x).reshape(16, 1, 4, 4, 4), tn.stack(rows))


def test_parameters_that_require_grad():
    w, x = numbers(tn, 4).requires_grad_(), numbers(tn, 3, 4)
    tn.func.vmap(lambda x: w @ x)(x).sum().backward()
    same(w.grad, x.sum(0))


def _flat(y):
    return [y] if isinstance(y, tn.Tensor) else [z for part in y for z in _flat(part)]


def _results(run, xs):
    """The outputs of run(*xs), and the gradients of what can have them."""
    tn.manual_seed(0)
    ys = list(run(*xs))
    pairs = [(y, numbers(tn, *y.shape).to(y.dtype)) for y in ys if y.requires_grad]
    if not pairs:
        return ys
    outputs, seeds = zip(*pairs)
    return ys + list(tn.autograd.grad(outputs, xs, seeds, materialize_grads=True))


def check(sample, mapped):
    """vmap of a sample by its first inputs, so many as are `mapped`, is a loop, and so are its gradients."""
    inputs = [np.stack([a, np.roll(a, 1), np.roll(a, 2)]) for a in sample.inputs]
    f = lambda *xs: tuple(_flat(sample.function(TINYNET, *xs)))
    dims = tuple(0 if i < mapped else None for i in range(len(inputs)))

    def loop(*xs):
        rows = []
        for b in range(3):
            tn.manual_seed(0)
            rows.append(f(*[x if dim is None else x[b] for x, dim in zip(xs, dims)]))
        return [tn.stack(ys) for ys in zip(*rows)]

    xs = [tn.tensor(a if dim == 0 else a[0]).requires_grad_() for a, dim in zip(inputs, dims)]
    found = _results(tn.func.vmap(f, in_dims=dims, randomness="same"), xs)
    for mine, looped in zip(found, _results(loop, xs), strict=True):
        np.testing.assert_allclose(numpy(mine.detach()), numpy(looped.detach()), rtol=1e-6, atol=1e-8)


CASES = [(s, n) for s in SAMPLES if all(a.size for a in s.inputs) for n in sorted({1, len(s.inputs)})]
SOME = CASES[::60]


@pytest.mark.parametrize(("sample", "mapped"), SOME, ids=lambda x: str(x))
def test_some_operations(sample, mapped):
    check(sample, mapped)


@pytest.mark.thorough
@pytest.mark.parametrize(("sample", "mapped"), [c for i, c in enumerate(CASES) if i % 60], ids=lambda x: str(x))
def test_every_operation(sample, mapped):
    check(sample, mapped)


# What reads a value


def test_what_reads_a_value_is_done_in_a_loop():
    x = numbers(tn, 4)
    calls = []

    def f(a):
        calls.append(a)
        return a * 2 if a.item() > 0 else a.sum() * 3

    same(tn.func.vmap(f)(x), tn.where(x > 0, x * 2, x * 3))
    assert len(calls) == 5
    nested = tn.func.vmap(tn.func.vmap(lambda a, b: a if bool(a > 0) else b), in_dims=(0, None))
    same(nested(x.view(2, 2), x[:2]), tn.where(x.view(2, 2) > 0, x.view(2, 2), x[:2].expand(2, 2)))
    same(tn.func.vmap(lambda a, i: a[i])(x.view(2, 2), tn.tensor([0, 1])), x[[0, 3]])
    same(tn.func.vmap(lambda a: a * a.sum().item(), in_dims=1)(x.view(4, 1)[:, :0]), x.view(1, 4)[:0])


# Random numbers


@pytest.mark.parametrize("draw", [
    lambda lib, a: a + lib.rand(3), lambda lib, a: lib.nn.functional.dropout(a + lib.ones(8), 0.5),
    lambda lib, a: a + lib.randint(0, 1000, (3,)), lambda lib, a: lib.bernoulli(lib.full((9,), 0.5)) + a,
    lambda lib, a: lib.randn_like(a.expand(2)),
])  # fmt: skip
def test_randomness(lib, draw):
    x = lib.zeros(3)
    f = lambda a: draw(lib, a)
    lib.manual_seed(1)
    drawn = lib.func.vmap(f, randomness="different")(x)
    assert len({tuple(row) for row in drawn.tolist()}) == 3
    drawn = lib.func.vmap(f, randomness="same")(x)
    assert len({tuple(row) for row in drawn.tolist()}) == 1
    with pytest.raises(RuntimeError, match=r"vmap:.* random"):
        lib.func.vmap(f)(x)


def test_draws_go_on_where_the_batch_ended():
    tn.manual_seed(1)
    first = tn.func.vmap(lambda a: a + tn.rand(5), randomness="different")(tn.zeros(4))
    assert not set(tn.rand(50).tolist()) & set(first.flatten().tolist())
    x = tn.ones(4, 6, requires_grad=True)  # the gradient of dropout draws again
    y = tn.func.vmap(tn.nn.functional.dropout, randomness="different")(x)
    y.sum().backward()
    same(x.grad, y)


# Errors

WRONG = [
    lambda v, lib, x: v(lambda a, b: a + b)(x, lib.ones(4)),
    lambda v, lib, x: v(lambda a: a, in_dims=2)(x),
    lambda v, lib, x: v(lambda a: a, in_dims=None)(x),
    lambda v, lib, x: v(lambda a: a, in_dims=[0])(x),
    lambda v, lib, x: v(lambda a, b: a, in_dims=(0,))(x, x),
    lambda v, lib, x: v(lambda a, b: a)(x, 2.0),
    lambda v, lib, x: v(lambda a: 3.0)(x),
    lambda v, lib, x: v(lambda a: a, out_dims=None)(x),
    lambda v, lib, x: v(lambda a: a)(),
    lambda v, lib, x: v(lambda a: a)(x[0, 0]),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_bad_calls(lib, number):
    with pytest.raises(ValueError, match="vmap"):
        WRONG[number](lib.func.vmap, lib, lib.arange(6.0).view(3, 2))


def test_what_is_the_same_for_all_is_not_changed(lib):
    total = lib.zeros(2)
    with pytest.raises(RuntimeError):
        lib.func.vmap(lambda a: total.add_(a))(lib.ones(3, 2))
    assert not total.any()


def test_backward_inside():
    w = tn.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="backward: inside vmap"):
        tn.func.vmap(lambda a: (w * a).sum().backward())(tn.ones(3, 2))
    assert w.grad is None


def test_launches_cost_what_they_did_once_no_batch_is_left():
    x = tn.ones(3, requires_grad=True)
    gc.collect()
    y = tn.func.vmap(lambda a: a * a)(x)
    assert dispatch._living
    y.sum().backward()
    del y
    gc.collect()
    assert not dispatch._living and launch._batching is None
    leaked = []
    tn.func.vmap(lambda a: leaked.append(a) or a)(x)
    with pytest.raises(NeedsLoop, match="value is read"):
        leaked[0].item()
