"""Files that are written whole or not at all."""

import contextlib
import os
import signal
import stat
import threading
from pathlib import Path


@contextlib.contextmanager
def whole_file(path):
    """A path to write to that takes the place of `path` when the block ends, and is removed if the block fails.

    It lies in the same folder, because only within one file system is a replacement a single step. An error, such as
    that of a full disk, names `path`.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")  # the suffix tells savers the format
    try:
        temporary.touch()
        mode = stat.S_IMODE(temporary.stat().st_mode)  # what the user's umask gives, which some savers do not ask
        yield temporary
        temporary.chmod(mode)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


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
