"""The run: a folder with a configuration, and what came of it.

config.json        all that it takes to repeat the run
metrics.csv        one row for each epoch
model.safetensors  the parameters at the end of the last epoch, whose number is among its metadata
curves.png         loss and accuracy over the epochs

Metrics and model are replaced one right after the other, the metrics first. `Run.rows` leaves out an epoch that the
model does not have yet, so that both belong together whenever they are read.
"""

import errno
import itertools
import math
from pathlib import Path

from ..data import DataLoader, load, random_split
from ..nn import CrossEntropyLoss
from ..random import manual_seed
from .checkpoint import load as load_checkpoint
from .checkpoint import read_notes
from .checkpoint import write as write_checkpoint
from .choices import MODELS, OPTIMIZERS, SCHEDULES
from .config import Config
from .curves import plot
from .files import remove_leftovers, uninterrupted, whole_files
from .fit import evaluate, fit
from .html import html_of
from .metrics import read_csv, to_csv

FILES = ("config.json", "metrics.csv", "model.safetensors", "curves.png")
EVALUATION_BATCH = 512  # the results do not depend on it; large, because nothing has to be kept for a walk backwards


class Run:
    """A run folder, and the configuration in it."""

    def __init__(self, folder, config):
        self.folder = Path(folder)
        self.config = config

    @classmethod
    def create(cls, config, out="runs", name=None):
        """Make a new folder in `out`; if `name` is taken, one called name-2, name-3, ... Nothing is overwritten.

        Raises ValueError for a name that is more than a name, and OSError if the folder cannot be made or written to,
        before any training.
        """
        name = f"{config.dataset}-{config.model}-{config.optimizer}" if name is None else name
        if name in ("", ".", "..") or Path(name).name != name or not name.isprintable():
            raise ValueError(f"name: expected the plain name of a folder, got {name!r}")
        out = Path(out)
        try:
            if out.is_symlink() and not out.exists():
                raise FileNotFoundError(errno.ENOENT, "a link that leads nowhere", str(out))
            out.mkdir(parents=True, exist_ok=True)
            folder = _new_folder(out, name)
            config.write(folder / "config.json")
        except OSError as error:
            raise OSError(f"cannot make the run folder {out / name}: {error.filename}: {error.strerror}") from None
        return cls(folder, config)

    @classmethod
    def open(cls, folder):
        """The run in an existing folder; raises OSError if it is none, and ValueError if it is damaged."""
        path = Path(folder) / "config.json"
        if not path.is_file():
            raise FileNotFoundError(f"{folder} is not a run folder: it has no config.json")
        for name in FILES:
            remove_leftovers(Path(folder) / name)
        return cls(folder, Config.read(path))

    def train(self, progress=True):
        """Train from the beginning, saving at the end of each epoch; returns the rows of metrics.

        An interrupt leaves metrics and model as of the last finished epoch.
        """
        train, test, model = self._begin()
        config = self.config
        model.to(config.device)
        batches = _OnDevice(DataLoader(train, config.batch_size, shuffle=True), config.device)
        lr = SCHEDULES[config.schedule](config.lr, config.epochs * len(batches))
        return fit(
            model,
            batches,
            _OnDevice(DataLoader(test, EVALUATION_BATCH), config.device),
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

    def chance(self):
        """The loss of guessing: the logarithm of the number of classes."""
        return math.log(int(load(self.config.dataset).tensors[1].max()) + 1)

    def rows(self):
        """The metrics, one row for each epoch up to that which the model is of; none if there is no model yet."""
        metrics, model = self.folder / "metrics.csv", self.folder / "model.safetensors"
        if not (metrics.is_file() and model.is_file()):
            return []
        rows, epoch = read_csv(metrics), read_notes(model).get("epoch")
        return rows[:epoch] if isinstance(epoch, int) else rows  # another program's model knows no epoch

    def draw_curves(self):
        """Draw curves.png from the metrics."""
        plot(self.rows(), self.folder / "curves.png", title=self.folder.name)

    def plot(self):
        """The curves as a figure, which shows itself in notebooks."""
        return plot(self.rows(), title=self.folder.name)

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self):
        return html_of(self)

    def _begin(self):
        """The split and the untrained model, which the seed decides in this order."""
        manual_seed(self.config.seed)
        dataset = load(self.config.dataset)
        train, test = random_split(dataset, [1 - self.config.held_out, self.config.held_out])
        inputs, targets = dataset.tensors
        return train, test, MODELS[self.config.model](inputs.shape[1], int(targets.max()) + 1)

    def _save(self, model, rows):
        paths = self.folder / "metrics.csv", self.folder / "model.safetensors"
        with uninterrupted(), whole_files(*paths) as (metrics, parameters):
            metrics.write(to_csv(rows))
            write_checkpoint(model, parameters, epoch=len(rows))


def _new_folder(out, name):
    for number in itertools.count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue


class _OnDevice:
    """The batches of a loader, on a device."""

    def __init__(self, loader, device):
        self.loader, self.device = loader, device

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        return ([part.to(self.device) for part in batch] for batch in self.loader)
