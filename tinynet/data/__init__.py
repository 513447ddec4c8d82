"""Data: datasets, splits of them, and the loader that cuts them into batches.

    train, test = random_split(tinynet.data.digits(), [0.8, 0.2])
    for images, labels in DataLoader(train, batch_size=32, shuffle=True): ...

The names are those of `torch.utils.data`; `tinynet.utils.data` has them too.
"""

from .collate import Rows, default_collate
from .dataset import Dataset, Subset, TensorDataset, random_split
from .digits import digits
from .images import read_images
from .loader import DataLoader
from .registry import DATASETS, load

__all__ = [
    "DATASETS",
    "DataLoader",
    "Dataset",
    "Rows",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "load",
    "random_split",
    "read_images",
]
