"""Modules of generated text: written into the cache folder, and loaded.

A module's name holds a hash of its text, so its machine code is found again in the next process. A reader or a debugger
can open the text.
"""

import contextlib
import hashlib
import linecache
import sys
from types import ModuleType

from ..runtime.disk_cache import LIFTED
from ..runtime.folder import cache_folder, write_whole
from ..runtime.threads import compiling


def load(name, text):
    """The module with this text. It is written into the cache folder, but what lies there is not what is run."""
    name = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    module = LIFTED + name
    with compiling:
        if module not in sys.modules:
            path, made = _write(name, text), ModuleType(module)
            linecache.cache[path] = len(text), None, text.splitlines(True), path  # for debuggers, if it is not there
            made.__file__ = path
            exec(compile(text, path, "exec"), made.__dict__)
            sys.modules[module] = made  # machine code from disk looks it up by its name
        return sys.modules[module]


def _write(name, text):
    """Where the text stands in the cache folder, unless that cannot be written to."""
    if cache_folder() is None:
        return f"<lifted {name}>"
    path, text = cache_folder() / "lifted" / f"{name}.py", text.encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != text:
            write_whole(path, text)
    return str(path)
