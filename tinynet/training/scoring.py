"""Metrics of predictions: accuracy, top-k, the confusion matrix, R²; and scikit-learn's, as they are.

A metric is a function of (y_true, y_pred) that gives a number, as all of `sklearn.metrics` are. If its second parameter
is called `y_score`, `y_prob` or `y_proba`, it is given probabilities in place of the predicted classes.
"""

import functools
import inspect
import operator
from typing import NamedTuple

import numpy as np

from ..arguments import integer, shown, wrong_kind
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError
from ..kernels.arrays import host
from ..tensor import Tensor

SCORES = ("y_score", "y_prob", "y_proba", "y_pred_proba")
SCORES_BY_NAME = ("log_loss", "d2_log_loss_score")  # scikit-learn's, whose probabilities are called y_pred


class Predictions(NamedTuple):
    """The targets; the predicted classes, or numbers; and the classes' probabilities, or None.

    Of two classes `y_score` is the probability of the second alone, which is what scikit-learn expects.
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    y_score: np.ndarray | None

    @classmethod
    def of(cls, targets, outputs):
        if not has_classes(outputs, targets):
            return cls(targets, outputs.reshape(targets.shape) if outputs.size == targets.size else outputs, None)
        p = np.exp(outputs - outputs.max(1, keepdims=True), dtype=np.float64)  # as softmax, whose sums are exactly 1
        p /= p.sum(1, keepdims=True)
        return cls(targets, outputs.argmax(1), p[:, 1] if p.shape[1] == 2 else p)


def has_classes(outputs, targets):
    """Whether targets are classes, and outputs a score for each class along dimension 1."""
    return targets.dtype.kind in "iu" and outputs.ndim == targets.ndim + 1


def named(metrics):
    """Metrics as {name: function}, from that, from a list of functions, which have names, or from None.

    Raises: ArgumentTypeError for what is no function, and ArgumentValueError for a name that comes twice.
    """
    if metrics is None:
        return {}
    if not hasattr(metrics, "items"):
        functions, metrics = list(metrics), {}
        for function in functions:
            name = _name(function)
            if name in metrics:
                raise ArgumentValueError(f"metrics: expected different names, got {name!r} twice; give a dict")
            metrics[name] = function
    for name, function in metrics.items():
        if not callable(function):
            raise wrong_kind("metrics", str(name), "a function of (y_true, y_pred)", function)
    return {str(name): function for name, function in metrics.items()}


def _name(function):
    inner = function.func if isinstance(function, functools.partial) else function
    return getattr(inner, "__name__", type(inner).__name__)


def measured(metrics, predictions):
    """{name: value} of metrics of predictions. Raises ArgumentTypeError for one that does not give a number."""
    values = {}
    for name, function in metrics.items():
        by_scores = _takes_scores(function)
        if by_scores and predictions.y_score is None:
            raise ArgumentTypeError(f"metric {name!r} takes probabilities of classes, and the targets are no classes")
        value = function(predictions.y_true, predictions.y_score if by_scores else predictions.y_pred)
        if np.ndim(value) or not hasattr(value, "__float__"):
            raise ArgumentTypeError(
                f"metric {name!r}: expected a number, got {shown(value)}; for others, call it on what "
                "`training.predict(model, data)` returns"
            )
        values[name] = float(value)
    return values


def _takes_scores(function):
    if _name(function) in SCORES_BY_NAME:
        return True
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return len(names) > 1 and names[1] in SCORES


# Metrics, with the names and the results of scikit-learn's


def accuracy_score(y_true, y_pred):
    """The fraction of predictions that are right. Raises: ShapeError for other shapes than the targets'."""
    y_true, y_pred = _pair("accuracy_score", y_true, y_pred)
    return float((y_true == y_pred).mean())


def top_k_accuracy_score(y_true, y_score, *, k=2):
    """The fraction of targets among the k classes with the largest scores (n, classes); of equal ones the last count.

    Raises: ShapeError unless `y_score` has a row for each target.
    """
    k = integer("top_k_accuracy_score", "k", k, 1)
    y_true, y_score = _array(y_true), _array(y_score)
    if y_score.ndim == 1:  # the probability of the second of two classes
        y_score = np.stack([1 - y_score, y_score], 1)
    if y_true.ndim != 1 or y_score.ndim != 2 or len(y_true) != len(y_score):
        got = f"{y_true.shape} and {y_score.shape}"
        raise ShapeError(f"top_k_accuracy_score: expected targets (n,) and scores (n, classes), got {got}")
    best = np.argsort(y_score, 1, kind="stable")[:, ::-1][:, :k]
    return float((best == y_true[:, None]).any(1).mean())


def confusion_matrix(y_true, y_pred):
    """How often a target of class i was predicted as class j: counts of shape (classes, classes).

    The classes are 0 to the largest that occurs.
    Raises: ShapeError for other shapes than the targets'; ArgumentValueError for what are no classes.
    """
    y_true, y_pred = (a.reshape(-1) for a in _pair("confusion_matrix", y_true, y_pred))
    for a in (y_true, y_pred):
        if a.dtype.kind not in "iub" or (a.size and a.min() < 0):
            raise ArgumentValueError(f"confusion_matrix: expected classes, whole numbers ≥ 0, got {shown(a)}")
    n = int(max(y_true.max(initial=-1), y_pred.max(initial=-1))) + 1
    return np.bincount(y_true.astype(np.int64) * n + y_pred, minlength=n * n).reshape(n, n)


def r2_score(y_true, y_pred):
    """R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²; of several columns the mean. Of a constant y it is 1 if all are met, else 0.

    Raises: ShapeError for other shapes than the targets'.
    """
    y_true, y_pred = (np.asarray(a, np.float64) for a in _pair("r2_score", y_true, y_pred))
    missed = ((y_true - y_pred) ** 2).sum(0)
    spread = ((y_true - y_true.mean(0)) ** 2).sum(0)
    constant = spread == 0
    return float(np.where(constant, missed == 0, 1 - missed / np.where(constant, 1, spread)).mean())


def _pair(where, y_true, y_pred):
    y_true, y_pred = _array(y_true), _array(y_pred)
    if y_true.shape != y_pred.shape:
        raise ShapeError(f"{where}: expected predictions of shape {y_true.shape}, got {y_pred.shape}")
    return y_true, y_pred


def _array(x):
    return host(x.detach().array) if isinstance(x, Tensor) else np.asarray(x)


# How a quantity is to be compared


def better(name, mode="auto"):
    """The comparison by which one value of a quantity is better than another: less of a loss, more of a score.

    Raises: ArgumentValueError for another mode than auto, min and max.
    """
    if mode not in ("auto", "min", "max"):
        raise ArgumentValueError(f"mode: expected 'auto', 'min' or 'max', got {mode!r}")
    if mode == "auto":
        mode = "min" if name.endswith(("loss", "error", "deviance")) else "max"
    return operator.lt if mode == "min" else operator.gt
