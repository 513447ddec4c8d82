"""What the experiments share: a search for each rule's learning rate, the curves of the best, a picture and a table.

The paper shows the best of "a dense grid" and does not print which it was. Here the grid is `RATES`, the same for all
rules; the best has the least training cost in the last epoch with seed 0. Seeds 1 and 2 then repeat it.
"""

import argparse
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from datasets import DataError
from tqdm import tqdm

import tinynet as tn
from tinynet import optim
from tinynet.data import DataLoader

RATES = [10 ** (k / 2) for k in range(-8, 3)]  # 0.0001 to 10, two for each power of ten
RULES = {
    "Adam": optim.Adam,
    "SGD with Nesterov": lambda p, lr: optim.SGD(p, lr, momentum=0.9, nesterov=True),
    "AdaGrad": optim.Adagrad,
    "RMSprop": lambda p, lr: optim.RMSprop(p, lr, alpha=0.9),
    "AdaDelta": lambda p, lr: optim.Adadelta(p, lr, rho=0.95),
}
COLOURS = dict(zip(RULES, ("#d62728", "#17a5b8", "#2ca02c", "#8e5bd0", "#b8860b")))


class Result(NamedTuple):
    rate: float
    costs: np.ndarray  # (seeds, epochs)


@np.errstate(over="ignore", invalid="ignore")  # a rate that is too large is part of the grid
def descend(model, optimizer, cost_of, dataset, batch_size, epochs):
    """The mean training cost of each epoch; infinite from where it diverged."""
    costs = np.full(epochs, np.inf)
    for epoch in range(epochs):
        total = 0.0
        for batch in DataLoader(dataset, batch_size, shuffle=True):
            optimizer.zero_grad()
            cost = cost_of(model, *batch)
            cost.backward()
            optimizer.step()
            total += cost.item() * len(batch[0])
            if not math.isfinite(total):
                return costs
        costs[epoch] = total / len(dataset)
    return costs


class Experiment(NamedTuple):
    """`model()` is the network, `cost(model, *batch)` a mean over the batch, `decay` whether αₜ = α/√t."""

    title: str
    dataset: object
    model: Callable
    cost: Callable
    rules: list
    epochs: int
    batch: int = 128
    decay: bool = False

    def train(self, rule, lr, seed=0):
        """The mean training cost of each epoch; infinite from where it diverged."""
        tn.manual_seed(seed)
        model = self.model()
        rate = optim.schedules.inverse_sqrt(peak=lr) if self.decay else lr
        return descend(model, RULES[rule](model.parameters(), rate), self.cost, self.dataset, self.batch, self.epochs)

    def search(self, rates=RATES, seeds=3, bar=None):
        """{rule: Result}, each at its best learning rate."""
        found = {}
        for rule in self.rules:
            tried = {}
            for lr in rates:
                tried[lr] = self.train(rule, lr)
                if bar is not None:
                    bar.update()
            best = min(rates, key=lambda lr: tried[lr][-1])
            found[rule] = Result(best, np.array([tried[best], *(self.train(rule, best, s) for s in range(1, seeds))]))
        return found


def run(experiments, rates=RATES, seeds=3, out=None):
    """Search all experiments, print a table of each, and draw them side by side; returns their results."""
    results = []
    total = sum(len(e.rules) for e in experiments) * len(rates)
    with tqdm(total=total, unit=" runs", leave=False, disable=None) as bar:
        for experiment in experiments:
            bar.set_description(experiment.title, refresh=False)
            results.append(experiment.search(rates, seeds, bar))
    for experiment, found in zip(experiments, results):
        tell(experiment, found, rates)
    if out:
        draw(experiments, results, out)
        print(f"wrote {out}")
    return results


def tell(experiment, found, rates):
    early = max(experiment.epochs // 10, 1)
    print(f"\n{experiment.title}: training cost after {early} and {experiment.epochs} epochs")
    for rule, (rate, costs) in sorted(found.items(), key=lambda item: item[1].costs[:, -1].mean()):
        edge = "  (the end of the grid)" if rate in (min(rates), max(rates)) else ""
        first, last = costs[:, early - 1].mean(), costs[:, -1]
        print(
            f"  {rule:18} lr {rate:<8.3g} {first:9.4g}  {last.mean():9.4g}  [{last.min():.4g}, {last.max():.4g}]{edge}"
        )


def draw(experiments, results, out):
    """The mean of the seeds, and between which values they lie."""
    from matplotlib.figure import Figure
    from picture import save

    figure = Figure(figsize=(5.2 * len(experiments), 4), dpi=100, layout="constrained")
    panels = figure.subplots(1, len(experiments), squeeze=False)[0]
    for axes, experiment, found in zip(panels, experiments, results):
        epochs = np.arange(1, experiment.epochs + 1)
        for rule, (rate, costs) in found.items():
            axes.semilogy(epochs, costs.mean(0), color=COLOURS[rule], label=f"{rule}, {rate:.2g}", linewidth=1.6)
            axes.fill_between(epochs, costs.min(0), costs.max(0), color=COLOURS[rule], alpha=0.2, linewidth=0)
        axes.set(title=experiment.title, xlabel="epoch", ylabel="training cost")
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, title="rule, learning rate", title_fontsize=8)
    save(figure, out, colours=64)


def arguments(doc, out, data):
    """The command line of an experiment."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--data", metavar="FOLDER", help=data)
    parser.add_argument("--out", default=out, help="the picture's file (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="few epochs and rates, to see that it works")
    return parser


def start(main, parser):
    """Run an experiment from the command line; what is wrong with the data is told without a traceback."""
    try:
        main(**vars(parser.parse_args()))
    except DataError as error:
        parser.error(str(error))


def effort(quick, epochs):
    """(epochs, options of `run`)."""
    return (2, {"rates": [1e-3, 1e-2], "seeds": 1}) if quick else (epochs, {})
