"""The `tinynet` command: train, eval, predict, show, info.

Exit codes: 0 done; 1 the training failed; 2 the request or a file in it is wrong; 130 interrupted.
"""

import argparse
import contextlib
import os
import shlex
import sys
import warnings

from . import __version__
from .errors import DeviceError

DESCRIPTION = "Train small neural networks with tinynet, a deep learning framework in pure Python."

EXAMPLES = """examples:
  tinynet train digits                       train on handwritten digits; takes a few seconds
  tinynet eval runs/digits-mlp-adam          measure the trained model again
  tinynet predict runs/digits-mlp-adam       let it read digits that it has never seen
  tinynet show adam                          its equation, its loop, its machine code
  tinynet info                               versions, processor, cache folder"""

TRAIN_EXAMPLES = """examples:
  tinynet train digits
  tinynet train digits --optimizer momentum --lr 0.1 --epochs 60
  tinynet train digits --schedule cosine
  tinynet train digits --seed 1 --out /tmp/runs

The run goes to a new folder OUT/NAME, with config.json, metrics.csv, model.safetensors and curves.png. Nothing is
overwritten: a name that is taken gets -2, -3, ... The same seed gives the same numbers, bit by bit."""

PREDICT_EXAMPLES = """examples:
  tinynet predict runs/digits-mlp-adam                 digits that were kept out of the training
  tinynet predict runs/digits-mlp-adam my-digits.npy
  tinynet predict runs/digits-mlp-adam photo.jpg

FILE is one of
  a picture  PNG, JPEG, GIF, BMP, TIFF, WebP, PPM, of any size, with one digit on a plain background: what the border is
             is taken for paper, what stands out from it for ink; the digit is cut out, centred and scaled to 8 x 8
  .npy .npz  an array of shape (n, 64), (n, 8, 8) or (8, 8); in an .npz the only array, or the one called 'images'
  .csv       rows of 64 numbers, or 8 rows of 8
Numbers are read as 0 to 1, or, if one is above 1, as 0 to 16, or, if one is above 16, as 0 to 255. Ink is bright."""

SHOW_EXAMPLES = """examples:
  tinynet show adam                  an update rule: equation, formula, generated loop, vector instructions
  tinynet show gelu --dtype float64  an operation
  tinynet show matmul --asm          the machine code of its loops, the inner loop of each marked

NAME is an operation, as in tinynet.NAME or tinynet.nn.functional.NAME, an optimizer, a module or a kernel."""


def main(argv=None):
    """Run the command with the given arguments, or those of the process; returns the exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.run is None:
        parser.print_help()
        return 0
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w"))
    try:
        with warnings.catch_warnings(), _without_reader(args.run is train):
            warnings.showwarning = lambda message, *_: print(f"tinynet: {message}", file=sys.stderr)
            code = args.run(args)
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _drop(sys.stdout)
        return 0
    except (ValueError, OSError, DeviceError) as error:
        return _fail(_text(error), 2)
    except ArithmeticError as error:
        return _fail(error, 1)


def _fail(message, code):
    print(f"tinynet: {message}", file=sys.stderr)
    return code


def _text(error):
    """The system's errors begin with the file, as all others do, and not with a number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return error


def _drop(stream):
    """Send what is written to a stream from now on, and what it still holds, to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Stream:
    """A stream whose reader may leave, or whose disk may be full: what comes after that is dropped."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        with self._dropping():
            self.stream.write(text)
        return len(text)

    def flush(self):
        with self._dropping():
            self.stream.flush()

    @contextlib.contextmanager
    def _dropping(self):
        try:
            yield
        except OSError:
            _drop(self.stream)

    def __getattr__(self, name):
        return getattr(self.stream, name)


@contextlib.contextmanager
def _without_reader(goes_on):
    """If `goes_on`, the block is not ended by an output that nobody takes any more."""
    if not goes_on:
        yield
        return
    with contextlib.redirect_stdout(_Stream(sys.stdout)), contextlib.redirect_stderr(_Stream(sys.stderr)):
        yield


