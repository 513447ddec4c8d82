"""How tensors print, and `set_printoptions`."""

import numpy as np

from .arguments import boolean, integer, one_of
from .notebook import block, facts, page

_PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": 2**63 - 1, "edgeitems": 3, "linewidth": 80},
}
_options = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Set how tensors print: digits; from how many elements on in parts, and of what length; the width of lines.

    `profile` is "default", "short" or "full" and sets these four. `sci_mode` is whether numbers have an exponent, or
    None where they themselves decide.
    """
    where, new = "set_printoptions", {}
    if profile is not None:
        new.update(_PROFILES[one_of(where, "profile", profile.lower(), _PROFILES)])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in given.items():
        if value == float("inf"):
            value = 2**63 - 1
        if value is not None:
            new[name] = integer(where, name, value, 0)
    new["sci_mode"] = sci_mode if sci_mode is None else boolean(where, "sci_mode", sci_mode)
    _options.update(new)


def text_of(array, prefix):
    """The elements of an array as they print after `prefix`."""
    options = {}
    if array.dtype.kind == "f":
        options["formatter"] = {"float_kind": _writer(_shown(array))}
    elif array.dtype.kind == "b":
        options["formatter"] = {"bool": f"{{!s:>{4 if _shown(array).all() else 5}}}".format}
    text = np.array2string(
        array, separator=", ", prefix=prefix, threshold=_options["threshold"], edgeitems=_options["edgeitems"],
        max_line_width=max(_options["linewidth"], len(prefix) + 2), **options,
    )  # fmt: skip
    return text.replace(", ...,", ",  ...,")


def with_suffixes(text, suffixes):
    """A text such as "tensor([1., 2.]" with what follows the elements; what does not fit on a line begins a new one."""
    for suffix in suffixes:
        last = text.rpartition("\n")[2]
        text += f", {suffix}" if len(last) + len(suffix) + 4 <= _options["linewidth"] else f",\n       {suffix}"
    return text + ")"


def html_of(text, array, *more):
    """A tensor in a notebook: its text, and below it what the text does not show."""
    return page(block(text), facts(" × ".join(map(str, array.shape)), str(array.dtype), *more, *_spread(array)))


def _spread(array):
    """What the elements are like: their range and mean, or how many are True; and how many are no finite numbers."""
    if array.size < 2:
        return []
    if array.dtype.kind == "b":
        return [f"{np.count_nonzero(array):,} of {array.size:,} True"]
    if array.dtype.kind != "f":
        return [f"{array.min()} to {array.max()}"]
    finite = array[np.isfinite(array)]
    told = (
        [f"{finite.min():.4g} to {finite.max():.4g}, mean {finite.mean(dtype=np.float64):.4g}"] if finite.size else []
    )
    counts = {"NaN": np.isnan(array).sum(), "infinite": np.isinf(array).sum()}
    return told + [f"{count:,} {name}" for name, count in counts.items() if count]


def _shown(array):
    """What is printed of an array: all of it, or where it is large the first and last items along each dimension."""
    if array.size <= _options["threshold"]:
        return array
    n = _options["edgeitems"]
    ends = [[*range(n), *range(size - n, size)] if size > 2 * n else range(size) for size in array.shape]
    return array[np.ix_(*ends)]


def _writer(numbers):
    """How to write a number, in one form and width for all: whole, with digits after the point, or with an exponent."""
    digits, sci = _options["precision"], _options["sci_mode"]
    numbers = numbers[np.isfinite(numbers) & (numbers != 0)].astype(np.float64)
    if not numbers.size:
        numbers, sci = np.ones(1), False
    sizes = abs(numbers)
    whole = (numbers == np.ceil(numbers)).all()
    if sci is None:
        sci = sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or (not whole and sizes.min() < 1e-4)

    def text(x):
        if sci:
            return f"{x:.{digits}e}"
        return f"{x:.{digits}f}" if not whole else f"{x:.0f}." if np.isfinite(x) else f"{x:.0f}"

    width = max([len(text(x)) for x in numbers])
    return lambda x: text(x).rjust(width)
