"""The same seed gives the same bits: in another process, and with another number of threads."""

import functools
import os
import subprocess
import sys

import pytest

TRAIN = """
import hashlib
import tinynet as tn
from tinynet import nn, optim
from tinynet.data import DataLoader, digits

tn.manual_seed(5)
model = nn.Sequential(nn.Linear(64, 300), nn.GELU(), nn.Dropout(0.3), nn.Linear(300, 99), nn.Tanh(), nn.Linear(99, 10))
optimizers = [
    optim.Adam(model[0].parameters(), lr=1e-3),
    optim.RMSprop(model[3].parameters(), lr=1e-3, momentum=0.5),
    optim.SGD(model[5].parameters(), lr=0.1, momentum=0.9),
]
for epoch in range(2):
    for x, y in DataLoader(digits(), batch_size=600, shuffle=True):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
state = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
print(hashlib.sha256(state).hexdigest(), loss.item())
"""


@functools.cache
def weights_after_training(threads):
    environment = {**os.environ, "NUMBA_NUM_THREADS": str(threads)}
    done = subprocess.run([sys.executable, "-c", TRAIN], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_a_bit(threads):
    # Layers and batch are large enough that products, activations and updates run on all threads.
    assert weights_after_training(threads) == weights_after_training(1)
