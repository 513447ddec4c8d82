"""The folder that keeps compiled kernels: where it lies, who may write to it, and when it is removed.

Whatever lies there is run as the user's own code. So the folder, and every folder above it, must belong to the user or
to root and be closed to the writes of others; a link is not followed.

Kernels depend on helpers in other files, so an edited helper must not run old machine code. Therefore all kernels share
one folder, named by a fingerprint of their sources: all of `kernels/`, and what these call of other files (`CALLED`).
An edit anywhere there gives a new folder; comments and docstrings are no part of it. What a formula calls need not be:
the text of a lifted formula has all its helpers in it, and the name of its machine code a hash of that text
(`lifting/module.py`). So an edit of an update rule or an activation compiles that one alone.
"""

import ast
import contextlib
import functools
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import warnings
from pathlib import Path

import llvmlite
import numba

UNUSED = 7 * 24 * 3600  # seconds after which a folder that no process has used may be removed


@functools.cache
def cache_folder():
    """The folder that holds compiled kernels, or None if none can be trusted and written to.

    It lies in `NUMBA_CACHE_DIR`, else in the user's cache, else in the folder for temporary files.
    """
    user = os.geteuid() if hasattr(os, "geteuid") else None
    for base, asked_for in _bases(user):
        with contextlib.suppress(OSError):
            _make(base)
            reason = why_untrusted(base, user)
            if reason and asked_for:
                warnings.warn(f"compiled kernels are not kept in {base}: {reason}", RuntimeWarning, stacklevel=2)
            if not reason:
                folder = _versioned(base)
                if not why_untrusted(folder, user):
                    tempfile.TemporaryFile(dir=folder).close()  # a folder may exist and yet not be writable
                    return folder
    return None


def _bases(user):
    """(folder, whether the user asked for it) for each folder to try, the last one new."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(os.environ["NUMBA_CACHE_DIR"]).resolve(), True
    home = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):  # no home folder at all
        yield ((Path(home) if home else Path.home() / ".cache") / "tinynet").resolve(), False
    with contextlib.suppress(OSError):  # no folder for temporary files, or none that can be written to
        shared, name = Path(tempfile.gettempdir()).resolve(), f"tinynet-{'cache' if user is None else user}"
        yield shared / name, False  # not resolved: anybody may have put a link there
        # Somebody else may have taken the name. What was made here instead is found again if it can be trusted.
        for folder in sorted(shared.glob(f"{name}-*")):
            yield folder, False
        if not why_untrusted(shared, user, sticky=True):
            yield Path(tempfile.mkdtemp(prefix=f"{name}-", dir=shared)), False


def _make(folder):
    """Make a folder and those above it that are missing, closed to others."""
    for path in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        path.mkdir(mode=0o700, exist_ok=True)


def why_untrusted(folder, user, lstat=os.lstat, sticky=False):
    """Why others than `user` and root could change what lies in `folder`, an absolute path; "" if they cannot.

    In a folder above it, or with `sticky` in itself, others may make files of their own if they cannot move those of
    the user: such is the folder for temporary files. Where there are no users in this sense, `user` is None.
    """
    if user is None:
        return ""
    for path in (folder, *folder.parents):
        found = lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            return f"{path} is a {'link' if stat.S_ISLNK(found.st_mode) else 'file'}"
        if found.st_uid not in (user, 0):
            return f"{path} belongs to another user"
        shared = found.st_mode & stat.S_ISVTX and (sticky or path != folder)
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not shared:
            return f"others can write to {path}"
    return ""


def _versioned(base):
    """The folder in `base` for the kernels as they are now. When it is made, those long unused are removed."""
    folder = base / f"tinynet-{fingerprint(base)}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        os.utime(folder)  # the time of the last use
    else:
        _remove_unused(base)
    return folder


def _remove_unused(base):
    for path in base.glob("tinynet-*"):
        if re.fullmatch(r"tinynet-[0-9a-f]{16}(\.fingerprint)?", path.name):
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > UNUSED:
                    path.unlink() if path.suffix else shutil.rmtree(path)


CALLED = "formulas.py", "philox.py"  # beside `kernels/`: whose functions kernels written by hand call
# What numba.config says of how code is generated; the CPU itself is a part of each kernel's key.
_OPTIONS = "CPU_NAME CPU_FEATURES OPT LOOP_VECTORIZE SLP_VECTORIZE ENABLE_AVX BOUNDSCHECK DEBUGINFO_DEFAULT".split()


def fingerprint(base):
    """A hash of what the machine code of all kernels depends on.

    To parse the sources takes a quarter of a second, so what came out is kept in `base`, under a hash of their bytes.
    """
    package = Path(__file__).parents[1]
    called = [package.parent / name for name in CALLED]
    sources = [path.read_bytes() for path in (*called, *sorted(package.rglob("*.py")))]
    options = [getattr(numba.config, name, None) for name in _OPTIONS]
    versions = repr((numba.__version__, llvmlite.__version__, sys.implementation.cache_tag, options)).encode()
    known = base / f"tinynet-{_hash(versions, *sources)}.fingerprint"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = known.read_text()
        if re.fullmatch("[0-9a-f]{16}", found):
            return found
    found = _hash(versions, *(code_of(source).encode() for source in sources))
    write_whole(known, found.encode())
    return found


def code_of(source):
    """What the text of a module says to the compiler: its syntax tree, without comments, docstrings and positions."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, False) is not None:
            del node.body[0]
    return ast.dump(tree)


def _hash(*texts):
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()[:16]


def write_whole(path, data):
    """Write a file in one step, since others may be reading it. Where the disk is full, nothing is kept."""
    with contextlib.suppress(OSError):
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):  # as it is when it has taken its place
                os.unlink(temporary)
