"""`tinynet.utils.data`: the names of `torch.utils.data`, whose home is `tinynet.data`."""

from ..data import DataLoader, Dataset, Subset, TensorDataset, random_split

__all__ = ["DataLoader", "Dataset", "Subset", "TensorDataset", "random_split"]
