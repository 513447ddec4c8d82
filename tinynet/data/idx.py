"""IDX files, the format of MNIST and of its relatives: a header of a type and a shape, then the numbers.

Y. LeCun, C. Cortes and C. Burges. The MNIST database of handwritten digits.
"""

import math

import numpy as np

from .files import gunzipped, naming, read_bytes

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 8
LARGEST = 1 << 31  # bytes of a file, also unpacked


def read_idx(path):
    """The array in an IDX file, gzipped or not, in the machine's byte order.

    Raises:
        ValueError: It is no such file, or its size is not what its header says; the message names the file.
        OSError: It cannot be read.
    """
    with naming(path):
        return parse_idx(read_bytes(path, LARGEST))


def parse_idx(data):
    """The array in the bytes of an IDX file; the header is held against their number before an array is made."""
    head = gunzipped(data, 4 + 4 * MOST_DIMENSIONS)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not 1 <= head[3] <= MOST_DIMENSIONS:
        raise ValueError(f"expected an IDX file, which begins with 0, 0, type, number of sizes; got {head[:4]!r}")
    dtype, start = np.dtype(TYPES[head[2]]), 4 + 4 * head[3]
    if len(head) < start:
        raise ValueError(f"the header ends early: expected {start} bytes, got {len(head)}")
    shape = tuple(int.from_bytes(head[i : i + 4], "big") for i in range(4, start, 4))
    size = start + math.prod(shape) * dtype.itemsize
    if size > LARGEST:
        raise ValueError(f"its header claims an array of shape {shape}, more than {LARGEST:,} bytes")
    whole = gunzipped(data, size + 1)
    if len(whole) != size:
        more = "more" if len(whole) > size else f"{len(whole) - start:,}"
        raise ValueError(f"expected {size - start:,} bytes for {dtype.name} of shape {shape}, got {more}")
    return np.frombuffer(whole, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
