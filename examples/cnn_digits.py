"""A convolutional network for handwritten digits.

    python examples/cnn_digits.py

The data set ships with tinynet: 1,797 images of 8×8 pixels. Every fifth is kept for the test. Two convolutions find
strokes and what they make up, each followed by a pooling that halves the picture, and a linear layer decides.
"""

import argparse
import time

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits, random_split


class CNN(nn.Module):
    """(N, 64) pixels to (N, 10) logits."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),  # 8×8
            nn.ReLU(),
            nn.MaxPool2d(2),  # 4×4
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # 2×2
        )
        self.classifier = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        pictures = x.reshape(-1, 1, 8, 8)
        return self.classifier(self.features(pictures).flatten(1))


@tn.no_grad()
def accuracy(model, loader, device):
    model.eval()
    hits = sum((model(x.to(device)).argmax(1) == y.to(device)).sum().item() for x, y in loader)
    model.train()
    return hits / len(loader.dataset)


def main(epochs=15, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(digits(), [0.8, 0.2])
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    test_loader = DataLoader(test, batch_size=256)

    model = CNN()
    print(model.summary(tn.zeros(1, 64)))
    model.to(device)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    loss_of = nn.CrossEntropyLoss()

    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in train_loader:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        found = accuracy(model, test_loader, device)
        print(f"epoch {epoch:2d}  loss {total / len(train):.4f}  test accuracy {found:.2%}")
    print(f"trained in {time.perf_counter() - start:.1f} s")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
