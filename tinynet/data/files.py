"""Bytes of files that may come from anywhere."""

from pathlib import Path


def read_bytes(path, limit):
    """All bytes of a file. Raises ValueError for an empty one and for one beyond `limit` bytes, and OSError."""
    with open(Path(path), "rb") as file:
        data = file.read(limit + 1)  # and not as many as the file system says: a pipe or device has no size
    if not data:
        raise ValueError("the file is empty")
    if len(data) > limit:
        raise ValueError(f"expected at most {limit:,} bytes, got more")
    return data


def brief(error):
    """The beginning of another library's message, which may quote the file, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 100 else text[:97] + "..."
