"""The launcher: what `mpiexec` and its like tell a process in its environment, before MPI itself is loaded."""

import os

RANKS = "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "MV2_COMM_WORLD_RANK"
SIZES = "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"


def was_launched():
    """Whether a launcher of MPI programs has started this process."""
    return any(name in os.environ for name in (*RANKS, *SIZES))


def rank_in_environment():
    """The rank that the launcher has given this process; 0 without a launcher."""
    return _first_number(RANKS, 0)


def size_in_environment():
    """How many processes the launcher has started, or None where it does not say."""
    return _first_number(SIZES, None)


def _first_number(names, default):
    found = (os.environ[name] for name in names if os.environ.get(name, "").isdecimal())
    return int(next(found, default)) if default is not None else next(map(int, found), None)
