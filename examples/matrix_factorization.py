"""Matrix factorisation: what people would think of films that they have not seen, from what they said of others.

    python examples/matrix_factorization.py

Each user and each film gets a vector, and a rating is about their product: Koren, Bell and Volinsky (2009). The ratings
are made up in the same way and rounded to stars, so one knows how good a prediction can be.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, TensorDataset, random_split
from tinynet.nn import functional as F


def ratings(users, films, each, tastes=3, noise=0.3):
    """`each` films rated by every user: (user, film) pairs, 1 to 5 stars, and what these are without noise."""
    user = tn.arange(users).repeat_interleave(each)
    film = tn.cat([tn.randperm(films)[:each] for _ in range(users)])
    liking = (tn.randn(users, tastes)[user] * tn.randn(films, tastes)[film]).sum(1) / tastes**0.5
    exact = 3.2 + 0.4 * tn.randn(users)[user] + 0.5 * tn.randn(films)[film] + 0.7 * liking
    return tn.stack([user, film], 1), (exact + noise * tn.randn(len(exact))).round().clamp(1, 5), exact.clamp(1, 5)


class Factorization(nn.Module):
    """(N, 2) pairs of a user and a film to (N,) ratings: mean + bᵤ + b_f + ⟨pᵤ, q_f⟩."""

    def __init__(self, users, films, factors, mean):
        super().__init__()
        self.users, self.films = nn.Embedding(users, factors), nn.Embedding(films, factors)
        self.user_bias, self.film_bias = nn.Embedding(users, 1), nn.Embedding(films, 1)
        for table in (self.users, self.films, self.user_bias, self.film_bias):
            nn.init.normal_(table.weight, std=0.1)
        self.mean = mean

    def forward(self, pairs):
        user, film = pairs.unbind(1)
        bias = self.user_bias(user) + self.film_bias(film)
        return self.mean + bias.squeeze(1) + (self.users(user) * self.films(film)).sum(1)


def rmse(predicted, stars):
    return F.mse_loss(predicted, stars).sqrt().item()


def main(epochs=12, users=1000, films=300, each=60, factors=5, device="cpu"):
    tn.manual_seed(0)
    train, test = random_split(TensorDataset(*ratings(users, films, each)), [0.9, 0.1])
    pairs, stars, exact = (column.to(device) for column in test[:])
    mean = train[:][1].mean().item()
    print(f"error of the mean {rmse(tn.full_like(stars, mean), stars):.3f}, of the truth {rmse(exact, stars):.3f}")

    model = Factorization(users, films, factors, mean).to(device)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.1)
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch, given, _ in DataLoader(train, batch_size=256, shuffle=True):
            loss = F.mse_loss(model(batch.to(device)), given.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        with tn.no_grad():
            error = rmse(model(pairs).clamp(1, 5), stars)
        print(f"epoch {epoch:2d}  error {(total / len(train)) ** 0.5:.3f}  on new pairs {error:.3f}")
    return error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12, help="(default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
