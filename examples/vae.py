"""A variational autoencoder of the handwritten digits, and a picture of all that it can draw.

    python examples/vae.py            writes vae.png

Each digit becomes a distribution of points in a plane, and each point of the plane a picture: Kingma and Welling
(2014). The loss is what the description of a digit costs: the pixels given the point, and the point.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits, random_split
from tinynet.distributions import Normal, kl_divergence
from tinynet.nn import functional as F


class VAE(nn.Module):
    def __init__(self, pixels=64, width=128, latent=2):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, width), nn.ReLU(), nn.Linear(width, 2 * latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, pixels),
        )  # fmt: skip

    def encode(self, x):
        """q(z | x), a normal distribution for each picture."""
        mean, log_std = self.encoder(x).chunk(2, 1)
        return Normal(mean, log_std.exp())

    def forward(self, x):
        """−ELBO = −E log p(x | z) + KL(q(z | x) ‖ p(z)), in nats, of each picture."""
        q = self.encode(x)
        logits = self.decoder(q.rsample())
        pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return pixels + kl_divergence(q, Normal(tn.zeros_like(q.loc), 1.0)).sum(1)


@tn.no_grad()
def draw(model, path, side=14):
    """Pictures of the points of a grid that covers the plane as the prior does: each stands for as many digits."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    line = Normal(0.0, 1.0).icdf(tn.linspace(0.02, 0.98, side))
    y, x = tn.meshgrid(line, line, indexing="ij")
    pictures = model.decoder(tn.stack([x, y], -1).view(-1, 2)).sigmoid().view(side, side, 8, 8)
    sheet = F.pad(pictures, (1, 1, 1, 1)).transpose(1, 2).flatten(2).flatten(0, 1)
    plt.imsave(path, sheet.repeat_interleave(4, 0).repeat_interleave(4, 1).numpy(), cmap="gray_r")


def main(epochs=60, width=128, out="vae.png", device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(digits(), [0.8, 0.2])
    unseen = test[:][0].to(device)
    model = VAE(width=width).to(device)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)

    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, _ in DataLoader(train, batch_size=32, shuffle=True):
            loss = model(x.to(device)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        with tn.no_grad():
            found = model(unseen).mean().item()
        if epoch % max(epochs // 10, 1) == 0:
            print(f"epoch {epoch:3d}  loss {total / len(train):.3f}  of unseen digits {found:.3f}", flush=True)
    if out:
        draw(model.cpu(), out)
        print(f"wrote {out}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60, help="(default %(default)s)")
    parser.add_argument("--out", default="vae.png", help="the picture's file (default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
