"""CTC: all paths one by one, and PyTorch's loss and gradient, in both layouts of targets."""

import itertools
import math

import numpy as np
import pytest
from twins import array

import tinynet as tn
from tinynet.nn import functional as F

TARGETS = np.array([[1, 1, 0], [3, 0, 0], [2, 1, 3], [0, 0, 0]])
LENGTHS, SIZES = [5, 3, 6, 4], [2, 1, 3, 0]


def log_probs(library, dtype="float32", samples=4):
    x = array(6, samples, 4, seed=1).astype(dtype)
    return library.tensor(x - np.log(np.exp(x).sum(2, keepdims=True))).requires_grad_()


def joined(targets):
    return np.concatenate([row[:size] for row, size in zip(targets, SIZES)])


@pytest.mark.torch
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("layout", [np.array, joined])
def test_ctc_loss_is_pytorchs(torch, reduction, blank, layout):
    targets, results = (TARGETS + (blank == 2)) % 4, []
    targets[targets == blank] = 3
    for library in (tn, torch):
        x, lengths = log_probs(library), [library.tensor(n) for n in (LENGTHS, SIZES)]
        loss = library.nn.CTCLoss(blank, reduction)(x, library.tensor(layout(targets)), *lengths)
        loss.cos().sum().backward()
        results.append([loss.detach().numpy(), x.grad.numpy()])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, 1e-5, 1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_targets_too_long_for_their_inputs_are_pytorchs(torch, zero_infinity):
    results = []
    for library in (tn, torch):
        x = log_probs(library, samples=3)
        lengths = [0, 0, 2], [0, 1, 2]
        loss = library.nn.functional.ctc_loss(x, library.tensor([2, 1, 1]), *lengths, 0, "none", zero_infinity)
        loss.sum().backward()
        results.append([loss.detach().numpy(), x.grad.numpy()])
    (loss, gradient), (their_loss, their_gradient) = results
    np.testing.assert_array_equal(loss, their_loss)
    undefined = np.isnan(their_gradient)  # of all classes; here of those in the target
    assert undefined.any() == np.isnan(gradient).any() == (not zero_infinity)
    np.testing.assert_array_equal(gradient[~undefined], their_gradient[~undefined])


@pytest.mark.parametrize("target", [[], [1], [1, 1], [1, 2]])
def test_it_is_the_sum_over_all_paths(target):
    p = np.exp(log_probs(tn, "float64").detach().numpy()[:4, 0, :3])
    meant = [
        path for path in itertools.product(range(3), repeat=4) if [k for k, _ in itertools.groupby(path) if k] == target
    ]
    expected = -np.log(sum(p[np.arange(4), list(path)].prod() for path in meant))
    loss = F.ctc_loss(
        tn.tensor(np.log(p)), tn.tensor(target, dtype=tn.int64), tn.tensor(4), tn.tensor(len(target)), 0, "sum"
    )
    assert abs(loss.item() - expected) < 1e-12


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"log_probs": tn.zeros(3)}, tn.ShapeError, r"\(T, N, C\) or \(T, C\), got \(3,\)"),
        ({"input_lengths": [7, 3, 6, 4]}, ValueError, r"input_lengths in \[0, 6\], got 3 to 7"),
        ({"input_lengths": [6]}, tn.ShapeError, r"input_lengths \(4,\)"),
        ({"input_lengths": [6.0] * 4}, tn.DTypeError, "integers, got float64"),
        ({"target_lengths": [4, 1, 3, 0]}, tn.ShapeError, r"targets \(4, S\) with S ≥ 4, got \(4, 3\)"),
        ({"targets": tn.tensor([1, 2])}, tn.ShapeError, r"6 labels in all, got \(2,\)"),
        ({"targets": tn.tensor(TARGETS * 2)}, tn.TargetError, r"labels in \[0, 4\), got 0 to 6"),
        ({"targets": tn.zeros(4, 3)}, tn.DTypeError, "targets to be integers, got float32"),
        ({"blank": 4}, ValueError, r"blank in \[0, 3\], got 4"),
    ],
)
def test_errors_say_what_was_expected(change, error, words):
    arguments = {
        "log_probs": log_probs(tn), "targets": tn.tensor(TARGETS), "input_lengths": LENGTHS, "target_lengths": SIZES,
    }  # fmt: skip
    with pytest.raises(error, match=words):
        F.ctc_loss(**arguments | change)


def test_nan_is_no_infinite_loss():
    x = tn.zeros(5, 2, 4).log_softmax(-1)
    x[0, 0, 1] = math.nan
    loss = F.ctc_loss(x, tn.tensor([[1, 2], [2, 3]]), [5, 5], [2, 2], reduction="none", zero_infinity=True)
    assert loss.isnan().tolist() == [True, False]
