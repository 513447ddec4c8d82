"""A table with categories: how many bicycles are rented, by weekday, hour, weather and temperature.

    python examples/categories.py

Each value of a column of words becomes a vector that is learned: Guo and Berkhahn (2016). What the network finds alike
comes to lie close together, so the vectors say something of the column: which days are like Saturday? The table is
made up: on working days people ride to work and back, on the others whenever it is warm.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, TensorDataset, random_split
from tinynet.nn import functional as F

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
WEATHER = "sun clouds rain snow".split()
SIZES = (len(DAYS), 24, len(WEATHER))


def table(rows, noise=0.1):
    """(rows, 3) numbers of weekday, hour and weather, (rows, 1) temperatures, and (rows,) logarithms of rentals."""
    categories = tn.stack([tn.randint(n, (rows,)) for n in SIZES], 1)
    day, hour, weather = categories.unbind(1)
    warm = tn.randn(rows)
    work = tn.exp(-((hour - 8) ** 2) / 2.0) + tn.exp(-((hour - 17) ** 2) / 4.0)
    leisure = tn.exp(-((hour - 14) ** 2) / 20.0) * (1 + 0.5 * warm)
    wet = tn.tensor([0.0, 0.1, 0.8, 1.5])[weather]
    demand = 3 + 2 * tn.where(day < 5, work, leisure) + 0.2 * warm - wet
    return categories, warm.unsqueeze(1), demand + noise * tn.randn(rows)


class Network(nn.Module):
    """(N, columns) categories and (N, numbers) numbers to (N,) predictions."""

    def __init__(self, sizes, numbers, vector, width):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(n, vector) for n in sizes)
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
        self.mlp = nn.Sequential(
            nn.Linear(vector * len(sizes) + numbers, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1),
        )  # fmt: skip

    def forward(self, categories, numbers):
        vectors = [embedding(column) for embedding, column in zip(self.embeddings, categories.unbind(1))]
        return self.mlp(tn.cat([*vectors, numbers], 1)).squeeze(1)


def main(epochs=15, rows=20_000, vector=4, width=64, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(TensorDataset(*table(rows)), [0.9, 0.1])
    unseen = [column.to(device) for column in test[:]]
    model = Network(SIZES, 1, vector, width).to(device)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)

    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in DataLoader(train, batch_size=128, shuffle=True):
            categories, numbers, rentals = (column.to(device) for column in batch)
            loss = F.mse_loss(model(categories, numbers), rentals)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rentals)
        with tn.no_grad():
            categories, numbers, rentals = unseen
            explained = 1 - (F.mse_loss(model(categories, numbers), rentals) / rentals.var()).item()
        print(f"epoch {epoch:2d}  loss {total / len(train):.4f}  explains {explained:.1%} of unseen rows", flush=True)

    days = model.embeddings[0].weight.detach()
    near = tn.cdist(days, days).argsort(1)[:, 1].tolist()
    for day, other in zip(DAYS, near):
        print(f"{day} is most like {DAYS[other]}")
    return explained, near


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
