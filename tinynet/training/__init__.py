"""Training: the loop, the run folder that it fills, and each piece of both to be used alone.

rows = training.fit(model, train, test, optimizer, loss, epochs=20)
score = training.evaluate(model, test, loss)
training.save(model, "model.safetensors")
training.load(model, "model.safetensors")
"""

from .checkpoint import CheckpointError, load, save
from .config import Config
from .curves import plot
from .fit import Score, evaluate, fit
from .metrics import Epoch, read_csv, write_csv
from .run import Run

__all__ = [
    "CheckpointError",
    "Config",
    "Epoch",
    "Run",
    "Score",
    "evaluate",
    "fit",
    "load",
    "plot",
    "read_csv",
    "save",
    "write_csv",
]
