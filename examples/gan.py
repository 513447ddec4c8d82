"""A generative adversarial network learns eight clouds of points on a circle, and a picture of what it draws.

    python examples/gan.py            writes gan.png

Goodfellow et al. (2014): the discriminator learns to tell points that are drawn from the clouds from those that the
generator makes of noise; the generator learns to be taken for real. The game likes to go in circles, or to end with a
generator that makes one cloud. What keeps it steady is a penalty on the slope of the discriminator where points are
real, whose gradient is one of a gradient: Mescheder et al. (2018).
"""

import argparse
import math

import tinynet as tn
from tinynet import nn, optim
from tinynet.nn import functional as F

CLOUDS, SPREAD = 8, 0.1
ANGLES = tn.arange(CLOUDS) * (2 * math.pi / CLOUDS)
CENTRES = tn.stack([ANGLES.cos(), ANGLES.sin()], 1)


def real(n):
    """n points of the clouds: (n, 2)."""
    return CENTRES[tn.randint(CLOUDS, (n,))] + SPREAD * tn.randn(n, 2)


def mlp(inputs, width, outputs):
    return nn.Sequential(
        nn.Linear(inputs, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, outputs),
    )  # fmt: skip


def quality(points):
    """Which part of the points lies in a cloud, and which part of them the smallest cloud has; 1 and 1/8 at best."""
    distance, cloud = tn.cdist(points, CENTRES).min(1)
    inside = distance < 3 * SPREAD
    return inside.float().mean().item(), (cloud[inside].bincount(minlength=CLOUDS).min() / len(points)).item()


def draw(points, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.figure(figsize=(5, 5))
    for cloud, colour in (real(len(points)), "0.8"), (points, "tab:blue"):
        plt.scatter(*cloud.numpy().T, s=3, color=colour)
    plt.axis("equal")
    plt.axis("off")
    plt.savefig(path, dpi=120, bbox_inches="tight")
    plt.close()


def main(steps=4000, batch=128, width=64, noise=8, penalty=0.1, sample=2000, out="gan.png", device="cpu"):
    tn.manual_seed(0)
    generator, discriminator = mlp(noise, width, 2).to(device), mlp(2, width, 1).to(device)
    game = {"lr": 1e-3, "betas": (0.5, 0.9)}
    generator_step = optim.Adam(generator.parameters(), **game)
    discriminator_step = optim.Adam(discriminator.parameters(), **game)

    for step in range(1, steps + 1):
        points, fakes = real(batch).to(device), generator(tn.randn(batch, noise, device=device))
        truth = discriminator(points.requires_grad_())
        (slope,) = tn.autograd.grad(truth.sum(), points, create_graph=True)
        loss = (F.softplus(-truth) + F.softplus(discriminator(fakes.detach()))).mean()
        loss = loss + penalty / 2 * slope.square().sum(1).mean()
        discriminator_step.zero_grad()
        loss.backward()
        discriminator_step.step()

        fooled = F.softplus(-discriminator(fakes)).mean()  # −log D(G(z)), not log(1 − D(G(z))), whose gradient vanishes
        generator_step.zero_grad()
        fooled.backward()
        generator_step.step()
        if step % max(steps // 10, 1) == 0:
            print(f"step {step:5d}  loss of discriminator {loss.item():.3f}, generator {fooled.item():.3f}", flush=True)

    with tn.no_grad():
        made = generator(tn.randn(sample, noise, device=device)).cpu()
    inside, smallest = quality(made)
    print(f"{inside:.1%} of its points lie in a cloud; {smallest:.1%} in the smallest")
    if out:
        draw(made, out)
        print(f"wrote {out}")
    return inside, smallest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000, help="of each network (default %(default)s)")
    parser.add_argument("--out", default="gan.png", help="the picture's file (default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
