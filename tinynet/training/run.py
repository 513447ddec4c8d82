"""The run: a folder with a configuration, and what came of it.

config.json        all that it takes to repeat the run
metrics.csv        one row for each epoch
model.safetensors  the parameters at the end of the last epoch
curves.png         loss and accuracy over the epochs
"""

import itertools
from pathlib import Path

from ..data import DataLoader, load, random_split
from ..nn import CrossEntropyLoss
from ..random import manual_seed
from .checkpoint import load as load_checkpoint
from .checkpoint import save as save_checkpoint
from .choices import MODELS, OPTIMIZERS, SCHEDULES
from .config import Config
from .curves import plot
from .files import uninterrupted
from .fit import evaluate, fit
from .metrics import read_csv, write_csv

EVALUATION_BATCH = 512  # the results do not depend on it; large, because nothing has to be kept for a walk backwards


class Run:
    """A run folder, and the configuration in it."""

    def __init__(self, folder, config):
        self.folder = Path(folder)
        self.config = config

    @classmethod
    def create(cls, config, out="runs", name=None):
        """Make a new folder in `out`; if `name` is taken, one called name-2, name-3, ... Nothing is overwritten.

        Raises OSError if the folder cannot be made or written to, before any training.
        """
        name = name or f"{config.dataset}-{config.model}-{config.optimizer}"
        for number in itertools.count(1):
            folder = Path(out) / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir(parents=True)
                config.write(folder / "config.json")
                return cls(folder, config)
            except FileExistsError:
                continue
            except OSError as error:
                raise OSError(f"cannot make the run folder {folder}: {error.strerror}") from None

    @classmethod
    def open(cls, folder):
        """The run in an existing folder; raises OSError if it is none, and ValueError if it is damaged."""
        path = Path(folder) / "config.json"
        if not path.is_file():
            raise FileNotFoundError(f"{folder} is not a run folder: it has no config.json")
        return cls(folder, Config.read(path))

    def train(self, progress=True):
        """Train from the beginning, saving at the end of each epoch; returns the rows of metrics.

        An interrupt leaves metrics and model as of the last finished epoch.
        """
        train, test, model = self._begin()
        config = self.config
        batches = DataLoader(train, config.batch_size, shuffle=True)
        lr = SCHEDULES[config.schedule](config.lr, config.epochs * len(batches))
        return fit(
            model,
            batches,
            DataLoader(test, EVALUATION_BATCH),
            OPTIMIZERS[config.optimizer].make(model.parameters(), lr),
            CrossEntropyLoss(),
            epochs=config.epochs,
            on_epoch=lambda rows: self._save(model, rows),
            progress=progress,
        )

    def model(self):
        """The trained model and the held-out dataset. Raises OSError or CheckpointError if the model cannot be read."""
        path = self.folder / "model.safetensors"
        if not path.is_file():
            raise FileNotFoundError(
                f"{self.folder} has no model.safetensors: training was stopped before the first epoch ended"
            )
        _, test, model = self._begin()
        return load_checkpoint(model, path).eval(), test

    def evaluate(self):
        """The trained model's `Score` on the part of the dataset that was held out."""
        model, test = self.model()
        return evaluate(model, DataLoader(test, EVALUATION_BATCH), CrossEntropyLoss())

    def rows(self):
        """The metrics, one row for each finished epoch; none if there is no file yet."""
        path = self.folder / "metrics.csv"
        return read_csv(path) if path.is_file() else []

    def draw_curves(self):
        """Draw curves.png from the metrics."""
        plot(self.rows(), self.folder / "curves.png", title=self.folder.name)

    def _begin(self):
        """The split and the untrained model, which the seed decides in this order."""
        manual_seed(self.config.seed)
        dataset = load(self.config.dataset)
        train, test = random_split(dataset, [1 - self.config.held_out, self.config.held_out])
        inputs, targets = dataset.tensors
        return train, test, MODELS[self.config.model](inputs.shape[1], int(targets.max()) + 1)

    def _save(self, model, rows):
        with uninterrupted():
            save_checkpoint(model, self.folder / "model.safetensors")
            write_csv(rows, self.folder / "metrics.csv")
