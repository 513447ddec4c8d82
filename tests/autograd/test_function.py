"""Functions with a gradient of the user's own. What is asserted of `lib` is asserted of PyTorch too."""

import gc
import weakref

import numpy as np
import pytest
from helpers import no_cycles, numpy

import tinynet as tn
from tinynet.autograd import Function, gradcheck, gradgradcheck
from tinynet.autograd.function import once_differentiable


def function(lib, forward, backward=None, **methods):
    """A Function of a library, made of plain functions."""
    methods |= {"forward": forward, "backward": backward or methods.get("backward")}
    made = {name: staticmethod(f) for name, f in methods.items() if f is not None}
    return type("Made", (lib.autograd.Function,), made)


def tensor(lib, *values, requires_grad=True):
    return lib.tensor(values, dtype=lib.float64).requires_grad_(requires_grad)


def same(x, *values):
    assert x is not None and numpy(x).tolist() == list(values)


def saving(forward):
    """A forward that saves its inputs and what it returns."""

    def saves(ctx, *inputs):
        outputs = forward(*inputs)
        ctx.save_for_backward(*inputs, *(outputs if isinstance(outputs, tuple) else [outputs]))
        return outputs

    return saves


def cube(lib):
    return function(lib, saving(lambda x: x * x * x), lambda ctx, g: 3 * ctx.saved_tensors[0] ** 2 * g)


def exponential(lib):
    return function(lib, saving(lambda x: x.exp()), lambda ctx, g: g * ctx.saved_tensors[1])


def sum_and_product(lib):
    def backward(ctx, g, h):
        x, y, _, product = ctx.saved_tensors
        return g + h * y, g + h * x + 0 * product

    return function(lib, saving(lambda x, y: (x + y, x * y)), backward)


# What comes out, and what comes back


def test_a_gradient_of_ones_own(lib):
    x = tensor(lib, 1.0, 2.0)
    y = cube(lib).apply(x)
    assert y.requires_grad and not y.is_leaf and y.grad_fn.name() == "MadeBackward"
    y.sum().backward()
    same(y, 1.0, 8.0)
    same(x.grad, 3.0, 12.0)


def test_recording_is_off_inside(lib):
    seen = []

    def forward(ctx, x):
        seen.append(lib.is_grad_enabled())
        return x * 2

    def backward(ctx, g):
        seen.append(lib.is_grad_enabled())
        return g

    x = tensor(lib, 1.0)
    twice = function(lib, forward, backward).apply
    lib.autograd.grad(twice(x), x)
    lib.autograd.grad(twice(x), x, create_graph=True)
    assert seen == [False, False, False, True] and lib.is_grad_enabled()
    with lib.no_grad():
        assert not twice(x).requires_grad


def test_arguments_that_are_no_tensors(lib):
    seen = []

    def forward(ctx, x, n, y, flag=None):
        ctx.n = n
        seen.append(ctx.needs_input_grad)
        return x * n + y, n, [x], None

    def backward(ctx, *grads):
        seen.append((ctx.needs_input_grad, grads[1:]))
        return grads[0] * ctx.n, None, grads[0]

    x, y = tensor(lib, 1.0), tensor(lib, 5.0, requires_grad=False)
    out, n, listed, none = function(lib, forward, backward).apply(x, 3, y)
    assert (n, len(listed), none) == (3, 1, None)
    out.backward()
    same(x.grad, 3.0)
    assert seen == [(True, False, False), ((True, False, False), (None, None, None))]


def test_a_context_of_its_own(lib):
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)
        ctx.seen = inputs[1:], lib.is_grad_enabled()

    def vjp(ctx, g):
        assert ctx.seen == ((2, 3), False)
        return g * ctx.saved_tensors[1] / ctx.saved_tensors[0], None, None

    scaled = function(lib, lambda x, n, m=3: x * n * m, setup_context=setup_context, vjp=vjp)
    x = tensor(lib, 1.0, 2.0)
    for y in scaled.apply(x, 2), scaled.apply(x, n=2), scaled.apply(n=2, x=x):
        (g,) = lib.autograd.grad(y.sum(), x)
        same(g, 6.0, 6.0)
    with pytest.raises(TypeError, match="missing a required argument: 'n'"):
        scaled.apply(x)


