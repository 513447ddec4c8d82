"""`NetClassifier`: a network that tells classes, as an estimator of scikit-learn's."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ..nn.functional import cross_entropy
from .estimator import NetEstimator


class NetClassifier(ClassifierMixin, NetEstimator):
    """A classifier: the network's outputs are the logits of the classes, the loss is the cross entropy.

    layers: the sizes of the layers between, or a function of (n_features, n_outputs) that makes a module.
    activation: "relu", "gelu", "silu", "tanh", "sigmoid" or "identity", between layers of sizes.
    optimizer: the name of one ("adam", "adamw", "momentum", ...), or a function of (parameters, lr=...) that makes one.
    lr: the learning rate; without it the optimizer's own.
    epochs: passes through the rows, of which a step takes `batch_size`, or 200 ("auto").
    early_stopping: hold out a `validation_fraction` of the rows, stop after `n_iter_no_change` epochs in which their
        accuracy has not grown by `tol`, and keep the best network.
    class_weight: how much the rows of each class count, as {class: weight}, or "balanced": all classes alike.
    random_state: the same seed gives the same bits. It decides the first weights, the order and what is held out.
    verbose: show a bar in a terminal or a notebook.

    Rows of float32 are computed with in float32, all others in float64. After `fit` there are `classes_`, `module_`,
    `loss_curve_`, `validation_scores_`, `n_iter_` and `n_features_in_`.
    """

    _of_y, _is_stratified = {}, True

    def __init__(
        self,
        layers=(100,),
        *,
        activation="relu",
        optimizer="adam",
        lr=None,
        epochs=100,
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        class_weight=None,
        device="cpu",
        random_state=None,
        verbose=False,
    ):
        super().__init__(
            layers, activation=activation, optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size,
            early_stopping=early_stopping, validation_fraction=validation_fraction, n_iter_no_change=n_iter_no_change,
            tol=tol, device=device, random_state=random_state, verbose=verbose,
        )  # fmt: skip
        self.class_weight = class_weight

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Learn from more rows, in one epoch; the first call, which begins, is told all `classes`. Returns self.

        Raises: ValueError for classes that were not told, or others than before.
        """
        is_first = not hasattr(self, "module_")
        if is_first and classes is None:
            raise ValueError("NetClassifier: the first partial_fit must be told all classes")
        if classes is not None and not is_first and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"NetClassifier: expected classes {self.classes_}, as before, got {np.unique(classes)}")
        x, y, weights = self._read(X, y, sample_weight, reset=is_first)
        return self._partial_fit(x, *self._targets(y, weights, classes if is_first else self.classes_), is_first)

    def _targets(self, y, weights, classes=None):
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        self.classes_ = np.unique(y if classes is None else classes)
        self.n_outputs_ = len(self.classes_)
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(f"NetClassifier: expected y among the classes {self.classes_}, got {unknown[0]!r}")
        labels = np.searchsorted(self.classes_, y)
        return labels, weights * self._of_class(y, labels, weights)[labels].astype(weights.dtype)

    def _of_class(self, y, labels, weights):
        """How much the rows of each class count, beside their own weights."""
        if self.class_weight != "balanced":
            return compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        counts = np.bincount(labels, weights, self.n_outputs_)
        return weights.sum() / (self.n_outputs_ * np.where(counts > 0, counts, 1))

    def _losses(self, outputs, targets):
        return cross_entropy(outputs, targets, reduction="none")

    def _score(self, outputs, targets, weights):
        return accuracy_score(targets, outputs.argmax(1), sample_weight=weights)

    def predict(self, X):
        """The most probable class of each row, shape (n,)."""
        outputs = self._given(X)
        return self.classes_[outputs.argmax(1)]

    def predict_proba(self, X):
        """The probability of each class, shape (n, classes), in the order of `classes_`."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X):
        """The logarithms of `predict_proba`."""
        outputs = self._given(X)
        outputs = outputs - outputs.max(1, keepdims=True)
        return outputs - np.log(np.exp(outputs).sum(1, keepdims=True))
