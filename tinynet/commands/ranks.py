"""A command that several ranks run together: rank 0 prints and writes, the others are silent."""

import contextlib
import os
import sys
import time

from ..distributed import get_rank, init_process_group, is_initialized, launcher
from ..errors import DistError


def silence_others():
    """Let this process print nothing if a launcher has started it as another rank than 0."""
    if launcher.rank_in_environment():
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")


@contextlib.contextmanager
def said_by_rank_0():
    """A block that ends all ranks alike, before they know each other: rank 0 says why, and has the time to do so.

    The launcher ends the others as soon as one has ended.
    """
    try:
        yield
    except SystemExit:
        if launcher.rank_in_environment():
            time.sleep(1)
        raise


def is_main():
    """Whether this is the rank that prints and writes."""
    return not is_initialized() or get_rank() == 0


@contextlib.contextmanager
def connected():
    """A block that all ranks run which a launcher has started; without one it is run alone.

    An error that all have is printed by rank 0, one that another rank has alone by that.
    """
    if not launcher.was_launched():
        yield
        return
    try:
        init_process_group()
        yield
    except DistError:
        raise
    except Exception as error:
        _tell(error)
        raise


def _tell(error):
    from ..training.team import current_ranks

    ranks = current_ranks()
    if not ranks.rank:
        return
    for _ in range(200):
        time.sleep(0.01)
        if ranks.has_left(0):  # it has met the same error, and printed it
            return
    print(f"tinynet: rank {ranks.rank}: {error}", file=sys.__stderr__, flush=True)
