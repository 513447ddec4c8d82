"""NumPy's files, .npy and .npz, from anywhere: size, dtype and shape are checked before any number is read."""

import math
import re
import zipfile
from io import BytesIO
from typing import NamedTuple

import numpy as np

from .files import brief, naming, read_bytes

MAGIC = b"\x93NUMPY"
LARGEST = 1 << 31  # bytes of a file
MOST = 1 << 28  # numbers of an array
MOST_ARRAYS = 1000
LONGEST = 10_000  # bytes of a header; that of a plain array has 118


class _Header(NamedTuple):
    dtype: np.dtype
    order: str
    shape: tuple
    start: int  # of the numbers


def parse_npy(data, check):
    """The array in the bytes of a .npy file. `check(shape)` raises ValueError for a shape that is not expected.

    Raises ValueError for what is not such a file too, and for objects, text and structured types.
    """
    return _array(data, _header(data, len(data), check))


def parse_npz(data, name, check):
    """The only array in the bytes of an .npz file, or the one called `name`; as `parse_npy`."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            member = _member(archive, name)
            with archive.open(member) as file:
                head = file.read(LONGEST + 12)
                header = _header(head, member.file_size, check)
                return _array(head + file.read(member.file_size - len(head)), header)
    except ValueError:
        raise
    except Exception as error:  # zipfile and zlib raise a dozen kinds for damaged archives, from a buffer in memory
        raise ValueError(f"the archive is damaged: {brief(error)}") from None


def _member(archive, name):
    members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    if len(members) != 1 and name not in members:
        names = ", ".join(map(repr, list(members)[:5])) + (", ..." if len(members) > 5 else "")
        raise ValueError(f"expected one array, or one called {name!r}, got {names or 'none'}")
    member = members.get(name) or next(iter(members.values()))
    _check_member(member)
    return member


def _check_member(member):
    if member.flag_bits & 1:
        raise ValueError("it is protected by a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"expected an archive that NumPy wrote, got compression method {member.compress_type}")


def _header(head, size, check):
    """The header of a file of `size` bytes that begins with `head`."""
    if head[:6] != MAGIC or len(head) < 12 or head[6] not in (1, 2, 3):
        raise ValueError("it does not begin as a .npy file does")
    at, wide = (10, 2) if head[6] == 1 else (12, 4)
    length = int.from_bytes(head[8 : 8 + wide], "little")
    if length > LONGEST or at + length > len(head):
        raise ValueError(f"its header is damaged: it has {length:,} bytes")
    dtype, order, shape = _parse_header(head[at : at + length].decode("latin-1"))
    check(shape)
    expected, got = math.prod(shape) * dtype.itemsize, size - at - length
    if got != expected:
        raise ValueError(f"expected {expected:,} bytes for {dtype} of shape {shape}, got {got:,}")
    return _Header(dtype, order, shape, at + length)


def _parse_header(text):
    """(dtype, order, shape), found by patterns: the header is an expression of Python, and is not evaluated."""
    patterns = {"descr": r"""['"]([^'"]{1,20})['"]""", "fortran_order": "(True|False)", "shape": r"\(([\d\s,]*)\)"}
    found = [re.search(rf"""['"]{name}['"]\s*:\s*{pattern}""", text) for name, pattern in patterns.items()]
    if None in found:
        raise ValueError("its header does not name a plain type, an order and a shape")
    kind, fortran, sizes = (match[1] for match in found)
    if not re.fullmatch(r"[<>|=]?(b1|[iu][1248]|f[248])", kind):
        raise ValueError(f"expected booleans, integers or floats, got type {kind!r}")
    digits = [size.strip() for size in sizes.split(",") if size.strip()]
    if len(digits) > 32 or any(not re.fullmatch(r"\d{1,18}", size) for size in digits):
        raise ValueError(f"expected a shape of at most 32 sizes, got ({sizes[:40]})")
    return np.dtype(kind), "F" if fortran == "True" else "C", tuple(map(int, digits))


def _array(data, header):
    return np.frombuffer(data, header.dtype, offset=header.start).reshape(header.shape, order=header.order)


def read_npz(path):
    """{name: array} of all arrays in an .npz file that NumPy wrote; nothing is unpickled.

    Raises:
        ValueError: It is damaged, or holds objects, text or structured types; the message names file and array.
        OSError: It cannot be read.
    """
    with naming(path):
        return parse_archive(read_bytes(path, LARGEST))


def parse_archive(data):
    """{name: array} of all arrays in the bytes of an .npz file; as `read_npz`."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            if not members or len(members) > MOST_ARRAYS:
                raise ValueError(f"expected 1 to {MOST_ARRAYS} arrays, got {len(members):,}")
            return {name: _read_member(archive, name, member) for name, member in members.items()}
    except ValueError:
        raise
    except Exception as error:  # as in `parse_npz`
        raise ValueError(f"the archive is damaged: {brief(error)}") from None


def _read_member(archive, name, member):
    _check_member(member)
    with naming(f"array {brief(name)!r}"), archive.open(member) as file:
        head = file.read(LONGEST + 12)
        header = _header(head, member.file_size, _check_size)
        return _array(head + file.read(member.file_size - len(head)), header)


def _check_size(shape):
    if math.prod(shape) > MOST:
        raise ValueError(f"expected at most {MOST:,} numbers, got shape {shape}")
