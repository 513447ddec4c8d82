"""Section 6.4 of the Adam paper, in small: a variational autoencoder, trained with and without bias correction.

    python examples/adam/vae.py                             the digits that ship with tinynet
    python examples/adam/vae.py --data mnist/               MNIST, 500 hidden units and 50 latents, as in the paper

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014). The cost is −ELBO, in nats for each picture. As the paper's
Figure 4: the cost after some epochs over the learning rate, for β₁ in {0, 0.9} and β₂ in {0.99, 0.999, 0.9999}. The
paper has training without correction unstable for β₂ near 1, and with it never worse.
"""

import itertools

import numpy as np
from datasets import pictures
from experiment import arguments, descend, start
from tqdm import tqdm
from uncorrected import Uncorrected

import tinynet as tn
from tinynet import nn, optim
from tinynet.nn import functional as F

BETAS = list(itertools.product((0.0, 0.9), (0.99, 0.999, 0.9999)))
RATES = [10 ** (k / 2) for k in range(-10, -1)]  # 0.00001 to 0.1
KINDS = {"with correction": optim.Adam, "without": Uncorrected}


def softplus(x):
    """log(1 + eˣ), which does not overflow."""
    return F.relu(x) + tn.log1p(tn.exp(-tn.abs(x)))


class VAE(nn.Module):
    """q(z|x) and p(x|z), each with a layer of softplus units."""

    def __init__(self, pixels, hidden, latents):
        self.into, self.moments = nn.Linear(pixels, hidden), nn.Linear(hidden, 2 * latents)
        self.out, self.logits = nn.Linear(latents, hidden), nn.Linear(hidden, pixels)

    def forward(self, x):
        """−ELBO: −log p(x|z) for one z from q, and KL(q(z|x) ‖ N(0, 1)); the mean over the batch."""
        mean, log_variance = self.moments(softplus(self.into(x))).chunk(2, 1)
        z = mean + tn.exp(log_variance / 2) * tn.randn_like(mean)
        missed = F.binary_cross_entropy_with_logits(self.logits(softplus(self.out(z))), x, reduction="sum")
        kl = (mean * mean + tn.exp(log_variance) - log_variance - 1).sum() / 2
        return (missed + kl) / len(x)


def train(dataset, sizes, make, lr, betas, epochs):
    """The mean cost of each epoch; infinite from where it diverged."""
    tn.manual_seed(0)
    model = VAE(dataset.tensors[0].shape[1], *sizes)
    optimizer = make(model.parameters(), lr=lr, betas=betas)
    return descend(model, optimizer, lambda model, x, _: model(x), dataset, 128, epochs)


def main(data=None, out="vae.png", quick=False):
    dataset, sizes = pictures(data), (100, 10) if data is None else (500, 50)
    early, late, rates = (1, 2, RATES[4:7]) if quick else (10, 100, RATES)
    runs = list(itertools.product(KINDS, BETAS, rates))
    costs = {
        (kind, betas, lr): train(dataset, sizes, KINDS[kind], lr, betas, late)
        for kind, betas, lr in tqdm(runs, unit=" runs", leave=False, disable=None)
    }
    found = {(k, b): np.array([[costs[k, b, lr][e - 1] for lr in rates] for e in (early, late)]) for k, b, _ in runs}
    print(f"The least cost over the learning rates, after {early} and {late} epochs")
    for beta1, beta2 in BETAS:
        text = [f"{k}: " + ", ".join(f"{c:.2f}" for c in found[k, (beta1, beta2)].min(1)) for k in KINDS]
        print(f"  β₁ {beta1:3}, β₂ {beta2:6}   " + "   ".join(text))
    if out:
        draw(found, rates, (early, late), out)
        print(f"wrote {out}")
    return found


def draw(found, rates, epochs, out):
    from matplotlib.figure import Figure
    from picture import save

    figure = Figure(figsize=(11, 6), dpi=100, layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    least = min(cost.min() for cost in found.values())
    for axes, betas in zip(panels.flat, BETAS):
        for kind, colour in zip(KINDS, ("#d62728", "#3b6ea5")):
            for costs, after, style in zip(found[kind, betas], epochs, ("--", "-")):
                label = f"{kind}, epoch {after}"
                axes.plot(rates, costs, style, color=colour, marker="o", markersize=3, label=label)
        axes.set(title=f"β₁ = {betas[0]}, β₂ = {betas[1]}", xscale="log", ylim=(least - 0.3, least + 8))
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].legend(frameon=False, fontsize=8)
    figure.supxlabel("learning rate α")
    figure.supylabel("−ELBO, nats for each picture")
    save(figure, out, colours=64)


if __name__ == "__main__":
    start(main, arguments(__doc__, "vae.png", "a folder with MNIST's IDX files"))
