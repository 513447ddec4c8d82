"""The curves picture: loss and accuracy over the epochs."""

from .files import whole_file

TRAIN, TEST = "#8d99ae", "#c1121f"


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
