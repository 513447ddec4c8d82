"""`tinynet predict`: let the model of a run read images."""

NAME = "predict"
TEXT = "Let the model of a run read images."
EXAMPLES = """examples:
  tinynet predict runs/digits-mlp-adam        digits kept out of the training
  tinynet predict runs/digits-mlp-adam my-digits.npy
  tinynet predict runs/digits-mlp-adam photo.jpg

FILE is one of
  a picture  PNG, JPEG, GIF, BMP, TIFF, WebP, PPM, of any size, with one digit
             on a plain background: what the border is is taken for paper, what
             stands out from it for ink; the digit is cut out, centred and
             scaled to 8 x 8
  .npy .npz  an array of shape (n, 64), (n, 8, 8) or (8, 8); in an .npz the
             only array, or the one called 'images'
  .csv       rows of 64 numbers, or 8 rows of 8
Numbers are read as 0 to 1, or, if one is above 1, as 0 to 16, or, if one is
above 16, as 0 to 255. Ink is bright."""


def arguments(parser):
    parser.add_argument("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="images to read; without it, some of those held out from training"
    )
    invert = "the ink is dark in an array; in a picture, paper and ink are the other way round than found"
    parser.add_argument("--invert", action="store_true", help=invert)
    parser.add_argument("--count", type=int, metavar="N", help="the first N images only (default: 3 without FILE)")


def run(args):
    from ..autograd import no_grad
    from ..data import read_images
    from ..tensor import wrap
    from ..training import Run

    if args.count is not None and args.count < 1:
        raise ValueError(f"--count: expected a whole number >= 1, got {args.count}")
    model, test = Run.open(args.folder).model()
    if args.file is None:
        images, labels = (tensor.array for tensor in test[: args.count or 3])
    else:
        images, labels = read_images(args.file, args.invert, say=print)[: args.count], None
    with no_grad():
        probabilities = model(wrap(images)).softmax(1).array
    for i, (image, p) in enumerate(zip(images, probabilities)):
        if len(images) <= 10:  # of more, the drawings would be in the way
            print(_drawing(image))
        if image.max() == image.min():
            print(f"image {i + 1}: blank")
            continue
        best, second = p.argsort()[::-1][:2]
        text = f"image {i + 1}: {best}, {p[best]:.1%} sure; next {second}, {p[second]:.1%}"
        if labels is not None:
            text += f"; it is a {labels[i]}"
        print(text)
    return 0


def _drawing(image, shades=" .:-=+*#%@"):
    """Eight lines of characters, two for each pixel, which makes it about square."""
    levels = (image.reshape(8, 8) * (len(shades) - 1)).round().astype(int)
    return "\n" + "\n".join("  " + "".join(shades[level] * 2 for level in row).rstrip() for row in levels)
