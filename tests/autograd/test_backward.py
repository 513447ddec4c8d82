"""The graph and the walk backwards: what arrives, how often, in which order, and what is left behind."""

import itertools
import threading

import numpy as np
import pytest
from helpers import TINYNET, close, graph_of, launches, leaf

import tinynet as tn
from tinynet.autograd import backward, grad
from tinynet.autograd.graph import record
from tinynet.kernels.launch import observe


def cube(x):
    return x * x * x


# What arrives


def test_gradients_accumulate():
    x = leaf([1.0, 2.0])
    for n in (1, 2, 3):
        (x * 3).sum().backward()
        close(x.grad, np.array([3.0, 3.0]) * n)
    x.grad = None
    (x * 3).sum().backward()
    close(x.grad, np.array([3.0, 3.0]))


def test_a_joint_rule_of_many_inputs():
    xs = [leaf([1.0]) for _ in range(40)]
    record("all", sum(x.array for x in xs), xs, joint=lambda g: [g * k for k in range(40)]).backward()
    assert [x.grad.item() for x in xs] == list(range(40))


def test_the_gradient_is_no_view_of_another():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    g = tn.tensor(np.array([1.0, 1.0]))
    (x + y).backward(g)
    x.grad.zero_()
    close(y.grad, np.ones(2))
    close(g, np.ones(2))


class Keeping(tn.autograd.Function):
    """Its gradient is a tensor that it keeps, as itself or as a view of its memory."""

    @staticmethod
    def forward(ctx, x, kept):
        ctx.kept = kept
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return ctx.kept.view(3), None


@pytest.mark.parametrize(
    "copies, function",
    [
        (0, lambda x, y, kept: x * 2),
        (0, lambda x, y, kept: x * kept),
        (0, lambda x, y, kept: x.expand(2, 3)),
        (0, lambda x, y, kept: (x * 2).view(3, 1)),
        (2, lambda x, y, kept: x + y),
        (1, lambda x, y, kept: x),
        (1, lambda x, y, kept: x.reshape(3, 1)),
        (1, lambda x, y, kept: x.sum()),
        (1, lambda x, y, kept: Keeping.apply(x, kept)),
    ],
)
def test_a_gradient_is_copied_where_somebody_else_holds_it(copies, function):
    x, y, kept = leaf([1.0, 2.0, 3.0]), leaf([1.0, 2.0, 3.0]), tn.ones(3, dtype=tn.float64)
    out = function(x, y, kept)
    g = tn.ones(out.shape, dtype=tn.float64)
    with launches() as names:
        out.backward(g)
    assert names.count("copy") == copies
    x.grad.fill_(7)
    assert all(other is None or 7 not in other.numpy() for other in (g, kept, y.grad))


def test_a_tensor_used_twice():
    x = leaf([1.0, 2.0])
    y = x.exp()
    (y * y + y).sum().backward()
    close(x.grad, 2 * np.exp(2 * x.array) + np.exp(x.array))


def test_several_outputs_share_one_walk():
    x = leaf([1.0, 2.0])
    y = x * 2
    backward([y.sum(), y], [None, tn.tensor(np.array([10.0, 20.0]))])
    close(x.grad, np.array([22.0, 42.0]))
    y = x * 2
    assert grad([y.sum(), (y * y).sum()], x)[0].tolist() == [2 + 8, 2 + 16]


def test_seeds_are_checked():
    x = leaf([1.0, 2.0])
    with pytest.raises(tn.GraphError, match=r"only for scalar outputs, got shape \(2,\)"):
        (x * 2).backward()
    with pytest.raises(tn.ShapeError, match=r"shape \(2,\), got \(3,\)"):
        (x * 2).backward(tn.ones(3, dtype=tn.float64))
    with pytest.raises(tn.DTypeError, match="dtype float64, got float32"):
        (x * 2).backward(tn.ones(2))
    with pytest.raises(TypeError, match="got ndarray"):
        (x * 2).backward(np.ones(2))
    with pytest.raises(tn.GraphError, match="does not require grad"):
        tn.ones(()).backward()
    with pytest.raises(tn.ShapeError, match="as many"):
        backward([x.sum(), x.sum()], [tn.ones(())])
    with pytest.raises(tn.ShapeError, match="as many"):
        grad([x.sum(), x.sum()], x, [tn.ones(())])
    assert x.grad is None


