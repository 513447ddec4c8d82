"""`tinynet train`: train a model, and save it in a run folder."""

import argparse
import os
import shlex

from ..distributed import get_world_size, is_initialized
from ..distributed.launcher import was_launched
from .output import fail
from .ranks import connected, is_main

NAME = "train"
USAGE = "tinynet train [DATASET] [OPTION ...]"  # with all of them it fills a page
TEXT = "Train a model, and save it in a run folder."
EXAMPLES = """examples:
  tinynet train digits
  tinynet train digits --schedule cosine --average ema --compile
  tinynet train digits --lr find
  tinynet train digits --folds 5
  tinynet train --resume runs/digits-mlp-adam
  mpiexec -n 4 tinynet train digits
  tinynet train table.csv --target price      a column, from the others
  tinynet train photos/                       pictures, a sub-folder a class
  tinynet train fashion-mnist --data folder   from files that you have
  tinynet train book.txt --model gpt          which character comes next

DATASET is digits, which comes with tinynet, or one whose files are in the
folder --data: mnist, fashion-mnist, kmnist, emnist (IDX files, gzipped or not),
cifar10 and cifar100 (either archive, packed or not). Or it is data of your own:
a table (.csv, .tsv) with a --target, a folder of pictures, .npz with arrays x
and y, or a text (.txt, .md); tables and texts may be gzipped (.csv.gz). What is
found in it is said.

The run goes to a new folder OUT/NAME, with config.json, data.json (classes,
scaling, vocabulary), metrics.csv, the model (model.safetensors,
best.safetensors), checkpoints and pictures. Nothing is overwritten: a name that
is taken gets -2, -3, ... The same seed gives the same numbers, bit by bit, also
where a run was stopped and gone on with."""

CONFIGURED = """dataset model optimizer lr schedule epochs batch_size seed device compile held_out folds accumulate clip
    average patience save_every keep shards exact data target task missing side""".split()
MOST_CONFUSED = 50  # classes of a confusion matrix that can be read
FITTING = {  # options that not all data have, the kinds that do, and how to call these
    "target": (("table", "arrays"), "a table, or arrays in an .npz"),
    "task": (("table", "arrays"), "a table, or arrays in an .npz"),
    "missing": (("table",), "a table"),
    "side": (("pictures",), "pictures in folders"),
    "data": (("downloaded",), "mnist, cifar10 and others whose files are in a folder"),
}
MISSING, TASKS = ("refuse", "drop", "mean"), ("classification", "regression")


def arguments(parser):
    _learning_arguments(parser.add_argument)
    _data_arguments(parser.add_argument_group("data of your own").add_argument)
    _weights_arguments(parser.add_argument_group("gradients, weights, and when to end").add_argument)
    _ranks_arguments(parser.add_argument_group("several processes, started by mpiexec").add_argument)
    _saving_arguments(parser.add_argument_group("what is saved, and how to go on").add_argument)


def _learning_arguments(add):
    add("dataset", metavar="DATASET", nargs="?", help="digits (the default), another name, or a path")
    add("--model", metavar="NAME", help="mlp, linear, cnn, lstm or gpt (default: one for such data)")
    optimizers = """adam, adamw, nadam, radam, adamax, adabelief, lion, adagrad, adadelta, rmsprop, nesterov, momentum
        or sgd (default: adam)"""
    add("--optimizer", metavar="NAME", help=optimizers)
    lr = "learning rate (default: one that suits the optimizer); 'find' tries rising ones first, and draws them"
    add("--lr", type=_rate, metavar="LR", help=lr)
    schedules = "constant, cosine, linear, onecycle, step, exponential or sqrt (default: constant)"
    add("--schedule", metavar="NAME", help=f"how the learning rate changes: {schedules}")
    add("--epochs", type=int, metavar="N", help="passes through the data; 10 of pictures and texts (default: 40)")
    add("--batch-size", type=int, metavar="N", help="rows in each batch; 64 of pictures (default: 32)")
    add("--seed", type=int, metavar="N", help="decides split, first weights and order (default: 0)")
    add("--held-out", type=float, metavar="F", help="the fraction of the data kept for testing (default: 0.2)")
    add("--folds", type=int, metavar="K", help="train K times, each with another K-th part of the data for testing")
    add("--device", metavar="NAME", help="cpu or cuda (default: cpu)")
    add("--compile", action="store_true", default=None, help="compile the steps: faster, and the same bits")


def _data_arguments(add):
    add("--data", metavar="DIR", help="the folder with the files of mnist, cifar10, ...")
    add("--target", metavar="COLUMN", help="the column of a table, or the array of an .npz, that is learned")
    add("--task", choices=TASKS, help="what the target is (default: found from its values)")
    missing = "rows of a table without a value: refuse, drop, or mean, which puts the mean there (default: refuse)"
    add("--missing", choices=MISSING, help=missing)
    add("--side", type=int, metavar="N", help="scale pictures in folders to N x N pixels")


