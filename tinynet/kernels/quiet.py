"""NumPy without its warnings: in a kernel 1/0 is inf and log(−1) is NaN, as in every deep learning framework."""

import contextvars
import functools

import numpy as np

_QUIET = contextvars.Context()  # in which NumPy keeps what it warns of
_QUIET.run(np.seterr, all="ignore")


def quiet(function):
    """The function, of arguments given by position, in which NumPy warns of nothing: `np.errstate`, for 0.1 µs.

    Each call has a context of its own, since none can be entered twice at a time.
    """

    @functools.wraps(function)
    def silenced(*arguments):
        return _QUIET.copy().run(function, *arguments)

    return silenced
