"""What a training shows of itself: a bar while it runs, and a line for each epoch."""

import sys

from tqdm import tqdm

# Of 80 columns the bar itself has 20 or so.
COLUMNS = 80
FORMAT = "{desc} {percentage:3.0f}% |{bar}| {remaining} left{postfix}"


def bar(steps, shown, done=0):
    """A tqdm bar over all steps, on stderr or in the notebook, where there is somebody to look at it.

    tqdm can decide that itself (`disable=None`), but takes a notebook for a file.
    """
    from tqdm.auto import tqdm  # not before there is a bar: in a notebook without ipywidgets it warns

    shown = shown and (_in_notebook() or (sys.stderr is not None and sys.stderr.isatty()))
    # leave=False: the lines of the epochs say all that it said
    return tqdm(total=steps, initial=done, bar_format=FORMAT, disable=not shown, leave=False, dynamic_ncols=True)


def _in_notebook():
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return bool(shell) and "IPKernelApp" in shell.config


def show(row, epochs):
    """Print the line of an epoch, above the bar if there is one."""
    write(line(row, epochs))


def write(text):
    """Print a line, above the bar if there is one."""
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def line(row, epochs):
    """What an epoch came to, in at most 80 columns: metrics that do not fit any more are left out."""
    text = f"epoch {row.epoch:{len(str(epochs))}}/{epochs}  train {score(row.train_loss, row.train_accuracy, ' right')}"
    if row.test_loss is not None:
        text = f"{text}  test {score(row.test_loss, row.test_accuracy, ' right')}"
    for name, value in row.metrics.items():
        more = f"{text}, {name} {value:.4g}"
        text = more if len(more) < COLUMNS else text
    return text


def score(loss, accuracy, unit=""):
    """A loss, and the share of right answers if there is one: 'loss 0.1234, 97.1%'."""
    number = f"{loss:.4f}" if loss < 1000 else f"{loss:.3g}"
    return f"loss {number}" + ("" if accuracy is None else f", {accuracy:5.1%}{unit}")
