"""The configuration of a run: all that it takes to repeat it."""

import json
import re
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ..data.files import brief, read_bytes, without_gz
from ..data.table_encoding import MISSING, TASKS
from ..devices import CPU, CUDA
from ..errors import nearest
from .choices import AVERAGES, OPTIMIZERS, SCHEDULES
from .files import parse_json, whole_file
from .models import MODELS
from .sources import SUITED, kind_of, names

CHOICES = {"model": MODELS, "optimizer": OPTIMIZERS, "schedule": SCHEDULES, "missing": MISSING, "task": TASKS}
CHOICES |= {"device": (CPU.type, CUDA.type), "average": AVERAGES}
LARGEST = 1 << 16  # bytes of a configuration


@dataclass(frozen=True)
class Config:
    """What to train on what, and how; checked when it is made. Without `lr`, the optimizer's default is taken.

    Raises ValueError for an unknown name, with the nearest one, and for a number out of range.
    """

    dataset: str = "digits"
    model: str | None = None  # one that suits the data, which a run says when it has read them
    optimizer: str = "adam"
    lr: float | None = None
    schedule: str = "constant"  # of the learning rate, whose largest value is lr
    epochs: int = 40
    batch_size: int = 32
    seed: int = 0
    held_out: float = 0.2  # the fraction of the dataset kept for testing
    device: str = "cpu"
    compile: bool = False
    accumulate: int = 1  # batches in each step
    clip: float | None = None  # the largest norm of all gradients together
    average: str = "none"  # of the weights; it is then what is tested and saved
    patience: int | None = None  # epochs without a lower test loss, after which the training ends
    folds: int | None = None  # parts of the dataset, of which the one called `fold` is kept for testing
    fold: int | None = None  # from 1
    save_every: int | None = None  # steps, after which a checkpoint is saved besides those at the end of each epoch
    keep: int = 1  # checkpoints that stay
    shards: int | None = None  # parts of each batch, which several ranks share
    exact: bool = True  # their gradients are added in a fixed order
    data: str | None = None  # the folder of a dataset that does not come with the package
    target: str | None = None  # the column of a table that is learned
    missing: str = "refuse"  # what becomes of its rows without a value
    task: str | None = None  # classification or regression; None: as the target looks
    side: int | None = None  # pixels of pictures in folders

    def __post_init__(self):
        self._check_dataset()
        for field, known in CHOICES.items():
            name = getattr(self, field)
            if name is None and field in ("model", "task"):
                continue
            if not isinstance(name, str) or name not in known:
                raise ValueError(f"no {field} {name!r}; {nearest(name, known)}")
        if self.lr is None:
            object.__setattr__(self, "lr", OPTIMIZERS[self.optimizer].lr)
        self._require("lr", (int, float), lambda x: 0 < x <= sys.float_info.max, "a number > 0")
        self._require("epochs", int, lambda x: 1 <= x < 2**31, "a whole number in [1, 2^31)")
        self._require("batch_size", int, lambda x: 1 <= x < 2**31, "a whole number in [1, 2^31)")
        self._require("seed", int, lambda x: 0 <= x < 2**63, "a whole number in [0, 2^63)")
        self._require("held_out", (int, float), lambda x: 0 < x < 1, "a fraction in (0, 1)")
        for field in ("accumulate", "keep"):
            self._require(field, int, lambda x: 1 <= x < 2**31, "a whole number in [1, 2^31)")
        self._require("clip", (int, float), lambda x: 0 < x <= sys.float_info.max, "a number > 0", optional=True)
        for field in ("patience", "save_every", "shards"):
            self._require(field, int, lambda x: 1 <= x < 2**31, "a whole number in [1, 2^31)", optional=True)
        self._require("folds", int, lambda x: 2 <= x < 2**31, "a whole number in [2, 2^31)", optional=True)
        if (self.folds is None) != (self.fold is None):
            raise ValueError(f"fold: expected one of {self.folds or 'no'} folds, got {self.fold!r}")
        self._require("fold", int, lambda x: 1 <= x <= self.folds, f"a number in [1, {self.folds}]", optional=True)
        for field in ("compile", "exact"):
            if not isinstance(getattr(self, field), bool):
                raise ValueError(f"{field}: expected true or false, got {getattr(self, field)!r}")

    def _check_dataset(self):
        """A name must be known; whether there is such a file is seen when it is read, which `predict` does not need."""
        for field in ("dataset", "data", "target"):
            value = getattr(self, field)
            if not ((isinstance(value, str) and value and "\0" not in value) or (value is None and field != "dataset")):
                raise ValueError(f"{field}: expected a name or a path, got {value!r}")
        if self.dataset not in names() and not re.search(r"[./\\]", self.dataset) and not Path(self.dataset).exists():
            raise ValueError(f"no dataset {self.dataset!r}; {nearest(self.dataset, names())}")
        if self.model is None and self.dataset in names():
            object.__setattr__(self, "model", SUITED[kind_of(self.dataset)]["model"])
        self._require("side", int, lambda x: 8 <= x <= 1024, "a whole number in [8, 1024]", optional=True)

    @classmethod
    def suited(cls, dataset="digits", **given):
        """A configuration whose model, epochs and batch size suit the kind of data, but for what is given."""
        return cls(dataset, **(SUITED.get(kind_of(dataset), {}) | given))

    @property
    def title(self):
        """The name of the dataset, or of its file."""
        if self.dataset in names():
            return self.dataset
        return without_gz(self.dataset).stem or "data"

    def located(self):
        """The same with whole paths, so that the run can be opened from anywhere."""
        whole = {"data": self.data and str(Path(self.data).resolve())}
        if self.dataset not in names():
            whole["dataset"] = str(Path(self.dataset).resolve())
        return replace(self, **whole)

    def _require(self, field, kinds, holds, expected, optional=False):
        value = getattr(self, field)
        if optional and value is None:
            return
        if isinstance(value, bool) or not isinstance(value, kinds) or not holds(value):
            raise ValueError(f"{field.replace('_', '-')}: expected {expected}, got {value!r}")

    def write(self, path):
        """Write the configuration as JSON, with the version of tinynet."""
        from .. import __version__

        with whole_file(path) as file:
            file.write((json.dumps({"tinynet": __version__, **asdict(self)}, indent=2) + "\n").encode())

    @classmethod
    def read(cls, path):
        """The configuration in a file that `write` wrote; raises ValueError if it is damaged."""
        from .. import __version__

        try:
            values = parse_json(read_bytes(path, LARGEST))
            version = values.pop("tinynet", None)
            if not isinstance(version, str):
                raise ValueError("expected an entry 'tinynet' with a version")
            unknown = values.keys() - {field.name for field in fields(cls)}
            if unknown:
                writer = "" if version == __version__ else f"; tinynet {brief(version)} wrote it, this is {__version__}"
                raise ValueError(f"unknown entry {brief(min(unknown))!r}{writer}")
            return cls(**values)
        except ValueError as error:
            raise ValueError(f"{path} is not a configuration that this tinynet reads: {brief(error)}") from None
