"""Data: datasets, splits of them, and the loader that cuts them into batches.

    train, test = random_split(tinynet.data.digits(), [0.8, 0.2])
    for images, labels in DataLoader(train, batch_size=32, shuffle=True): ...

The names are those of `torch.utils.data`; `tinynet.utils.data` has them too. Others read files of one's own:

    TableDataset("table.csv", target="y"), picture_folder("folder"), mnist("folder"), cifar10("folder")
    read_table, read_text, read_npz, read_idx, read_images
"""

from .arrays import read_npz
from .cifar import cifar10, cifar100
from .collate import default_collate, default_convert
from .columns import Rows, StackDataset, TensorDataset
from .dataset import ChainDataset, ConcatDataset, Dataset, IterableDataset
from .digits import digits
from .distributed import DistributedSampler
from .idx import read_idx
from .images import read_images
from .loader import DataLoader
from .mnist import mnist
from .picture_dataset import PictureDataset
from .picture_folder import picture_folder
from .registry import DATASETS, load
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .subsets import Subset, k_fold, random_split
from .table import Column, Table, read_table
from .table_dataset import TableDataset
from .text import TextDataset, Vocabulary, read_text
from .worker import get_worker_info

__all__ = [
    "DATASETS",
    "BatchSampler",
    "ChainDataset",
    "Column",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "PictureDataset",
    "RandomSampler",
    "Rows",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "TableDataset",
    "TensorDataset",
    "TextDataset",
    "Vocabulary",
    "WeightedRandomSampler",
    "cifar10",
    "cifar100",
    "default_collate",
    "default_convert",
    "digits",
    "get_worker_info",
    "k_fold",
    "load",
    "mnist",
    "picture_folder",
    "random_split",
    "read_idx",
    "read_images",
    "read_npz",
    "read_table",
    "read_text",
]