def test_names_of_arguments(lib):
    scaled = function(lib, lambda ctx, x, n=2: x * n, lambda ctx, g: (g * 2, *[None] * (len(ctx.needs_input_grad) - 1)))
    x = tensor(lib, 1.0)
    for y in scaled.apply(x), scaled.apply(x, n=2), scaled.apply(n=2, x=x):
        y.backward()
    same(x.grad, 6.0)
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'm'"):
        scaled.apply(x, m=2)


def test_several_outputs_are_one_call(lib):
    calls = []

    def backward(ctx, g, h):
        calls.append((numpy(g).tolist(), numpy(h).tolist()))
        return g * 2 + h * 3

    x = tensor(lib, 1.0, 2.0)
    pair = function(lib, lambda ctx, x: (x * 2, x * 3), backward)
    y, z = pair.apply(x)
    (y.sum() + 2 * z.sum()).backward()
    same(x.grad, 8.0, 8.0)
    y, z = pair.apply(x)
    z.sum().backward()
    same(x.grad, 11.0, 11.0)
    y, z = pair.apply(x)
    lib.autograd.backward([y, z, y], [lib.ones_like(y)] * 3)
    assert calls == [([1, 1], [2, 2]), ([0, 0], [1, 1]), ([2, 2], [1, 1])]


def test_hooks_and_targets_among_several_outputs(lib):
    x = tensor(lib, 1.0)
    y, z = sum_and_product(lib).apply(x, x * 2)
    gy, gz, gx = lib.autograd.grad(y.sum() + z.sum() * y.sum(), [y, z, x], retain_graph=True)
    same(gy, 3.0)  # 1 + z
    same(gz, 3.0)
    same(gx, 21.0)
    y.register_hook(lambda g: g * 10)
    z.retain_grad()
    (y.sum() + 5 * z.sum()).backward()
    same(z.grad, 5.0)
    same(x.grad, 50.0)


def test_more_outputs_and_inputs_than_fingers(lib):
    many = function(
        lib, lambda ctx, *xs: tuple(x * i for i, x in enumerate(xs)), lambda ctx, *gs: tuple(2 * g for g in gs)
    )
    xs = [tensor(lib, float(i)) for i in range(40)]
    sum(y.sum() for y in many.apply(*xs)).backward()
    assert [x.grad.item() for x in xs] == [2.0] * 40


@pytest.mark.parametrize("materialize", [True, False])
def test_gradients_that_did_not_come(lib, materialize):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(materialize)
        values, order = x.sort()
        constant = x * 3
        ctx.mark_non_differentiable(constant)
        return values, x * 2, order, x > 0, constant

    def backward(ctx, *grads):
        seen.extend(g if g is None else (numpy(g).tolist(), str(numpy(g).dtype)) for g in grads)
        return grads[0]

    x = tensor(lib, 1.0, 2.0)
    outputs = function(lib, forward, backward).apply(x)
    assert [y.requires_grad for y in outputs] == [True, True, False, False, False]
    outputs[0].sum().backward()
    zeros = [([0, 0], "float64"), ([0, 0], "int64"), ([0, 0], "bool"), ([0, 0], "float64")]
    assert seen == [([1, 1], "float64"), *(zeros if materialize else [None] * 4)]


def test_no_gradient_for_an_input(lib):
    x = tensor(lib, 1.0)
    constant = function(lib, lambda ctx, x: x * 2, lambda ctx, g: None).apply
    constant(x * 1).backward()
    assert x.grad is None
    assert lib.autograd.grad(constant(x), x, allow_unused=True) == (None,)


