"""`tinynet.utils.data`: the names of `torch.utils.data`, whose home is `tinynet.data`."""

from ..data import DataLoader, Dataset, Subset, TensorDataset, default_collate, random_split

__all__ = ["DataLoader", "Dataset", "Subset", "TensorDataset", "default_collate", "random_split"]
