"""How tensors print, and `set_printoptions`."""

import numpy as np

from .arguments import boolean, integer, one_of

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
    sci = _options["sci_mode"]
    options = {}
    if sci is not None and array.dtype.kind == "f":
        digits = _options["precision"]
        options["formatter"] = {"float": lambda x: f"{x:.{digits}{'e' if sci else 'f'}}"}
    return np.array2string(
        array, separator=", ", prefix=prefix, precision=_options["precision"], threshold=_options["threshold"],
        edgeitems=_options["edgeitems"], max_line_width=max(_options["linewidth"], len(prefix) + 2), **options,
    )  # fmt: skip