def test_a_leaf_is_its_own_output():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1
    assert grad(x, x)[0].item() == 1


def test_broadcasting_is_summed():
    x, y = leaf(np.ones((3, 1))), leaf(np.ones(4))
    (x * y).backward(tn.tensor(np.arange(12.0).reshape(3, 4)))
    close(x.grad, np.arange(12.0).reshape(3, 4).sum(1, keepdims=True))
    close(y.grad, np.arange(12.0).reshape(3, 4).sum(0))


# autograd.grad and inputs=


def test_grad_touches_no_attribute():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    gx, gy = grad((x * y).sum(), [x, y])
    assert (gx.tolist(), gy.tolist()) == ([3, 4], [1, 2])
    assert x.grad is y.grad is None
    assert not gx.requires_grad


def test_grad_by_tensors_in_the_middle():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = y.exp()
    gz, gy, gx = grad((z * z).sum(), [z, y, x])
    close(gz, 2 * np.exp(2 * x.array))
    close(gy, 2 * np.exp(4 * x.array))
    close(gx, 4 * np.exp(4 * x.array))


def test_grad_of_the_same_input_twice():
    x = leaf(3.0)
    assert [g.item() for g in grad(x * x, [x, x])] == [6, 6]


def test_unused_inputs():
    x, y = leaf(1.0), leaf(1.0)
    with pytest.raises(tn.GraphError, match=r"inputs\[1\] appears not to have been used"):
        grad(x * 2, [x, y])
    assert grad(x * 2, [y, x], allow_unused=True)[0] is None
    with pytest.raises(tn.GraphError, match="expected inputs that require grad"):
        grad(x * 2, tn.tensor(1.0))


def test_backward_to_some_inputs():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = x * y
    z.sum().backward(inputs=[y])
    assert x.grad is None
    close(y.grad, np.array([1.0, 2.0]))
    z = x * y
    w = (z * z).sum()
    w.backward(inputs=z, retain_graph=True)
    close(z.grad, 2 * x.array * y.array)
    w.backward(inputs=z)
    close(z.grad, 4 * x.array * y.array)
    with pytest.raises(tn.GraphError, match="at least one"):
        x.sum().backward(inputs=[])


def test_no_work_for_what_needs_no_gradient():
    x, w = tn.ones(5, 3, dtype=tn.float64), leaf(np.ones((2, 3)))
    out = TINYNET.linear(x, w).sum()
    with launches() as names:
        out.backward()
    assert names.count("matmul") == 1  # for w; none for x
    a, b = leaf(np.ones((2, 2))), leaf(np.ones((2, 2)))
    y = (a.exp() @ b.exp()).sum()
    with launches() as names:
        grad(y, b)
    assert names.count("matmul") == 1
    for outputs in ([(a.exp() * 2).sum() + b.sum()], [(a.exp() * 2).sum(), b.sum()]):
        with launches() as names:
            grad(outputs, b)
        assert "mul" not in names


# Gradients of gradients


def test_third_derivative():
    x = leaf([2.0, -1.0])
    y = (x**4).sum()
    for factor, power in ((4, 3), (12, 2), (24, 1), (24, 0)):
        (g,) = grad(y, x, create_graph=True)
        close(g, factor * x.array**power)
        y = g.sum()


def test_third_derivative_of_softmax_losses():
    """Where the first gradient is kept from the forward pass, the third must still know what it depended on."""
    x, t = leaf([[0.1, -0.4, 0.7], [1.0, 0.2, -0.3]]), tn.tensor([2, 0])

    def by_hand(x):
        return -(x.softmax(1).log() * tn.tensor([[0.0, 0, 1], [1, 0, 0]], dtype=x.dtype)).sum() / 2

    orders = []
    for f in (lambda x: TINYNET.cross_entropy(x, t), by_hand):
        y, found = f(x), []
        for _ in range(3):
            (g,) = grad(y, x, create_graph=True)
            found.append(g)
            y = (g * tn.tensor([[1.0, 2, 3], [-1, 0.5, 2]], dtype=x.dtype)).sum()
        orders.append(found)
    for a, e in zip(*orders):
        close(a, e, ulp=64, scale=1)


