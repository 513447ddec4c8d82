"""Embedding, one_hot and multinomial; pieces and repetitions beside PyTorch."""

import numba
import numpy as np
import pytest
from helpers import LAYOUTS, close, leaf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinynet as tn
from tinynet import nn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.nn import functional as F
from tinynet.tensor import wrap

torch = pytest.importorskip("torch")
SEEDS = st.integers(0, 2**32 - 1)


@given(
    st.integers(1, 9),
    st.sampled_from([0, 1, 3, 16, 31, 33, 70]),
    array_shapes(min_dims=0, min_side=0),
    SEEDS,
    st.data(),
)
def test_embedding(rows, width, shape, seed, data):
    rng = np.random.default_rng(seed)
    dtype, layout = data.draw(st.sampled_from([np.float32, np.float64])), data.draw(st.sampled_from([*LAYOUTS]))
    integers = data.draw(st.sampled_from([np.int64, np.int32]))
    padding = data.draw(st.none() | st.integers(-rows, rows - 1))
    index = LAYOUTS[layout](np.asarray(rng.integers(0, rows, shape), integers))
    table, by_count, results = rng.standard_normal((rows, width)).astype(dtype), bool(rng.integers(2)), []
    for framework, functional, tensor in ((tn, F, wrap), (torch, torch.nn.functional, torch.tensor)):
        w = tensor((LAYOUTS[layout] if framework is tn else np.array)(table)).requires_grad_()
        where = tensor(index if framework is tn else index.copy())
        y = functional.embedding(where, w, padding, scale_grad_by_freq=by_count)
        y.backward(framework.tensor(np.cos(np.arange(y.numel(), dtype=dtype)).reshape(tuple(y.shape))))
        results.append((y, w.grad))
    for actual, expected in zip(*results, strict=True):
        close(actual, expected, ulp=8, scale=1)


@pytest.mark.parametrize("padding", [None, 2])
def test_gradients(padding):
    index, w = tn.tensor([[0, 3], [3, 3]]), leaf(np.random.default_rng(0).standard_normal((4, 3)))
    function = lambda w: F.embedding(index, w, padding)
    assert gradcheck(function, w) and gradgradcheck(function, w)
    assert gradgradcheck(lambda w: F.embedding(index, w * w, padding), w)


def test_the_same_bits_on_any_number_of_threads():
    index, table = (
        tn.randint(0, 300, (5000,)),
        leaf(np.random.default_rng(0).standard_normal((300, 70)).astype(np.float32)),
    )
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        (F.embedding(index, table) ** 2).sum().backward()
        found.append(table.grad.array)
        table.grad = None
    np.testing.assert_array_equal(*found)


