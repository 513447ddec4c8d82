"""Data of one's own: tables, IDX, CIFAR's archives, folders of pictures, texts, arrays; and files that are none."""

import gzip
import io
import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image

from tinynet import data
from tinynet.data import delimited
from tinynet.data.ink_style import ink_style
from tinynet.data.pickles import parse_pickle

RNG = np.random.default_rng(0)
TABLE = "id,age,sex,city,y\n1,3,m,x,0\n2,4,f,NA,1\n3,7,m,y,0\n4,1,f,x,1\n"


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# Tables


def test_a_table_is_numbers_words_and_a_target(tmp_path):
    table = data.read_table(written(tmp_path / "t.csv", TABLE))
    assert table.names == ["id", "age", "sex", "city", "y"] and list(table.rows) == [2, 3, 4, 5]
    assert table["age"].numbers.tolist() == [3, 4, 7, 1] and table["sex"].numbers is None
    dataset = data.TableDataset(table, "y", missing="mean", statistics=[0, 1])
    (age, *_), encoding = dataset.encoding.features, dataset.encoding
    assert (age.mean, age.std) == (3.5, 0.5) and encoding.left_out == (("id", "numbers the rows"),)
    x, y = (tensor.numpy() for tensor in dataset.tensors)
    #                        age  f  m  (none) x: y is a word that is new
    assert x.tolist() == [[-1, 0, 1, 0, 1], [1, 1, 0, 1, 0], [7, 0, 1, 0, 0], [-5, 1, 0, 0, 1]]
    assert y.tolist() == [0, 1, 0, 1] and encoding.task == "classification"
    again = type(encoding).from_json(encoding.to_json() | {"features": [f._asdict() for f in encoding.features]} | {
        "features": [f._asdict() | {"words": f.words and list(f.words)} for f in encoding.features],
        "target": encoding.target._asdict() | {"words": list(encoding.target.words)},
    })  # fmt: skip
    assert (again.encode(table, dataset.rows) == x).all()


def test_a_regression_and_rows_without_values(tmp_path):
    text = "a;b;y\n1,5;2;10\n;3;20\n4,5;4;\n2,5;1;12,5\n"
    path = written(tmp_path / "t.csv", text)
    with pytest.raises(ValueError, match=r"row 3, column 'a': expected a value, got none \(1 of 4 rows have none\)"):
        data.TableDataset(path, "y")
    dropped, filled = (data.TableDataset(path, "y", missing=m, task="regression") for m in ("drop", "mean"))
    assert list(dropped.rows) == [0, 3] and list(filled.rows) == [0, 1, 3]
    assert filled.tensors[0].numpy()[1, 0] == 0 and dropped.encoding.target.mean == 11.25
    assert dropped.tensors[1].numpy().tolist() == [[-1], [1]]


