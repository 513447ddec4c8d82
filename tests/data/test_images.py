"""Images of digits from files: arrays, tables and pictures of any size and kind; and files that are none."""

import io
import random
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

import tinynet as tn
from tinynet import training
from tinynet.data import DataLoader, read_images

IMAGES = np.round(np.random.default_rng(0).random((3, 8, 8)) * 15) / 16
IMAGES[0, 0, 0] = 1


def read(tmp_path, name, content, **options):
    """`read_images` of a file with these bytes, this text, or what a function writes to a path."""
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_images(path, **options)


# Arrays


@pytest.mark.parametrize("scale", [1, 16])
@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 64)])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "u1", "<i8"])
def test_images_from_npy(tmp_path, shape, scale, dtype):
    if scale == 1 and np.dtype(dtype).kind != "f":
        return
    for order in "CF":
        array = np.asarray((IMAGES * scale).reshape(shape), dtype, order=order)
        found = read(tmp_path, "x.npy", lambda path, array=array: np.save(path, array))
        np.testing.assert_array_equal(found, IMAGES.reshape(3, 64))
        assert found.dtype == np.float32


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_all_versions_of_npy(tmp_path, version):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of version 3
        np.lib.format.write_array(file, IMAGES, version)
    np.testing.assert_array_equal(read(tmp_path, "x.npy", file.getvalue()), IMAGES.reshape(3, 64))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_images_from_npz(tmp_path, save):
    images = (IMAGES * 16).astype(np.uint8)
    for arrays in ({"images": images, "labels": np.zeros(3)}, {"x": images}):
        found = read(tmp_path, "x.npz", lambda path, arrays=arrays: save(path, **arrays))
        np.testing.assert_array_equal(found, IMAGES.reshape(3, 64))


@pytest.mark.parametrize("header", ["", ",".join(f"pixel{i}" for i in range(64)), ",".join(map(str, range(64)))])
@pytest.mark.parametrize("separator", [",", ";", "\t", " ", ", "])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_images_from_csv(tmp_path, header, separator, bom):
    lines = [header, *(",".join(map(str, image.ravel())) for image in IMAGES), "", ""]
    text = bom + "\r\n".join(lines).replace(",", separator)
    np.testing.assert_array_equal(read(tmp_path, "x.csv", text), IMAGES.reshape(3, 64))
    if separator == ";":
        np.testing.assert_array_equal(read(tmp_path, "x.csv", text.replace(".", ",")), IMAGES.reshape(3, 64))
    square = "\n".join(separator.join(map(str, row)) for row in IMAGES[0])
    np.testing.assert_array_equal(read(tmp_path, "x.csv", square), IMAGES[:1].reshape(1, 64))


def test_dark_ink_in_arrays(tmp_path):
    found = read(tmp_path, "x.npy", lambda path: np.save(path, IMAGES), invert=True)
    np.testing.assert_array_equal(found, 1 - IMAGES.reshape(3, 64).astype(np.float32))


def npy(header, numbers=b"", version=1):
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + numbers


def described(shape, kind="<f8"):
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n"


