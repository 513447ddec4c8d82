"""Sums, means and maxima of bags of rows, beside PyTorch's."""

import itertools

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet import nn

F = nn.functional
W = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
BAGS = [
    ([[1, 2], [2, 5], [0, 2]], None, False), ([1, 2, 2, 5, 0], [0, 2, 2, 4], False), ([1, 2, 2, 5], [0, 2, 4], True),
    ([], [0, 0], False), ([2, 2], [0, 1, 2], False),
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 2, -1])
def test_bags_are_pytorchs(torch, mode, padding_idx):
    for (bags, offsets, last), max_norm in itertools.product(BAGS, (None, 1.0)):
        results = []
        for lib in (tn, torch):
            w = lib.tensor(W.copy(), requires_grad=True)
            x = lib.tensor(np.array(bags, np.int64))
            at = None if offsets is None else lib.tensor(np.array(offsets, np.int64))
            options = {"padding_idx": padding_idx, "max_norm": max_norm, "include_last_offset": last, "mode": mode}
            y = lib.nn.functional.embedding_bag(x, w, at, **options)
            y.sin().sum().backward()
            results.append([y.detach(), w.grad, w.detach()])
        for ours, theirs in zip(*results):
            np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


@pytest.mark.torch
def test_weights_of_samples_are_pytorchs(torch):
    results = []
    for lib in (tn, torch):
        w, scale = lib.tensor(W, requires_grad=True), lib.tensor([0.5, -1.0, 2.0, 3.0], requires_grad=True)
        bag = lib.nn.EmbeddingBag.from_pretrained(w.detach(), freeze=False, mode="sum", padding_idx=2)
        y = bag(lib.tensor([1, 2, 5, 1]), lib.tensor([0, 3]), scale)
        y.sin().sum().backward()
        results.append([y.detach(), bag.weight.grad, scale.grad])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


def test_gradients_by_frequency():
    w = tn.ones(3, 2, requires_grad=True)
    F.embedding_bag(tn.tensor([[1, 1], [1, 2]]), w, scale_grad_by_freq=True, mode="sum").sum().backward()
    assert w.grad.tolist() == [[0, 0], [1, 1], [1, 1]]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x, w: F.embedding_bag(x, w), "expected an input .bags, n., or .n,. and offsets"),
        (lambda x, w: F.embedding_bag(x[None], w, x), "expected offsets=None for an input"),
        (lambda x, w: F.embedding_bag(x, w, x), "expected offsets that rise from 0 to at most 2, got .1, 2, 2."),
        (lambda x, w: F.embedding_bag(x, w, x - 1, per_sample_weights=x), "expected mode='sum' beside"),
        (lambda x, w: F.embedding_bag(x, w, x - 1, mode="max", scale_grad_by_freq=True), "scale_grad_by_freq=False"),
        (lambda x, w: F.embedding_bag(x + 9, w, x - 1), "expected indices in"),
        (lambda x, w: F.embedding_bag(x, w, x - 1, mode="min"), "expected mode to be 'sum', 'mean' or 'max'"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises((ValueError, IndexError), match=message):
        call(tn.tensor([1, 2]), tn.ones(4, 2))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_no_bags(mode):
    none = tn.tensor([], dtype=tn.int64)
    for x in (none, tn.tensor([1])):
        assert F.embedding_bag(x, tn.ones(4, 2), none, mode=mode).shape == (0, 2)
    assert F.embedding_bag(tn.zeros(3, 0, dtype=tn.int64), tn.ones(4, 2), mode=mode).tolist() == [[0, 0]] * 3
