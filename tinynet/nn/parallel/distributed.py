"""A module that several processes train together."""

import contextlib

from ...arguments import boolean, only, wrong_kind
from ...autograd.backward import call_after
from ...autograd.mode import mode
from ...distributed.agreement import check_replicas, check_structure
from ...distributed.process_group import communicator
from ...leaf import Leaf
from ...tensor import Tensor
from ...trees import map_leaves
from ..module import Module
from .reducer import NAME, Reducer
from .shards import Batch, check_count, rows_of_batch


class DistributedDataParallel(Module):
    """The module, whose gradients are averaged over all ranks when `backward` has computed them.

    It begins on all ranks with the parameters of rank 0, and as every rank gets the same gradients, they stay the same.
    The order in which gradients are added is fixed, a binary tree over ranks: `distributed/tree.py`. Parameters are
    named "module.weight" and so on.

        model = DistributedDataParallel(net)
        ...
        loss_fn(model(x), y).backward()         # x, y: this rank's rows of the batch

    Where a batch is cut into `shards` the result does not depend on the number of ranks, bit for bit: see `shards()`.

    broadcast_buffers: buffers are those of rank 0, from the end of each backward on.
    find_unused_parameters: a parameter may get no gradient on some ranks, or on all.
    shards: into how many a batch is cut; as many as there are ranks by default.
    exact: False lets MPI add in an order of its own.

    Raises: ValueError without a process group, DistError if the models of two ranks are not alike, RuntimeError for one
    that has nothing to train.
    """

    def __init__(
        self, module, device_ids=None, output_device=None, dim=0, broadcast_buffers=None, init_sync=True,
        process_group=None, bucket_cap_mb=None, find_unused_parameters=False, check_reduction=False,
        gradient_as_bucket_view=False, static_graph=False, delay_all_reduce_named_params=None,
        param_to_hook_all_reduce=None, mixed_precision=None, device_mesh=None, skip_all_reduce_unused_params=False,
        bucket_cap_mb_list=None, batched_grad_copy=False, forward_sync_buffers=None, *, shards=None, exact=True,
    ):  # fmt: skip
        if not isinstance(module, Module):
            raise wrong_kind(NAME, "module", "a Module", module)
        unsupported = {
            "delay_all_reduce_named_params": delay_all_reduce_named_params, "mixed_precision": mixed_precision,
            "param_to_hook_all_reduce": param_to_hook_all_reduce, "device_mesh": device_mesh,
            "forward_sync_buffers": forward_sync_buffers,
        }  # fmt: skip
        for name, value in unsupported.items():
            only(NAME, name, value, None)
        only(NAME, "dim", dim, 0)
        only(NAME, "skip_all_reduce_unused_params", skip_all_reduce_unused_params, False)
        ranks = communicator(NAME, process_group)
        count = check_count(NAME, shards, ranks.size)
        named = _trained(module)
        if not named:
            raise RuntimeError(f"{NAME}: expected a module with a parameter that requires grad, got none")
        _check_devices(named, device_ids, output_device)
        tensors = [*module.named_parameters(), *module.named_buffers()]
        check_structure(NAME, ranks, tensors)
        self.module = module
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim
        self.broadcast_buffers = broadcast_buffers is None or boolean(NAME, "broadcast_buffers", broadcast_buffers)
        self.find_unused_parameters = boolean(NAME, "find_unused_parameters", find_unused_parameters)
        self.require_backward_grad_sync = True
        self._exact, self._shards = boolean(NAME, "exact", exact), count
        self._reducer = self._new_reducer(ranks)
        if boolean(NAME, "init_sync", init_sync):
            for _, x in tensors:
                self._reducer.take_from_rank_0(x)

    def _new_reducer(self, ranks):
        buffers = list(self.module.buffers()) if self.broadcast_buffers else []
        return Reducer(ranks, _trained(self.module), buffers, self._exact, self.find_unused_parameters)

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_reducer"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._reducer = self._new_reducer(communicator(NAME))  # of a copy: of its own parameters

    def forward(self, *inputs, **kwargs):
        out = self.module(*inputs, **kwargs)
        reducer = self._reducer
        if mode.enabled and self.require_backward_grad_sync and reducer.ranks.size > 1 and not reducer.is_paused:
            map_leaves(self._watch, out)
        return out

    def _watch(self, x):
        """Let the gradients be exchanged after the `backward` that comes by this output."""
        if isinstance(x, Tensor) and x._edge is not None and x._edge.__class__ is not Leaf:
            node, average = x._edge, self._reducer.average
            node.hooks = {**(node.hooks or {}), average: lambda g: call_after(average)}
        return x

    @contextlib.contextmanager
    def no_sync(self):
        """In the block, gradients of `backward` stay this rank's, and add up, until one outside the block."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    def shards(self, *tensors, total=None):
        """This rank's shards of a batch, one after another; after the last the parameters have the batch's gradient.

            for x, y in model.shards(x, y):
                loss_fn(model(x), y).backward()
            optimizer.step()

        The result has the same bits on any number of ranks W that shares the number of shards S, S / W being a power of
        two: each shard is computed by itself, and their gradients, weighted by their rows, are added in a fixed tree.
        Each shard draws from a random stream of its own. Buffers, such as running statistics, become the means of what
        the shards make of them; those of integers are the first shard's.

        tensors: this rank's rows r, r + W, ... of the batch, as a DistributedSampler deals them.
        total: the rows of the batch over all ranks; as many on each as here by default.

        Raises: ShapeError for another number of rows than this rank's part of `total`.
        """
        ranks = self._reducer.ranks
        total = rows_of_batch("shards", tensors, total, ranks.size, ranks.rank)
        return iter(Batch(self._reducer, self._shards, tensors, total))

    def check_replicas(self):
        """Compare parameters and buffers with those of the other ranks; all ranks call it.

        Raises: DistError if a rank has others, which it names.
        """
        check_replicas(self.module, f"{NAME}.check_replicas")


def _trained(module):
    return [(name, p) for name, p in module.named_parameters() if p.requires_grad]


def _check_devices(named, device_ids, output_device):
    """Raise ValueError for devices that are not those of the parameters."""
    on_cpu = all(p.device.type == "cpu" for _, p in named)
    if on_cpu and (device_ids or output_device is not None):
        raise ValueError(f"{NAME}: expected device_ids=None and output_device=None, as the module is on the CPU")
    if device_ids is not None and len(device_ids) > 1:
        raise ValueError(f"{NAME}: expected one device in device_ids, got {list(device_ids)}")
