"""The process group: all processes that a launcher of MPI programs has started, from `init_process_group` on."""

import atexit
import datetime
import importlib.util
import os
import sys
import time

from ..arguments import integer, only, shown, wrong_kind, wrong_value
from ..kernels.runtime.threads import get_num_threads, set_num_threads
from . import launcher
from .communicator import Alone, Communicator

BACKENDS = "mpi", "gloo", "nccl"  # the last two are what scripts ask for; it is MPI all the same
MISSING = (
    "this process was started by a launcher of MPI programs, and the package mpi4py is not installed: "
    "pip install mpi4py"
)


class group:
    """What the argument `group` of collective functions may be: WORLD, all processes, which None stands for too."""

    WORLD = "WORLD"


class GroupMember(group):
    """Another name of it."""


_current = None  # the communicator


def is_available():
    """True: a process alone is a group too, and MPI is looked for when a group is made."""
    return True


def is_mpi_available():
    """Whether mpi4py is installed, over which processes are connected."""
    return importlib.util.find_spec("mpi4py") is not None


def is_initialized():
    """Whether there is a process group."""
    return _current is not None


def init_process_group(
    backend=None, init_method=None, timeout=None, world_size=-1, rank=-1, store=None, group_name="", pg_options=None,
    device_id=None,
):  # fmt: skip
    """Connect all processes that `mpiexec` has started; a process that was started alone is a group of one.

    backend: None, "mpi", "gloo" or "nccl"; it is MPI, whichever is asked for.
    init_method: None or "env://"; who takes part is what MPI says.
    timeout: a timedelta, how long one rank waits for the others; 30 minutes by default.
    world_size, rank: if given, they must be what MPI says.

    From then on an error that ends one process ends all of them, and is printed with its rank. Ranks that share a
    machine share its cores: each computes on no more threads than its part.

    Raises: ModuleNotFoundError without mpi4py, RuntimeError if there is a group already or if another launcher than
    MPI's has started the process, ValueError for a number of processes or a rank other than MPI's.
    """
    global _current
    where = "init_process_group"
    if backend is not None and backend not in BACKENDS:
        raise wrong_value(where, f"backend to be None or one of {', '.join(map(repr, BACKENDS))}", backend)
    if init_method is not None and init_method != "env://":
        raise wrong_value(where, "init_method to be None or 'env://', since MPI knows who takes part", init_method)
    for name, value, default in (
        ("store", store, None),
        ("group_name", group_name, ""),
        ("pg_options", pg_options, None),
    ):
        only(where, name, value, default)
    seconds = _seconds(where, timeout)
    asked = integer(where, "world_size", world_size, -1), integer(where, "rank", rank, -1)
    if _current is not None:
        raise RuntimeError(f"{where}: there is a process group already; destroy_process_group() ends it")
    made = _connect(seconds)
    try:
        _check(where, made, *asked)
    except (ValueError, RuntimeError):
        made.leave()
        raise
    _current = made
    if made.size > 1:
        set_num_threads(max(1, min(get_num_threads(), _cores() // made.local_size)))
        _end_together()


def destroy_process_group(group=None):
    """End the group, once all ranks have come here.

    Raises: ValueError if there is none.
    """
    global _current
    ranks = communicator("destroy_process_group", group)
    _current = None
    ranks.leave()


def get_rank(group=None):
    """The number of this process, from 0 on.

    Raises: ValueError without a process group.
    """
    return communicator("get_rank", group).rank


def get_world_size(group=None):
    """How many processes there are.

    Raises: ValueError without a process group.
    """
    return communicator("get_world_size", group).size


def get_backend(group=None):
    """ "mpi".

    Raises: ValueError without a process group.
    """
    communicator("get_backend", group)
    return "mpi"


def communicator(where, group=None):
    """The communicator of the process group. Raises ValueError without one, and for another group than WORLD."""
    if group is not None and group != "WORLD":
        raise wrong_value(where, "group to be None or group.WORLD, of all processes", group)
    if _current is None:
        raise ValueError(f"{where}: the default process group has not been initialized; call init_process_group first")
    return _current


def _seconds(where, timeout):
    if timeout is None:
        return 1800.0
    if not isinstance(timeout, datetime.timedelta):
        raise wrong_kind(where, "timeout", "a datetime.timedelta", timeout)
    if timeout <= datetime.timedelta(0):
        raise wrong_value(where, "timeout > 0", str(timeout))
    return timeout.total_seconds()


def _connect(timeout):
    """A communicator over MPI, where there is MPI. Without mpi4py a process is alone, unless a launcher says not."""
    if not is_mpi_available():
        if launcher.was_launched():
            raise ModuleNotFoundError(f"init_process_group: {MISSING}", name="mpi4py")
        return Alone()
    from mpi4py import MPI

    return Alone() if MPI.COMM_WORLD.size == 1 else Communicator(MPI, timeout)


def _check(where, made, world_size, rank):
    """Raise unless as many processes are connected as somebody has asked for."""
    started = os.environ.get("WORLD_SIZE", "")  # by torchrun, say
    if not launcher.was_launched() and started.isdecimal() and int(started) > 1 and world_size == -1:
        world_size = int(started)
    if world_size not in (-1, made.size):
        raise ValueError(
            f"{where}: expected {world_size} processes, and MPI connects {made.size}; "
            f"start them by: mpiexec -n {world_size} python ..."
        )
    if rank not in (-1, made.rank):
        raise ValueError(f"{where}: expected rank={made.rank}, which MPI has given this process, got {shown(rank)}")


def _cores():
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


# The end of one is the end of all


def _end_together():
    """From now on an error that nobody catches ends all ranks, and who leaves says so."""
    before = sys.excepthook

    def end(kind, error, traceback):
        ranks = _current
        sys.stderr = sys.__stderr__  # which a command may have closed for ranks other than 0
        if ranks is not None and ranks.rank:
            time.sleep(1)  # an error of all ranks is then printed once, by rank 0, which ends this one
        before(kind, error, traceback)
        if ranks is not None:
            end_all(f"the error above is that of rank {ranks.rank} of {ranks.size}, and ends them all", 1)

    sys.excepthook = end
    atexit.register(_leave, os.getpid())


def end_all(message, code):
    """Print a message, and end all ranks with an exit code; without others nothing happens."""
    if _current is not None and _current.size > 1:
        print(f"tinynet: {message}", file=sys.stderr)
        _current.abort(code)


def _leave(process):
    """At the end of a program that did not destroy its group."""
    global _current
    if _current is not None and os.getpid() == process:
        ranks, _current = _current, None
        ranks.leave()
