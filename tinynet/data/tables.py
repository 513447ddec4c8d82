"""Tables of numbers alone as text: CSV as spreadsheets, pandas and NumPy write it."""

import math

from .delimited import rows_of, separator_of, text_of


def parse_csv(data):
    """The rows of numbers in the bytes of a CSV file, as a list of lists of equal length.

    Cells are separated by commas, semicolons (then a comma in a number is a decimal point), tabs or spaces. A first row
    of names is left out, and so is one of the column numbers 0, 1, 2, ..., which pandas writes. Raises ValueError that
    names row and column of what is not a number, and the row of another length.
    """
    text = text_of(data)
    separator = separator_of(text, otherwise=" ")
    rows = rows_of(text, separator)
    if separator == " ":
        rows = [(i, [*filter(None, row)]) for i, row in rows]
    if rows and (_names(rows[0][1], separator) or _column_numbers(rows[0][1])):
        del rows[0]
    for i, row in rows:
        if len(row) != len(rows[0][1]):
            raise ValueError(f"row {i} has {len(row)} columns, and row {rows[0][0]} has {len(rows[0][1])}")
    return [[_number(cell, separator, i, j) for j, cell in enumerate(row, 1)] for i, row in rows]


def _names(row, separator):
    return all(not cell.strip() or _value(cell, separator) is None for cell in row)


def _column_numbers(row):
    return len(row) > 8 and row == [str(i) for i in range(len(row))]


def _value(cell, separator):
    try:
        return float(cell.replace(",", ".") if separator == ";" else cell)
    except ValueError:
        return None


def _number(cell, separator, row, column):
    value = _value(cell, separator)
    if value is None or not math.isfinite(value):
        shown = cell if len(cell) <= 20 else cell[:20] + "..."
        raise ValueError(f"row {row}, column {column}: expected a number, got {shown!r}")
    return value
