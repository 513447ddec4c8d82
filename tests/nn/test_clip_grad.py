"""Norms of gradients and clipping them, beside PyTorch's."""

import math

import numpy as np
import pytest
from helpers import launches

import tinynet as tn
from tinynet.errors import GraphError

SHAPES = [(30, 200), (5,), (), (2, 3, 4)]


def with_gradients(lib, dtype, leave_out=None):
    random = np.random.default_rng(0)
    ps = []
    for i, shape in enumerate(SHAPES):
        p = lib.zeros(shape, dtype=dtype, requires_grad=True)
        g = 3 * random.standard_normal(shape)
        if i != leave_out:
            p.grad = lib.tensor(g, dtype=dtype)
        ps.append(p)
    return ps


def compare(ours, theirs, rtol):
    for p, q in zip(ours, theirs):
        if q.grad is None:
            assert p.grad is None
        else:
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=rtol)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("norm_type", [1, 2.0, 3, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1e6])
def test_clipping_by_norm(max_norm, norm_type, dtype, rtol, torch):
    ours = with_gradients(tn, getattr(tn, dtype), leave_out=1)
    theirs = with_gradients(torch, getattr(torch, dtype), leave_out=1)
    a = tn.nn.utils.clip_grad_norm_(iter(ours), max_norm, norm_type)
    b = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert a.shape == () and a.dtype.name == dtype
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=10 * rtol)
    compare(ours, theirs, 10 * rtol)


def test_clipping_by_value(torch):
    ours, theirs = with_gradients(tn, tn.float32), with_gradients(torch, torch.float32)
    ours[0].grad[0, 0] = theirs[0].grad[0, 0] = float("nan")
    tn.nn.utils.clip_grad_value_(ours, 0.5)
    torch.nn.utils.clip_grad_value_(theirs, 0.5)
    compare(ours, theirs, 0)


def test_norm_of_any_tensors(torch):
    x = np.random.default_rng(0).standard_normal((40, 60))
    for ours, theirs in (
        (tn.tensor(x).T, torch.tensor(x).T),
        ([tn.tensor(x)[::2, ::3]], [torch.tensor(x)[::2, ::3]]),
        ([], []),
        (tn.zeros(0), torch.zeros(0)),
    ):
        a, b = tn.nn.utils.get_total_norm(ours), torch.nn.utils.get_total_norm(theirs)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_norms_that_are_not_finite(bad, torch):
    ours, theirs = with_gradients(tn, tn.float32), with_gradients(torch, torch.float32)
    ours[1].grad[2] = theirs[1].grad[2] = bad
    before = ours[0].grad.numpy().copy()
    with pytest.raises(RuntimeError, match="the norm of order 2"):
        tn.nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    assert (ours[0].grad.numpy() == before).all()
    tn.nn.utils.clip_grad_norm_(ours, 1.0)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    compare(ours, theirs, 0)


def test_a_norm_that_overflows_float32_inside_is_exact():
    assert tn.nn.utils.get_total_norm(tn.full((4,), 1e30)).item() == np.float32(2e30)


def test_gradients_in_an_arena_are_clipped_where_they_lie():
    p = tn.ones(3, requires_grad=True)
    optimizer = tn.optim.SGD([p], lr=1.0)
    (p * 4).sum().backward()
    tn.nn.utils.clip_grad_value_([p], 0.25)
    optimizer.step()
    assert p.tolist() == [0.75] * 3


def in_an_arena(gradients, cls=tn.optim.Adam):
    """Parameters of an optimizer, with these gradients in its arena; and the arena."""
    ps = [tn.zeros(len(g), requires_grad=True) for g in gradients]
    optimizer = cls(ps)
    for p, g in zip(ps, gradients):
        (p * tn.tensor(g)).sum().backward()
    return ps, optimizer


def test_gradients_in_an_arena_are_one_sum_and_one_product():
    ps, _ = in_an_arena([[3.0, 4.0], [12.0]])
    alone = tn.zeros(1, requires_grad=True)
    alone.grad = tn.tensor([84.0])
    with launches() as names:
        norm = tn.nn.utils.clip_grad_norm_([ps[0], alone, ps[1]], 17.0)
    assert norm.item() == 85 and (names.count("sum_square"), names.count("scale_slices"), names.count("mul")) == (
        2,
        1,
        1,
    )
    np.testing.assert_allclose([g for p in (*ps, alone) for g in p.grad.tolist()], [0.6, 0.8, 2.4, 16.8], rtol=1e-6)


def test_some_gradients_of_an_arena_and_one_twice():
    ps, qs = in_an_arena([[3.0], [100.0], [4.0, 12.0]])[0], [tn.zeros(n, requires_grad=True) for n in (1, 1, 2)]
    for p, q in zip(ps, qs):
        q.grad = p.grad.clone()
    for own in (ps, qs):
        norm = tn.nn.utils.clip_grad_norm_([own[2], own[0], own[0]], 1.0)
        assert norm.item() == np.float32(178**0.5)
    assert [p.grad.tolist() for p in ps] == [q.grad.tolist() for q in qs] and ps[1].grad.item() == 100


def test_a_norm_that_is_nan_leaves_the_gaps_of_an_arena_alone():
    ps, optimizer = in_an_arena([[1.0, float("nan")], [1.0]], tn.optim.Adam8bit)
    tn.nn.utils.clip_grad_norm_(ps, 1.0)
    assert all(np.isnan(p.grad.numpy()).all() for p in ps)
    assert np.isnan(optimizer._arenas[0][0].grads).sum() == 3


def test_a_gradient_that_somebody_holds_is_known_to_be_overwritten():
    ps, _ = in_an_arena([[3.0, 4.0]])
    g = ps[0].grad.requires_grad_()
    y = (g * g).sum()
    tn.nn.utils.clip_grad_norm_(ps, 1.0)
    with pytest.raises(GraphError, match="overwritten"):
        y.backward()


@pytest.mark.parametrize("bad", [tn.ones(2), "1"], ids=str)
def test_a_total_norm_is_one_number(bad):
    with pytest.raises((TypeError, ValueError), match="total_norm"):
        tn.nn.utils.clip_grads_with_norm_([tn.ones(1, requires_grad=True)], 1.0, bad)
