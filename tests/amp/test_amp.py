"""Scaled losses, step by step beside PyTorch's, and autocast, which may be written where it has nothing to do."""

import math

import numpy as np
import pytest
from helpers import close

import tinynet as tn
from tinynet import nn, optim

W = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
OPTIONS = {"init_scale": 7.0, "growth_factor": 1.7, "backoff_factor": 0.3, "growth_interval": 2}
# What the loss is multiplied by in each step; those beyond float32 must be skipped
FACTORS = [1.0, 0.1, math.inf, 2.0, math.nan, 0.3, 1.0, -math.inf, 1.0, 1.0]


def setup(lib, scaler, sizes=(1,)):
    """A weight for each size, an optimizer for each, and the scaler."""
    weights = [lib.tensor(n * W, requires_grad=True) for n in sizes]
    return weights, [lib.optim.SGD([w], lr=0.1, momentum=0.5) for w in weights], scaler


def train(lib, scaler, clip):
    """[(state of the scaler, weights, gradients)] after each step: two optimizers, of which one overflows."""
    weights, optimizers, scaler = setup(lib, scaler, (1, 2))
    seen = []
    for i, factor in enumerate(FACTORS):
        for optimizer in optimizers:
            optimizer.zero_grad()
        losses = [(weights[0] ** 2).sum() * factor, (weights[1] ** 2).sum()]
        for loss in scaler.scale(losses):
            loss.backward()
        if clip:
            scaler.unscale_(optimizers[i % 2])
            lib.nn.utils.clip_grad_norm_([weights[i % 2]], 1.0)
        results = [scaler.step(optimizer) for optimizer in optimizers]
        assert results == [None, None]
        scaler.update(5.0 if i == 6 else None)
        arrays = [np.array(x.detach().tolist()) for w in weights for x in (w, w.grad)]
        seen.append((scaler.state_dict(), arrays))
    return seen


