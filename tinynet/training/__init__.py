"""Training: the loop, the run folder that it fills, and each piece of both to be used alone.

rows = training.fit(model, train, test, optimizer, loss, epochs=20)
score = training.evaluate(model, test, loss)
training.save(model, "model.safetensors")
training.load(model, "model.safetensors")
"""

from .callbacks import CSV, Average, Best, Callback, Checkpoint, EarlyStopping, Progress, TensorBoard
from .checkpoint import CheckpointError, load, save
from .config import Config
from .curves import plot, plot_confusion
from .evaluation import Score, evaluate, predict
from .finder import Rates, find_lr
from .fit import fit
from .metrics import Epoch, read_csv, write_csv
from .run import Run
from .scoring import Predictions, accuracy_score, confusion_matrix, r2_score, top_k_accuracy_score
from .trainer import Trainer

__all__ = [
    "CSV",
    "Average",
    "Best",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "Config",
    "EarlyStopping",
    "Epoch",
    "Predictions",
    "Progress",
    "Rates",
    "Run",
    "Score",
    "TensorBoard",
    "Trainer",
    "accuracy_score",
    "confusion_matrix",
    "evaluate",
    "find_lr",
    "fit",
    "load",
    "plot",
    "plot_confusion",
    "predict",
    "r2_score",
    "read_csv",
    "save",
    "top_k_accuracy_score",
    "write_csv",
]