def _weights_arguments(add):
    add("--accumulate", type=int, metavar="N", help="batches in each step (default: 1)")
    add("--clip", type=float, metavar="X", help="clip the gradients to this norm")
    add("--average", metavar="NAME", help="of the weights, for testing and saving: none, ema or swa (default: none)")
    add("--patience", type=int, metavar="N", help="end after N epochs without a lower test loss; the best model counts")


def _ranks_arguments(add):
    shards = "parts of each batch; the result has the same bits on any number of ranks that share them (default: 8)"
    add("--shards", type=int, metavar="N", help=shards)
    order = "let each rank compute its rows at once, and MPI add as it likes: faster, not the same bits"
    add("--any-order", dest="exact", action="store_false", default=None, help=order)


def _saving_arguments(add):
    add("--out", default="runs", metavar="FOLDER", help="where the run folder is made (default: %(default)s)")
    add("--name", metavar="NAME", help="name of the run folder (default: DATASET-MODEL-OPTIMIZER)")
    add("--save-every", type=int, metavar="N", help="save a checkpoint every N steps, and not only each epoch")
    add("--keep", type=int, metavar="N", help="how many of the last checkpoints stay (default: 1)")
    add("--tensorboard", action="store_true", help="write events for TensorBoard too; needs tensorboardX")
    resume = "go on with a run that was stopped; of the other options only --epochs and --quiet may come along"
    add("--resume", metavar="RUN", help=resume)
    add("--quiet", action="store_true", help="no bar and no line for each epoch")


def _rate(text):
    if text == "find":
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, or 'find', got {text!r}") from None


def run(args):
    from ..kernels.runtime.disk_cache import before_compiling

    with connected(), before_compiling(_say_compiling):
        return _run(args)


def _run(args):
    from ..training.team import from_rank_0

    given = {name: getattr(args, name) for name in CONFIGURED if getattr(args, name) is not None}
    if args.resume is not None:
        return _train(from_rank_0(lambda: _resumed(args, given)), args, resume=True)
    find, folds = given.get("lr") == "find", given.get("folds")
    if find:
        del given["lr"]
    configs = [_config(given if folds is None else given | {"fold": k}) for k in range(1, (folds or 1) + 1)]
    if args.tensorboard:
        from ..utils import tensorboard  # noqa: F401  which says that its package is missing before a folder is made
    runs, code = [], 0
    for config in configs:
        run = _created(config, args, find, runs[0].source if runs else None)
        runs.append(run)
        code = _train(run, args)
        if code:
            break
    if folds is not None and not code and is_main():
        _tell_folds(runs)
    return code


def _say_compiling():
    from ..training.progress import write

    write("Compiling kernels for this machine, once; later runs find them on disk.")


def _config(given):
    from ..ops.creation import zeros
    from ..training import Config

    _check_fitting(given)
    config = _shared(Config.suited(**given))
    zeros(1, device=config.device)  # which says why a device cannot be used, before a folder is made
    return config


def _check_fitting(given):
    """Raise ValueError for an option that would change nothing of these data."""
    from ..training.sources import DOWNLOADED, kind_of

    dataset = given.get("dataset", "digits")
    kind = "downloaded" if dataset in DOWNLOADED else kind_of(dataset)
    for option, (kinds, text) in FITTING.items():
        if option in given and kind is not None and kind not in kinds:
            raise ValueError(f"--{option} is for {text}, and changes nothing of {dataset}")


def _shared(config):
    """A configuration with a number of shards that these ranks can share, where there are several."""
    from dataclasses import replace

    from ..nn.parallel.shards import check_count
    from ..training.team import current_ranks, default_shards

    world = current_ranks().size
    if config.exact and config.shards is not None:
        check_count("shards", config.shards, world)
    elif config.exact and was_launched():
        return replace(config, shards=default_shards(world))
    return config


def _created(config, args, find, source):
    """A new run; with `find` at the learning rate that a short training suggests. source: the data, if read before."""
    from dataclasses import replace

    from ..training import Run
    from ..training.team import from_rank_0

    rates = None
    if find:
        trial = Run(None, config)
        rates, source = trial.find_lr(), trial.source
        config = replace(config, lr=float(f"{rates.suggestion:.2g}"))
    name = args.name if args.name is None or config.fold is None else f"{args.name}-fold{config.fold}"
    run = from_rank_0(lambda: Run.create(config, args.out, name, source))
    if rates is not None and is_main():
        rates.plot(run.folder / "learning-rate.png")
        print(f"The loss falls most steeply at lr {config.lr:g}: {run.folder / 'learning-rate.png'}")
    return run


def _resumed(args, given):
    """The run to go on with, for more epochs if that is asked for."""
    from ..training import Run

    others = [f"--{name.replace('_', '-')}" for name in given if name not in ("epochs", "dataset")]
    others += ["DATASET"] * (args.dataset is not None) + ["--name"] * (args.name is not None)
    if others:
        raise ValueError(f"--resume goes on with a run as it is; {others[0]} cannot be changed")
    run = Run.open(args.resume)
    if args.epochs is not None:
        run.extend(args.epochs)
    return run


