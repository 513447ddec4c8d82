"""The data of the experiments: what ships with tinynet and Python, and the paper's, where the user has them.

The paper's are read in formats that hold numbers or text and no code. Each function returns a TensorDataset.
"""

import ast
import gzip
import importlib.util
import re
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from tinynet import from_numpy
from tinynet.data import TensorDataset, digits

MODULES = """asyncio collections email http imaplib importlib inspect ipaddress logging mailbox multiprocessing
    statistics tarfile threading turtle typing unittest urllib xml zipfile""".split()


LARGEST = 1 << 28  # bytes of an IDX file; MNIST's takes 47 million


class DataError(ValueError):
    """A folder or file that does not hold what was expected."""


def pictures(folder=None):
    """Digits: those that ship with tinynet, 64 pixels each, or MNIST from a folder, 784."""
    return digits() if folder is None else mnist(folder)


def mnist(folder):
    """MNIST's training set from its IDX files, gzipped or not: images (n, 784) in [0, 1], labels (n,)."""
    images = read_idx(find(folder, ["train-images-idx3-ubyte", "train-images.idx3-ubyte"]), 3)
    labels = read_idx(find(folder, ["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"]), 1)
    if len(images) != len(labels):
        raise DataError(f"{folder}: expected a label for each image, got {len(images)} images, {len(labels)} labels")
    return classified(images.reshape(len(images), -1) / np.float32(255), labels)


def find(folder, names):
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: expected a folder that holds {names[0]}")
    for name in names:
        for path in (Path(folder) / name, Path(folder) / f"{name}.gz"):
            if path.is_file():
                return path
    raise DataError(f"{folder}: expected a file called {' or '.join(names)}, perhaps with .gz, got none")


def read_idx(path, dimensions):
    """An array of bytes from an IDX file: 0, 0, 8 (for bytes), the rank, each size as 4 bytes, and then the bytes."""
    packed = Path(path).suffix == ".gz"
    try:
        with gzip.open(path) if packed else open(path, "rb") as file:
            raw = file.read(LARGEST + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: expected a gzip file: {error}") from None
    if len(raw) > LARGEST:
        raise DataError(f"{path}: expected at most {LARGEST:,} bytes, got more")
    head, start = bytes([0, 0, 8, dimensions]), 4 + 4 * dimensions
    if raw[:4] != head or len(raw) < start:
        raise DataError(f"{path}: expected an IDX file that begins with {head.hex(' ')}, got {raw[:4].hex(' ')}")
    shape = np.frombuffer(raw, ">u4", dimensions, 4).astype(int)
    if len(raw) != start + shape.prod():
        raise DataError(f"{path}: expected {shape.prod()} bytes for the shape {shape}, got {len(raw) - start}")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def coloured_pictures(folder=None):
    """What the convolutional network sees, whitened: digits (n, 1, 8, 8), or CIFAR-10 from a folder, (n, 3, 32, 32)."""
    images, labels = digits().tensors if folder is None else cifar(folder).tensors
    shape = (-1, 1, 8, 8) if folder is None else (-1, 3, 32, 32)
    return TensorDataset(from_numpy(whitened(images.array).reshape(shape)), labels)


def cifar(folder):
    """CIFAR-10's training set from its binary version, `data_batch_1.bin` to 5: rows of a label and 3072 bytes."""
    paths = [Path(folder) / f"data_batch_{k}.bin" for k in range(1, 6)]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        pickled = (Path(folder) / "data_batch_1").exists()
        hint = "; these are Python's pickles, which can run code and are not read" if pickled else ""
        raise DataError(f"{folder}: expected the binary version of CIFAR-10, got no {missing[0]}{hint}")
    rows = []
    for path in paths:
        raw = np.fromfile(path, np.uint8)
        if raw.size == 0 or raw.size % 3073 or raw[::3073].max() > 9:
            raise DataError(f"{path}: expected rows of a label from 0 to 9 and 3072 bytes, got {raw.size} bytes")
        rows.append(raw.reshape(-1, 3073))
    rows = np.concatenate(rows)
    return classified(rows[:, 1:] / np.float32(255), rows[:, 0])


def whitened(x, eps=0.1):
    """Rows of mean 0 whose pixels are uncorrelated, each like its pixel: (x − μ) U (S + ε)^(−½) Uᵀ, with Σ = USUᵀ.

    ε, relative to the mean variance, keeps the noise of directions without signal small.
    """
    x = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    variances, directions = np.linalg.eigh(x.T @ x / len(x))
    scale = 1 / np.sqrt(np.maximum(variances, 0) + eps * variances.mean())
    return (x @ (directions * scale) @ directions.T).astype(np.float32)


def sentences(folder=None, words=3000):
    """Bags of words: 1 where a text has a word, for the commonest words; and the class of each text.

    The docstrings of some modules of Python, by the module (the text depends on the version of Python); or reviews of
    films from the folder of IMDB's, by whether they praise.
    """
    texts, labels = docstrings() if folder is None else imdb(folder)
    bags = [set(re.findall(r"[a-z]+", text.lower())) for text in texts]
    counts = Counter(word for bag in bags for word in sorted(bag))
    index = {word: i for i, (word, _) in enumerate(counts.most_common(words))}
    x = np.zeros((len(bags), len(index)), np.float32)
    for row, bag in zip(x, bags):
        row[[index[word] for word in bag if word in index]] = 1
    return classified(x, np.array(labels))


def docstrings():
    texts, labels = [], []
    for label, module in enumerate(MODULES):
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            continue  # not every Python has it
        file = Path(spec.origin)
        files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
        for file in files:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                documented = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module)
                text = ast.get_docstring(node) if documented else None
                if text and len(text.split()) >= 5:
                    texts.append(text)
                    labels.append(label)
    return texts, labels


def imdb(folder):
    """The training reviews of IMDB's folder: `train/pos` and `train/neg`, a text file each."""
    texts, labels = [], []
    for label, name in enumerate(("neg", "pos")):
        files = sorted((Path(folder) / "train" / name).glob("*.txt"))
        if not files:
            raise DataError(f"{folder}: expected text files in train/{name}, got none")
        for file in files:
            texts.append(file.read_text("utf-8", errors="replace"))
            labels.append(label)
    return texts, labels


def classified(x, labels):
    return TensorDataset(from_numpy(np.array(x, np.float32)), from_numpy(labels.astype(np.int64)))
