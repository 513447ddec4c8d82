"""Text in rows and cells, as spreadsheets, pandas and NumPy write it.

What splits it is pandas or polars where one is installed, and Python's `csv` else. Only `csv` is asked for what they
read in ways of their own: lone quotes, blank lines, rows of several lengths. So all three give the same cells.
"""

import csv
import functools
import importlib.util
import io
import re

import numpy as np

SEPARATORS = ";\t,|"
LIBRARIES = ("pandas", "polars")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a file begins
END = "\x1aend"  # a last row, which is not found where a quote before it is never closed
LARGE = 1 << 16  # characters, from which on a library is worth its import


def text_of(data):
    """The text in the bytes of a file, with `\\n` at the end of each line. Raises ValueError for what is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"row {row}: expected text in UTF-8, got byte {data[error.start]:#04x} at {error.start}; "
            f"save the file {'as UTF-8' if data[:2] not in UTF_16 else 'as UTF-8, and not as UTF-16'}"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ValueError(f"row {text[: text.index(chr(0))].count(chr(10)) + 1}: expected text, got a byte 0")
    return text


def separator_of(text, otherwise=","):
    """What separates the cells, by the first line that is not blank, where quoted text does not count."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    first = re.sub('"[^"]*"', "", first)
    return next((separator for separator in SEPARATORS if separator in first), otherwise)


def rows_of(text, separator):
    """[(number, cells)] of the rows that are not blank; numbers count all rows from 1. Raises ValueError."""
    reader = csv.reader(io.StringIO(f"{text}\n{END}", newline=""), delimiter=separator, skipinitialspace=True)
    rows = []
    try:
        for number, cells in enumerate(reader, 1):
            rows.append((number, cells))
    except csv.Error as error:
        raise ValueError(f"row {len(rows) + 1}: it is not a table: {error}") from None
    if rows[-1][1] != [END]:
        raise ValueError(f"row {rows[-1][0]}: a quote is opened and never closed")
    return [(number, cells) for number, cells in rows[:-1] if any(cell and not cell.isspace() for cell in cells)]


def columns_of(text, separator):
    """(numbers of the rows, columns): an int64 array, and an array of strings, without blanks around, for each column.

    Raises ValueError that names the row which has another length than the first.
    """
    library = _library() if len(text) >= LARGE else None
    cells = library and _split(text, separator, library)
    if cells is None:
        rows = rows_of(text, separator)
        for number, row in rows:
            if len(row) != len(rows[0][1]):
                width = len(rows[0][1])
                expected = f"{width} cell{'' if width == 1 else 's'}, as in row {rows[0][0]}"
                raise ValueError(f"row {number}: expected {expected}, got {len(row)}")
        numbers = np.array([number for number, _ in rows], np.int64)
        return numbers, [_strings(column) for column in zip(*(row for _, row in rows))]
    columns = [_strings(column) for column in cells]
    full = np.zeros(len(columns[0]), bool)
    for column in columns:
        full |= column != ""
    return np.flatnonzero(full) + 1, [column[full] for column in columns if full.any()]


def _strings(cells):
    column = np.empty(len(cells), object)
    column[:] = [cell.strip() for cell in cells]
    return column


@functools.cache
def _library():
    """The name of the first library that is installed, or None."""
    return next((name for name in LIBRARIES if importlib.util.find_spec(name) is not None), None)


def _split(text, separator, library):
    """The columns of cells as a library splits the text; None for a text that not all read alike."""
    text = text.rstrip("\n") + "\n"
    mark, limit = re.escape(separator), csv.field_size_limit()
    quoted = re.compile(rf'(?:^|(?<=[\n{mark}]))"[^"]*(?:""[^"]*)*"(?=[\n{mark}])')
    if any(len(match[0]) > limit for match in quoted.finditer(text)):
        return None
    bare = quoted.sub("q", text) if '"' in text else text
    if max(map(len, bare.split("\n"))) > limit:  # csv refuses such a cell
        return None
    lines, width = bare.count("\n"), bare[: bare.index("\n")].count(separator) + 1
    if '"' in bare or bare[0] == "\n" or "\n\n" in bare or width == 1 or bare.count(separator) != lines * (width - 1):
        return None
    try:
        cells = _SPLIT[library](text, separator)
    except Exception:  # of the library's own, for a row that is too long
        return None
    return cells if len(cells) == width and len(cells[0]) == lines else None


def _with_pandas(text, separator):
    import pandas

    frame = pandas.read_csv(
        io.StringIO(text), sep=separator, header=None, dtype=object, na_filter=False, skip_blank_lines=False, engine="c"
    )
    return [frame[name].tolist() for name in frame]


def _with_polars(text, separator):
    import polars

    frame = polars.read_csv(text.encode(), separator=separator, has_header=False, infer_schema_length=0)
    return [column.fill_null("").to_list() for column in frame]


_SPLIT = {"pandas": _with_pandas, "polars": _with_polars}