def zipped(name="x.npy", content=None, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(name, npy(described((8, 8)), bytes(512)) if content is None else content)
    return file.getvalue()


def locked():
    data = bytearray(zipped())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags of the file and of its entry
        data[data.index(mark) + at] |= 1
    return bytes(data)


ARRAYS = [
    ("x.npy", lambda path: np.save(path, np.zeros((2, 63))), r"expected numbers of shape .*, got shape \(2, 63\)"),
    ("x.npy", lambda path: np.save(path, np.zeros((0, 64))), "expected numbers"),
    ("x.npy", lambda path: np.save(path, np.full((8, 8), np.nan)), "got NaN or infinity"),
    ("x.npy", lambda path: np.save(path, np.full((8, 8), -1.0)), r"expected values in \[0, 255\], got -1 to -1"),
    ("x.npy", lambda path: np.save(path, np.array(["a"])), "expected booleans, integers or floats, got type '<U1'"),
    ("x.npy", lambda path: np.save(path, np.array([{}]), allow_pickle=True), r"got type '\|O'"),
    ("x.npy", lambda path: np.save(path, np.zeros(64, [("a", "f4")])), "its header does not name a plain type"),
    ("x.npy", b"nonsense", "it does not begin as a .npy file does"),
    ("x.npy", b"", "the file is empty"),
    ("x.npy", npy("(" * 9000), "its header does not name"),
    ("x.npy", npy(described("(" * 9000)), "its header does not name"),
    ("x.npy", npy(described("(10000000, 64)"), bytes(512)), "expected at most 262,144 images"),
    ("x.npy", npy(described("(99999999999999999, 64)")), "expected at most 262,144 images"),
    ("x.npy", npy(described(f"({'9' * 5000}, 64)")), "expected a shape of at most 32 sizes"),
    ("x.npy", npy(described("(3, 64)"), bytes(512)), r"expected 1,536 bytes for float64 of shape \(3, 64\), got 512"),
    ("x.npy", npy(described("(8, 8)"), bytes(600)), "expected 512 bytes"),
    ("x.npy", npy("", b"", 2)[:8] + b"\xff" * 8, "its header is damaged"),
    ("x.npz", b"PK\x03\x04 nonsense", "the archive is damaged: File is not a zip file"),
    ("x.npz", zipped(compression=zipfile.ZIP_LZMA), "expected an archive that NumPy wrote, got compression method 14"),
    ("x.npz", locked(), "it is protected by a password"),
    ("x.npz", zipped(content=npy(described("(16777216, 64)"), bytes(1 << 20))), "expected at most 262,144 images"),
    ("x.npz", zipped("x.txt", b"text"), "it does not begin as a .npy file does"),
    ("x.npz", lambda path: np.savez(path, a=1, b=2), "expected one array, or one called 'images', got 'a', 'b'"),
    ("x.csv", "", "the file is empty"),
    ("x.csv", "\n\n", "expected numbers of shape"),
    ("x.csv", "a,b\n", "expected numbers of shape"),
    ("x.csv", "1,2,3\n", r"expected numbers of shape .* got shape \(3,\)"),
    ("x.csv", "a,b\n1,2\n3,x\n", "row 3, column 2: expected a number, got 'x'"),
    ("x.csv", "1,2\n1,nan\n", "row 2, column 2: expected a number, got 'nan'"),
    ("x.csv", "1,2\n1,2\n\n1,2,3\n", "row 4 has 3 columns, and row 1 has 2"),
    ("x.csv", b"1,2\n\xff", "expected text in UTF-8, got byte 0xff at 4"),
    ("x.csv", "1," + "9" * 200_000, "it is not a table: field larger than field limit"),
    ("x.txt", "1", "expected a file that ends in .npy, .npz, .csv, .png, .jpg .*, got '.txt'"),
]


@pytest.mark.parametrize(("name", "content", "text"), ARRAYS)
def test_other_files_are_refused(tmp_path, name, content, text):
    with pytest.raises(ValueError, match=text) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(f"{tmp_path / name}: ") and len(str(caught.value)) < 400


# Pictures

STROKES = {
    3: [(0, 1), (4, 0), (8, 2), (8, 5), (4, 7), (8, 9), (8, 12), (4, 14), (0, 13)],
    7: [(0, 0), (9, 0), (4, 14)],
    0: [(4, 0), (1, 2), (0, 7), (1, 12), (4, 14), (7, 12), (8, 7), (7, 2), (4, 0)],
}


def drawn(digit, size=(300, 200), unit=9, width=18, ink=0, paper=255, mode="L", corner=(110, 30)):
    """A picture of a digit, drawn with a pen."""
    image = Image.new(mode, size, paper)
    points = [(corner[0] + x * unit, corner[1] + y * unit) for x, y in STROKES[digit]]
    ImageDraw.Draw(image).line(points, fill=ink, width=width, joint="curve")
    return image


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def transparent(ink, paper=(0, 0, 0)):
    """A digit whose surroundings are transparent, whatever colour they have."""
    image = Image.new("RGBA", (300, 200), (*paper, 0))
    image.paste(Image.new("RGBA", image.size, (*ink, 255)), mask=ImageOps.invert(drawn(3)))
    return image


def sixteen_bits(image):
    return Image.fromarray(np.asarray(image, np.uint16) * 257)


def turned(image):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise to be looked at, as telephones write it
    return {"image": image.transpose(Image.Transpose.ROTATE_90), "exif": exif}


def lit(image, grain, dimmed=0.0):
    """The picture as a camera takes it: with noise, and darker towards the right."""
    levels = np.asarray(image) * np.linspace(1, 1 - dimmed, image.width)
    noise = np.random.default_rng(0).normal(0, grain, levels.shape)
    return Image.fromarray(np.uint8(np.clip(levels + noise, 0, 255)))


WAYS = {
    "black on white": lambda: encoded(drawn(3)),
    "white on black": lambda: encoded(drawn(3, ink=255, paper=0)),
    "JPEG": lambda: encoded(drawn(3, ink=60, paper=210), "JPEG", quality=50),
    "red on yellow": lambda: encoded(drawn(3, ink=(200, 0, 0), paper=(255, 240, 150), mode="RGB")),
    "28 x 28": lambda: encoded(drawn(3, ink=255, paper=0).crop((70, 10, 250, 190)).resize((28, 28))),
    "a thin pen": lambda: encoded(drawn(3, width=3)),
    "large": lambda: encoded(drawn(3, (4000, 3000), 150, 300, corner=(1200, 400)), "JPEG"),
    "in a corner": lambda: encoded(drawn(3, (900, 700), 9, 18, corner=(790, 560))),
    "one bit": lambda: encoded(drawn(3).convert("1")),
    "palette": lambda: encoded(drawn(3).convert("RGB").quantize(4)),
    "GIF": lambda: encoded(drawn(3), "GIF"),
    "BMP": lambda: encoded(drawn(3), "BMP"),
    "WebP": lambda: encoded(drawn(3).convert("RGB"), "WEBP"),
    "TIFF": lambda: encoded(drawn(3), "TIFF"),
    "CMYK": lambda: encoded(drawn(3).convert("CMYK"), "JPEG"),
    "grey and alpha": lambda: encoded(drawn(3).convert("LA")),
    "16 bits": lambda: encoded(sixteen_bits(drawn(3))),
    "16 bits, faint": lambda: encoded(Image.fromarray(np.asarray(drawn(3), np.uint16) + 2000)),
    "black on transparent": lambda: encoded(transparent((0, 0, 0))),
    "black on transparent white": lambda: encoded(transparent((0, 0, 0), (255, 255, 255))),
    "white on transparent": lambda: encoded(transparent((255, 255, 255))),
    "transparent palette": lambda: encoded(drawn(3).convert("RGB").quantize(4), transparency=0),
    "turned": lambda: encoded(kind="JPEG", **turned(drawn(3))),
    "grainy": lambda: encoded(lit(drawn(3), grain=15)),
    "lit from one side": lambda: encoded(lit(drawn(3), grain=4, dimmed=0.4), "JPEG"),
    "dots": lambda: encoded(drawn(3, paper=247).convert("RGB").convert("P")),
}


@pytest.fixture(scope="module")
def model():
    """What the picture of a digit is taken for: the rows of (n, 64) to a list of digits."""
    tn.manual_seed(0)
    net, data = training.models.mlp(64, 10), tn.data.digits()
    batches = DataLoader(data, 32, shuffle=True)
    training.fit(
        net, batches, None, tn.optim.Adam(net.parameters(), 3e-3), tn.nn.CrossEntropyLoss(), epochs=8, progress=False
    )
    return lambda images: net.eval()(tn.tensor(images)).argmax(1).tolist()


@pytest.mark.parametrize("way", WAYS)
def test_a_digit_is_read_from_any_picture(tmp_path, model, way):
    said = []
    image = read(tmp_path, "x.png", WAYS[way](), say=said.append)
    expected = read(tmp_path, "y.png", WAYS["black on white"]())
    assert image.shape == (1, 64) and image.dtype == np.float32 and 0 <= image.min() and image.max() == 1
    assert model(image) == [3] and np.abs(image - expected).mean() < 0.15
    (text,) = said
    assert text.startswith("x.png: ") and " pixels, " in text and text.endswith("cut out, centred and scaled to 8 x 8")


@pytest.mark.parametrize("digit", STROKES)
def test_what_is_drawn_is_what_is_read(tmp_path, model, digit):
    assert model(read(tmp_path, "x.png", encoded(drawn(digit)))) == [digit]


def test_the_training_data_survives_being_drawn_and_read(tmp_path, model):
    images, labels = (tensor.numpy()[:100] for tensor in tn.data.digits().tensors)
    found = []
    for image in images:
        grey = Image.fromarray(np.uint8(255 - 255 * image.reshape(8, 8))).resize((96, 96), Image.Resampling.BICUBIC)
        picture = Image.new("L", (300, 200), 255)
        picture.paste(grey, (150, 60))
        found.append(read(tmp_path, "x.png", encoded(picture))[0])
    assert np.abs(np.array(found) - images).mean() < 0.08
    assert (np.array(model(np.array(found))) == labels).mean() >= 0.9


@pytest.mark.parametrize("dark", [True, False])
def test_eight_by_eight_pixels_are_taken_as_they_are(tmp_path, dark):
    levels = np.uint8(np.round(255 * (1 - IMAGES[0] if dark else IMAGES[0])))
    levels[[0, -1]] = levels[:, [0, -1]] = 255 if dark else 0
    expected = np.abs(levels.astype(np.float32) - (255 if dark else 0)) / 255
    found = read(tmp_path, "x.png", encoded(Image.fromarray(levels)))
    np.testing.assert_allclose(found[0], expected.ravel() / expected.max(), atol=0.01)


def test_invert_turns_ink_and_paper_around(tmp_path):
    levels = np.full((8, 8), 200, np.uint8)
    levels[3:5, 3:5], levels[0, 0] = 0, 250
    found = read(tmp_path, "x.png", encoded(Image.fromarray(levels)), invert=True)
    assert found.argmax() == 0 and found[0, 3 * 8 + 3] == 0


def damaged(data, at, new):
    return data[:at] + new + data[at + len(new) :]


def of_size(width, height):
    """A PNG whose header claims another size, with the checksum that belongs to it."""
    data = damaged(encoded(drawn(3)), 16, width.to_bytes(4, "big") + height.to_bytes(4, "big"))
    return damaged(data, 29, zlib.crc32(data[12:29]).to_bytes(4, "big"))


NOISE = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8)
SHADED = np.linspace(150, 230, 10_000).reshape(100, 100).astype(np.uint8)
DOT = np.pad(np.zeros((2, 2), np.uint8), 50, constant_values=255)
NOT_DIGITS = {
    "white": (encoded(Image.new("L", (60, 50), 255)), r"expected a digit, got a blank picture \(60 x 50 pixels\)"),
    "transparent": (encoded(Image.new("RGBA", (60, 50))), "got a blank picture"),
    "nearly white": (encoded(Image.fromarray(np.uint8(250 + NOISE % 4)), "JPEG"), "got a blank picture"),
    "noise": (encoded(Image.fromarray(NOISE)), "expected a digit on a plain background"),
    "a shade": (encoded(Image.fromarray(SHADED)), "got a blank picture"),
    "grain": (encoded(lit(Image.new("L", (200, 200), 230), 6), "JPEG"), "a picture where nothing stands out"),
    "a dot": (encoded(Image.fromarray(DOT)), "got a spot of 2 x 2 pixels"),
    "a line": (
        encoded(Image.fromarray(np.pad(np.zeros((4, 90), np.uint8), 40, constant_values=255))),
        "22.5 times as wide",
    ),
    "small": (encoded(Image.new("L", (7, 20))), "expected at least 8 x 8 pixels, got 7 x 20"),
    "large": (of_size(9000, 9000), "expected at most 67,108,864 pixels, got 9000 x 9000"),
    "huge": (of_size(60000, 60000), "exceeds limit of"),
    "cut": (encoded(drawn(3))[:300], "the picture is damaged"),
    "text": (b"nonsense", "it is not a picture, or of another kind than PNG, JPEG"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "of another kind than PNG"),
    "nothing": (b"", "the file is empty"),
}


