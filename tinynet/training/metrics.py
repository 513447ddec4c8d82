"""Metrics: one row for each epoch, kept as a CSV file."""

import csv
import io
from typing import NamedTuple

import numpy as np

from ..data.files import brief, read_bytes
from .files import whole_file

LARGEST = 1 << 28  # bytes; a row takes 80


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
    metrics: dict = {}  # noqa: RUF012 what else was measured on the test set, by name

    def values(self):
        """{name: value} of all columns, the metrics' too."""
        return {**dict(zip(COLUMNS, self)), **self.metrics}


COLUMNS = Epoch._fields[:-1]  # of the file; behind them, one for each metric


def write_csv(rows, path):
    """Write the rows with a header line; the file is replaced whole."""
    with whole_file(path) as file:
        file.write(to_csv(rows))


def to_csv(rows):
    """The bytes of the file: a header line, and a line for each row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    writer.writerow((*COLUMNS, *names))
    writer.writerows([_text(value) for value in (*row[:-1], *map(row.metrics.get, names))] for row in rows)
    return text.getvalue().encode()


def to_table(rows):
    """The rows as arrays, exact to the bit: the names of the metrics, all numbers, and which of them are there."""
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    values = [[*row[:-1], *map(row.metrics.get, names)] for row in rows]
    there = np.array([[value is not None for value in line] for line in values], bool)
    numbers = np.array([[value or 0.0 for value in line] for line in values], np.float64)
    shape = len(rows), len(COLUMNS) + len(names)
    return {"metrics": names, "values": numbers.reshape(shape), "there": there.reshape(shape)}


def from_table(table):
    """The rows of which `to_table` made a dict."""
    rows, width = [], len(COLUMNS)
    for line, there in zip(table["values"].tolist(), table["there"].tolist()):
        values = [value if known else None for value, known in zip(line, there)]
        metrics = {name: value for name, value in zip(table["metrics"], values[width:]) if value is not None}
        rows.append(Epoch(int(values[0]), int(values[1]), *values[2:width], metrics))
    return rows


def _text(value):
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def read_csv(path):
    """The rows of a file that `write_csv` wrote; raises ValueError, which names the file, for any other."""
    try:
        header, *lines = [*csv.reader(read_bytes(path, LARGEST).decode("utf-8").splitlines())]
        if tuple(header[: len(COLUMNS)]) != COLUMNS or len(set(header)) != len(header):
            raise ValueError(f"expected the columns {', '.join(COLUMNS)}, got {brief(', '.join(header))}")
        return [_row(number, line, header[len(COLUMNS) :]) for number, line in enumerate(lines, 1)]
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from None


def _row(number, line, names):
    """The row of the epoch `number`; only the loss and accuracy of a test, and accuracies, may be absent."""
    got = brief(",".join(line))
    try:
        epoch, step, *others = line
        others = [float(value) if value else None for value in others]
        known, more = others[: len(COLUMNS) - 2], others[len(COLUMNS) - 2 :]
        metrics = {name: value for name, value in zip(names, more, strict=True) if value is not None}
        row = Epoch(int(epoch), int(step), *known, metrics)
    except (TypeError, ValueError):
        raise ValueError(f"row {number}: expected {len(COLUMNS) + len(names)} numbers, got {got}") from None
    if row.epoch != number or None in (row.train_loss, row.lr, row.seconds):
        raise ValueError(f"row {number}: expected epoch {number} with loss, lr and seconds, got {got}")
    return row