@pytest.mark.parametrize(
    ("text", "target", "error"),
    [
        ("a,b\n1,2\n1\n", "b", "row 3: expected 2 cells, as in row 1, got 1"),
        ("a,b\n1,2\n1,2,3\n", "b", "row 3: expected 2 cells"),
        ("a,b\n", "b", "row 2: expected a row of values"),
        ("", "b", "the file is empty"),
        ("\n\n", "b", "got nothing but blanks"),
        ("a,a\n1,2\n", "a", "row 1: columns 1 and 2 have the same name 'a'"),
        ('a,b\n"1,2\n', "b", "row 2: a quote is opened and never closed"),
        ("a,b\n1,\0\n", "b", "row 2: expected text, got a byte 0"),
        (b"a,b\n\xff,1\n", "b", "row 2: expected text in UTF-8, got byte 0xff at 4; save the file as UTF-8"),
        ("a,b\n1,2\n2,2\n", "c", "no column 'c', it has 'a', 'b'"),
        ("1,2\n3,4\n", "b", "no column 'b', it has '1', '2'; its first row holds numbers"),
        ("a,b\n1,2\n2,2\n", "b", "expected several values to tell apart, got '2' in all rows"),
        ("a,b\n1,u\n2,v\n3,w\n", "b", "expected columns to learn 'b' from, got none: 'a' numbers the rows"),
        ("a,b\n1,u\n2,v\n5,w\n", "b", "numbers, or a few classes, got 3 different values in 3 rows, such as 'u'"),
        ("a,b\n3,'$1,5'\n4,'$2'\n7,'$3'\n".replace("'", '"'), "b", r"such as '\$1,5'; numbers have no thousands"),
        ("a,b\n2024-01-05,1\n2024-01-06,2\n2024-01-07,2\n", "b", "such as '2024-01-05'; of a date, make columns"),
        ("a,b\n" + "1,0\n2,1\n" * 60 + "x,1\n", "b", "row 122, column 'a': expected a number, got 'x'"),
        ("a,b\n" + "1,0\n2,1\n" * 60 + "inf,1\n", "b", "row 122, column 'a': expected a number, got 'inf'"),
    ],
)
def test_tables_that_are_none(tmp_path, text, target, error):
    path = written(tmp_path / "t.csv", text)
    with pytest.raises(ValueError, match=error) as caught:
        data.TableDataset(path, target)
    assert str(caught.value).startswith(f"{path}: ")


def cells(text, library, monkeypatch):
    monkeypatch.setattr(delimited, "_library", lambda: library)
    monkeypatch.setattr(delimited, "LARGE", 0)
    try:
        rows, columns = delimited.columns_of(text, ",")
        return rows.tolist(), [column.tolist() for column in columns]
    except ValueError as error:
        return str(error)


@pytest.mark.extras
@pytest.mark.parametrize("library", delimited.LIBRARIES)
def test_libraries_read_what_csv_reads(monkeypatch, library):
    pytest.importorskip(library)
    kinds = ["1", "2.5", "", "NA", "x y", '"q"', '"a,b"', '"a\nb"', '"a""b"', " 1 ", "é", "null", '""', "'", '"x" ']
    split = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        rows = [
            ",".join(rng.choice(kinds, rng.integers(2, 4) if seed % 5 == 0 else 3)) for _ in range(rng.integers(1, 5))
        ]
        text = "\n".join(rows) + "\n" * int(rng.integers(3))
        assert cells(text, library, monkeypatch) == cells(text, None, monkeypatch), text
        split += delimited._split(text, ",", library) is not None
    assert split > 100  # and was not csv each time
    for cell in ("x" * 200_000, f'"{"y" * 80_000}' + "\n" + "y" * 80_000 + '"'):  # which csv refuses
        assert "field larger than field limit" in cells(f"a,b\n1,{cell}\n", library, monkeypatch)


@pytest.mark.extras
@pytest.mark.parametrize("library", delimited.LIBRARIES)
def test_a_data_frame_is_a_table(tmp_path, library):
    frame = pytest.importorskip(library).read_csv(written(tmp_path / "t.csv", TABLE), null_values=["NA"]) if (
        library == "polars"
    ) else pytest.importorskip(library).read_csv(written(tmp_path / "t.csv", TABLE))  # fmt: skip
    mine, read = (data.TableDataset(source, "y", missing="mean") for source in (frame, tmp_path / "t.csv"))
    assert (mine.tensors[0].numpy() == read.tensors[0].numpy()).all() and mine.table.names == read.table.names


# IDX


def idx(array):
    kinds = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    head = bytes([0, 0, kinds[array.dtype.str[1:]], array.ndim])
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path, dtype, pack):
    array = (RNG.random((2, 3, 4)) * 100).astype(dtype)
    found = data.read_idx(written(tmp_path / "x", pack(idx(array))))
    assert found.dtype == array.dtype and (found == array).all()


