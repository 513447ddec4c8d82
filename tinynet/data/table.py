"""A table: columns of numbers and of words, with names, from a CSV file or a data frame."""

from math import isfinite

import numpy as np

from ..errors import nearest
from .delimited import columns_of, separator_of, text_of
from .files import ending, naming, read_bytes, unpacked

LARGEST = 1 << 30  # bytes of a file
MISSING = {"", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"}
STRAY = 0.02  # the share of cells that are no numbers up to which a column is taken for one of numbers
SHOWN = 10  # names in a message


class Column:
    """A column: its cells as text, and as numbers where they are numbers.

    text: array of strings. missing: booleans, true for a cell that is empty or says that there is no value, such as NA.
    numbers: float64, NaN where missing; None if the column is one of words. stray: of a column of words that are
    numbers but for a few, the position of the first that is none; else None.
    """

    def __init__(self, text, decimal="."):
        self.text = text
        self.missing = np.array([cell in MISSING for cell in text], bool)
        self.numbers, self.stray = np.full(len(text), np.nan), None
        present = np.flatnonzero(~self.missing)
        found = [number_of(cell, decimal) for cell in text[present]]
        wrong = [int(i) for i, value in zip(present, found) if value is None or not isfinite(value)]
        if not wrong:
            self.numbers[present] = found
        else:
            self.numbers = None
            if len(wrong) <= max(1, STRAY * len(present)) < len(present) / 2:
                self.stray = wrong[0]

    def __len__(self):
        return len(self.text)


def number_of(cell, decimal="."):
    """The number that a cell says, NaN and infinite ones included, or None."""
    try:
        return float(cell.replace(",", ".") if decimal == "," else cell) if "_" not in cell else None
    except ValueError:
        return None


class Table:
    """Columns of equal length by name, in order: `table["age"]` is a `Column`, `len(table)` the number of rows.

    rows: the number of each row in its file, the header's being 1. has_header: whether the file names its columns;
    else they are called "1", "2", ...
    """

    def __init__(self, columns, rows, has_header=True, where="the table"):
        self.columns, self.rows, self.has_header, self.where = columns, rows, has_header, where

    def __len__(self):
        return len(self.rows)

    @property
    def names(self):
        return list(self.columns)

    def __getitem__(self, name):
        if name not in self.columns:
            got = ", ".join(map(repr, self.names[:SHOWN])) + (", ..." if len(self.names) > SHOWN else "")
            close = nearest(name, self.names)
            hint = "" if close.startswith("known") else f"; {close}"
            if not self.has_header:
                hint = "; its first row holds numbers, so it is taken for one of values, and not of names"
            raise ValueError(f"{self.where}: no column {name!r}, it has {got}{hint}")
        return self.columns[name]

    def __repr__(self):
        more = ", ..." if len(self.names) > SHOWN else ""
        return f"Table({len(self):,} rows of {', '.join(map(repr, self.names[:SHOWN]))}{more})"


def read_table(source):
    """The `Table` in a CSV file, gzipped or not, or of a data frame of pandas or polars.

    Cells are separated by commas, semicolons (then a comma in a number is a decimal point), tabs or bars. The first row
    names the columns, unless one of its cells is a number. A column is one of numbers if all its cells are, but those
    that say that there is none: empty, NA, N/A, NaN, NULL or ?.

    Raises:
        ValueError: The file is empty or no table, or rows have several lengths, or two columns one name; the message
            names file and row.
        OSError: It cannot be read.
    """
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return _from_frame(source)
    with naming(source):
        return parse_table(unpacked(read_bytes(source, LARGEST), LARGEST), where=str(source))


def parse_table(data, where="the table"):
    """The `Table` in the bytes of a CSV file."""
    text = text_of(data)
    separator = separator_of(text)
    rows, columns = columns_of(text, separator)
    if not columns:
        raise ValueError("expected rows of a table, got nothing but blanks")
    decimal = "," if separator == ";" else "."
    names = [column[0] for column in columns]
    has_header = all(number_of(name, decimal) is None for name in names)
    if has_header:
        rows, columns = rows[1:], [column[1:] for column in columns]
        _check_names(names)
    named = {name if has_header and name else str(i): c for i, (name, c) in enumerate(zip(names, columns), 1)}
    # A separator at the end of each row makes a column that has neither name nor cells.
    named = {name: cells for name, cells in named.items() if len(named) == 1 or not name.isdigit() or any(cells)}
    if not len(rows):
        raise ValueError(f"row {len(columns[0]) + 2}: expected a row of values, got names of columns only")
    return Table({name: Column(cells, decimal) for name, cells in named.items()}, rows, has_header, where)


def _check_names(names):
    seen = {}
    for i, name in enumerate(names, 1):
        if name and name in seen:
            raise ValueError(f"row 1: columns {seen[name]} and {i} have the same name {name!r}")
        seen[name] = i


def _from_frame(frame):
    columns = {}
    for name in frame.columns:
        values = frame[name].to_numpy()
        cells = np.empty(len(values), object)
        cells[:] = [_cell(value) for value in values.tolist()]
        columns[str(name)] = Column(cells)
    if not columns or not len(cells):
        raise ValueError("expected a data frame with rows and columns, got an empty one")
    return Table(columns, np.arange(1, len(cells) + 1), True, "the data frame")


def _cell(value):
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def is_table(path):
    """Whether the name of a file is one of a table."""
    return ending(path) in (".csv", ".tsv", ".tab")
