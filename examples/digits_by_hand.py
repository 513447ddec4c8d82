"""The handwritten digits with an MLP, the training loop written by hand: all that `tinynet train digits` does inside.

    python examples/digits_by_hand.py

Apart from the data, every line means the same in PyTorch: put torch in place of tinynet and it runs there.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits, random_split


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 128)
        self.output = nn.Linear(128, 10)

    def forward(self, x):
        return self.output(nn.functional.relu(self.hidden(x)))


@tn.no_grad()
def accuracy(model, loader, device):
    model.eval()
    hits = sum((model(x.to(device)).argmax(1) == y.to(device)).sum().item() for x, y in loader)
    model.train()
    return hits / len(loader.dataset)


def main(epochs=20, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(digits(), [0.8, 0.2])
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    test_loader = DataLoader(test, batch_size=256)

    model = MLP()
    print(model)
    model.to(device)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    loss_of = nn.CrossEntropyLoss()

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
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