def test_create_graph_through_backward():
    x = leaf(3.0)
    cube(x).backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward()
    assert x.grad.item() == 6 * 3
    x.grad = None  # accumulated gradients have a history too
    y = cube(x)
    y.backward(create_graph=True)
    y.backward(create_graph=True)
    assert grad(x.grad, x)[0].item() == 2 * 6 * 3
    x.grad = None


def test_jump_functions_have_gradient_zero_and_not_none():
    for f in (tn.floor, tn.ceil, tn.sign):
        x = leaf([0.5, 1.5])
        f(x).sum().backward()
        assert x.grad.tolist() == [0, 0]


# The graph is freed


def test_a_second_walk_needs_retain_graph():
    x = leaf([1.0, 2.0])
    y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward()
    close(x.grad, 2 * np.exp(x.array))
    with pytest.raises(tn.GraphError, match=r"'sum' a second time.*retain_graph=True"):
        y.backward()
    with pytest.raises(tn.GraphError, match="second time"):
        grad(y, x)
    with pytest.raises(tn.GraphError, match="second time"):
        grad(y, x, allow_unused=True)
    with pytest.raises(tn.GraphError, match="second time"):
        y.backward(inputs=x)
    close(x.grad, 2 * np.exp(x.array))


# Hooks


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x * 1], ids=["leaf", "middle"])
def test_hooks_see_replace_and_go(make):
    x = leaf([1.0, 2.0])
    y, seen = make(x), []
    first = y.register_hook(lambda g: seen.append(("first", g.tolist())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(("last", g.tolist())))
    z = (y * 3).sum()
    z.backward(retain_graph=True)
    assert seen == [("first", [3, 3]), ("last", [30, 30])]
    close(x.grad, np.array([30.0, 30.0]))
    first.remove()
    first.remove()
    z.backward()
    assert seen[2:] == [("last", [30, 30])]
    close(x.grad, np.array([60.0, 60.0]))


def test_a_hook_sees_the_whole_gradient_once():
    x = leaf(2.0)
    y, seen = x * 1, []
    y.register_hook(lambda g: seen.append(("y", g.item())))
    x.register_hook(lambda g: seen.append(("x", g.item())))
    (y * 3 + y * 4 + x).backward()
    assert seen == [("y", 7), ("x", 8)]


def test_a_hook_works_with_grad_and_graphs_of_gradients():
    x = leaf(2.0)
    with x.register_hook(lambda g: g * g):
        (g,) = grad(cube(x), x, create_graph=True)
        assert g.item() == 144  # (3x²)²
    assert grad(g, x)[0].item() == 2 * 12 * 12  # 2 · 3x² · 6x


def test_bad_hooks():
    x = leaf([1.0, 2.0])
    with pytest.raises(tn.GraphError, match="only on a tensor that requires grad"):
        tn.ones(1).register_hook(print)
    for bad, kind, match in [
        (lambda g: 1.0, TypeError, "Tensor or None, got float"),
        (lambda g: g.sum(), tn.ShapeError, r"shape \(2,\), got \(\)"),
        (lambda g: g.float(), tn.DTypeError, "dtype float64, got float32"),
    ]:
        with x.register_hook(bad), pytest.raises(kind, match=match):
            (x * 2).sum().backward()
    assert x.grad is None


def test_retain_grad():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = y * 3
    assert z.grad is None and y.grad is None
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad and not z.retains_grad and not x.retains_grad
    w = z.sum()
    w.backward(retain_graph=True)
    close(y.grad, np.array([3.0, 3.0]))
    w.backward(retain_graph=True)
    close(y.grad, np.array([6.0, 6.0]))
    y.grad = None
    assert y.grad is None
    w.backward()
    close(y.grad, np.array([3.0, 3.0]))
    assert z.grad is None
    with pytest.raises(tn.GraphError):
        tn.ones(1).retain_grad()


# Modes


def test_no_grad_enable_grad_and_set_grad_enabled():
    x = leaf(1.0)
    states = []
    with tn.no_grad():
        states.append((x * 2).requires_grad)
        with tn.enable_grad():
            states.append((x * 2).requires_grad)
            with tn.set_grad_enabled(False):
                states.append((x * 2).requires_grad)
            states.append(tn.is_grad_enabled())
        states.append(tn.is_grad_enabled())
    assert states == [False, True, False, True, False]
    tn.set_grad_enabled(False)
    assert not tn.is_grad_enabled()
    tn.set_grad_enabled(mode=True)
    assert tn.is_grad_enabled()


def test_modes_as_decorators():
    x = leaf(1.0)

    @tn.no_grad()
    def off(n=0):
        return [(x * 2).requires_grad, *(off(n - 1) if n else [])]

    @tn.no_grad
    def bare():
        """Doc."""
        return (x * 2).requires_grad

    @tn.enable_grad()
    def on():
        return (x * 2).requires_grad

    @tn.set_grad_enabled(False)
    def set_off():
        return (x * 2).requires_grad

    assert tn.is_grad_enabled()
    assert off(2) == [False] * 3 and not bare() and not set_off()
    assert bare.__name__ == "bare" and bare.__doc__ == "Doc."
    with tn.no_grad():
        assert on() and not tn.is_grad_enabled()
    assert tn.is_grad_enabled()

    def generator():
        yield 1

    with pytest.raises(TypeError, match=r"a generator cannot be decorated.*: generator"):
        tn.no_grad()(generator)


def test_a_mode_ends_with_an_error():
    for context in (tn.no_grad, lambda: tn.set_grad_enabled(False)):
        with pytest.raises(KeyError), context():
            raise KeyError
        assert tn.is_grad_enabled()
    with leaf(1.0).register_hook(lambda g: None), pytest.raises(KeyError):
        y = leaf(1.0) * 2
        y.register_hook(lambda g: {}["x"])
        y.backward()
    assert tn.is_grad_enabled()


def test_modes_are_per_thread():
    seen = []
    with tn.no_grad():
        thread = threading.Thread(target=lambda: seen.append(tn.is_grad_enabled()))
        thread.start()
        thread.join()
        seen.append(tn.is_grad_enabled())
    assert seen == [True, False]


def test_nothing_is_kept_where_nothing_is_recorded():
    x = leaf(np.ones(3))
    with tn.no_grad():
        y = x.exp() * 2
    assert y.is_leaf and y.grad_fn is None and not graph_of(y)
    assert graph_of(x.exp() * 2) and not graph_of(x.detach().exp())


# Gradients that meet


@pytest.mark.parametrize("order", [*itertools.permutations(range(5))], ids=str)
def test_gradients_of_parts_and_of_the_whole_add_up(order):
    x, rng = leaf(np.ones((6, 2))), np.random.default_rng(0)
    y = x * 2.0
    w = [tn.tensor(rng.standard_normal(shape)) for shape in [(3, 2), (4, 2), (6, 2), (6, 2), (3, 2)]]
    terms = y[:3] * w[0], y[2:] * w[1], y * w[2], y + w[3], y[np.array([5, 5, 1])] * w[4]
    sum(terms[i].sum() for i in order).backward()
    expected = w[2].numpy() + 1.0
    expected[:3] += w[0].numpy()
    expected[2:] += w[1].numpy()
    np.add.at(expected, [5, 5, 1], w[4].numpy())
    close(x.grad, 2 * expected)


def test_a_gradient_that_two_inputs_share_is_not_added_to_in_place():
    a, b = leaf(np.ones(4)), leaf(np.ones(4))
    x, y = a * 1.0, b * 1.0
    (x + y + x[1:].sum() + x[:2].sum() + x * 3.0).sum().backward()
    close(a.grad, [8.0, 12.0, 8.0, 8.0])
    close(b.grad, np.ones(4))


def test_the_parts_of_a_split_share_one_array_of_zeros():
    x, sizes = leaf(np.ones((6, 4))), []
    y = sum(part * part for part in (x * 1.0).split(2))
    with observe(lambda kernel, arrays: (kernel.cpu(*arrays), sizes.append((kernel.name, arrays[0].size)))):
        y.sum().backward()
    assert [size for name, size in sizes if name == "add"].count(24) == 0
    close(x.grad, 2 * np.ones((6, 4)))


def test_a_view_of_what_was_changed_in_place_is_no_place_to_start_from():
    x = tn.ones(3, requires_grad=True)
    b = x * 2
    view = b.view(-1)
    b.mul_(3)
    for walk in (lambda: view.backward(tn.ones(3)), lambda: grad((b * 1).sum(), view), lambda: grad(view.sum(), x)):
        with pytest.raises(tn.GraphError, match="a view of a tensor that 'mul_' changed in place"):
            walk()
    b.view(-1).backward(tn.ones(3))
    assert x.grad.tolist() == [6, 6, 6]
