"""A small GPT that learns to write, character by character, like Python's own documentation.

    python examples/char_gpt.py

The text is what `help()` shows about the language; it comes with Python. The network is GPT-2's: Radford et al. (2019).
"""

import argparse
import pydoc_data.topics

import tinynet as tn
from tinynet import nn, optim
from tinynet.nn import functional as F


class Block(nn.Module):
    """x ← x + attention(norm(x)), then x ← x + mlp(norm(x))."""

    def __init__(self, width, heads):
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        h = self.norm1(x)
        q, k, v = (f(h).view(*x.shape[:2], self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        h = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        x = x + self.out(h.reshape(x.shape))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, characters, layers, heads, width, length):
        self.length = length
        self.token, self.place = nn.Embedding(characters, width), nn.Embedding(length, width)
        self.body = nn.Sequential(*(Block(width, heads) for _ in range(layers)), nn.LayerNorm(width))
        for p in (p for p in self.parameters() if p.ndim == 2):
            nn.init.normal_(p, std=0.02)

    def forward(self, x):
        h = self.body(self.token(x) + self.place(tn.arange(x.shape[1], device=x.device)))
        return F.linear(h, self.token.weight)  # the head is the table of characters, read the other way

    @tn.no_grad()
    def sample(self, x, n, temperature=0.8):
        """n more characters, each drawn from the distribution that those before it give."""
        for _ in range(n):
            logits = self(x[:, -self.length :])[:, -1] / temperature
            x = tn.cat([x, logits.softmax(-1).multinomial(1)], 1)
        return x


def main(steps=1500, layers=4, heads=4, width=128, length=64, batch=12, sample=400, device="cpu"):
    tn.manual_seed(0)
    text = "\n\n".join(pydoc_data.topics.topics.values())
    alphabet = sorted(set(text))
    data = tn.tensor([alphabet.index(c) for c in text])
    model = GPT(len(alphabet), layers, heads, width, length).to(device)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for step in range(1, steps + 1):
        at = tn.randint(len(data) - length, size=(batch, 1)) + tn.arange(length + 1)
        rows = data[at].to(device)
        loss = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % max(steps // 10, 1) == 0:
            print(f"step {step:5d}  loss {loss.item():.3f}", flush=True)
    print("".join(alphabet[i] for i in model.eval().sample(data[:1].reshape(1, 1).to(device), sample)[0].tolist()))
    return loss.item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500, help="training steps (default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
