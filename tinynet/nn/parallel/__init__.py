"""What scripts put around a module that several devices or processes train."""

from .data_parallel import DataParallel, gather, scatter
from .distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel", "gather", "scatter"]
