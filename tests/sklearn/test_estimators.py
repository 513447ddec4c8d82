"""Estimators are scikit-learn's: its own checks, pipelines, searches, frames; and the same seed gives the same bits."""

import functools
import pickle

import numpy as np
import pytest

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import digits

pytestmark = pytest.mark.extras
pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tinynet.sklearn import NetClassifier, NetRegressor

X, Y = (tensor.numpy() for tensor in digits().tensors)
X, Y = X[:600], Y[:600]  # in float32
TABLE, NUMBERS = make_regression(200, 8, n_targets=3, random_state=0)
NUMBERS = NUMBERS / 100
QUICK = functools.partial(NetClassifier, (16,), epochs=4, batch_size=64, random_state=0)


@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_what_scikit_learn_expects(estimator, check):
    check(estimator)


def network(inputs, classes):
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(144, classes),
    )


def test_a_search_in_two_processes_has_the_bits_of_one():
    pipeline = make_pipeline(StandardScaler(), NetClassifier(network, epochs=3, batch_size=64, random_state=0))
    grid = {"netclassifier__lr": [1e-4, 1e-2]}
    scores = [GridSearchCV(pipeline, grid, cv=2, n_jobs=n).fit(X, Y).cv_results_["mean_test_score"] for n in (1, 2)]
    assert np.array_equal(*scores) and scores[0][1] > scores[0][0]


def test_frames_of_pandas_with_names_and_words():
    pytest.importorskip("pandas")
    iris = load_iris(as_frame=True)
    words = iris.target.map(dict(enumerate(iris.target_names)))
    model = NetClassifier(epochs=80, random_state=0).fit(iris.data, words)
    assert list(model.feature_names_in_) == list(iris.data.columns) and list(model.classes_) == list(iris.target_names)
    assert model.score(iris.data, words) > 0.9
    with pytest.raises(ValueError, match="feature names"):
        model.predict(iris.data.iloc[:, ::-1])


def test_the_seed_decides_all_and_nothing_outside_is_drawn_on():
    before = tn.get_rng_state()
    first, again, other = (NetClassifier(network, epochs=2, random_state=seed).fit(X, Y) for seed in (0, 0, 1))
    assert tn.get_rng_state() == before
    tn.manual_seed(5)
    assert np.array_equal(first.predict_proba(X), again.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))


def test_partial_fits_are_epochs_also_after_a_pickle():
    whole = NetRegressor(epochs=6, random_state=0).fit(TABLE, NUMBERS)
    parts = NetRegressor(random_state=0)
    for _ in range(3):
        parts.partial_fit(TABLE, NUMBERS)
    parts = pickle.loads(pickle.dumps(parts))
    for _ in range(3):
        parts.partial_fit(TABLE, NUMBERS)
    assert np.array_equal(whole.predict(TABLE), parts.predict(TABLE)) and parts.n_iter_ == 6
    with pytest.raises(ValueError, match=r"expected y of shape \(200, 3\), as before, got \(200,\)"):
        parts.partial_fit(TABLE, NUMBERS[:, 0])


def test_classes_of_partial_fits():
    model = QUICK()
    with pytest.raises(ValueError, match="the first partial_fit must be told all classes"):
        model.partial_fit(X, Y)
    model.partial_fit(X[:50], Y[:50], classes=np.arange(10)).partial_fit(X, Y)
    assert model.predict_proba(X).shape == (600, 10)
    with pytest.raises(ValueError, match="expected y among the classes"):
        model.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match=r"expected classes \[0 1 2 3 4 5 6 7 8 9\], as before, got \[0 1\]"):
        model.partial_fit(X, Y, classes=[0, 1])


def test_early_stopping_keeps_the_best():
    model = NetClassifier((16,), epochs=500, early_stopping=True, n_iter_no_change=5, random_state=0).fit(X, Y)
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 500 and max(scores) > 0.85
    assert all(score <= max(scores[:-5]) + model.tol for score in scores[-5:])
    with pytest.raises(ValueError, match="partial_fit holds no rows out"):
        clone(model).partial_fit(X, Y, classes=np.unique(Y))


def test_classes_count_as_they_are_told():
    rare = np.concatenate([np.flatnonzero(Y == 0), np.flatnonzero(Y == 8)[:4]])
    counts = [QUICK(class_weight=w).fit(X[rare], Y[rare]).predict_proba(X)[:, 1].mean() for w in (None, "balanced")]
    assert counts[1] > 1.3 * counts[0]


def test_single_and_several_targets_and_losses():
    for loss in ("squared_error", "absolute_error", "huber"):
        model = NetRegressor(loss=loss, random_state=0).fit(TABLE, NUMBERS)
        assert model.predict(TABLE).shape == NUMBERS.shape and model.score(TABLE, NUMBERS) > 0.95
    assert NetRegressor(epochs=1).fit(TABLE, NUMBERS[:, 0]).predict(TABLE).shape == (200,)


def test_float32_is_computed_with_in_float32():
    model = QUICK().fit(X, Y)
    assert model.predict_proba(X).dtype == np.float32 == model.module_[0].weight.dtype
    assert QUICK().fit(X.astype(np.float64), Y).predict_proba(X).dtype == np.float64


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"layers": (0,)}, "expected a size in layers ≥ 1, got 0"),
        ({"layers": "wide"}, "expected layers to be a tuple of sizes or a function that makes a module, got 'wide'"),
        ({"layers": lambda i, o: 5}, r"expected layers\(n_features, n_outputs\) to be a module, got 5"),
        ({"layers": lambda i, o: nn.Linear(i, o + 1)}, r"a module with outputs of shape \(200, 3\), got \(200, 4\)"),
        ({"activation": "relux"}, "expected activation to be 'relu', 'gelu'"),
        ({"optimizer": "adm"}, "expected optimizer to be 'adam', 'adamw'"),
        ({"lr": -1.0}, "lr must be ≥ 0"),
        ({"epochs": 0}, "expected epochs ≥ 1, got 0"),
        ({"batch_size": "all"}, "expected batch_size to be an integer, got 'all'"),
        ({"loss": "l3"}, "expected loss to be 'squared_error'"),
        ({"early_stopping": True, "validation_fraction": 2}, r"expected validation_fraction in \[0, 1\], got 2"),
        ({"optimizer": functools.partial(optim.SGD, momentum=0.9), "lr": 1e3}, "the loss is no number any more"),
    ],
)
def test_wrong_parameters(parameters, told):
    with pytest.raises((ValueError, TypeError, ArithmeticError), match=told), np.errstate(all="ignore"):
        NetRegressor(random_state=0, **parameters).fit(TABLE, NUMBERS)
