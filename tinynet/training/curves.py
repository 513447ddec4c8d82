"""Pictures of a training: the curves over the epochs, the confusion of classes, the losses at rising rates."""

import numpy as np

from .files import whole_file

TRAIN, TEST = "#8d99ae", "#c1121f"
LABELLED = 30  # classes whose names and counts can be read


def plot(rows, path=None, title=""):
    """Draw loss and accuracy of the rows, training beside test; returns the figure, which shows itself in notebooks.

    path: a PNG to write it to.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, PercentFormatter

    from .figure import ShownFigure

    figure = ShownFigure(figsize=(10, 4.2), dpi=120, layout="constrained")
    figure.suptitle(title)
    loss, accuracy = figure.subplots(1, 2)
    _lines(loss, rows, "loss", "{:.3f}")
    loss.set(title="Loss", ylabel="mean over the examples (log scale)", yscale="log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_formatter(NullFormatter())
    _lines(accuracy, rows, "accuracy", "{:.1%}")
    accuracy.set(title="Accuracy", ylabel="correct answers")
    accuracy.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    accuracy.set_ylim(top=1.005)
    for axes in (loss, accuracy):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if axes.lines:
            axes.legend(frameon=False)
    return _written(figure, path)


def _written(figure, path):
    if path is not None:
        with whole_file(path) as file:
            figure.savefig(file, format="png")
    return figure


def _lines(axes, rows, quantity, form):
    """Draw the training and the test line of a quantity, and write the last value of the test line beside it."""
    for part, color in (("train", TRAIN), ("test", TEST)):
        points = [(row.epoch, getattr(row, f"{part}_{quantity}")) for row in rows]
        points = [(epoch, value) for epoch, value in points if value is not None]
        if not points:
            continue
        axes.plot(*zip(*points), color=color, label=part, linewidth=1.8, marker="o", markersize=3)
        if part == "test":
            epoch, value = points[-1]
            axes.annotate(
                form.format(value), (epoch, value), (0, -14), textcoords="offset points", ha="center", color=color
            )


def plot_confusion(matrix, path=None, names=None, title=""):
    """Draw a confusion matrix, what was predicted by what it was; returns the figure, which shows itself in notebooks.

    matrix: counts, as `confusion_matrix` returns them; names: of the classes; path: a PNG to write it to.
    """
    from .figure import ShownFigure

    matrix = np.asarray(matrix)
    n = len(matrix)
    names = [str(name) for name in (range(n) if names is None else names)]
    side = min(12.0, 3.0 + 0.45 * n)
    figure = ShownFigure(figsize=(side, side), dpi=120, layout="constrained")
    axes = figure.subplots()
    share = matrix / np.maximum(1, matrix.sum(1, keepdims=True))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if n <= LABELLED:
        for i, j in np.ndindex(n, n):
            if matrix[i, j]:
                color = "white" if share[i, j] > 0.5 else "black"
                axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=color, fontsize=8)
    if names and n <= LABELLED:
        long = max(map(len, names)) > 3
        axes.set_xticks(range(n), names, rotation=45 if long else 0, ha="right" if long else "center")
        axes.set_yticks(range(n), names)
    axes.set(title=title, xlabel="predicted", ylabel="true")
    return _written(figure, path)


def plot_rates(rates, path=None, title=""):
    """Draw the losses of a `find_lr` over its rates, the suggestion marked; returns the figure."""
    from .figure import ShownFigure

    figure = ShownFigure(figsize=(6, 4.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.plot(rates.lrs, rates.losses, color=TRAIN, linewidth=1.8)
    axes.axvline(rates.suggestion, color=TEST, linewidth=1)
    axes.annotate(
        f"{rates.suggestion:.2g}, the steepest fall", (rates.suggestion, max(rates.losses)), (6, -10),
        textcoords="offset points", color=TEST,
    )  # fmt: skip
    axes.set(title=title, xscale="log", xlabel="learning rate (log scale)", ylabel="loss, smoothed")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return _written(figure, path)
