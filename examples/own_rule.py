"""An update rule of your own: Signum, from its paper to training in a dozen lines.

    python examples/own_rule.py

Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems" (ICML 2018), algorithm 2:

    m ← βm + (1 − β)g
    x ← x − δ sign(m)

The formula below is all there is to it: tinynet makes one parallel loop of it over all parameters, keeps `m` between
steps and in `state_dict()`, and scales, clips or negates `g` if `step` is asked to. See docs/optimizers.md.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits, random_split


def signum(p, m, g, lr, beta):
    m = beta * m + (1 - beta) * g
    return p - lr * (1.0 if m > 0.0 else -1.0 if m < 0.0 else 0.0), m


SIGNUM = optim.Rule(signum)


class Signum(optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9, *, maximize=False):
        super().__init__(params, {"lr": lr, "beta": beta, "maximize": maximize})

    def rule(self, group):
        return SIGNUM


def main(epochs=10, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(digits(), [0.8, 0.2])
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(device)
    optimizer = Signum(model.parameters())
    loss_of = nn.CrossEntropyLoss()

    for epoch in range(1, epochs + 1):
        for x, y in DataLoader(train, batch_size=32, shuffle=True):
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step(max_norm=1.0)
        with tn.no_grad():
            batches = ((x.to(device), y.to(device)) for x, y in DataLoader(test, batch_size=256))
            hits = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
        print(f"epoch {epoch:2d}  test accuracy {hits / len(test):.2%}")
    return hits / len(test)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