def test_gradients_are_fitted_to_inputs(lib):
    x = tensor(lib, 1.0, 2.0)
    ones = function(lib, lambda ctx, x, y: x * y, lambda ctx, g: (lib.ones(4, 2), lib.ones(17), None, None))
    ones.apply(x, tensor(lib, 1.0, requires_grad=False)).sum().backward()
    same(x.grad, 4.0, 4.0)
    assert x.grad.dtype == lib.float64


# An input as output


def test_an_input_that_is_returned(lib):
    x = tensor(lib, 1.0, 2.0)
    doubled = function(lib, lambda ctx, x: x, lambda ctx, g: g * 2).apply
    y = doubled(x)
    assert y is not x and y.data_ptr() == x.data_ptr()
    y.sum().backward()
    same(x.grad, 2.0, 2.0)
    assert x.is_leaf and doubled(x.detach()).requires_grad is False
    twice = function(lib, lambda ctx, x: (x, x), lambda ctx, g, h: g + 10 * h)
    y, z = twice.apply(x)
    assert y is not z
    same(lib.autograd.grad(y.sum() + z.sum(), x)[0], 11.0, 11.0)


def test_a_view_cannot_be_changed_in_place(lib):
    flat = function(lib, lambda ctx, x: x.view(-1), lambda ctx, g: g.view(1, 2))
    leaf = tensor(lib, 1.0, 2.0)
    y = flat.apply(leaf.view(1, 2))
    with pytest.raises(RuntimeError, match="view"):
        y.add_(1)


def test_an_input_changed_in_place(lib):
    def forward(ctx, x, y):
        x.add_(y)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    def backward(ctx, g):
        same(ctx.saved_tensors[0], 3.0, 4.0)
        return g * 2, g * 3

    add_to = function(lib, forward, backward).apply
    leaf, y = tensor(lib, 1.0, 2.0), tensor(lib, 2.0, 2.0)
    x = leaf * 1
    assert add_to(x, y) is x and x.grad_fn.name() == "MadeBackward"
    x.sum().backward()
    same(leaf.grad, 2.0, 2.0)
    same(y.grad, 3.0, 3.0)
    with pytest.raises(RuntimeError, match="a leaf"):
        add_to(leaf, y)
    plain = tensor(lib, 1.0, 2.0, requires_grad=False)
    with lib.no_grad():
        z = add_to(leaf, y)
        assert z is not leaf and z.data_ptr() == leaf.data_ptr() and not z.requires_grad
        assert add_to(plain, y) is plain
    assert add_to(plain, y).requires_grad and not plain.is_leaf


def test_who_used_an_input_before_it_was_changed_is_told(lib):
    double_ = function(lib, lambda ctx, x: ctx.mark_dirty(x) or x.mul_(2), lambda ctx, g: g * 2).apply
    x = tensor(lib, 1.0) * 1
    y = x * x
    double_(x)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_changed_input_must_be_returned(lib):
    wrong = function(lib, lambda ctx, x: ctx.mark_dirty(x.add_(1)) or x * 2, lambda ctx, g: g)
    with pytest.raises(RuntimeError, match="dirty"):
        wrong.apply(tensor(lib, 1.0) * 1)


def test_a_changed_input_without_a_gradient():
    """What led to it before is forgotten."""

    def forward(ctx, x):
        ctx.mark_dirty(x)
        ctx.mark_non_differentiable(x)
        return x.zero_()

    x = tensor(tn, 1.0) * 1
    assert function(tn, forward).apply(x) is x and not x.requires_grad


@pytest.mark.cuda
def test_gradients_that_did_not_come_lie_on_the_device():
    devices = []
    pair = function(
        tn, lambda ctx, x: (x * 2, x * 3), lambda ctx, *gs: devices.extend(g.device for g in gs) or gs[0].cpu()
    )
    y, _ = pair.apply(tn.ones(2, device="cuda", requires_grad=True))
    with pytest.raises(tn.DeviceError, match="on the device of the argument, got one on cpu"):
        y.sum().backward()
    assert devices == [y.device] * 2


