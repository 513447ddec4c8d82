"""`NetRegressor`: a network that predicts numbers, as an estimator of scikit-learn's."""

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from ..arguments import one_of
from ..nn.functional import huber_loss, l1_loss, mse_loss
from .estimator import NetEstimator

LOSSES = {"squared_error": mse_loss, "absolute_error": l1_loss, "huber": huber_loss}


class NetRegressor(RegressorMixin, NetEstimator):
    """A regressor: the network's outputs are the predictions, of one number or several for each row.

    loss: "squared_error", "absolute_error" or "huber", the mean over a row's numbers.
    early_stopping: as `NetClassifier` has it, by R².

    The other parameters are those of `NetClassifier`. Scale targets that are large or small, as by scikit-learn's
    `TransformedTargetRegressor`: the network's first outputs are of the size of 1.
    """

    _of_y, _is_stratified = {"multi_output": True, "y_numeric": True}, False

    def __init__(
        self,
        layers=(100,),
        *,
        activation="relu",
        loss="squared_error",
        optimizer="adam",
        lr=None,
        epochs=100,
        batch_size="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        device="cpu",
        random_state=None,
        verbose=False,
    ):
        super().__init__(
            layers, activation=activation, optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size,
            early_stopping=early_stopping, validation_fraction=validation_fraction, n_iter_no_change=n_iter_no_change,
            tol=tol, device=device, random_state=random_state, verbose=verbose,
        )  # fmt: skip
        self.loss = loss

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X, y, sample_weight=None):
        """Learn from more rows, in one epoch; the first call begins. Returns self.

        Raises: ValueError for another number of targets than before.
        """
        is_first = not hasattr(self, "module_")
        x, y, weights = self._read(X, y, sample_weight, reset=is_first)
        if not is_first and y.shape[1:] != self._shape:
            raise ValueError(f"NetRegressor: expected y of shape {(len(y), *self._shape)}, as before, got {y.shape}")
        return self._partial_fit(x, *self._targets(y, weights), is_first)

    def _targets(self, y, weights):
        self._shape = y.shape[1:]
        self.n_outputs_ = self._shape[0] if self._shape else 1
        return y.reshape(len(y), self.n_outputs_).astype(weights.dtype), weights

    def _losses(self, outputs, targets):
        return LOSSES[one_of("NetRegressor", "loss", self.loss, LOSSES)](outputs, targets, reduction="none").mean(1)

    def _score(self, outputs, targets, weights):
        return r2_score(targets, outputs, sample_weight=weights)

    def predict(self, X):
        """The prediction for each row, of the shape of y."""
        outputs = self._given(X)
        return outputs.reshape(len(outputs), *self._shape)
