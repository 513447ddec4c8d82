"""Machine code is kept: a second process compiles nothing."""

import os
import subprocess
import sys

import pytest

# Every way in which the package compiles: lifted formulas and rules, loops, functions called by their address. The
# compiler runs passes whichever way it is entered, and none when it finds machine code on disk.
SCRIPT = """
from numba.core import event
passes = []
class Count(event.Listener):
    def on_start(self, e): passes.append(e.data["name"])
    def on_end(self, e): pass
event.register("numba:run_pass", Count())

import tinynet as tn
from tinynet import nn
F = nn.functional
tn.manual_seed(0)
images = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.ConvTranspose2d(4, 4, 2, 2),
    nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 16), nn.GELU(), nn.Dropout(0.1), nn.LayerNorm(16),
    nn.Linear(16, 5))
words, attend = nn.Embedding(7, 16), nn.MultiheadAttention(16, 2, batch_first=True)
x, ids, target = tn.randn(SIZE, 1, 8, 8), tn.arange(SIZE * 4).reshape(SIZE, 4) % 7, tn.arange(SIZE) % 5
for make in (tn.optim.Adam, tn.optim.SGD):
    optimizer = make([*images.parameters(), *words.parameters(), *attend.parameters()], lr=1e-3)
    for step in range(2):
        optimizer.zero_grad()
        e = words(ids)
        loss = F.cross_entropy(images(x), target) + F.softmax(attend(e, e, e)[0], -1).log().mean() + e.std()
        loss.backward()
        optimizer.step(max_norm=1.0)
print(len(passes))
"""


def compiler_passes(folder, size):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    script = SCRIPT.replace("SIZE", str(size))
    process = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-2000:]
    return int(process.stdout)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled at all")
def test_a_second_process_compiles_nothing_new(tmp_path):
    assert compiler_passes(tmp_path, 3) > 1000
    assert compiler_passes(tmp_path, 3) == 0
    assert compiler_passes(tmp_path, 5) == 0  # and other sizes want no other code