def _parser():
    parser = _described(argparse.ArgumentParser, "tinynet", DESCRIPTION, EXAMPLES)
    parser.add_argument("--version", action="version", version=f"tinynet {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    def command(name, text, run, examples=None):
        made = _described(commands.add_parser, name, text, examples, help=text)
        made.set_defaults(run=run)
        return made

    _train_arguments(command("train", "Train a model, and save it in a run folder.", train, TRAIN_EXAMPLES))

    evaluate = command("eval", "Measure the model of a run on the data that was held out.", eval_)
    evaluate.add_argument("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")

    predict_ = command("predict", "Let the model of a run read images.", predict, PREDICT_EXAMPLES)
    predict_.add_argument("folder", metavar="RUN", help="a run folder, such as runs/digits-mlp-adam")
    predict_.add_argument(
        "file", metavar="FILE", nargs="?", help="images to read; without it, some of those held out from training"
    )
    invert = "the ink is dark in an array; in a picture, paper and ink are the other way round than found"
    predict_.add_argument("--invert", action="store_true", help=invert)
    predict_.add_argument("--count", type=int, metavar="N", help="the first N images only (default: 3 without FILE)")

    show_ = command(
        "show", "Show what an operation, an optimizer or a kernel is, down to its loop.", show, SHOW_EXAMPLES
    )
    show_.add_argument("name", metavar="NAME", help="such as adam, gelu, matmul, nn.Conv2d or optim.AdamW")
    show_.add_argument("--dtype", default="float32", choices=("float32", "float64"), help="default: %(default)s")
    form = show_.add_mutually_exclusive_group()
    form.add_argument("--asm", action="store_true", help="print the machine code of its loops instead")
    form.add_argument("--ptx", action="store_true", help="print what a GPU is given instead; needs numba-cuda")

    info_ = command("info", "Show versions, processor, threads, and where compiled code is kept.", info)
    info_.add_argument("--peak", action="store_true", help="measure what the processor reaches, for profiles to show")
    return parser


def _described(make, name, text, examples=None, **options):
    return make(
        name, description=text, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter, **options
    )


def _train_arguments(parser):
    add = parser.add_argument
    add("dataset", metavar="DATASET", nargs="?", default="digits", help="what to learn: digits (the default)")
    add("--model", default="mlp", metavar="NAME", help="mlp (default: %(default)s)")
    optimizers = """adam, adamw, nadam, radam, adamax, adabelief, lion, adagrad, adadelta, rmsprop, nesterov, momentum
        or sgd (default: %(default)s)"""
    add("--optimizer", default="adam", metavar="NAME", help=optimizers)
    add("--lr", type=float, metavar="LR", help="learning rate (default: one that suits the optimizer)")
    schedules = "constant, cosine, linear, onecycle, step, exponential or sqrt (default: %(default)s)"
    add("--schedule", default="constant", metavar="NAME", help=f"how the learning rate changes: {schedules}")
    add("--epochs", type=int, metavar="N", help="passes through the data (default: 40)")
    add("--batch-size", type=int, metavar="N", help="images in each step (default: 32)")
    add("--seed", type=int, metavar="N", help="decides split, first weights and order (default: 0)")
    add("--device", metavar="NAME", help="cpu or cuda (default: cpu)")
    add("--out", default="runs", metavar="FOLDER", help="where the run folder is made (default: %(default)s)")
    add("--name", metavar="NAME", help="name of the run folder (default: DATASET-MODEL-OPTIMIZER)")
    add("--quiet", action="store_true", help="no bar and no line for each epoch")


def train(args):
    from .kernels.runtime.disk_cache import anything_kept
    from .ops.creation import zeros
    from .training import Config, Run
    from .training.choices import OPTIMIZERS

    names = ("dataset", "model", "optimizer", "lr", "schedule", "epochs", "batch_size", "seed", "device")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    config = Config(**given)
    zeros(1, device=config.device)  # which says why a device cannot be used, before a folder is made
    run = Run.create(config, args.out, args.name)
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs} epochs"
    rate = f"lr {config.lr:g}" + ("" if config.schedule == "constant" else f" ({config.schedule})")
    print(
        f"Training {config.model} on {config.dataset} with {OPTIMIZERS[config.optimizer].text}: {rate}, "
        f"batch size {config.batch_size}, {epochs}, seed {config.seed}.",
        flush=True,
    )
    if not anything_kept():
        print("The first run on a machine compiles the kernels; later ones start at once.", flush=True)
    try:
        rows = run.train(progress=not args.quiet)
    except KeyboardInterrupt:
        return _fail(f"interrupted. {_kept(run)}", 130)
    except ArithmeticError as error:
        return _fail(f"{error}. {_kept(run)}", 1)
    _summary(run, rows)
    return _judge(run, rows[-1].train_loss, run.chance())


def _judge(run, loss, chance):
    """Say what comes next, or what is wrong with a loss that a guess would have too; returns the exit code."""
    if loss < 0.95 * chance:
        print(f"Now let it read digits that it has never seen:\n\n  tinynet predict {shlex.quote(str(run.folder))}\n")
        return 0
    told = f"the loss ended at {loss:.4g}, where guessing has {chance:.4g}"
    if loss > 2 * chance:
        return _fail(f"{told}: the training diverged. Lower the learning rate.", 1)
    return _fail(f"{told}: hardly anything was learned. Try another learning rate, or more epochs.", 0)


def _kept(run):
    rows = run.rows()
    if not rows:
        return f"No epoch was finished; {run.folder} holds only the configuration."
    epochs = "epoch 1" if len(rows) == 1 else f"epochs 1 to {len(rows)}"
    return f"{run.folder} holds the metrics of {epochs}, and the model as it was then."


def _summary(run, rows):
    files = {
        "config.json": "all that it takes to repeat the run",
        "metrics.csv": "one row for each epoch",
        "model.safetensors": "the trained model; PyTorch can read it too",
        "curves.png": "loss and accuracy over the epochs",
    }
    run.draw_curves()
    print(f"\nTest accuracy {rows[-1].test_accuracy:.1%}, after {rows[-1].seconds:.1f} s of training.\n")
    print(f"{run.folder}{os.sep}")
    for name, text in files.items():
        print(f"  {name:18} {text}")
    print()


def eval_(args):
    from .training import Run

    loss, accuracy = Run.open(args.folder).evaluate()
    print(f"test loss {loss:.6g}\ntest accuracy {accuracy:.6g}")
    return 0


def predict(args):
    from .autograd import no_grad
    from .data import read_images
    from .tensor import wrap
    from .training import Run

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


def show(args):
    from .window import show

    page = show(args.name, dtype=args.dtype)
    text = str(page.assembly if args.asm else page.ptx if args.ptx else page)
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))  # equations have letters that a terminal may not know
    return 0


def info(args):
    from .info import facts

    for name, value in facts():
        print(f"{name:14} {value}")
    if args.peak:
        from .profiler.peak import measure_peak

        gflops, gbytes = measure_peak()
        print(f"{'peak':14} {gflops:.0f} GFLOP/s in a product of float32, {gbytes:.0f} GB/s in a copy")
    return 0