IDX = idx(np.zeros((3, 4), np.uint8))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "the file is empty"),
        (b"nonsense", "expected an IDX file"),
        (IDX[:6], "the header ends early: expected 12 bytes, got 6"),
        (IDX[:-1], r"expected 12 bytes for uint8 of shape \(3, 4\), got 11"),
        (IDX + b"x", "got more"),
        (IDX[:4] + b"\xff" * 8, "its header claims an array of shape"),
        (gzip.compress(IDX)[:-9], "the gzip file is damaged"),
    ],
)
def test_idx_that_is_none(tmp_path, content, error):
    path = written(tmp_path / "x", content)
    with pytest.raises(ValueError, match=error) as caught:
        data.read_idx(path)
    assert str(caught.value).startswith(f"{path}: ")


# MNIST and CIFAR-10


def mnist_files(folder, begin=("train", "t10k"), dots="-", end="", labels=(0, 10)):
    for part in begin:
        images = RNG.integers(0, 256, (20, 28, 28), np.uint8)
        pack = gzip.compress if end else bytes
        written(folder / f"{part}-images{dots}idx3-ubyte{end}", pack(idx(images)))
        written(folder / f"{part}-labels{dots}idx1-ubyte{end}", pack(idx(RNG.integers(*labels, 20, np.uint8))))
    return images


@pytest.mark.parametrize(("where", "dots", "end"), [("", "-", ".gz"), ("MNIST/raw", "-", ""), ("raw", ".", "")])
def test_mnist(tmp_path, where, dots, end):
    images = mnist_files(tmp_path / where, dots=dots, end=end)
    train, test = data.mnist(tmp_path)
    assert len(train) == 20 and (test.images[:, 0] == images).all()
    x, y = train.__getitems__([3, 4]).columns
    assert x.numpy().dtype == np.float32 and x.shape == (2, 1, 28, 28) and y.numpy().dtype == np.int64
    np.testing.assert_allclose(x.numpy()[1], train.images[4] / 255, rtol=1e-6)
    mean, std = train.statistics()
    np.testing.assert_allclose([mean[0], std[0]], [(train.images / 255).mean(), (train.images / 255).std()], rtol=1e-9)


def test_emnist_is_turned_and_its_letters_begin_at_one(tmp_path):
    images = mnist_files(tmp_path, ("emnist-letters-train", "emnist-letters-test"), labels=(1, 27))
    train, test = data.mnist(tmp_path, "emnist-letters")
    assert (test.images[:, 0] == images.transpose(0, 2, 1)).all() and train.classes[0] == "A"


def test_mnist_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a file train-images-idx3-ubyte.*got an empty folder"):
        data.mnist(tmp_path)
    with pytest.raises(ValueError, match="no dataset 'mnits'; did you mean 'mnist'"):
        data.mnist(tmp_path, "mnits")
    mnist_files(tmp_path, labels=(10, 11))
    with pytest.raises(ValueError, match=r"labels-idx1-ubyte: row 1: expected a label in \[0, 10\), got 10"):
        data.mnist(tmp_path)


BATCHES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
CIFAR = {  # files, key of the labels, class 3; for each archive its name, and the folder that it unpacks to
    "cifar10": (BATCHES, b"labels", "cat", {
        "bin": ("cifar-10-binary", "cifar-10-batches-bin"), "py": ("cifar-10-python", "cifar-10-batches-py"),
    }),
    "cifar100": (["train", "test"], b"fine_labels", "bear", {
        "bin": ("cifar-100-binary", "cifar-100-binary"), "py": ("cifar-100-python", "cifar-100-python"),
    }),
}  # fmt: skip


def cifar_batches(name, kind):
    """{file: bytes}, and the pixels of the last."""
    batches, key, _, archives = CIFAR[name]
    files, folder = {}, archives[kind][1]
    for batch in batches:
        pixels, labels = RNG.integers(0, 256, (4, 3072), np.uint8), [3, 0, 9, 1]
        if kind == "bin":
            rows = np.insert(pixels, 0, labels, 1)
            rows = np.insert(rows, 0, 7, 1) if name == "cifar100" else rows  # the number of a group of classes
            files[f"{folder}/{batch}.bin"] = rows.tobytes()
        else:
            content = {b"batch_label": b"one", key: labels, b"data": pixels, b"filenames": [b"a.png"] * 4}
            files[f"{folder}/{batch}"] = pickle.dumps(content, 2)
    return files, pixels


