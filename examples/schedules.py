"""All schedules in one figure, each from peak 1, over 200 steps.

    python examples/schedules.py         writes schedules.png

A schedule is a function of the step, so there is no optimizer here, and nothing is trained.
"""

import argparse

from tinynet.optim import schedules
from tinynet.optim.schedules import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    linear,
    one_cycle,
    piecewise,
    polynomial,
    step,
    time_based,
    warmup,
    warmup_stable_decay,
)

STEPS = 200
CURVES = [
    constant(),
    time_based(0.05),
    step(50, gamma=0.5),
    exponential(0.98),
    linear(200),
    polynomial(200, power=2),
    cosine(200),
    cosine_restarts(30, mult=2),
    one_cycle(200),
    cyclic(25, mode="triangular2"),
    inverse_sqrt(10),
    warmup_stable_decay(20, 100, 80),
    piecewise({0: 0.2, 60: 1.0, 120: 0.4, 200: 0.0}, curve="cos"),
    warmup(20) >> cosine(180),
    warmup(20) >> inverse_sqrt(20),
    warmup(20) >> step(60) * cosine(180),
]


def draw(path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(4, 4, figsize=(14, 9), sharex=True, sharey=True, layout="constrained")
    for axis, curve in zip(axes.flat, CURVES):
        axis.plot([curve(t) for t in range(STEPS + 1)], color="tab:blue")
        axis.set_title(repr(curve), fontsize=8)
        axis.grid(alpha=0.3)
    figure.supxlabel("step")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main(out="schedules.png"):
    missing = [name for name in schedules.__all__ if not any(name in repr(curve) for curve in CURVES)]
    draw(out)
    print(f"wrote {out}: {len(CURVES)} schedules" + (f", without {', '.join(missing)}" if missing else ""))
    return missing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="schedules.png", help="the picture's file (default %(default)s)")
    main(parser.parse_args().out)
