"""Metrics: one row for each epoch, kept as a CSV file."""

import csv
from typing import NamedTuple

from .files import whole_file


class Epoch(NamedTuple):
    """What an epoch came to. Accuracies are fractions; None where there is no test set, or no classes to hit.

    The training loss and accuracy are means over the epoch's steps, taken while the model learns; those of the test
    set belong to the model at the end of the epoch.
    """

    epoch: int  # from 1
    step: int  # optimizer steps since the beginning
    train_loss: float
    train_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    lr: float  # of the epoch's last step
    seconds: float  # since the beginning


def write_csv(rows, path):
    """Write the rows with a header line; the file is replaced whole."""
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Epoch._fields)
        writer.writerows([_text(value) for value in row] for row in rows)


def _text(value):
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def read_csv(path):
    """The rows of a file that `write_csv` wrote; raises ValueError for any other file."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *lines = [*csv.reader(file)] or [[]]
    if tuple(header) != Epoch._fields:
        raise ValueError(f"{path}: expected the columns {', '.join(Epoch._fields)}, got {', '.join(header)}")
    try:
        return [
            Epoch(int(epoch), int(step), *(float(value) if value else None for value in others))
            for epoch, step, *others in lines
        ]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected rows of {len(Epoch._fields)} numbers: {error}") from None
