"""Files that are damaged at random, of every format that is read: python tests/soak/mutate.py [--inputs 1000000]

Each input is a good file with bytes changed, cut, repeated, or taken from another. A reader may give data or raise
ValueError or OSError, and nothing else; it may not take long or much memory. Where a format has a checksum, data must
be those that were written; and a model that is loaded is as it was unless the file is good.
"""

import argparse
import contextlib
import io
import os
import pickle
import random
import resource
import signal
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import tinynet as tn
from tinynet import data, nn, training
from tinynet.data.arrays import parse_archive
from tinynet.data.cifar import CIFAR10, CIFAR100, _parse_binary, _parse_pickled
from tinynet.data.idx import parse_idx
from tinynet.data.ink import DIGITS, read_ink
from tinynet.data.pictures import decode, fitted
from tinynet.data.table import parse_table
from tinynet.training.config import Config
from tinynet.training.sources import read_task, write_task
from tinynet.training.sources.table import TableSource

SECONDS = 5  # for one input
MEMORY = 2 << 30  # bytes beyond what the process has at the beginning
RNG = np.random.default_rng(0)


def _model():
    tn.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


class Format:
    """A format: `good`, the bytes of files; and `read(data, path)`, which may raise ValueError or OSError."""

    def __init__(self, good, read):
        self.good, self.read = good, read


def csv_files():
    rows = "".join(f'{i},{i * 0.5},{"red" if i % 3 else "blue"},"a, ""b""",{i % 2}\n' for i in range(30))
    plain = "".join(f"{i};{i},5;{i % 2}\n" for i in range(30))
    return [f"id,x,colour,text,y\n{rows}".encode(), f"id;x;y\n{plain}".encode("utf-8-sig")]


def read_csv(content, path):
    dataset = data.TableDataset(parse_table(content), "y", missing="drop")
    x, y = (tensor.numpy() for tensor in dataset.tensors)
    assert len(x) == len(y) <= content.count(b"\n") + content.count(b"\r") + 1


def idx_files():
    array = RNG.integers(0, 256, (5, 6, 7), np.uint8)
    head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    import gzip

    return [head + array.tobytes(), gzip.compress(head + array.tobytes())]


def read_idx(content, path):
    assert parse_idx(content).nbytes <= 2000 * len(content)


