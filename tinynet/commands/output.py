"""What a command prints: errors, and streams whose reader may leave, or whose terminal knows few letters."""

import codecs
import contextlib
import os
import sys
import unicodedata

SPELLED = {
    "←": "<-",
    "→": "->",
    "√": "sqrt",
    "·": "*",
    "×": "x",
    "∇": "grad ",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "∂": "d",
}
SPELLED |= {"ß": "ss", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-"}


def open_streams():
    """Give the process streams that take every letter: one that a terminal does not know is spelled with others."""
    codecs.register_error("tinynet.spelled", _spelled)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif name == "stdout" and hasattr(stream, "reconfigure"):  # stderr takes every letter as it is
            stream.reconfigure(errors="tinynet.spelled")


def _spelled(error):
    """What to write for letters that a terminal does not know: alpha for α, e for é, ^2 for ²; for others a question
    mark."""
    letters, following = error.object[error.start : error.end], error.object[error.start + 1 : error.end + 1] + " "
    text = "".join(map(_spell, letters, following))
    return text.encode(error.encoding, "replace").decode(error.encoding), error.end


def _spell(letter, after):
    apart = " " * after.isalnum()  # so that two names do not become one
    if unicodedata.name(letter, "").startswith("GREEK"):
        name = unicodedata.name(letter).split(" WITH ")[0].rpartition(" ")[2].replace("LAMDA", "LAMBDA")
        return (name.capitalize() if letter.isupper() else name.lower()) + apart
    if letter == "√":
        return "sqrt" + apart
    if letter in SPELLED or unicodedata.combining(letter):
        return SPELLED.get(letter, "")
    parts, plain = unicodedata.decomposition(letter), unicodedata.normalize("NFKD", letter)
    mark = "^" if parts.startswith("<super>") else "_" if parts.startswith("<sub>") else ""
    return letter if plain == letter else mark + "".join(c for c in plain if not unicodedata.combining(c))


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
