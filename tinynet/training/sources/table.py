"""Tables: CSV files, of which one column is learned from the others."""

import zlib

import numpy as np

from ...data import TableDataset, TensorDataset, read_table
from ...data.files import naming, read_bytes, unpacked
from ...data.table import LARGEST, number_of, parse_table
from ...data.table_encoding import MissingValueError, TableEncoding, fit_table, listed
from ...tensor import wrap
from .base import Examples, Source, Task


class TableTask(Task):
    kind, takes = "table", "vectors"

    def __init__(self, encoding):
        target = encoding.target
        super().__init__((encoding.width,), 1 if target.words is None else len(target.words), target.words)
        self.encoding, self.target_mean, self.target_std = encoding, target.mean, target.std

    def read(self, path, invert=False, say=None):
        """The rows of a CSV file, whose columns are found by their names."""
        table = read_table(path)
        encoding = self.encoding
        if not encoding.has_header and table.has_header:
            raise ValueError(f"{path}: expected a table without a row of names, as the one that was learned")
        try:
            rows = encoding.kept(table)
        except MissingValueError as error:
            raise ValueError(f"{error}; a run trained with --missing drop or mean takes such rows") from None
        if say is not None and len(rows) < len(table):
            left_out = np.setdiff1d(np.arange(len(table)), rows)
            say(f"left out for missing values: rows {listed(table.rows[left_out])}")
        if say is not None:
            _say_unknown(say, [*encoding.unknown(table, rows)])
        targets = None
        if encoding.target.name in table.names and len(rows):
            column = table[encoding.target.name]
            known = ~column.missing[rows]
            if known.all() and (encoding.target.words is not None or column.numbers is not None):
                targets = encoding.encode_target(table, rows)
        return Examples(encoding.encode(table, rows), targets, [f"row {row}" for row in table.rows[rows]])

    def to_json(self):
        return self.encoding.to_json()

    @classmethod
    def from_json(cls, values):
        return cls(TableEncoding.from_json(values))


def _say_unknown(say, found, most=3):
    for row, column, word in found[:most]:
        say(f"row {row}, column {column!r}: {word!r} is new to the run, and counts as no word")
    if len(found) > most:
        say(f"and {len(found) - most:,} more such cells")


class TableSource(Source):
    """A CSV file with a target."""

    def __init__(self, path, target, missing, task):
        with naming(path):
            data = unpacked(read_bytes(path, LARGEST), LARGEST)
            table = parse_table(data, where=str(path))
        if target is None:
            raise ValueError(f"{path}: --target: which column is to be learned? {listed(table.names)}")
        self.fingerprint = f"{zlib.crc32(data):08x}"
        try:
            self.dataset = TableDataset(table, target, missing, task)
        except MissingValueError as error:
            told, _, _ = str(error).partition("; missing")
            more = "" if error.of_target else ", --missing mean puts the column's mean there"
            raise ValueError(f"{told}; --missing drop leaves such rows out{more}") from None
        self.facts = list(_facts(self.dataset, target, task))

    def __len__(self):
        return len(self.dataset)

    def parts(self, train, test):
        table, rows = self.dataset.table, self.dataset.rows
        encoding = fit_table(self.dataset.encoding, table, rows[train])
        made = [_encoded(encoding, table, rows[part]) for part in (train, test)]
        return *made, TableTask(encoding)


def _encoded(encoding, table, rows):
    return TensorDataset(wrap(encoding.encode(table, rows)), wrap(encoding.encode_target(table, rows)))


def _facts(dataset, target, task):
    table, encoding = dataset.table, dataset.encoding
    numbers = sum(feature.words is None for feature in encoding.features)
    words = len(encoding.features) - numbers
    kinds = [f"{n} of {kind}" for n, kind in ((numbers, "numbers"), (words, "words")) if n]
    columns = "1 column" if len(encoding.features) == 1 else f"{len(encoding.features):,} columns"
    yield f"{len(table):,} rows; learned from {columns}: {', '.join(kinds)}"
    if len(dataset) < len(table):
        without = "missing values" if encoding.missing == "drop" else f"no {target!r}"
        yield f"left out: {len(table) - len(dataset):,} rows with {without}"
    for name, reason in encoding.left_out:
        yield f"left out: column {name!r}, which {reason}"
    classes = encoding.target.words
    found = "numbers" if classes is None else f"{len(classes)} classes, {listed(classes, 5)}"
    other = ""
    if task is None and (classes is None or all(number_of(word) is not None for word in classes)):
        other = f" (else say --task {'classification' if classes is None else 'regression'})"
    yield f"{encoding.task}: {target!r} has {found}{other}"
