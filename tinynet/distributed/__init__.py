"""Several processes, on one machine or many, that train one model: the process group and what it exchanges.

    mpiexec -n 4 python train.py

The processes are those that a launcher of MPI programs starts; `init_process_group` connects them over MPI, by the
package mpi4py, and their number is a process's *rank*. Functions of this package are called by all ranks, in the same
order. `nn.parallel.DistributedDataParallel` is what trains a model.
"""

from ..errors import DistError
from .collectives import (
    ReduceOp,
    all_gather,
    all_gather_into_tensor,
    all_gather_object,
    all_reduce,
    barrier,
    broadcast,
    broadcast_object_list,
    gather,
    recv,
    reduce,
    scatter,
    send,
)
from .process_group import (
    GroupMember,
    destroy_process_group,
    get_backend,
    get_rank,
    get_world_size,
    group,
    init_process_group,
    is_available,
    is_initialized,
    is_mpi_available,
)

__all__ = [
    "DistError",
    "GroupMember",
    "ReduceOp",
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "destroy_process_group",
    "gather",
    "get_backend",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "is_available",
    "is_initialized",
    "is_mpi_available",
    "recv",
    "reduce",
    "scatter",
    "send",
]
