"""Python's `multiprocessing`, and `spawn`. Tensors that are sent to another process are copied."""

import multiprocessing
from multiprocessing import *  # noqa: F403

from .processes import (
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    spawn,
    start_processes,
)

__all__ = [
    *multiprocessing.__all__,
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "spawn",
    "start_processes",
]
