"""Data: datasets, splits of them, and the loader that cuts them into batches.

    train, test = random_split(tinynet.data.digits(), [0.8, 0.2])
    for images, labels in DataLoader(train, batch_size=32, shuffle=True): ...

The names are those of `torch.utils.data`; `tinynet.utils.data` has them too.
"""

from .collate import default_collate, default_convert
from .columns import Rows, StackDataset, TensorDataset
from .dataset import ChainDataset, ConcatDataset, Dataset, IterableDataset
from .digits import digits
from .distributed import DistributedSampler
from .images import read_images
from .loader import DataLoader
from .registry import DATASETS, load
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .subsets import Subset, random_split
from .worker import get_worker_info

__all__ = [
    "DATASETS",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Rows",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "digits",
    "get_worker_info",
    "load",
    "random_split",
    "read_images",
]
