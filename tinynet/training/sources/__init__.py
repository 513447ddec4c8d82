"""Where the data of a run come from, by the kind of file or the name: a source for training, a task for afterwards."""

import json
from pathlib import Path

from ...data import DATASETS
from ...data.files import brief, ending, read_bytes
from ...data.mnist import KINDS
from ...data.pictures import ENDINGS
from ...data.table import is_table
from ..files import parse_json, whole_file
from .arrays import ArrayTask, array_source
from .base import Examples, Source, Task
from .digits import DigitsTask, NamedSource
from .pictures import CIFAR, PictureTask, cifar_source, folder_source, mnist_source
from .table import TableSource, TableTask
from .text import TextSource, TextTask

DOWNLOADED = (*KINDS, *CIFAR)  # of which the files are in a folder
TASKS = {kind.kind: kind for kind in (TableTask, PictureTask, ArrayTask, TextTask)}
LARGEST = 1 << 26  # bytes of a description
# What suits a kind of data where nothing else is asked for; a model None depends on what is found
SUITED = {
    "digits": {"model": "mlp"},
    "pictures": {"model": "cnn", "epochs": 10, "batch_size": 64},
    "table": {"model": "mlp"},
    "arrays": {},
    "named": {"model": "mlp"},
    "text": {"model": "lstm", "epochs": 10},
}
MODEL_FOR = {"vectors": "mlp", "pictures": "cnn", "text": "lstm"}


def names():
    """The datasets that have names."""
    return (*DATASETS, *DOWNLOADED)


def kind_of(dataset):
    """The kind of data by its name or path, one of SUITED; None if it is none."""
    path = Path(dataset)
    if dataset in DATASETS:
        return "digits" if dataset == "digits" else "named"
    if dataset in DOWNLOADED:
        return "pictures"
    if path.is_dir():
        return "pictures"
    if is_table(path):
        return "table"
    if ending(path) in (".txt", ".md"):
        return "text"
    return "arrays" if path.suffix.lower() == ".npz" else None


def open_source(config):
    """The `Source` of a configuration. Raises ValueError or OSError that names the file and what is wrong with it."""
    name, kind = config.dataset, kind_of(config.dataset)
    if name in DATASETS:
        return NamedSource(name)
    if name in DOWNLOADED:
        if config.data is None:
            raise ValueError(f"{name}: --data: expected the folder with its files, since nothing is downloaded")
        return (cifar_source if name in CIFAR else mnist_source)(config.data, name)
    if kind == "pictures":
        return folder_source(name, config.side)
    if kind == "table":
        return TableSource(name, config.target, config.missing, config.task)
    if kind == "arrays":
        return array_source(name, config.target, config.task)
    if kind == "text":
        return TextSource(name)
    if Path(name).suffix.lower() in ENDINGS:
        raise ValueError(f"{name}: expected a folder of pictures, with a sub-folder for each class, got one picture")
    if not Path(name).exists():
        raise FileNotFoundError(f"{name}: No such file or folder")
    endings = ".csv, .tsv, .txt or .md, gzipped or not, or .npz"
    raise ValueError(f"{name}: expected a file that ends in {endings}, or a folder of pictures")


def write_task(task, path, fingerprint):
    """Write a task as JSON, with the fingerprint of the data that it belongs to."""
    values = {"kind": task.kind, "fingerprint": fingerprint, **task.to_json()}
    with whole_file(path) as file:
        file.write((json.dumps(values, ensure_ascii=True) + "\n").encode())


def read_task(path):
    """(task, fingerprint) of a file that `write_task` wrote; raises ValueError, which names it, for any other."""
    try:
        values = parse_json(read_bytes(path, LARGEST))
        kind, fingerprint = values.pop("kind", None), values.pop("fingerprint", None)
        if kind not in TASKS or not isinstance(fingerprint, str):
            raise ValueError(f"expected a kind, one of {', '.join(TASKS)}, and a fingerprint, got {brief(kind)}")
        return TASKS[kind].from_json(values), fingerprint
    except ValueError as error:
        raise ValueError(f"{path} is no description of data that tinynet wrote: {brief(error)}") from None