@pytest.mark.parametrize("clip", [False, True])
def test_every_step_is_pytorchs(clip, torch):
    ours = train(tn, tn.amp.GradScaler("cpu", **OPTIONS), clip)
    theirs = train(torch, torch.amp.GradScaler("cpu", **OPTIONS), clip)
    for (state, arrays), (their_state, their_arrays) in zip(ours, theirs):
        assert state == their_state
        for a, b in zip(arrays, their_arrays):
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_a_step_is_skipped_where_a_gradient_overflows():
    (w,), (optimizer,), scaler = setup(tn, tn.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=1))
    scaler.scale((w * 4).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == W.tolist() and scaler.get_scale() == 2.0**126
    scaler.update(2.0**127)
    optimizer.zero_grad()
    scaler.scale(w.sum()).backward()
    scaler.unscale_(optimizer)
    assert w.grad.tolist() == np.ones_like(W).tolist()
    scaler.step(optimizer)
    scaler.update()
    close(w.detach(), W - np.float32(0.1), ulp=2)
    assert scaler.get_scale() == 2.0**127, "the scale would overflow"


ORDERS = {
    "nothing has been scaled": ["step"],
    "nothing has been scaled; call": ["update"],
    "has unscaled since": ["scale", "unscale_", "unscale_"],
    "unscale_: this optimizer has stepped": ["scale", "step", "unscale_"],
    "step: this optimizer has stepped": ["scale", "step", "step"],
    "no gradients have been unscaled": ["scale", "update"],
    "no gradients have been unscaled since": ["scale", "step", "update", "update"],
    "has a gradient": ["forward", "step"],
}


def call(lib, scaler, order):
    (w,), (optimizer,), scaler = setup(lib, scaler)
    for name in order:
        if name == "scale":
            scaler.scale(w.sum()).backward()
        elif name == "forward":
            scaler.scale(w.sum())
        elif name == "update":
            scaler.update()
        else:
            getattr(scaler, name)(optimizer)


@pytest.mark.parametrize(("message", "order"), ORDERS.items(), ids=["-".join(o) for o in ORDERS.values()])
def test_another_order_is_an_error(message, order):
    call(tn, tn.amp.GradScaler("cpu"), order[:-1])
    with pytest.raises(RuntimeError, match=message):
        call(tn, tn.amp.GradScaler("cpu"), order)


@pytest.mark.parametrize("order", ORDERS.values(), ids="-".join)
def test_another_order_is_an_error_in_pytorch(order, torch):
    with pytest.raises((RuntimeError, AssertionError)):
        call(torch, torch.amp.GradScaler("cpu"), order)


def test_a_disabled_scaler_changes_nothing():
    (w,), (optimizer,), scaler = setup(tn, tn.amp.GradScaler("cpu", enabled=False))
    loss = w.sum()
    assert scaler.scale(loss) is loss and scaler.get_scale() == 1.0 and not scaler.is_enabled()
    loss.backward()
    scaler.unscale_(optimizer)
    assert scaler.step(optimizer, closure=lambda: 3.0) == 3.0
    scaler.update()
    scaler.load_state_dict({})
    assert scaler.state_dict() == {}


def test_a_state_goes_on():
    scaler = tn.amp.GradScaler("cpu", **OPTIONS)
    call(tn, scaler, ["scale", "step", "update"])
    other = tn.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    call(tn, other, ["scale", "step", "update"])
    assert other.get_scale() == pytest.approx(7 * 1.7) and other.state_dict()["_growth_tracker"] == 0
    before = other.state_dict()
    for bad in ({}, {**before, "growth_interval": 1.5}):
        with pytest.raises((RuntimeError, TypeError), match=r"empty|growth_interval"):
            other.load_state_dict(bad)
    assert other.state_dict() == before


def test_what_a_scaler_is_given():
    x = tn.ones(2)
    scaler = tn.amp.GradScaler("cpu", init_scale=3.0)
    first, (second, third) = scaler.scale((x, [x, x.double()]))
    assert first.tolist() == second.tolist() == third.tolist() == [3, 3] and third.dtype == tn.float64
    assert [y.tolist() for y in scaler.scale(y for y in (x, x))] == [[3, 3]] * 2
    half = tn.ones(2).half().requires_grad_()
    scaler.scale(half).sum().backward()
    for wrong, match in {
        lambda: scaler.scale(3): "outputs to be a Tensor or an iterable",
        lambda: scaler.unscale_(optim.SGD([half])): "float32 or float64",
        lambda: scaler.step(optim.SGD([x.requires_grad_()]), lambda: 1): "a closure",
        lambda: tn.amp.GradScaler("cpu", growth_factor=1.0): "growth_factor > 1",
        lambda: tn.amp.GradScaler("cpu", backoff_factor=1.0): "backoff_factor < 1",
        lambda: tn.amp.GradScaler("mps"): "'cpu' or 'cuda', got 'mps'",
    }.items():
        with pytest.raises((TypeError, RuntimeError), match=match):
            wrong()


# autocast


def model(x):
    return nn.functional.linear(x, x).dtype


@pytest.mark.parametrize("arguments", [("cpu", None, False), ("cuda", tn.float16, False), ("cpu", "float16", 0)])
def test_disabled_autocast_does_nothing(arguments):
    with tn.autocast(*arguments) as context:
        assert model(tn.ones(2, 2)) == tn.float32 and not tn.is_autocast_enabled()
    assert isinstance(context, tn.amp.autocast) and tn.amp.autocast is tn.autocast
    assert tn.autocast(*arguments)(model) is model and not tn.amp.is_autocast_available("cpu")


@pytest.mark.skipif(tn.cuda.is_available(), reason="there is a GPU")
def test_autocast_for_a_gpu_that_is_not_there_warns_as_pytorch(torch):
    """And the older names warn that they are."""
    for lib in (tn, torch):
        warned = []
        for make in (
            lambda lib: lib.autocast("cuda"),
            lambda lib: lib.autocast("cpu", dtype=lib.float32),
            lambda lib: lib.amp.GradScaler(),
            lambda lib: lib.cuda.amp.autocast(enabled=False),
            lambda lib: lib.cuda.amp.GradScaler(enabled=False),
            lambda lib: lib.cuda.amp.autocast(),
            lambda lib: lib.cuda.amp.GradScaler(),
        ):
            with pytest.warns(Warning) as found:
                made = make(lib)
            warned.append([w.category for w in found])
            assert lib is torch or {w.filename for w in found} == {__file__}
            if hasattr(made, "is_enabled"):
                assert not made.is_enabled() and made.get_scale() == 1.0 and made.state_dict() == {}
        assert warned == [[UserWarning]] * 3 + [[FutureWarning]] * 2 + [[FutureWarning, UserWarning]] * 2


def test_autocast_that_would_change_dtypes_is_an_error():
    for arguments in [("cpu",), ("cpu", tn.float16)]:
        with pytest.raises(ValueError, match="autocast: expected enabled=False, since operations compute in the dtype"):
            tn.autocast(*arguments)
    with pytest.raises(ValueError, match="device_type to be 'cpu' or 'cuda', got 'mps'"):
        tn.autocast("mps", enabled=False)
    with pytest.raises(TypeError, match="decorates to be a function, got 3"):
        tn.autocast("cpu", enabled=False)(3)


@pytest.mark.cuda
def test_on_a_gpu_losses_are_scaled_and_autocast_is_an_error():
    with pytest.raises(ValueError, match="enabled=False"):
        tn.autocast("cuda", dtype=tn.float32)
    w = tn.tensor(W, device="cuda", requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.5), tn.amp.GradScaler(init_scale=4.0)
    for factor, expected in [(1.0, W - 0.5), (math.inf, W - 0.5)]:
        optimizer.zero_grad()
        scaler.scale(w.sum() * factor).backward()
        scaler.step(optimizer)
        scaler.update()
        close(w.detach().cpu(), expected, ulp=2)
    assert scaler.get_scale() == 2.0


def test_a_function_may_say_how_it_is_cast():
    class Double(tn.autograd.Function):
        @staticmethod
        @tn.amp.custom_fwd(device_type="cuda", cast_inputs=tn.float32)
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        @tn.amp.custom_bwd(device_type="cuda")
        def backward(ctx, g):
            return 2 * g

    x = tn.ones(2, dtype=tn.float64, requires_grad=True)
    y = Double.apply(x)
    y.sum().backward()
    assert y.dtype == tn.float64 and x.grad.tolist() == [2, 2] and tn.amp.custom_fwd(model, device_type="cpu") is model


def test_a_step_that_fails_can_be_tried_again(monkeypatch):
    p = tn.ones(2, requires_grad=True)
    scaler, optimizer = tn.amp.GradScaler("cpu", init_scale=4.0), optim.SGD([p], lr=1.0)
    scaler.scale(p.sum()).backward()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(optimizer, "step", lambda: 1 // 0)
        scaler.step(optimizer)
    scaler.step(optimizer)
    assert p.tolist() == [0, 0]  # divided by the scale once