# What is saved


@pytest.mark.parametrize("saved", ["input", "output"])
def test_a_saved_tensor_that_is_changed(lib, saved):
    x = tensor(lib, 1.0) * 1
    y = (cube if saved == "input" else exponential)(lib).apply(x)
    z = y * 1
    (x if saved == "input" else y).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_one_of_several_outputs_that_is_changed(lib):
    x = tensor(lib, 1.0)
    y, z = sum_and_product(lib).apply(x, x)
    w = y * 1
    z.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        w.backward()


def test_what_is_not_saved_but_kept_may_change(lib):
    kept = function(lib, lambda ctx, x, y: setattr(ctx, "y", y) or x * y, lambda ctx, g: (g * ctx.y, None))
    x, y = tensor(lib, 3.0), tensor(lib, 2.0, requires_grad=False)
    z = kept.apply(x, y)
    y.add_(1)
    z.backward()
    same(x.grad, 3.0)


def test_saved_tensors_have_their_places(lib):
    seen = []

    def backward(ctx, g):
        x, y, none = ctx.saved_tensors
        seen.append((x.requires_grad, y.requires_grad, y.grad_fn is not None, none))
        return g

    def forward(ctx, x):
        y = x * 2
        ctx.save_for_backward(x, y, None)
        return y

    x = tensor(lib, 1.0)
    function(lib, forward, backward).apply(x).backward()
    assert seen == [(True, True, True, None)]
    with pytest.raises(TypeError, match="save_for_backward"):
        function(lib, lambda ctx, x: ctx.save_for_backward(3), backward).apply(x)


def test_the_old_name_of_saved_tensors(lib):
    def backward(ctx, g):
        with pytest.warns(DeprecationWarning, match="saved_variables"):
            return g * ctx.saved_variables[0]

    x = tensor(lib, 3.0)
    function(lib, saving(lambda x: x * x), backward).apply(x).backward()
    same(x.grad, 3.0)


def test_backward_twice(lib):
    x = tensor(lib, 1.0)
    y = cube(lib).apply(x)
    y.backward(retain_graph=True)
    y.backward()
    same(x.grad, 6.0)
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_nothing_is_left_behind():
    def train():
        x = tensor(tn, 1.0, 2.0)
        for f in exponential(tn), cube(tn):
            f.apply(x).sum().backward()
        y, z = sum_and_product(tn).apply(x, x)
        (y.sum() + z.sum()).backward()
        y, z = sum_and_product(tn).apply(x, x)  # never walked through

    def made():  # classes are garbage that only the collector finds
        train()
        gc.collect()

    made()
    f, x = exponential(tn), tensor(tn, 1.0, 2.0)
    with no_cycles():
        y = f.apply(x)
        array = weakref.ref(y.array)
        y.sum().backward()
        del y
    assert array() is None


# Gradients of gradients


@pytest.mark.parametrize("make", [cube, exponential], ids=["input", "output"])
def test_second_gradients_through_what_was_saved(lib, make):
    x = tensor(lib, 0.5, -1.0)
    check = lib.autograd.gradcheck, lib.autograd.gradgradcheck
    assert all(c(make(lib).apply, (x,)) for c in check)


def test_second_gradients_of_several_outputs(lib):
    x, y = tensor(lib, 0.5, -1.0), tensor(lib, 3.0, 2.0)

    def backward(ctx, g, h):
        e, s = ctx.saved_tensors
        return g * e - h * s

    def forward(ctx, x):
        out = x.exp(), (-x).exp()
        ctx.save_for_backward(*out)
        return out

    exps = function(lib, forward, backward).apply
    for f, xs in (sum_and_product(lib).apply, (x, y)), (exps, (x,)), (lambda x: exps(x)[1], (x,)):
        assert lib.autograd.gradcheck(f, xs) and lib.autograd.gradgradcheck(f, xs)


