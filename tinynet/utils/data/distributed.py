"""`tinynet.utils.data.distributed`: see `tinynet.data`."""

from ...data.distributed import DistributedSampler

__all__ = ["DistributedSampler"]
