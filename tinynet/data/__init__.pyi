"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
T_co = TypeVar("T_co", covariant=True)
DATASETS: Any

class Sampler(Generic[T_co]):
    """The base of samplers: `__iter__` gives indices, or lists of them, a batch each; `__len__` may say how many."""
    def __iter__(self) -> Iterator[Any]: ...

class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` of another sampler's indices; `drop_last` leaves out a last one that is smaller."""
    sampler: Any
    batch_size: Any
    drop_last: Any
    def __init__(self, sampler, batch_size, drop_last) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

class Dataset(Generic[T_co]):
    """What a `DataLoader` reads: `dataset[i]` is item i, an int, and `len(dataset)` says how many there are."""
    def __getitem__(self, index): ...
    def __add__(self, other): ...

class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Items that come one after another, from `__iter__`, such as the lines of a stream."""
    def __add__(self, other): ...

class ChainDataset(IterableDataset):
    """The items of one `IterableDataset` after those of another."""
    datasets: Any
    def __init__(self, datasets) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

class Column:
    """A column: its cells as text, and as numbers where they are numbers."""
    text: Any
    missing: Any
    numbers: Any
    stray: Any
    def __init__(self, text, decimal: _str = '.') -> None: ...
    def __len__(self) -> _int: ...

class ConcatDataset(Dataset[T_co]):
    """The items of the first dataset, then those of the second, and so on; indices may count from the end."""
    cumulative_sizes: Any
    datasets: Any
    def __init__(self, datasets) -> None: ...
    @staticmethod
    def cumsum(sequence):
        """The running sums of the lengths."""
    def __len__(self) -> _int: ...
    def __getitem__(self, idx): ...

class DataLoader(Generic[T_co]):
    """Batches of a dataset: `collate_fn` of its items, `batch_size` at a time."""
    dataset: Any
    generator: Any
    pin_memory: Any
    pin_memory_device: Any
    persistent_workers: Any
    in_order: Any
    batch_size: Any
    drop_last: Any
    sampler: Any
    batch_sampler: Any
    collate_fn: Any
    def __init__(self, dataset, batch_size: Any = 1, shuffle = None, sampler = None, batch_sampler = None, num_workers: Any = 0, collate_fn = None, pin_memory: _bool = False, drop_last: _bool = False, timeout: Any = 0, worker_init_fn = None, multiprocessing_context = None, generator = None, *, prefetch_factor = None, persistent_workers: _bool = False, pin_memory_device: _str = '', in_order: _bool = True) -> None: ...
    def __setattr__(self, name, value): ...
    @property
    def index_sampler(self):
        """What says which items are next: the batch sampler, or without batches the sampler."""
    def __len__(self) -> _int:
        """The number of batches; of an `IterableDataset` with a length, if it is the same in all workers together."""
    def __iter__(self) -> Iterator[Any]: ...
    def state_dict(self) -> dict[_str, Any]:
        """Where the pass that began last stands: the places of the random streams as it began, and the batches given."""
    def load_state_dict(self, state_dict) -> None:
        """Go on with the next pass where another loader of the same kind stood: `state_dict()` says where."""

class DistributedSampler(Sampler[T_co]):
    """Every `num_replicas`-th index from `rank` on, of an order that all processes draw from the same seed."""
    dataset: Any
    num_replicas: Any
    rank: Any
    epoch: Any
    shuffle: Any
    seed: Any
    drop_last: Any
    num_samples: Any
    total_size: Any
    def __init__(self, dataset, num_replicas = None, rank = None, shuffle: _bool = True, seed: Any = 0, drop_last: _bool = False) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...
    def set_epoch(self, epoch):
        """Say which pass is next, so that its order is another one, the same in all processes."""

class PictureDataset(Dataset):
    """Pictures and their classes: item i is (x, y), x float32 (channels, height, width), y an int64 scalar."""
    images: Any
    labels: Any
    classes: Any
    mean: Any
    std: Any
    def __init__(self, images, labels, classes, mean: Any = 0.0, std: Any = 1.0) -> None: ...
    def standardized(self, mean, std):
        """The same pictures, by another mean and standard deviation of each channel."""
    def statistics(self, indices = None):
        """(mean, std): lists of those of each channel, over the pictures at `indices` or all, of pixels in [0, 1]."""
    def scaled(self, pixels):
        """float32 pixels as the model sees them, of uint8 (..., channels, height, width)."""
    def __len__(self) -> _int: ...
    def __getitem__(self, index): ...
    def __getitems__(self, indices): ...
    def __repr__(self) -> _str: ...

class RandomSampler(Sampler[int]):
    """Indices in random order, or with `replacement` each drawn from all of them."""
    data_source: Any
    replacement: Any
    generator: Any
    def __init__(self, data_source, replacement: _bool = False, num_samples = None, generator = None) -> None: ...
    @property
    def num_samples(self): ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

class Rows(Sequence):
    """Items that lie in columns: item i is the tuple (x[i], y[i], ...), and a batch of all of them is [x, y, ...]."""
    columns: Any
    def __init__(self, *columns: Any) -> None: ...
    def __len__(self) -> _int: ...
    def __getitem__(self, index): ...

class SequentialSampler(Sampler[int]):
    """0, 1, ..., len(data_source) − 1."""
    data_source: Any
    def __init__(self, data_source) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

class StackDataset(Dataset):
    """Datasets of equal length side by side: item i is the tuple, or the dict by their names, of their items i."""
    datasets: Any
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __len__(self) -> _int: ...
    def __getitem__(self, index): ...
    def __getitems__(self, indices): ...

class Subset(Dataset[T_co]):
    """The items of `dataset` at `indices`, in that order; nothing is copied."""
    dataset: Any
    indices: Any
    def __init__(self, dataset, indices) -> None: ...
    def __len__(self) -> _int: ...
    def __getitem__(self, idx): ...
    def __getitems__(self, indices): ...
    def __repr__(self) -> _str: ...

class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order. Raises TypeError for what is no sequence."""
    indices: Any
    generator: Any
    def __init__(self, indices, generator = None) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

class Table:
    """Columns of equal length by name, in order: `table["age"]` is a `Column`, `len(table)` the number of rows."""
    columns: Any
    rows: Any
    has_header: Any
    where: Any
    def __init__(self, columns, rows, has_header: _bool = True, where: _str = 'the table') -> None: ...
    def __len__(self) -> _int: ...
    @property
    def names(self): ...
    def __getitem__(self, name): ...
    def __repr__(self) -> _str: ...

class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Rows of one or more tensors of equal length: `dataset[i]` is the tuple of `tensor[i]`."""
    tensors: Any
    def __init__(self, *tensors: Any) -> None: ...
    def __len__(self) -> _int: ...
    def __getitem__(self, index): ...
    def __getitems__(self, indices): ...
    def __repr__(self) -> _str: ...

class TableDataset(TensorDataset):
    """The rows of a CSV file, a data frame or a `Table`: item i is (x, y)."""
    table: Any
    encoding: Any
    rows: Any
    def __init__(self, source, target, missing: _str = 'refuse', task = None, statistics = None) -> None: ...

class TextDataset(Dataset):
    """Windows of a text: item i is (x, y), `length` characters and those that come one later, int64 (length,) each."""
    codes: Any
    length: Any
    stride: Any
    def __init__(self, codes, length, stride = None) -> None: ...
    def __len__(self) -> _int: ...
    def __getitem__(self, index): ...
    def __getitems__(self, indices): ...
    def __repr__(self) -> _str: ...

class Vocabulary:
    """The characters of a text, each with a number: `encode` and `decode`."""
    characters: Any
    def __init__(self, characters) -> None: ...
    def __len__(self) -> _int: ...
    def encode(self, text):
        """int64 numbers of the characters. Raises ValueError for one that is not in the vocabulary."""
    def decode(self, codes):
        """The text of an iterable of numbers."""
    def __repr__(self) -> _str: ...

class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, index i with probability weights[i] / Σ weights; without `replacement` each at most once."""
    weights: Any
    num_samples: Any
    replacement: Any
    generator: Any
    def __init__(self, weights, num_samples, replacement: _bool = True, generator = None) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> _int: ...

def cifar10(root):
    """(train, test), a `PictureDataset` each: 50,000 and 10,000 pictures of 32×32 in colour, of ten classes."""
def cifar100(root):
    """The same of a hundred classes, the fine ones; root: cifar-100-binary.tar.gz or cifar-100-python.tar.gz."""
def default_collate(batch):
    """The batch made of a list of items, by the kind of the first one."""
def default_convert(data):
    """The same with a tensor in the place of each array and each of NumPy's numbers, within dicts, lists and tuples."""
def digits():
    """The handwritten digits as a TensorDataset of images and labels."""
def get_worker_info():
    """The `WorkerInfo` of this process if it is a worker of a loader, else None."""
def k_fold(dataset, folds, generator = None):
    """Split a dataset at random into `folds` parts of equal length, up to one item; each is held out once."""
def load(name):
    """The dataset of that name; raises ValueError with the nearest name if there is none."""
def mnist(root, name: _str = 'mnist'):
    """(train, test), a `PictureDataset` each, from the four IDX files in a folder, gzipped or not."""
def picture_folder(root, side = None):
    """(train, test), a `PictureDataset` each, from pictures in sub-folders; test is None if there is one set only."""
def random_split(dataset, lengths, generator = None):
    """Split a dataset at random into parts of the given lengths, or of the given fractions if these sum to 1."""
def read_idx(path):
    """The array in an IDX file, gzipped or not, in the machine's byte order."""
def read_images(path, invert: _bool = False, say = None):
    """The images in a file as a float32 array (n, 64) in [0, 1], 1 for ink."""
def read_npz(path):
    """{name: array} of all arrays in an .npz file that NumPy wrote; nothing is unpickled."""
def read_table(source):
    """The `Table` in a CSV file, gzipped or not, or of a data frame of pandas or polars."""
def read_text(path):
    """The text in a file in UTF-8, gzipped or not, with `\\n` at the end of each line."""