def packed(files):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.mark.parametrize("name", CIFAR)
@pytest.mark.parametrize("kind", ["bin", "py"])
@pytest.mark.parametrize("pack", [True, False])
def test_cifar(tmp_path, name, kind, pack):
    files, pixels = cifar_batches(name, kind)
    batches, _, third, archives = CIFAR[name]
    root = tmp_path
    if pack:
        root = written(tmp_path / f"{archives[kind][0]}.tar.gz", packed(files))
    else:
        for path, content in files.items():
            written(tmp_path / path, content)
    for place in {root, tmp_path}:
        train, test = getattr(data, name)(place)
        assert len(train) == 4 * len(batches) - 4 and test.labels.tolist() == [3, 0, 9, 1]
        assert train.classes[3] == third and len(train.classes) == int(name.removeprefix("cifar"))
        assert (test.images.reshape(4, -1) == pixels).all()


class Evil:
    def __reduce__(self):
        return print, ("called",)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "the file is empty|expected rows"),
        (pickle.dumps(Evil(), 2), "the file asks for '__builtin__.print', which is not one of"),
        (pickle.dumps({b"data": 1}, 2), "expected data as uint8"),
        (pickle.dumps([1], 2), "expected a dict with data and labels, got list"),
        (pickle.dumps(5, 2)[:-1], "the pickle is damaged|it has no end"),
        (b"\x80\x02" + b"\x8a\xff", "the pickle is damaged"),
        (b"\x80\x02t.", "the pickle is damaged|do not fit together"),
    ],
)
def test_cifar10_that_is_none(tmp_path, capsys, content, error):
    path = written(tmp_path / "data_batch_1", content)
    with pytest.raises(ValueError, match=error) as caught:
        data.cifar10(tmp_path)
    assert str(caught.value).startswith(f"{path}: ") and capsys.readouterr().out == ""


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_arrays_are_read_without_pickle(protocol):
    tree = {"a": np.arange(6.0).reshape(2, 3).T, b"b": [np.arange(3, dtype=">i2"), (1, "é", None, 2**80)]}
    tree["again"] = tree["a"]
    found = parse_pickle(pickle.dumps(tree, protocol))
    assert (found["a"] == tree["a"]).all() and found["again"] is found["a"]
    assert found[b"b"][0].tolist() == [0, 1, 2] and found[b"b"][1] == (1, "é", None, 2**80)


# Pictures in folders


def picture(path, size=(20, 20), color=0, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)


def test_a_folder_for_each_class(tmp_path):
    for i in range(3):
        picture(tmp_path / "cat" / f"{i}.png", color=(200, i, 0))
        picture(tmp_path / "dog" / "more" / f"{i}.jpg", color=(0, 0, 250))
    written(tmp_path / "dog" / "notes.txt", "x")
    picture(tmp_path / ".hidden" / "x.png")
    train, test = data.picture_folder(tmp_path)
    assert test is None and train.classes == ("cat", "dog") and train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert train.images.shape == (6, 3, 20, 20) and train.images[1, :, 0, 0].tolist() == [200, 1, 0]


