"""Three interleaved spirals, a small network that tells them apart, and a picture of what it has learned.

    python examples/spiral.py            writes spiral.png

Each point of the picture is coloured by the class that the network finds most likely there; where it is unsure, the
colours mix.
"""

import argparse
import math

import numpy as np

import tinynet as tn
from tinynet import nn, optim


def spirals(points, classes=3, noise=0.2):
    """`points` in the plane for each class, along an arm that winds once around the origin; (x, labels)."""
    r = tn.linspace(0.1, 1.0, points)
    arms = [7 * r + 2 * math.pi * k / classes + noise * tn.randn(points) for k in range(classes)]
    x = tn.cat([tn.stack([r * tn.cos(angle), r * tn.sin(angle)], 1) for angle in arms])
    return x, tn.cat([tn.full((points,), k) for k in range(classes)])


def draw(model, x, labels, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    line = tn.linspace(-1.2, 1.2, 300)
    grid = tn.stack([line.expand(300, 300), line.unsqueeze(1).expand(300, 300)], 2).reshape(-1, 2)
    colours = np.array([[0.85, 0.37, 0.01], [0.11, 0.62, 0.47], [0.46, 0.44, 0.70]])
    with tn.no_grad():
        regions = model(grid).softmax(1).numpy() @ colours
    plt.figure(figsize=(5, 5))
    plt.imshow(regions.reshape(300, 300, 3), extent=(-1.2, 1.2, -1.2, 1.2), origin="lower", alpha=0.6)
    plt.scatter(*x.numpy().T, c=colours[labels.numpy()], s=12, edgecolors="white", linewidths=0.4)
    plt.axis("off")
    plt.savefig(path, dpi=150, bbox_inches="tight")
    plt.close()


def main(steps=1500, points=100, out="spiral.png", device="cpu"):
    tn.manual_seed(0)
    x, labels = (t.to(device) for t in spirals(points))
    model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 3)).to(device)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    loss_of = nn.CrossEntropyLoss()
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        logits = model(x)
        loss = loss_of(logits, labels)
        loss.backward()
        optimizer.step()
        if step % (steps // 5) == 0:
            accuracy = (logits.argmax(1) == labels).float().mean()
            print(f"step {step:5d}  loss {loss.item():.4f}  accuracy {accuracy.item():.1%}")
    if out:
        draw(model.cpu(), x.cpu(), labels.cpu(), out)
        print(f"wrote {out}")
    return accuracy.item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500, help="training steps (default %(default)s)")
    parser.add_argument("--out", default="spiral.png", help="the picture's file (default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
