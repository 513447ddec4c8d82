"""Files that are written whole or not at all, and JSON that may come from anywhere."""

import contextlib
import errno
import glob
import json
import os
import signal
import threading
import time
from pathlib import Path

from ..data.files import brief

HOUR = 3600  # seconds, after which a temporary file is one that a killed process has left


@contextlib.contextmanager
def whole_files(*paths):
    """Binary files that take the places of `paths`, one right after the other, when the block ends; else none does.

    Raises OSError, which names a path, if they cannot be written; what was there before is then as it was.
    """
    with contextlib.ExitStack() as stack:
        files = []
        try:
            for path in paths:
                files.append(stack.enter_context(contextlib.closing(_NewFile(path))))
            yield [new.file for new in files]
            for new in files:
                new.finish()
            for new in files:
                new.replace()
        except OSError as error:
            if error.errno is None or error.filename not in (None, *(str(new.name) for new in files)):
                raise
            where = paths[0] if len(paths) == 1 else Path(paths[0]).parent
            raise OSError(error.errno, error.strerror, str(where)) from None


@contextlib.contextmanager
def whole_file(path):
    """One of `whole_files`."""
    with whole_files(path) as (file,):
        yield file


class _NewFile:
    """A file beside `path`, to replace it: only within one folder is that a single step.

    Where the system has files without a name it has none until then, so that a process that is killed leaves nothing.
    """

    def __init__(self, path):
        self.path = Path(os.path.realpath(path))  # through a link, as other writers do
        self.name = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self.named, self.replaces = False, self.path.is_file() or not self.path.exists()
        if not self.replaces:  # a device or a pipe; of a folder this raises the error
            self.file = open(self.path, "wb")
            return
        remove_leftovers(self.path)
        try:
            self.file = os.fdopen(os.open(self.path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
        except (AttributeError, OSError):  # not this system, or not this file system
            self.file, self.named = open(self.name, "wb"), True

    def finish(self):
        """Write the last bytes, and give the file a name in its folder."""
        self.file.flush()
        if self.replaces and not self.named:
            # With a descriptor as src_dir_fd Python calls linkat, which follows the link in /proc.
            os.link(f"/proc/self/fd/{self.file.fileno()}", self.name, src_dir_fd=self.file.fileno())
            self.named = True
        self.file.close()  # before it can be renamed on Windows

    def replace(self):
        if self.replaces:
            os.replace(self.name, self.path)
            self.named = False

    def close(self):
        self.file.close()
        if self.named:
            self.name.unlink(missing_ok=True)


def to_disk(paths):
    """Wait until files are on the disk under their names, where they outlast a power failure. Raises OSError."""
    for path in paths:
        with open(path, "rb+") as file:  # to write to, else Windows does not
            os.fsync(file.fileno())
    for folder in {Path(path).parent for path in paths}:
        with contextlib.suppress(OSError):  # Windows opens no folders, and some file systems have nothing to do
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def locked(folder):
    """A block that one process at a time is in, for a folder; it ends with the process, however that ends.

    Raises BlockingIOError if another process is in it. Where the system has no such locks there is none.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(errno.EWOULDBLOCK, "another process is training this run", str(folder)) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(path):
    """Remove what processes that were killed, while they wrote `path`, have left beside it."""
    for old in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > HOUR:
                old.unlink()


@contextlib.contextmanager
def uninterrupted():
    """Hold back Ctrl-C until the block has ended, so that files that belong together are written together."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # signals arrive in the main thread only; and one that is ignored needs no holding back
        return
    arrived = []
    signal.signal(signal.SIGINT, lambda *signal_and_frame: arrived.append(signal_and_frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if arrived:
            before(*arrived[0])


def parse_json(data):
    """The dict in the bytes of a JSON text. Raises ValueError for anything else, and for a key that comes twice."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {brief(error)}") from None
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {type(found).__name__}")
    return found


def _without_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found