def test_folders_for_training_and_test_and_sizes(tmp_path):
    for part, n in (("train", 2), ("test", 1)):
        for name in "ab":
            for i in range(n):
                picture(tmp_path / part / name / f"{i}.png", (60 + i, 80), 90, "L")
    train, test = data.picture_folder(tmp_path)
    assert train.images.shape == (4, 1, 32, 32) and test.labels.tolist() == [0, 1]
    assert data.picture_folder(tmp_path, side=16)[0].images.shape == (4, 1, 16, 16)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="a sub-folder of pictures for each of several classes, got none"):
        data.picture_folder(tmp_path)
    picture(tmp_path / "a" / "0.png")
    with pytest.raises(ValueError, match="got one, 'a'"):
        data.picture_folder(tmp_path)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "a" / "c").mkdir()
    (tmp_path / "a" / "d").mkdir()
    with pytest.raises(ValueError, match=r"got one, 'a'; .*a has 2: give that"):
        data.picture_folder(tmp_path)
    (tmp_path / "b").mkdir()
    with pytest.raises(ValueError, match=r"b: expected pictures \(\.png, .*, got none"):
        data.picture_folder(tmp_path)
    path = written(tmp_path / "b" / "0.png", b"nonsense")
    with pytest.raises(ValueError, match="it is not a picture") as caught:
        data.picture_folder(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


def test_the_style_of_digits_is_measured():
    pixels = np.uint8(np.round(data.digits().tensors[0].numpy() * 255)).reshape(-1, 1, 8, 8)
    style = ink_style(pixels)
    assert (style.fits, style.extent, style.centre, style.dark) == ("height", 1, "box", False)
    assert style.least_ink == pytest.approx(0.2, abs=0.05) and ink_style(255 - pixels).dark
    assert ink_style(RNG.integers(0, 256, (50, 1, 8, 8), np.uint8)) is None


# Text and arrays


def test_a_gzip_file_is_read_as_what_it_holds(tmp_path, monkeypatch):
    path = written(tmp_path / "t.csv.gz", gzip.compress(TABLE.encode()))
    assert repr(data.read_table(path)) == repr(data.read_table(written(tmp_path / "t.csv", TABLE)))
    assert data.read_text(path) == TABLE
    monkeypatch.setattr("tinynet.data.text.LARGEST", len(path.read_bytes()))
    with pytest.raises(ValueError, match=r"t.csv.gz: expected at most \d+ bytes, got more in the gzip file"):
        data.read_text(written(path, gzip.compress(b"x" * 1000)))
    with pytest.raises(ValueError, match=r"t.csv.gz: the gzip file is damaged"):
        data.read_table(written(path, gzip.compress(TABLE.encode())[:-1]))


def test_text(tmp_path):
    text = data.read_text(written(tmp_path / "t.txt", "\ufeffzweï\r\nz\r".encode()))
    vocabulary = data.Vocabulary(text)
    assert text == "zweï\nz\n" and vocabulary.characters == "\newzï"
    codes = vocabulary.encode(text)
    assert codes.tolist() == [3, 2, 1, 4, 0, 3, 0] and vocabulary.decode(codes) == text
    with pytest.raises(ValueError, match="character 2: expected one of the 5 that the text has, got 'q'"):
        vocabulary.encode("zq")
    dataset = data.TextDataset(codes, 2)
    assert len(dataset) == 3 and [t.tolist() for t in dataset[2]] == [[0, 3], [3, 0]]
    assert [t.tolist() for t in dataset.__getitems__([0, 2]).columns] == [[[3, 2], [0, 3]], [[2, 1], [3, 0]]]


def test_npz(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=IDX_ARRAY, y=np.arange(3))
    assert {name: array.tolist() for name, array in data.read_npz(tmp_path / "a.npz").items()} == {
        "x": IDX_ARRAY.tolist(),
        "y": [0, 1, 2],
    }
    np.savez(tmp_path / "b.npz", x=np.array([{}]))
    with pytest.raises(ValueError, match=r"b.npz: array 'x': expected booleans, integers or floats"):
        data.read_npz(tmp_path / "b.npz")
    with pytest.raises(ValueError, match=r"c.npz: the archive is damaged"):
        data.read_npz(written(tmp_path / "c.npz", b"PK\x03\x04"))


IDX_ARRAY = np.arange(6.0).reshape(3, 2)
