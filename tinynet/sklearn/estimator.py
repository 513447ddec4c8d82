"""What both estimators share: how rows are read and held out, and the epochs."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..arguments import boolean, integer, number
from ..autograd import no_grad
from ..data import DataLoader, TensorDataset
from ..errors import NonFiniteError
from ..kernels.arrays import host
from ..ops.creation import tensor
from ..random import get_rng_state
from ..training import progress
from .network import check_outputs, network, optimizer
from .streams import drawing_from

FLOATS = np.float64, np.float32  # rows of float32 are computed with in float32, all others in float64
LARGEST_BATCH = 200  # by default, as in scikit-learn's own networks
PREDICTED = 4096  # rows at once


class NetEstimator(BaseEstimator):
    """A network that learns from rows of numbers; a subclass says what of its outputs is right."""

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
        device="cpu",
        random_state=None,
        verbose=False,
    ):
        self.layers = layers
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    # What a subclass says

    def _targets(self, y, weights):
        """(y as the network is to give it, weights) when fitting begins."""
        raise NotImplementedError

    def _losses(self, outputs, targets):
        """The loss of each row."""
        raise NotImplementedError

    def _score(self, outputs, targets, weights):
        """How good outputs are, as arrays: the larger the better."""
        raise NotImplementedError

    # Fitting

    def fit(self, X, y, sample_weight=None):
        """Learn from rows X, of shape (n, features), and what belongs to each in y; begins anew. Returns self.

        sample_weight: how much each row counts; 2 is as if it were there twice.

        Raises: ValueError and TypeError for data or parameters that are not as expected, NonFiniteError for a loss that
        is no number.
        """
        x, y, weights = self._read(X, y, sample_weight, reset=True)
        targets, weights = self._targets(y, weights)
        seeds = check_random_state(self.random_state)
        start = int(seeds.randint(np.iinfo(np.int32).max)), 0
        learned, held_out = self._split([x, targets, weights], seeds)
        with drawing_from(start):
            self._begin(x.dtype)
            self._train(learned, held_out, integer(self._where, "epochs", self.epochs, 1))
        return self

    def _partial_fit(self, x, targets, weights, is_first):
        if self.early_stopping:
            raise ValueError(f"{self._where}: partial_fit holds no rows out, so it does not go with early_stopping")
        seeds = check_random_state(self.random_state)
        with drawing_from((int(seeds.randint(np.iinfo(np.int32).max)), 0) if is_first else self._stream):
            if is_first:
                self._begin(x.dtype)
            self._train([x, targets, weights], None, 1)
        return self

    @property
    def _where(self):
        return type(self).__name__

    def _read(self, X, y, sample_weight, reset):
        """(X, y, weights) as arrays; rows that do not count are left out."""
        x, y = validate_data(self, X, y, dtype=FLOATS, reset=reset, **self._of_y)
        if sample_weight is None:
            return x, y, np.ones(len(x), x.dtype)
        weights = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
        counts = weights > 0
        if not counts.any():
            raise ValueError(f"{self._where}: expected a sample_weight above 0, got none")
        return x[counts], y[counts], weights[counts]

    def _split(self, arrays, seeds):
        """(what is learned from, what is held out to see when to stop, or None)"""
        if not boolean(self._where, "early_stopping", self.early_stopping):
            return arrays, None
        share = number(self._where, "validation_fraction", self.validation_fraction, 0, 1)
        labels = arrays[1] if self._is_stratified else None
        parts = train_test_split(*arrays, test_size=share, random_state=seeds, stratify=labels)
        return parts[::2], parts[1::2]

    def _begin(self, dtype):
        self._dtype = dtype
        made = network(self._where, self.layers, self.activation, self.n_features_in_, self.n_outputs_)
        self.module_ = made.to(self.device, dtype)
        self.optimizer_ = optimizer(self._where, self.optimizer, self.module_.parameters(), self.lr)
        self.loss_curve_, self.validation_scores_, self.n_iter_ = [], [], 0

    def _train(self, learned, held_out, epochs):
        """Run epochs, the network left as it was after the best where rows are held out."""
        batches = self._batches(learned)
        best, kept, waited = -np.inf, None, 0
        patience = integer(self._where, "n_iter_no_change", self.n_iter_no_change, 1)
        with progress.bar(epochs, self.verbose) as bar:
            for _ in range(epochs):
                self.loss_curve_.append(self._epoch(batches))
                self.n_iter_ += 1
                bar.set_postfix_str(f"loss {self.loss_curve_[-1]:.4g}", refresh=False)
                bar.update()
                if held_out is None:
                    continue
                score = self._score(self._outputs(held_out[0]), *held_out[1:])
                self.validation_scores_.append(score)
                waited = 0 if score > best + self.tol else waited + 1
                if score > best:
                    best, kept = score, {name: x.clone() for name, x in self.module_.state_dict().items()}
                if waited >= patience:
                    break
        if kept is not None:
            self.module_.load_state_dict(kept)
        self.module_.eval()
        self._stream = get_rng_state()

    def _batches(self, arrays):
        x, targets, weights = arrays
        weights = weights * (len(weights) / weights.sum())  # so that the loss of a batch is a mean
        size = min(LARGEST_BATCH, len(x)) if self.batch_size == "auto" else self.batch_size
        data = TensorDataset(*(tensor(array) for array in (x, targets, weights)))
        return DataLoader(data, integer(self._where, "batch_size", size, 1), shuffle=True)

    def _epoch(self, batches):
        """One pass; returns the mean loss."""
        self.module_.train()
        total, rows = 0.0, 0
        for batch in batches:
            x, targets, weights = (part.to(self.device) for part in batch)
            self.optimizer_.zero_grad()
            outputs = self.module_(x)
            check_outputs(self._where, outputs, len(x), self.n_outputs_)
            loss = (self._losses(outputs, targets) * weights).mean()
            loss.backward()
            self.optimizer_.step()
            total, rows = total + loss.item() * len(x), rows + len(x)
        if not np.isfinite(total):
            raise NonFiniteError(f"{self._where}: the loss is no number any more; scale the data, or lower lr")
        return total / rows

    # Predicting

    def _outputs(self, x):
        """What the network gives for rows, as an array; in evaluation mode."""
        self.module_.eval()
        x = x.astype(self._dtype, copy=False)
        with no_grad():
            parts = (
                self.module_(tensor(x[i : i + PREDICTED], device=self.device)) for i in range(0, len(x), PREDICTED)
            )
            return np.concatenate([host(part.array) for part in parts])

    def _given(self, X):
        """What the network gives for rows that a user has."""
        check_is_fitted(self)
        return self._outputs(validate_data(self, X, dtype=FLOATS, reset=False))
