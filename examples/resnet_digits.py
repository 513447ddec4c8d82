"""A residual network for handwritten digits: deeper, since what a block adds is learned and what came in stays.

    python examples/resnet_digits.py

He et al. (2015). Three stages of two blocks; each stage halves the picture and doubles the channels. The pictures are
moved by up to a pixel, anew each time, so that the network sees more than the 1,437 there are to train with.
"""

import argparse
import time

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits, random_split
from tinynet.nn import functional as F


class Block(nn.Module):
    """x ← relu(x + norm(conv(relu(norm(conv(x)))))), where a new shape of x comes from a convolution 1×1."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != out:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        h = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.shortcut(x) + self.norm2(self.conv2(h)))


class ResNet(nn.Module):
    """(N, 64) pixels to (N, 10) logits."""

    def __init__(self, width=16, blocks=2):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        stages, channels = [], width
        for out, stride in (width, 1), (2 * width, 2), (4 * width, 2):  # 8×8, 4×4, 2×2
            for i in range(blocks):
                stages.append(Block(channels, out, stride if i == 0 else 1))
                channels = out
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Linear(channels, 10)

    def forward(self, x):
        h = self.stages(self.stem(x.view(-1, 1, 8, 8)))
        return self.classifier(h.mean((2, 3)))


def moved(x):
    """Each picture of (N, 64) pixels moved by −1, 0 or 1 pixel in both directions, the new edge being paper."""
    padded, shift = F.pad(x.view(-1, 8, 8), (1, 1, 1, 1)), tn.randint(3, (2, len(x), 1))
    row, column = (tn.arange(8) + s for s in shift)
    return padded[tn.arange(len(x))[:, None, None], row[:, :, None], column[:, None, :]].flatten(1)


@tn.no_grad()
def accuracy(model, loader, device):
    model.eval()
    hits = sum((model(x.to(device)).argmax(1) == y.to(device)).sum().item() for x, y in loader)
    model.train()
    return hits / len(loader.dataset)


def main(epochs=15, width=16, blocks=2, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(digits(), [0.8, 0.2])
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    test_loader = DataLoader(test, batch_size=256)

    model = ResNet(width, blocks).to(device)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs * len(train_loader))

    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in train_loader:
            loss = F.cross_entropy(model(moved(x).to(device)), y.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(x)
        found = accuracy(model, test_loader, device)
        print(f"epoch {epoch:2d}  loss {total / len(train):.4f}  test accuracy {found:.2%}", flush=True)
    print(f"trained in {time.perf_counter() - start:.1f} s")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
