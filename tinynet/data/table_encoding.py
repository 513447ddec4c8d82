"""How a table becomes numbers for a network, and a network's numbers an answer.

A number becomes (x - mean) / std, a word one of several numbers of which one is 1 (one-hot). Means, deviations and
words are those of the rows that are trained on; a word that is new later is none of them, so all its numbers are 0.
"""

import math
import re
from typing import NamedTuple

import numpy as np

from .files import brief

MISSING = ("refuse", "drop", "mean")
TASKS = ("classification", "regression")
MOST_CLASSES = 20  # of a target of whole numbers, where not told otherwise
MOST_WORDS = 256  # of a column; rarer ones are none of them
MOST_FEATURES = 1 << 16
NONE = "(none)"  # the word of a cell without one, with missing="mean"


class MissingValueError(ValueError):
    """A row without a value in a column, that of the target or not, where nobody has said what is to be done."""

    def __init__(self, message, of_target=False):
        super().__init__(message)
        self.of_target = of_target


class Feature(NamedTuple):
    """A column of the input: `mean` and `std` of numbers, or `words`."""

    name: str
    mean: float = 0.0
    std: float = 1.0
    words: tuple | None = None

    @property
    def width(self):
        return 1 if self.words is None else len(self.words)


class TableEncoding:
    """Features and target of a table. What is left out of the features has its reason in `left_out`.

    features: `Feature`s, in the table's order. target: the `Feature` to be predicted, whose words are the classes.
    missing: what becomes of rows without a value, `refuse`, `drop` or `mean`.
    """

    def __init__(self, features, target, missing, has_header=True, left_out=()):
        self.features, self.target, self.missing = tuple(features), target, missing
        self.has_header, self.left_out = has_header, tuple(left_out)

    @property
    def task(self):
        return "regression" if self.target.words is None else "classification"

    @property
    def width(self):
        """The number of features, words one by one."""
        return sum(feature.width for feature in self.features)

    def kept(self, table, target=False):
        """The positions of the rows that can be used, the target's values included if `target`.

        Raises ValueError that names row and column of the first missing value, unless `missing` says what to do.
        """
        kept = np.ones(len(table), bool)
        for feature in (*self.features, *([self.target] if target else ())):
            column, is_target = table[feature.name], target and feature is self.target
            if not column.missing.any():
                continue
            if self.missing == "refuse":
                row = table.rows[column.missing.argmax()]
                more = f"{column.missing.sum():,} of {len(table):,} rows have none"
                where = f"{table.where}: row {row}, column {feature.name!r}"
                raise MissingValueError(f"{where}: expected a value, got none ({more})", is_target)
            if self.missing == "drop" or is_target:
                kept &= ~column.missing
        return np.flatnonzero(kept)

    def encode(self, table, rows):
        """float32 (rows, width) of the rows at these positions."""
        x = np.zeros((len(rows), self.width), np.float32)
        start = 0
        for feature in self.features:
            column = table[feature.name]
            if feature.words is None:
                x[:, start] = _standardized(feature, self._numbers(table, feature, rows))
            else:
                place = {word: start + i for i, word in enumerate(feature.words)}
                found = [(i, place[w]) for i, w in enumerate(_words(column, rows)) if w in place]
                if found:
                    x[tuple(zip(*found))] = 1
            start += feature.width
        return x

    def unknown(self, table, rows):
        """(row, column, word) of each cell at these positions with a word that was not among those of the features."""
        for feature in self.features:
            if feature.words is not None:
                known = {*feature.words}
                for row, word in zip(rows, _words(table[feature.name], rows)):
                    if word not in known:
                        yield table.rows[row], feature.name, word

    def encode_target(self, table, rows):
        """int64 (rows,) classes, or float32 (rows, 1) standardized numbers."""
        if self.target.words is None:
            numbers = self._numbers(table, self.target, rows)
            return _standardized(self.target, numbers).astype(np.float32)[:, np.newaxis]
        known = {word: i for i, word in enumerate(self.target.words)}
        for row, word in zip(rows, table[self.target.name].text[rows]):
            if word not in known:
                where = f"{table.where}: row {table.rows[row]}, column {self.target.name!r}"
                raise ValueError(f"{where}: expected one of the classes {listed(known)}, got {brief(word)!r}")
        return np.array([known[word] for word in table[self.target.name].text[rows]], np.int64)

    def _numbers(self, table, feature, rows):
        """The numbers of a column, NaN replaced by the mean."""
        column = table[feature.name]
        if column.numbers is None:
            refuse_words(table, feature.name, next(i for i in rows if not column.missing[i]))
        numbers = column.numbers[rows]
        return np.where(np.isnan(numbers), feature.mean, numbers)

    def to_json(self):
        """What `from_json` reads."""
        return {
            "features": [feature._asdict() for feature in self.features],
            "target": self.target._asdict(),
            "missing": self.missing,
            "has_header": self.has_header,
        }

    @classmethod
    def from_json(cls, values):
        """The encoding that `to_json` described. Raises ValueError for any other description."""
        try:
            features = [_feature(feature) for feature in values["features"]]
            made = cls(features, _feature(values["target"]), values["missing"], bool(values["has_header"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected features, target, missing and has_header: {brief(error)}") from None
        if made.missing not in MISSING or not 1 <= made.width <= MOST_FEATURES:
            raise ValueError(f"expected features, and missing as one of {', '.join(MISSING)}")
        return made


def _feature(values):
    feature = Feature(**values)
    numbers = (feature.mean, feature.std)
    words = feature.words
    if (
        not isinstance(feature.name, str)
        or any(isinstance(v, bool) or not isinstance(v, int | float) or not math.isfinite(v) for v in numbers)
        or feature.std <= 0
        or not (words is None or (isinstance(words, list) and words and all(isinstance(w, str) for w in words)))
    ):
        raise TypeError(f"a column is described by {brief(values)}")
    return feature._replace(words=None if words is None else tuple(words))


def _standardized(feature, numbers):
    return (numbers - feature.mean) / feature.std


def _words(column, rows):
    return np.where(column.missing[rows], NONE, column.text[rows])


def refuse_words(table, name, position):
    """Raise ValueError for a cell that is no number in a column of numbers."""
    cell = table[name].text[position]
    where = f"{table.where}: row {table.rows[position]}, column {name!r}"
    raise ValueError(f"{where}: expected a number, got {brief(cell)!r}")


def listed(names, most=10):
    """Names in a message."""
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + (f", ... ({len(names):,} in all)" if len(names) > most else "")


def plan_table(table, target, missing="refuse", task=None):
    """The `TableEncoding` of a table before its statistics: which column is what, of all rows.

    task: classification or regression; None: classification if the target is words, or whole numbers of few values.
    Raises ValueError for a target that is not there or cannot be learned, and for a cell that is no number in a column
    that else has nothing but numbers.
    """
    features, left_out = [], []
    for name in table.names:
        if name == target:
            continue
        reason = _unfit(table, name)
        if reason:
            left_out.append((name, reason))
        else:
            features.append(Feature(name, words=None if table[name].numbers is not None else ()))
    if not features:
        reasons = "; ".join(f"{name!r} {reason}" for name, reason in left_out[:10]) or "no other column"
        raise ValueError(f"{table.where}: expected columns to learn {target!r} from, got none: {reasons}")
    return TableEncoding(features, _plan_target(table, target, task), missing, table.has_header, left_out)


def _unfit(table, name):
    """Why a column is no feature, or None."""
    column = table[name]
    if column.missing.all():
        return "is empty"
    values = column.text[~column.missing]
    distinct = len(set(values))
    if distinct == 1:
        return "has one value in all rows"
    if column.stray is not None:
        refuse_words(table, name, column.stray)
    if column.numbers is None and distinct > max(2, len(values) / 2):
        return f"has a word of its own in most rows, such as {brief(values[0])!r}{_written_otherwise(values)}"
    counted = np.arange(len(column)) + (column.numbers[0] if column.numbers is not None else 0)
    if column.numbers is not None and len(column) > 2 and counted[0] in (0, 1) and (column.numbers == counted).all():
        return "numbers the rows"
    return None


def _written_otherwise(values):
    """What to do with words that would be numbers, or are dates, if they were written otherwise; else nothing."""
    if all(re.fullmatch(r"[^\w\s]?\s?-?\d[\d,. ]*\s?[^\w\s]?", value) for value in values):
        return "; numbers have no thousands separators, currencies or per cent"
    if all(re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b", value) for value in values):
        return "; of a date, make columns of numbers, such as month and weekday"
    return ""


def _plan_target(table, name, task):
    column = table[name]
    where = f"{table.where}: column {name!r}"
    values = column.text[~column.missing]
    if not len(values):
        raise ValueError(f"{where}: expected values to learn, got none")
    if column.stray is not None and task != "classification":
        refuse_words(table, name, column.stray)
    if column.numbers is None and task == "regression":
        refuse_words(table, name, int((~column.missing).argmax()))
    distinct = sorted(set(values), key=lambda word: (number_key(word), word))
    if len(distinct) < 2:
        raise ValueError(f"{where}: expected several values to tell apart, got {brief(distinct[0])!r} in all rows")
    if task == "regression" or (task is None and column.numbers is not None and not _few_whole(column, distinct)):
        return Feature(name)
    if len(distinct) > max(2, len(values) / 2):
        expected = "classes" if column.numbers is not None or task == "classification" else "numbers, or a few classes"
        got = f"{len(distinct):,} different values in {len(values):,} rows, such as {brief(values[0])!r}"
        raise ValueError(f"{where}: expected {expected}, got {got}{_written_otherwise(values)}")
    return Feature(name, words=tuple(distinct))


def number_key(word):
    try:
        return float(word)
    except ValueError:
        return math.inf


def _few_whole(column, distinct):
    numbers = column.numbers[~column.missing]
    return (numbers == np.floor(numbers)).all() and len(distinct) <= min(MOST_CLASSES, max(2, len(numbers) // 5))


def fit_table(plan, table, rows):
    """The plan with the means, deviations and words of the rows at these positions."""
    features = [_fitted(feature, table[feature.name], rows) for feature in plan.features]
    target = plan.target if plan.target.words is not None else _fitted(plan.target, table[plan.target.name], rows)
    made = TableEncoding(features, target, plan.missing, plan.has_header, plan.left_out)
    if made.width > MOST_FEATURES:
        raise ValueError(f"{table.where}: expected at most {MOST_FEATURES:,} features, got {made.width:,}")
    return made


def _fitted(feature, column, rows):
    if feature.words is None:
        numbers = column.numbers[rows]
        numbers = numbers[~np.isnan(numbers)]
        with np.errstate(over="ignore", invalid="ignore"):
            mean, std = (float(numbers.mean()), float(numbers.std())) if len(numbers) else (0.0, 1.0)
        if not math.isfinite(mean):
            raise ValueError(f"column {feature.name!r}: expected numbers whose sum is finite, got {numbers.max():g}")
        return feature._replace(mean=mean, std=std if 0 < std < math.inf else 1.0)
    words, counts = np.unique(_words(column, rows).astype(object), return_counts=True)
    common = sorted(words[np.argsort(-counts, kind="stable")[:MOST_WORDS]])
    return feature._replace(words=tuple(common))
