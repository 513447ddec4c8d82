"""What a step asks of the machine: the time, files, random bits. The answer is another at each call, or may be.

While a call is watched Python tells of each function of C's that it calls (`sys.setprofile`), wherever that is. What
the library and others do themselves, as to compile or to log, does not count.
"""

import contextlib
import datetime
import os
import random
import sys
import sysconfig
import time

import numpy as np

from ..origin import PACKAGE

LIBRARY = __name__.partition(".")[0]
CLOCK = [
    getattr(time, name)
    for name in """time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns
        thread_time thread_time_ns localtime gmtime ctime strftime""".split()
    if hasattr(time, name)
]
CLOCK += [datetime.datetime.now, datetime.date.today, datetime.datetime.today]
ANSWERS = frozenset([*CLOCK, open, input, os.open, os.stat, os.listdir, os.scandir, os.urandom])
PREFIXES = {"builtins": "", "io": "", "_io": "", "posix": "os.", "nt": "os."}  # what these modules are known by
# Modules of Python's that ask for whoever calls them
ON_BEHALF = frozenset("datetime pathlib genericpath posixpath ntpath os random secrets uuid".split())
# Packages that compute nothing for a step, and where code lies that asks for purposes of its own, also in the midst of
# one, as what Python's collector of garbage calls
OTHERS = frozenset("numpy numba llvmlite tqdm matplotlib pytest _pytest torch".split())
INSTALLED = PACKAGE, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")


def is_ours(module):
    """Whether a module, by name, is the library's."""
    return module.partition(".")[0] == LIBRARY


def asked(tell):
    """In the block `tell(name)` is called when the user's code of this thread asks the machine for something."""

    def hear(frame, event, function):
        if event == "c_call" and function in ANSWERS and _is_users(frame):
            owner = getattr(function.__self__, "__name__", "")
            tell(f"{PREFIXES.get(owner, f'{owner}.')}{function.__name__}")

    return _told(hear)


def unasked():
    """In the block, where only the library's code runs, nothing is told of: to compile a kernel would take twice as
    long."""
    return _told(None)


@contextlib.contextmanager
def _told(hear):
    """In the block Python tells `hear` of each call, or nobody."""
    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        yield
    finally:
        if hasattr(before, "enable"):  # that of cProfile, which is no function of Python's
            before.enable()
        else:
            sys.setprofile(before)


def _is_users(frame):
    """Whether a function was called by the user's code, perhaps by way of a module of Python's."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "").partition(".")[0]
        if name not in ON_BEHALF:
            return not is_library(name) and not frame.f_code.co_filename.startswith(INSTALLED)
        frame = frame.f_back
    return False


def is_library(package):
    """Whether a package, by name, is Python's own or one of OTHERS."""
    return package in sys.stdlib_module_names or package in OTHERS


def streams():
    """Where Python's and NumPy's own random streams stand."""
    name, words, place, *rest = np.random.get_state()
    return random.getstate(), (name, words.tobytes(), place, *rest)
