"""`tinynet train`: train a model, and save it in a run folder."""

import os
import shlex

from .output import fail

NAME = "train"
TEXT = "Train a model, and save it in a run folder."
EXAMPLES = """examples:
  tinynet train digits
  tinynet train digits --optimizer momentum --lr 0.1 --epochs 60
  tinynet train digits --schedule cosine
  tinynet train digits --seed 1 --out /tmp/runs

The run goes to a new folder OUT/NAME, with config.json, metrics.csv,
model.safetensors and curves.png. Nothing is overwritten: a name that is taken
gets -2, -3, ... The same seed gives the same numbers, bit by bit."""


def arguments(parser):
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


def run(args):
    from ..kernels.runtime.disk_cache import anything_kept
    from ..ops.creation import zeros
    from ..training import Config, Run
    from ..training.choices import OPTIMIZERS

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
        return fail(f"interrupted. {_kept(run)}", 130)
    except ArithmeticError as error:
        return fail(f"{error}. {_kept(run)}", 1)
    _summary(run, rows)
    return _judge(run, rows[-1].train_loss, run.chance())


def _judge(run, loss, chance):
    """Say what comes next, or what is wrong with a loss that a guess would have too; returns the exit code."""
    if loss < 0.95 * chance:
        print(f"Now let it read digits that it has never seen:\n\n  tinynet predict {shlex.quote(str(run.folder))}\n")
        return 0
    told = f"the loss ended at {loss:.4g}, where guessing has {chance:.4g}"
    if loss > 2 * chance:
        return fail(f"{told}: the training diverged. Lower the learning rate.", 1)
    return fail(f"{told}: hardly anything was learned. Try another learning rate, or more epochs.", 0)


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
