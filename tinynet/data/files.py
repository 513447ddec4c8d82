"""Bytes of files that may come from anywhere."""

import contextlib
import gzip
import zlib
from io import BytesIO
from pathlib import Path

GZIP = b"\x1f\x8b"


def read_bytes(path, limit):
    """All bytes of a file. Raises ValueError for an empty one and for one beyond `limit` bytes, and OSError."""
    with open(Path(path), "rb") as file:
        data = file.read(limit + 1)  # and not as many as the file system says: a pipe or device has no size
    if not data:
        raise ValueError("the file is empty")
    if len(data) > limit:
        raise ValueError(f"expected at most {limit:,} bytes, got more")
    return data


def gunzipped(data, count):
    """The first `count` bytes of what a gzip file holds, or the data itself if it is none: no more is unpacked.

    Raises ValueError for a damaged one.
    """
    if not data.startswith(GZIP):
        return data[:count]
    try:
        return gzip.GzipFile(fileobj=BytesIO(data)).read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the gzip file is damaged: {brief(error)}") from None


def unpacked(data, limit):
    """What a gzip file holds, or the data itself if it is none. Raises ValueError for more than `limit` bytes."""
    found = gunzipped(data, limit + 1)
    if len(found) > limit:
        raise ValueError(f"expected at most {limit:,} bytes, got more in the gzip file")
    return found


def without_gz(path):
    """The path of a file without the .gz of one that is gzipped."""
    path = Path(path)
    return Path(path.stem) if path.suffix.lower() == ".gz" else path


def ending(path):
    """The ending of a file's name in small letters; of one that is gzipped that before .gz."""
    return without_gz(path).suffix.lower()


@contextlib.contextmanager
def naming(path):
    """Errors of the block that are about what a file holds begin with the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def brief(error):
    """The beginning of another library's message, which may quote the file, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 100 else text[:97] + "..."