def test_third_gradients_of_a_saved_output(lib):
    x = tensor(lib, 0.5)
    y = exponential(lib).apply(x)
    for _ in range(3):
        (y,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    np.testing.assert_allclose(numpy(y), np.exp([0.5]), rtol=1e-14)


def test_a_gradient_that_has_none(lib):
    once = lib.autograd.function.once_differentiable
    square = function(lib, saving(lambda x: x * x), once(lambda ctx, g: 2 * ctx.saved_tensors[0] * g)).apply
    x = tensor(lib, 3.0)
    same(lib.autograd.grad(square(x), x)[0], 6.0)
    (g,) = lib.autograd.grad(square(x) ** 2, x, create_graph=True)
    same(g, 108.0)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.backward()


def test_a_walk_inside_backward(lib):
    def forward(ctx, x):
        with lib.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = ctx.x**3
        return ctx.y.detach()

    x = tensor(lib, 2.0)
    function(lib, forward, lambda ctx, g: lib.autograd.grad(ctx.y, ctx.x, g)).apply(x).backward()
    same(x.grad, 12.0)


def test_a_result_that_was_recorded_inside_is_cut_off(lib):
    def forward(ctx, x):
        with lib.enable_grad():
            return x * 3

    x = tensor(lib, 2.0)
    function(lib, forward, lambda ctx, g: g * 7).apply(x).backward()
    same(x.grad, 7.0)


# Errors

WRONG = {
    "too few": (lambda g: (g,), "for each of 2 arguments of forward, got 1"),
    "not in a tuple": (lambda g: [g, None], "for each of 2 arguments of forward, got 1"),
    "too many": (lambda g: (g, None, g), "for each of 2 arguments of forward, got 3"),
    "of no tensor": (lambda g: (g, g), "expected None for the gradient of argument 1 of forward, which is no tensor"),
    "no tensor": (lambda g: (1.0, None), "Tensor or None for the gradient of argument 0 of forward, got float"),
    "shape": (lambda g: (g[:1].sum(), None), r"argument 0 of forward to have shape \(2,\), got \(\)"),
    "smaller": (lambda g: (g[:1], None), r"argument 0 of forward to have shape \(2,\), got \(1,\)"),
}


@pytest.mark.parametrize("wrong, message", WRONG.values(), ids=WRONG)
def test_wrong_gradients(lib, wrong, message):
    made = function(lib, lambda ctx, x, n: x * n, lambda ctx, g: wrong(g))
    y = made.apply(tensor(lib, 1.0, 2.0), 2).sum()
    with pytest.raises(RuntimeError, match=f"in the backward of 'Made': .*{message}" if lib is tn else None):
        y.backward()


def test_what_is_missing(lib):
    x = tensor(lib, 1.0)
    with pytest.raises(NotImplementedError):
        function(lib, None).apply(x)
    with pytest.raises(NotImplementedError):
        function(lib, lambda ctx, x: x * 2).apply(x).backward()
    both = function(lib, lambda ctx, x: x * 2, lambda ctx, g: g, vjp=lambda ctx, g: g)
    with pytest.raises(RuntimeError, match=r"both|Both"):
        both.apply(x).backward()


def test_instances_are_of_no_use(lib):
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        made = cube(lib)()
    with pytest.raises(RuntimeError, match="static"):
        made(tensor(lib, 1.0))


# What gradcheck finds


def mistaken(backward):
    return function(tn, saving(lambda x, y: (x * y, x + y)), backward).apply


def one_of_two(ctx, g, h):
    x, y, *_ = ctx.saved_tensors
    both = not any((u == 0).all() for u in (g, h))
    return g * y + h * (not both), g * x + h


def changes_what_it_got(ctx, g, h):
    x, y, *_ = ctx.saved_tensors
    g.mul_(y)
    return g + h, g / y * x + h


def changes_what_was_saved(ctx, g, h):
    x, y, *_ = ctx.saved_tensors
    found = g * y + h, g * x + h
    y.data.mul_(2)
    return found


MISTAKES = {
    "sign": lambda ctx, g, h: (g * ctx.saved_tensors[1] - h, g * ctx.saved_tensors[0] + h),
    "swapped": lambda ctx, g, h: (g * ctx.saved_tensors[0] + h, g * ctx.saved_tensors[1] + h),
    "forgotten": lambda ctx, g, h: (None, g * ctx.saved_tensors[0] + h),
    "one entry": lambda ctx, g, h: (
        g * ctx.saved_tensors[1] + h * tn.tensor([1.0, 1.001]),
        g * ctx.saved_tensors[0] + h,
    ),
    "together": one_of_two,
    "argument": changes_what_it_got,
    "state": changes_what_was_saved,
}


@pytest.mark.parametrize("backward", MISTAKES.values(), ids=MISTAKES)
def test_gradcheck_finds_mistakes(backward):
    x, y = tensor(tn, 1.0, 2.0), tensor(tn, 3.0, 5.0)
    with pytest.raises(tn.GraphError, match="gradcheck"):
        gradcheck(mistaken(backward), (x, y))
    assert not gradcheck(mistaken(backward), (x, y), raise_exception=False)


def test_gradcheck_finds_functions_that_forget_a_gradient_that_did_not_come():
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, g, h):
        return None if g is None else g * 2 + (0 if h is None else h * 3)

    pair = function(tn, forward, backward).apply
    with pytest.raises(tn.GraphError, match="output 1 by input 0"):
        gradcheck(pair, tensor(tn, 1.0))
    assert gradcheck(pair, tensor(tn, 1.0), check_undefined_grad=False)


