"""Messages between processes: pickles whose arrays travel beside them, as they lie in memory."""

import pickle
from typing import NamedTuple

import numpy as np

from ..kernels.runtime.memory import empty

ALONE_FROM = 1 << 12  # bytes of an array that is not copied into the pickle
CHUNK = 1 << 17  # bytes that are sent at a time: the receiver takes new memory for as many whenever some have come


class Message(NamedTuple):
    """An object as bytes: a pickle, and the memory of its larger arrays."""

    pickle: bytes
    buffers: list


def pack(value):
    """A Message with a copy of all that `value` is; raises what pickling raises."""
    buffers = []

    def in_pickle(buffer):
        memory = buffer.raw()
        if memory.nbytes < ALONE_FROM:
            return True
        buffers.append(bytes(memory))  # a copy, since the array may be used again before it has been sent

    return Message(pickle.dumps(value, 5, buffer_callback=in_pickle), buffers)


def send(connection, header, message):
    """Send a message, under a small header."""
    connection.send((header, [len(buffer) for buffer in message.buffers]))
    connection.send_bytes(message.pickle)
    for buffer in message.buffers:
        for start in range(0, len(buffer), CHUNK):
            connection.send_bytes(buffer, start, min(CHUNK, len(buffer) - start))


def receive(connection):
    """(header, value) of a message that was sent from another process. Raises EOFError or OSError if that has ended."""
    header, sizes = connection.recv()
    data = connection.recv_bytes()
    buffers = [empty((size,), np.dtype(np.uint8)) for size in sizes]
    for buffer in buffers:
        for start in range(0, len(buffer), CHUNK):
            connection.recv_bytes_into(buffer, start)
    return header, pickle.loads(data, buffers=buffers)