def png_files():
    image = Image.new("L", (40, 30), 255)
    ImageDraw.Draw(image).line([(8, 5), (28, 5), (18, 26)], fill=0, width=4)
    files = []
    for kind, mode in (("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("GIF", "P"), ("TIFF", "L")):
        file = io.BytesIO()
        image.convert(mode).save(file, kind)
        files.append(file.getvalue())
    return files


def read_png(content, path):
    image, _ = decode(content, 64)
    assert fitted(image, 8, 8, 3).shape == (3, 8, 8)
    picture = read_ink(content, DIGITS)
    assert picture.ink.shape == (8, 8) and 0 <= picture.ink.min() <= picture.ink.max() <= 1


def npz_files():
    files = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x=RNG.random((6, 4)), y=np.arange(6))
        files.append(file.getvalue())
    return files


def read_npz(content, path):
    for array in parse_archive(content).values():
        assert array.dtype.kind in "biuf"


def cifar_files(kind=CIFAR10):
    pixels = RNG.integers(0, 256, (2, 3072), np.uint8)
    batch = {kind.labels.encode(): [3, 9], b"data": pixels, b"filenames": [b"a.png", b"b.png"], b"batch_label": b"1"}
    return [pickle.dumps(batch, protocol) for protocol in (2, 4, 5)] + [
        np.insert(pixels, [0] * kind.label_bytes, 7, 1).tobytes()
    ]


def read_cifar(content, path, kind=CIFAR10):
    images, labels = (_parse_pickled if content[:1] == b"\x80" else _parse_binary)(content, kind)
    assert images.shape[1:] == (3, 32, 32) and len(images) == len(labels) and labels.max(initial=0) < len(kind.classes)


def archive_files():
    files = []
    for mode in ("w:gz", "w"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
                content = cifar_files()[0]
                member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        files.append(file.getvalue())
    return files


def read_archive(content, path):
    path.write_bytes(content)
    train, _ = data.cifar10(path)
    assert train.images.shape[1:] == (3, 32, 32)


def config_files():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        Config(seed=3, patience=5).write(path)
        return [path.read_bytes()]


def read_config(content, path):
    path.write_bytes(content)
    assert Config.read(path).epochs >= 1


def description_files():
    with tempfile.TemporaryDirectory() as folder:
        table, path = Path(folder) / "t.csv", Path(folder) / "data.json"
        table.write_bytes(csv_files()[0])
        source = TableSource(table, "y", "drop", None)
        write_task(source.parts(np.arange(20), np.arange(20, 30))[2], path, source.fingerprint)
        files = [path.read_bytes()]
        train = data.PictureDataset(RNG.integers(0, 9, (9, 1, 8, 8), np.uint8), np.arange(9) % 2, ("a", "b"))
        task = training.sources.PictureTask((1, 8, 8), ("a", "b"), *train.statistics(), DIGITS)
        write_task(task, path, "x")
        return [*files, path.read_bytes()]


def read_description(content, path):
    path.write_bytes(content)
    assert read_task(path)[0].outputs >= 1


def checkpoint_files():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        training.save(_model(), path)
        return [path.read_bytes()]


CHECKPOINT = {}


def read_checkpoint(content, path):
    """A file that is read has the values that were written, and one that is not leaves the model as it was."""
    model = CHECKPOINT.setdefault("model", _model())
    before = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    path.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            training.load(model, path)
    finally:  # the file has the values of the model, so both ways they are the same
        for name, tensor in model.state_dict().items():
            np.testing.assert_array_equal(tensor.numpy(), before[name])


def torch_files():
    """As PyTorch writes a state dict, made by hand: a zip with a pickle and the bytes of each tensor."""
    pickled = (
        b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03"
        b"ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06K\x06tq\x07QK\x00K\x02K\x03\x86q\x08"
        b"K\x03K\x01\x86q\t\x89ccollections\nOrderedDict\nq\n)Rq\x0btq\x0cRq\rs."
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("m/data.pkl", pickled)
        archive.writestr("m/data/0", np.arange(6, dtype=np.float32).tobytes())
    return [file.getvalue()]


def read_torch(content, path):
    """A zip has a checksum for each file in it: what is read was written."""
    found = tn.load(io.BytesIO(content))
    for tensor in found.values() if isinstance(found, dict) else ():
        if isinstance(tensor, tn.Tensor):
            assert set(tensor.numpy().ravel().tolist()) <= {0, 1, 2, 3, 4, 5}


FORMATS = {
    "csv": Format(csv_files, read_csv), "idx": Format(idx_files, read_idx), "png": Format(png_files, read_png),
    "npz": Format(npz_files, read_npz), "cifar": Format(cifar_files, read_cifar),
    "cifar100": Format(partial(cifar_files, CIFAR100), partial(read_cifar, kind=CIFAR100)),
    "cifar.tar": Format(archive_files, read_archive), "config": Format(config_files, read_config),
    "data.json": Format(description_files, read_description), "safetensors": Format(checkpoint_files, read_checkpoint),
    "pt": Format(torch_files, read_torch),
}  # fmt: skip


WORDS = (b"NaN", b"1e999", b"-1", b"null", b"\xff\xff\xff\xff", b"99999999999", b"\0" * 8)


def mutated(content, others, chance):
    """The bytes with one to three changes."""
    content = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        i = chance.randrange(len(content) + 1)
        j = min(len(content), i + chance.choice((1, 1, 2, 4, 8, 50, 1000)))
        kind = chance.randrange(8)
        if kind == 0:
            del content[i:]
        elif kind == 1 and content:  # near the beginning, where headers are
            content[chance.randrange(min(len(content), 64))] = chance.randrange(256)
        elif kind == 2 and content:
            content[min(i, len(content) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 3:
            content[i:i] = content[i:j] * chance.choice((1, 2, 50))
        elif kind == 4:
            del content[i:j]
        elif kind == 5:
            content[i:j] = bytes([chance.choice(b'\0\xff\x7f([{"09,-e\n')]) * (j - i)
        elif kind == 6:
            other = chance.choice(others)
            at = chance.randrange(len(other))
            content[i:j] = other[at : at + chance.randrange(1, 30)]
        else:
            content[i:j] = chance.choice(WORDS)
    return bytes(content)


class Slow(BaseException):
    """An input that takes too long; not an Exception, which readers turn into errors of the file."""


def stop(*_):
    raise Slow(f"took more than {SECONDS} s")


def soak(name, inputs, seed, folder):
    """Counts of what became of the inputs. Raises SystemExit, and keeps the input, at the first fault."""
    form, chance, counts = FORMATS[name], random.Random(f"{name} {seed}"), Counter()
    good = form.good()
    path, slowest = folder / "input", 0.0
    for content in good:
        with contextlib.suppress(ValueError) if name in ("png",) else contextlib.nullcontext():
            form.read(content, path)
    for number in range(inputs):
        content = mutated(chance.choice(good), good, chance)
        signal.alarm(SECONDS)
        begin = time.perf_counter()
        try:
            form.read(content, path)
            counts["read"] += 1
        except (ValueError, OSError) as error:
            counts["refused"] += 1
            if len(str(error)) > 3000:
                raise SystemExit(f"{name} {number}: a message of {len(str(error)):,} characters") from error
        except BaseException as error:
            kept = Path(tempfile.gettempdir()) / f"tinynet-{name}-{seed}-{number}"
            kept.write_bytes(content)
            told = f"{type(error).__name__}: {str(error)[:300]}"
            raise SystemExit(f"{name} {number}: {told}; input kept as {kept}") from error
        finally:
            signal.alarm(0)
        slowest = max(slowest, time.perf_counter() - begin)
    return counts, slowest


def main(inputs, formats, seed):
    warnings.simplefilter("ignore")
    read_checkpoint(checkpoint_files()[0], Path(tempfile.mkstemp()[1]))  # kernels are compiled before memory is limited
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    signal.signal(signal.SIGALRM, stop)
    each = -(-inputs // len(formats))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        for name in formats:
            begin = time.perf_counter()
            counts, slowest = soak(name, each, seed, Path(folder))
            took = time.perf_counter() - begin
            print(
                f"{name:12} {each:9,} inputs: {counts['refused']:9,} refused, {counts['read']:9,} read; "
                f"slowest {1000 * slowest:.0f} ms; {took:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5000, metavar="N", help="of all formats together (default: 5000)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
