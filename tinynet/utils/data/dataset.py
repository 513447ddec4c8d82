"""`tinynet.utils.data.dataset`: see `tinynet.data`."""

from ...data.columns import StackDataset, TensorDataset
from ...data.dataset import ChainDataset, ConcatDataset, Dataset, IterableDataset
from ...data.subsets import Subset, random_split

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]
