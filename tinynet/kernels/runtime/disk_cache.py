"""Machine code on disk: the next process compiles nothing.

Numba's own cache looks whether the file that defines a function has changed, and believes what it reads. Here the
folder says that no source has changed (`folder.py`), and each file carries a checksum: one that was cut or damaged is
compiled anew. There is one file for each function and types, and no index that processes could write at the same time.
Numba is given this cache function by function, so that none of its settings changes for the user's own code.
"""

import contextlib
import hashlib
import pickle

from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from .folder import cache_folder, write_whole

DIGEST = hashlib.sha256().digest_size
SUFFIX = ".code"
LIFTED = "tinynet_lifted_"  # how the names of lifted modules begin, which end in a hash of their text
KNOWN = __package__.rpartition(".")[0], LIFTED  # modules whose sources the folder's name or their own name stands for


class DiskCache(NullCache):
    """The cache of one function, as Numba's dispatchers expect it."""

    def __init__(self, function):
        self.function = function

    @property
    def cache_path(self):
        return cache_folder()

    def load_overload(self, signature, context):
        """The code for these types, or None if there is none that is whole."""
        context.refresh()
        try:
            data = self._path(signature, context.codegen()).read_bytes()
        except OSError:
            return _miss()
        if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
            return _miss()
        return self.rebuild(context, pickle.loads(data[DIGEST:]))

    def save_overload(self, signature, compiled):
        """Keep the code for these types, if the disk has room for it."""
        reduced = self.reduce(compiled)
        if reduced is not None:
            data = dumps(reduced)
            write_whole(self._path(signature, compiled.codegen), hashlib.sha256(data).digest() + data)

    def reduce(self, compiled):
        """What `dumps` can write of it, or None where addresses stand in it, which are others in the next process."""
        return None if compiled.library.has_dynamic_globals else compiled._reduce()

    def rebuild(self, context, reduced):
        return CompileResult._rebuild(context, *reduced)

    def _path(self, signature, codegen):
        function = self.function
        cells = dumps(tuple(cell.cell_contents for cell in function.__closure__ or ()))
        numbers = [c for c in function.__code__.co_consts if isinstance(c, int | float)]
        name = function.__module__, function.__qualname__
        key = name, str(signature), codegen.magic_tuple(), function.__code__.co_code, numbers, cells
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return cache_folder() / f"{name[0].rpartition('.')[2]}.{function.__name__}-{digest[:32]}{SUFFIX}"


def attach(owner, function, cache=DiskCache):
    """Let a dispatcher or a C function of Numba's keep its code on disk, where there is a folder for it.

    Functions from elsewhere are compiled in every process: nothing would tell that their sources have changed.
    """
    if function.__module__.startswith(KNOWN) and cache_folder() is not None:
        owner._cache = cache(function)


@contextlib.contextmanager
def before_compiling(tell):
    """Call `tell()` before the first function is compiled in the block that is not on disk."""
    global _tell
    _tell = tell
    try:
        yield
    finally:
        _tell = None


_tell = None


def _miss():
    global _tell
    if _tell is not None:
        tell, _tell = _tell, None
        tell()
