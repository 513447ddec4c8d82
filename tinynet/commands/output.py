"""What a command prints: errors, and streams whose reader may leave, or whose terminal knows few letters."""

import contextlib
import os
import sys


def open_streams():
    """Give the process streams that take every letter: one that a terminal does not know becomes a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif name == "stdout" and hasattr(stream, "reconfigure"):  # stderr takes every letter as it is
            stream.reconfigure(errors="replace")


def fail(message, code):
    print(f"tinynet: {message}", file=sys.stderr)
    return code


def drop(stream):
    """Send what is written to a stream from now on, and what it still holds, to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Stream:
    """A stream whose reader may leave, or whose disk may be full: what comes after that is dropped."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        with self._dropping():
            self.stream.write(text)
        return len(text)

    def flush(self):
        with self._dropping():
            self.stream.flush()

    @contextlib.contextmanager
    def _dropping(self):
        try:
            yield
        except OSError:
            drop(self.stream)

    def __getattr__(self, name):
        return getattr(self.stream, name)


@contextlib.contextmanager
def without_reader(goes_on):
    """If `goes_on`, the block is not ended by an output that nobody takes any more."""
    if not goes_on:
        yield
        return
    with contextlib.redirect_stdout(_Stream(sys.stdout)), contextlib.redirect_stderr(_Stream(sys.stderr)):
        yield