def _train(run, args, resume=False):
    _announce(run, resume)
    _tell_data(run, model_given=args.model is not None or resume)
    callbacks = []
    if args.tensorboard:
        from ..training import TensorBoard

        callbacks.append(TensorBoard(run.folder / "tensorboard"))
    try:
        rows = run.train(progress=not args.quiet, resume=resume, callbacks=callbacks)
    except KeyboardInterrupt:
        return fail(f"interrupted. {_kept(run)} To go on: tinynet train --resume {shlex.quote(str(run.folder))}", 130)
    except ArithmeticError as error:
        return fail(f"{error}. {_kept(run)}", 1)
    if is_main():
        _summary(run, rows)
    return _judge(run, min(rows[-1].train_loss, rows[-1].test_loss), run.chance())


def _announce(run, resume):
    from ..training.choices import OPTIMIZERS

    config = run.config
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs} epochs"
    rate = f"lr {config.lr:g}" + ("" if config.schedule == "constant" else f" ({config.schedule})")
    ranks = get_world_size() if is_initialized() else 1
    shared = (
        "" if ranks == 1 else f", on {ranks} ranks" + ("" if config.shards is None else f" in {config.shards} shards")
    )
    fold = "" if config.fold is None else f", fold {config.fold} of {config.folds}"
    print(
        f"Training {config.model} on {config.title} with {OPTIMIZERS[config.optimizer].text}: {rate}, "
        f"batch size {config.batch_size}, {epochs}, seed {config.seed}{fold}{shared}.",
        flush=True,
    )
    if resume:
        steps = run.steps_done()
        print("It begins anew: nothing was saved." if steps is None else f"It goes on after step {steps}.", flush=True)


def _tell_data(run, model_given):
    """Print what was found in data of one's own, and which model was chosen for it."""
    from ..training.models import MODELS

    for fact in run.source.facts:
        print(f"  {fact}", flush=True)
    if not model_given and run.source.facts:
        able = " or ".join(name for name, model in MODELS.items() if run.source.takes in model.takes)
        print(f"  model: {run.config.model}, {MODELS[run.config.model].text} (--model: {able})", flush=True)


NEXT = {  # what a run can do now, and an example of what it can be given
    "digits": ("Now let it read digits that it has never seen, or yours", "photo.jpg"),
    "table": ("Now let it predict rows that it has never seen, or yours", "new.csv"),
    "arrays": ("Now let it predict rows that it has never seen, or yours", "new.npz"),
    "pictures": ("Now let it look at pictures that it has never seen, or at yours", "photo.jpg"),
    "text": ("Now let it write, or go on with a beginning of yours", "'Once upon'"),
}


def _judge(run, loss, chance):
    """Say what comes next, or what is wrong with a loss that a guess would have too; returns the exit code."""
    if loss < 0.95 * chance:
        (text, example), folder = NEXT[run.task.kind], shlex.quote(str(run.folder))
        print(f"{text}:\n\n  tinynet predict {folder}\n  tinynet predict {folder} {example}\n")
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
        "data.json": "classes, scaling, vocabulary, for predict",
        "metrics.csv": "one row for each epoch",
        "model.safetensors": "the trained model; PyTorch can read it too",
        "best.safetensors": "the same, of the epoch with the least test loss",
        f"checkpoint-{rows[-1].step}.safetensors": "all that it takes to go on",
        "curves.png": "the learning curves",
        "confusion.png": "which classes are taken for which",
    }
    run.draw_curves()
    if run.task.classes is not None and run.task.kind != "text" and len(run.task.classes) <= MOST_CONFUSED:
        run.draw_confusion()
    best = run.counted(rows)
    epoch = "" if best is rows[-1] else f" in epoch {best.epoch}"
    print(f"\nTest {_score(run, best)}{epoch}, after {rows[-1].seconds:.1f} s of training.\n")
    print(f"{run.folder}{os.sep}")
    width = max(map(len, files))
    for name, text in files.items():
        if (run.folder / name).exists():
            print(f"  {name:{width}}  {text}")
    print()


def _score(run, row):
    if row.test_accuracy is not None:
        return f"accuracy {row.test_accuracy:.1%}"
    return f"RMSE {row.test_loss**0.5 * run.task.target_std:.4g}"


def _tell_folds(runs):
    """The mean over the folds, and how far they lie apart."""
    from statistics import mean, stdev

    rows = [run.counted(run.rows()) for run in runs]
    if rows[0].test_accuracy is None:
        scores = [row.test_loss**0.5 * run.task.target_std for run, row in zip(runs, rows)]
        print(f"Test RMSE over {len(runs)} folds: {mean(scores):.4g}, standard deviation {stdev(scores):.2g}.")
        return
    scores = [row.test_accuracy for row in rows]
    print(f"Test accuracy over {len(runs)} folds: {mean(scores):.1%}, standard deviation {stdev(scores):.1%}.")
