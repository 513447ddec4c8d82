"""An LSTM that learns the Zen of Python by heart, character by character, and recites it.

    python examples/char_lstm.py

The text comes with Python (`import this`). The network sees pieces of it, and carries what it has read from each to the
next: what a step changes is learned from one piece, what the state holds comes from all before. Hochreiter and
Schmidhuber (1997).
"""

import argparse
import codecs
import contextlib
import io

import tinynet as tn
from tinynet import nn, optim
from tinynet.nn import functional as F

with contextlib.redirect_stdout(io.StringIO()):  # it prints itself when it is imported
    import this

ZEN = codecs.decode(this.s, "rot13")


class CharLSTM(nn.Module):
    """(N, L) characters and a state to (N, L, characters) logits of the next ones and the state after them."""

    def __init__(self, characters, width):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, characters)

    def forward(self, x, state=None):
        h, state = self.lstm(self.embedding(x), state)
        return self.head(h), state

    @tn.no_grad()
    def recite(self, x, n):
        """The n characters that it finds most likely after x, each fed back to get the next."""
        said, state = [], None
        for _ in range(n):
            logits, state = self(x, state)
            x = logits[:, -1:].argmax(-1)
            said.append(x.item())
        return said


def main(epochs=150, lines=21, width=128, length=32, device="cpu"):
    tn.manual_seed(0)
    text = "\n".join(ZEN.splitlines()[:lines]) + "\n"
    alphabet = sorted(set(text))
    data = tn.tensor([alphabet.index(c) for c in text], device=device).unsqueeze(0)
    model = CharLSTM(len(alphabet), width).to(device)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)

    for epoch in range(1, epochs + 1):
        total, state = 0.0, None
        for x, y in zip(data[:, :-1].split(length, 1), data[:, 1:].split(length, 1)):
            logits, state = model(x, state)
            loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            state = [s.detach() for s in state]  # the values go on, their history ends here
            total += loss.item() * y.numel()
        scheduler.step()
        if epoch % max(epochs // 10, 1) == 0:
            print(f"epoch {epoch:3d}  loss {total / (len(text) - 1):.4f}", flush=True)

    said = text[0] + "".join(alphabet[i] for i in model.recite(data[:, :1], len(text) - 1))
    print(said)
    return sum(a == b for a, b in zip(said, text)) / len(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=150, help="(default %(default)s)")
    parser.add_argument("--lines", type=int, default=21, help="how much of it (default all)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