def test_module():
    for options in ({}, {"padding_idx": -1}, {"padding_idx": 1, "max_norm": 1.0, "norm_type": 1.0},
                    {"scale_grad_by_freq": True}):  # fmt: skip
        ours, theirs = nn.Embedding(7, 3, **options), torch.nn.Embedding(7, 3, **options)
        assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
        assert ours.padding_idx is None or not ours.weight.array[ours.padding_idx].any()
        theirs.load_state_dict({"weight": torch.tensor(ours.weight.detach().numpy().copy())})
        index = np.array([[1, 6, 1], [0, 2, 6]])
        for framework, module in ((tn, ours), (torch, theirs)):
            y = module(framework.tensor(index))
            (y * y).sum().backward()
        close(ours.weight.detach(), theirs.weight.detach(), ulp=16, scale=1)
        close(ours.weight.grad, theirs.weight.grad, ulp=64, scale=1)
    tn.manual_seed(0)
    values = nn.Embedding(300, 200).weight.detach().numpy()
    assert abs(values.mean()) < 0.01 and abs(values.std() - 1) < 0.01
    fixed = nn.Embedding.from_pretrained(tn.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert fixed(tn.tensor(1)).tolist() == [3, 4] and not fixed.weight.requires_grad


def test_the_gradient_lands_in_the_arena():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 2))
    twin = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 2))
    twin.load_state_dict(model.state_dict())
    optimizer = tn.optim.SGD(model.parameters(), lr=0.1)
    for net in (model, twin):
        for _ in range(2):
            (net(tn.tensor([1, 1, 3])) ** 2).sum().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad.array, q.grad.array)
    assert np.shares_memory(model[0].weight.grad.array, model[1].weight._edge.arena().grads)
    optimizer.step()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e(tn.tensor([[0, 1], [5, 0]])), r"Embedding\(5, 2\): .*indices in \[0, 5\), got 5 at index 1, 0"),
        (lambda e: e(tn.tensor([-1])), r"got -1 at index 0"),
        (lambda e: e(tn.tensor(7)), r"expected indices in \[0, 5\), got 7"),
        (lambda e: e(tn.tensor([1.0])), "dtype int64 or int32, got float32"),
        (lambda e: nn.Embedding(5, 2, padding_idx=5), r"padding_idx in \[-5, 4], got 5"),
        (lambda e: nn.Embedding(5, 2, sparse=True)(tn.tensor([1])), "expected sparse=False"),
        (lambda e: F.one_hot(tn.tensor([0, 3]), 3), r"one_hot: expected indices in \[0, 3\), got 3 at index 1"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises((IndexError, ValueError, tn.DTypeError), match=message):
        call(nn.Embedding(5, 2))


def test_an_index_overwritten_before_backward_is_noticed():
    index, table = tn.tensor([0, 1]), leaf(np.ones((3, 2)))
    y = F.embedding(index, table)
    index.zero_()
    with pytest.raises(tn.GraphError, match="overwritten"):
        y.sum().backward()


def test_one_hot():
    for index, classes in (([[0, 2], [1, 1]], -1), ([0, 1], 5), (3, -1)):
        close(F.one_hot(tn.tensor(index), classes), torch.nn.functional.one_hot(torch.tensor(index), classes))


# Drawing from a distribution


def test_multinomial_draws_with_the_probabilities_given():
    tn.manual_seed(0)
    p = tn.tensor([[0.0, 1.0, 3.0, 0.0], [2.0, 1.0, 1.0, 0.0]])
    drawn = p.multinomial(20000, replacement=True)
    for row, expected in zip(drawn.array, ([0, 0.25, 0.75, 0], [0.5, 0.25, 0.25, 0])):
        assert np.abs(np.bincount(row, minlength=4) / 20000 - expected).max() < 0.015
    firsts = np.array([tn.multinomial(p[1], 3).array for _ in range(2000)])
    assert (np.sort(firsts, 1) == [0, 1, 2]).all()
    assert np.abs(np.bincount(firsts[:, 0], minlength=3) / 2000 - [0.5, 0.25, 0.25]).max() < 0.04
    tn.manual_seed(3)
    again = tn.multinomial(p, 5, True)
    tn.manual_seed(3)
    np.testing.assert_array_equal(again.array, tn.multinomial(p, 5, True).array)
    for bad, n, message in (
        ([1.0, -1.0], 1, "finite probabilities"),
        ([0.0, 0.0], 1, "positive sum"),
        ([1.0, 0.0], 2, "at most"),
    ):
        with pytest.raises(ValueError, match=message):
            tn.multinomial(tn.tensor(bad), n)


# Pieces and repetitions


@given(array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5), st.data())
def test_pieces(shape, data):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = shape[dim]
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=3)))
    size, chunks = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    sections = [b - a for a, b in zip([0, *cuts], [*cuts, n])]
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(shape), max_size=len(shape) + 1))
    for call in (
        lambda lib, x: lib.split(x, size, dim),
        lambda lib, x: x.split(sections, dim),
        lambda lib, x: lib.chunk(x, chunks, dim),
        lambda lib, x: x.unbind(dim),
        lambda lib, x: [x.repeat(*times)],
        lambda lib, x: [lib.repeat_interleave(x, size - 1, dim)],
        lambda lib, x: [x.repeat_interleave(size - 1)],
        lambda lib, x: [lib.tril(x, size - 3), lib.triu(x, size - 3)] if x.ndim > 1 else [],
    ):
        actual, expected = call(tn, tn.tensor(x)), call(torch, torch.tensor(x))
        assert len(actual) == len(expected)
        for a, e in zip(actual, expected):
            close(a, e)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x.split([1, 1]), "add up to 3, the size of dimension 0"),
        (lambda x: x.split(0), "expected split_size ≥ 1, got 0"),
        (lambda x: x.chunk(0), "expected chunks ≥ 1, got 0"),
        (lambda x: x.repeat(2), "expected at least 2 repeats"),
        (lambda x: x[0].tril(), "at least 2 dimensions"),
        (lambda x: x.repeat_interleave(tn.tensor([1, 2]), 0), "expected 3 repeats"),
    ],
)
def test_errors_of_pieces(call, message):
    with pytest.raises((ValueError, tn.ShapeError), match=message):
        call(tn.zeros(3, 2))


def test_pieces_are_views():
    x = tn.zeros(4, 3)
    x.split(2)[1].fill_(1)
    x.unbind(1)[2].fill_(2)
    assert x.tolist() == [[0, 0, 2], [0, 0, 2], [1, 1, 2], [1, 1, 2]]


@pytest.mark.parametrize(
    "index",
    [
        lambda: tn.tensor([[0, 1], [2, 3]])[:, 0],
        lambda: tn.tensor([[1], [2]]).expand(2, 5),
        lambda: tn.tensor(3).expand(4),
        lambda: tn.tensor([[0, 1]]).expand(3, 2).T,
        lambda: tn.arange(8, dtype=tn.int32)[::3],
        lambda: tn.arange(5)[4],
    ],
)
def test_indices_of_any_layout(index):
    expected, module = index().tolist(), nn.Embedding(10, 4)
    module(index()).sum().backward()
    rows = np.bincount(np.ravel(expected), minlength=10)
    np.testing.assert_array_equal(module.weight.grad.array, np.repeat(rows[:, None], 4, 1))
