"""Balls that roll into a ravine: the paths of update rules over surfaces of two parameters, as a picture.

    python examples/adam/paths.py                      writes paths.png: the rules that led to Adam
    python examples/adam/paths.py --rules adam nadam radam --out relatives.png

Every rule is tinynet's optimizer, every gradient its autograd's. The learning rate, which the figure names, is for each
rule and surface the best of a grid, of those whose paths keep to the picture and climb no higher than the start: that
with the least mean of log(loss), where the largest of ten losses in turn counts, so that swinging is no virtue.
"""

import argparse

import numpy as np
from contestants import CONTESTANTS, RATES
from numpy.lib.stride_tricks import sliding_window_view
from surfaces import SURFACES
from tqdm import tqdm

import tinynet as tn

STORY = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"]
COLOURS = {
    "sgd": "#7a7a7a",
    "momentum": "#1f77b4",
    "nesterov": "#17a5b8",
    "adagrad": "#2ca02c",
    "adadelta": "#b8860b",
    "rmsprop": "#8e5bd0",
    "adam": "#d62728",
    "amsgrad": "#f27d16",
    "adamax": "#d94aa5",
    "nadam": "#5c7cfa",
    "radam": "#0b7285",
    "adabelief": "#5f8d00",
    "yogi": "#7b4b2a",
    "adan": "#00936b",
    "lion": "#b07d00",
    "rprop": "#343a40",
}
LEAST = 1e-8  # nearer to the minimum than this, by the loss, is near enough


EVERYWHERE = (-1e3, 1e3, -1e3, 1e3)


def path(rule, surface, lr, steps, start=None, view=EVERYWHERE, **settings):
    """The points (steps + 1, 2) that an optimizer goes through; it ends early where it leaves the view."""
    contestant, surface = CONTESTANTS[rule], SURFACES[surface]
    x, y = parameters = [tn.tensor(float(c), dtype=tn.float64, requires_grad=True) for c in start or surface.start]
    defaults = {name: setting.value for name, setting in contestant.settings.items()}
    optimizer = contestant.make(parameters, lr=lr, **{**defaults, **settings})
    points = [(x.item(), y.item())]
    for _ in range(steps):
        optimizer.zero_grad()
        surface.f(x, y).backward()
        optimizer.step()
        points.append((x.item(), y.item()))
        if not (view[0] < points[-1][0] < view[1] and view[2] < points[-1][1] < view[3]):
            break
    return np.array(points)


def losses(surface, points):
    """How far above the minimum each point is."""
    return np.maximum(SURFACES[surface].f(*points.T) - SURFACES[surface].least, LEAST)


def best_rate(rule, surface, steps=200):
    """The learning rate of the grid whose path is the lowest, and goes neither up nor out."""

    def height(lr):
        points = path(rule, surface, lr, steps, view=SURFACES[surface].view)
        found = losses(surface, points)
        if len(points) <= steps or found.max() > found[0]:
            return np.inf
        return np.log(sliding_window_view(found, 10).max(1)).mean()

    return min(RATES, key=height)


def best_rates(rules, surfaces, steps=200):
    pairs = [(rule, surface) for rule in rules for surface in surfaces]
    return {pair: best_rate(*pair, steps) for pair in tqdm(pairs, unit=" paths", leave=False, disable=None)}


def draw(rules, surfaces, out, steps=200):
    from matplotlib.figure import Figure
    from picture import save

    rates = best_rates(rules, surfaces, steps)
    figure = Figure(figsize=(2.9 * len(surfaces), 5.9), dpi=100, layout="constrained")
    for column, name in enumerate(surfaces):
        top, bottom = (figure.add_subplot(2, len(surfaces), row * len(surfaces) + column + 1) for row in (0, 1))
        landscape(top, SURFACES[name])
        for rule in rules:
            points = path(rule, name, rates[rule, name], steps)
            line = {"color": COLOURS[rule], "linewidth": 2.2 if rule == rules[-1] else 1.2}
            top.plot(*points.T, **line)
            top.plot(*points[-1], "o", color=COLOURS[rule], markersize=5, markeredgecolor="white", markeredgewidth=0.6)
            bottom.semilogy(losses(name, points), label=f"{CONTESTANTS[rule].title} {rates[rule, name]:g}", **line)
        bottom.set(ylim=LEAST / 2, xlabel="step")
        bottom.grid(alpha=0.25)
        bottom.spines[["top", "right"]].set_visible(False)
        bottom.legend(fontsize=6, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        if column == 0:
            bottom.set_ylabel("loss above the minimum")
    save(figure, out)


def landscape(axes, surface):
    """The surface from above: bands of equal logarithm of the loss, the start, and the minima."""
    x0, x1, y0, y1 = surface.view
    x, y = np.meshgrid(np.linspace(x0, x1, 200), np.linspace(y0, y1, 200))
    heights = np.log10(surface.f(x, y) - surface.least + 1e-1)
    axes.contourf(x, y, heights, 14, colors=[str(0.98 - 0.03 * k) for k in range(16)])
    axes.plot(*surface.start, "ko", markersize=4)
    for minimum in surface.minima:
        axes.plot(*minimum, "kx", markersize=7)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xticks=[], yticks=[])
    axes.set_title(surface.title, fontsize=10)


def main(rules=STORY, surfaces=tuple(SURFACES), out="paths.png", steps=200):
    draw(rules, surfaces, out, steps)
    print(f"wrote {out}: {len(rules)} rules on {len(surfaces)} surfaces")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", nargs="+", choices=CONTESTANTS, default=STORY, metavar="RULE")
    parser.add_argument("--surfaces", nargs="+", choices=SURFACES, default=list(SURFACES), metavar="SURFACE")
    parser.add_argument("--steps", type=int, default=200, help="(default %(default)s)")
    parser.add_argument("--out", default="paths.png", help="the picture's file (default %(default)s)")
    arguments = parser.parse_args()
    main(arguments.rules, arguments.surfaces, arguments.out, arguments.steps)
