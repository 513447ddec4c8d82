"""Writes the programs beside this script anew, and the one on the page docs/compile.md: python docs/compile/write.py"""

import re
from pathlib import Path

import tinynet as tn
from tinynet import nn, optim
from tinynet.nn import functional as F

HERE = Path(__file__).parent
PAGE = HERE.with_suffix(".md")


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    """One block of a decoder, with the norms first."""

    def __init__(self, width=32, heads=2):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, t, width = x.shape
        parts = self.qkv(self.norm1(x)).split(width, 2)
        q, k, v = (part.reshape(n, t, self.heads, width // self.heads).transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, t, width))
        return x + self.down(F.dropout(F.gelu(self.up(self.norm2(x))), 0.1))


def digits():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


PROGRAMS = {  # name: (model, loss, input, target)
    "digits": (digits, F.cross_entropy, lambda: tn.randn(32, 64), lambda: tn.randint(10, (32,))),
    "lenet": (LeNet, F.cross_entropy, lambda: tn.randn(8, 1, 28, 28), lambda: tn.randint(10, (8,))),
    "transformer": (Block, F.mse_loss, lambda: tn.randn(2, 16, 32), lambda: tn.randn(2, 16, 32)),
}


def source(make, loss_of, x, y):
    """The program of a training step with Adam, as text."""
    model = make()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def train_step(x, y):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step = tn.compile(train_step)
    for _ in range(4):
        step(x(), y())
    return step.source


def written(page):
    """(the page with today's program, {file: its text})."""
    files = {f"{name}.txt": source(*parts) for name, parts in PROGRAMS.items()}
    block = f"<!-- digits -->\n```python\n{files['digits.txt']}```"
    return re.sub(r"<!-- digits -->\n```python\n(?s:.*?)```", lambda _: block, page), files


if __name__ == "__main__":
    text, files = written(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
    for name, program in files.items():
        (HERE / name).write_text(program, encoding="utf-8")