def test_gradgradcheck_finds_gradients_without_gradients():
    detached = function(tn, saving(lambda x: x**3), lambda ctx, g: 3 * ctx.saved_tensors[0].detach() ** 2 * g).apply
    kept = function(tn, lambda ctx, x: setattr(ctx, "x", x.detach()) or x**3, lambda ctx, g: 3 * ctx.x**2 * g).apply
    x = tensor(tn, 1.0, 2.0)
    for f in detached, kept:
        assert gradcheck(f, x) and not gradgradcheck(f, x, raise_exception=False)
    decorated = function(
        tn, saving(lambda x: x**3), once_differentiable(lambda ctx, g: 3 * ctx.saved_tensors[0] ** 2 * g)
    )
    with pytest.raises(tn.GraphError, match="once_differentiable"):
        gradgradcheck(decorated.apply, x)


# Where it is found


def test_it_works_in_a_module(lib):
    class Cube(lib.nn.Module):
        def forward(self, x):
            return cube(lib).apply(x)

    x = tensor(lib, 2.0)
    Cube()(x).backward()
    same(x.grad, 12.0)


def test_detect_anomaly_sees_into_it():
    inf = function(tn, lambda ctx, x: x * 2, lambda ctx, g: (g - 1).log()).apply
    with pytest.raises(tn.NonFiniteError, match=r"in the backward of 'Made': .*'log'"), tn.autograd.detect_anomaly():
        inf(tensor(tn, 2.0)).backward()


def test_paths(lib):
    from_module = lib.autograd.function
    assert from_module.Function is lib.autograd.Function
    assert issubclass(from_module.InplaceFunction, lib.autograd.Function)
    assert issubclass(Function, tn.autograd.function.FunctionCtx)


def test_a_saved_output_outlives_its_place_in_the_graph(lib):
    contexts = []

    class Exp(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            contexts.append(ctx)
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

    y = Exp.apply(lib.zeros(2, requires_grad=True))
    del y
    _, saved = contexts[0].saved_tensors
    assert isinstance(saved, lib.Tensor) and saved.tolist() == [1, 1]
