"""Metrics: those that come along, and scikit-learn's."""

import functools

import numpy as np
import pytest

import tinynet as tn
from tinynet import data, nn, training
from tinynet.training.scoring import Predictions, measured, named

RNG = np.random.default_rng(0)
Y, SCORES = RNG.integers(0, 4, 60), RNG.random((60, 4)).round(1)  # with ties
REAL = RNG.random((20, 2)), RNG.random((20, 2))


def test_the_metrics_by_their_equations():
    matrix = training.confusion_matrix([0, 0, 1, 2], tn.tensor([0, 1, 1, 0]))
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert training.accuracy_score([0, 0, 1, 2], [0, 1, 1, 0]) == 0.5
    assert training.top_k_accuracy_score([0, 2], [[1, 2, 3], [0, 1, 2]], k=2) == 0.5
    assert training.r2_score(tn.tensor([1.0, 2.0, 3.0]), [1.0, 2.0, 4.0]) == pytest.approx(0.5)
    assert training.r2_score([1.0, 1.0], [1.0, 1.0]) == 1 and training.r2_score([1.0, 1.0], [1.0, 2.0]) == 0


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: training.accuracy_score([1, 2], [1]),
            r"accuracy_score: expected predictions of shape \(2,\), got \(1,\)",
        ),
        (lambda: training.confusion_matrix([0.5], [1]), "expected classes"),
        (lambda: training.confusion_matrix([-1], [1]), "expected classes"),
        (lambda: training.top_k_accuracy_score([1, 2], [1, 2, 3]), "expected targets"),
        (lambda: training.top_k_accuracy_score([1], [[1, 2]], k=0), "k"),
        (lambda: named([training.r2_score, training.r2_score]), "'r2_score' twice"),
        (lambda: named({"x": 3}), "expected x to be a function"),
        (lambda: measured({"m": training.confusion_matrix}, Predictions(Y, Y, None)), "'m': expected a number"),
        (lambda: measured({"m": lambda t, y_score: 0}, Predictions(Y, Y, None)), "the targets are no classes"),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises((ValueError, TypeError), match=text):
        call()


def test_predict_gives_classes_and_probabilities():
    net = nn.Linear(3, 2)
    x, y = tn.rand(7, 3), tn.randint(0, 2, (7,))
    found = training.predict(net, data.DataLoader(data.TensorDataset(x, y), 4))
    p = net(x).softmax(1).detach().numpy()
    assert found.y_true.tolist() == y.tolist() and found.y_pred.tolist() == p.argmax(1).tolist()
    np.testing.assert_allclose(found.y_score, p[:, 1], rtol=1e-6)
    found = training.predict(nn.Linear(3, 1), [(x, tn.rand(7))])
    assert found.y_pred.shape == (7,) and found.y_score is None and net.training


def test_metrics_are_measured_by_fit_and_evaluate():
    x = tn.rand(30, 3, generator=tn.Generator(0))
    test = data.DataLoader(data.TensorDataset(x, x.argmax(1)), 8)
    net = nn.Linear(3, 3)
    metrics = [training.accuracy_score, functools.partial(training.top_k_accuracy_score, k=2)]
    optimizer, loss = tn.optim.SGD(net.parameters(), 0.1), nn.CrossEntropyLoss()
    (row,) = training.fit(net, test, test, optimizer, loss, epochs=1, metrics=metrics, progress=False)
    score = training.evaluate(net, test, loss, metrics=metrics)
    assert row.metrics == score.metrics and row.metrics["accuracy_score"] == row.test_accuracy == score.accuracy
    assert row.metrics["top_k_accuracy_score"] > row.metrics["accuracy_score"]


@pytest.mark.parametrize("names", [None, ["zero", "one", "two", "three"]])
def test_the_confusion_is_a_picture(tmp_path, names):
    training.plot_confusion(training.confusion_matrix(Y, SCORES.argmax(1)), tmp_path / "x.png", names)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.extras
def test_the_results_are_those_of_scikit_learn():
    theirs = pytest.importorskip("sklearn.metrics")
    prediction = SCORES.argmax(1)
    assert training.accuracy_score(Y, prediction) == theirs.accuracy_score(Y, prediction)
    assert training.confusion_matrix(Y, prediction).tolist() == theirs.confusion_matrix(Y, prediction).tolist()
    assert training.r2_score(*REAL) == pytest.approx(theirs.r2_score(*REAL))
    for k in (1, 2, 3):
        ours = training.top_k_accuracy_score(Y, SCORES, k=k)
        assert ours == pytest.approx(theirs.top_k_accuracy_score(Y, SCORES, k=k))


@pytest.mark.extras
def test_functions_of_scikit_learn_are_metrics():
    theirs = pytest.importorskip("sklearn.metrics")
    f1 = functools.partial(theirs.f1_score, average="macro")
    many = [f1, theirs.accuracy_score, theirs.log_loss, theirs.cohen_kappa_score, theirs.matthews_corrcoef]
    p = SCORES / SCORES.sum(1, keepdims=True)
    found = measured(named(many), Predictions(Y, p.argmax(1), p))
    assert found["f1_score"] == f1(Y, p.argmax(1)) and found["log_loss"] == theirs.log_loss(Y, p)
    two = Predictions.of(Y // 2, SCORES[:, :2])
    found = measured(named([theirs.roc_auc_score, theirs.average_precision_score, theirs.brier_score_loss]), two)
    assert found["roc_auc_score"] == theirs.roc_auc_score(Y // 2, two.y_score)
    assert set(found) == {"roc_auc_score", "average_precision_score", "brier_score_loss"}
    real = measured(named([theirs.mean_absolute_error, theirs.r2_score]), Predictions.of(*REAL))
    assert real["r2_score"] == theirs.r2_score(*REAL)