@pytest.mark.parametrize("name", NOT_DIGITS)
def test_what_shows_no_digit_is_refused(tmp_path, name):
    content, text = NOT_DIGITS[name]
    with pytest.raises(ValueError, match=text) as caught:
        read(tmp_path, "x.png", content)
    assert str(caught.value).startswith(f"{tmp_path / 'x.png'}: ")


# Damage


def mutated(data, chance):
    """The bytes, cut, with some changed, or with a part removed, repeated or overwritten."""
    data = bytearray(data)
    i = chance.randrange(len(data))
    j = min(len(data), i + chance.randrange(1, 50))
    match chance.randrange(6):
        case 0:
            del data[i:]
        case 1:
            for _ in range(chance.choice((1, 3, 20))):
                data[chance.randrange(min(len(data), chance.choice((64, 200, 10_000))))] = chance.randrange(256)
        case 2:
            data[i] ^= 1 << chance.randrange(8)
        case 3:
            data[i:i] = data[i:j] * chance.choice((1, 50))
        case 4:
            del data[i:j]
        case 5:
            data[i:j] = bytes([chance.choice(b"\0\xff([09,")]) * (j - i)
    return bytes(data)


@pytest.mark.parametrize("kind", ["npy", "npz", "csv", "png", "jpg", "gif", "webp"])
def test_damaged_files_end_in_one_clear_error(tmp_path, kind):
    picture = drawn(3, (40, 30), 2, 3, corner=(10, 1)).convert("P" if kind in ("png", "gif") else "L")
    write = {
        "npy": lambda path: np.save(path, IMAGES),
        "npz": lambda path: np.savez_compressed(path, images=IMAGES),
        "csv": lambda path: np.savetxt(path, IMAGES.reshape(3, 64), delimiter=",", fmt="%.4g"),
    }.get(kind, picture.save)
    path, chance = tmp_path / f"x.{kind}", random.Random(0)
    write(path)
    whole = path.read_bytes()
    for _ in range(120):
        path.write_bytes(mutated(whole, chance))
        try:
            images = read_images(path)
        except ValueError as error:
            assert (
                str(error).startswith(f"{path}: ") and len(str(error)) < 300 + len(str(path)) and "\n" not in str(error)
            )
        else:
            assert images.shape[1] == 64 and 0 <= images.min() and images.max() <= 1
