"""The networks of training_step.py in JAX, each a step that is compiled whole: forward, backward and Adam.

They are written as JAX's users would: functions of trees of parameters, images with the channels last.
"""

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn


class Parameters:
    """Arrays drawn as PyTorch draws its layers' weights."""

    def __init__(self):
        self.random = np.random.default_rng(0)

    def uniform(self, *shape, n):
        return jnp.asarray(self.random.uniform(-1, 1, shape) / np.sqrt(n), jnp.float32)

    def dense(self, n_in, n_out):
        return {"w": self.uniform(n_in, n_out, n=n_in), "b": self.uniform(n_out, n=n_in)}

    def conv(self, size, n_in, n_out):
        n = size * size * n_in
        return {"w": self.uniform(size, size, n_in, n_out, n=n), "b": self.uniform(n_out, n=n)}

    def norm(self, n):
        return {"w": jnp.ones(n), "b": jnp.zeros(n)}

    def embedding(self, n, width):
        return jnp.asarray(self.random.standard_normal((n, width)), jnp.float32)


def dense(p, x):
    return x @ p["w"] + p["b"]


def conv(p, x, padding):
    return lax.conv_general_dilated(x, p["w"], (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")) + p["b"]


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def normalized(p, x, axes):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p["w"] + p["b"]


def mlp(*sizes):
    def make(p):
        return [p.dense(*pair) for pair in pairwise(sizes)]

    def forward(layers, x):
        for layer in layers[:-1]:
            x = nn.relu(dense(layer, x))
        return dense(layers[-1], x)

    return make, forward


def lenet(side=28, a=6, b=16, c=120, d=84):
    def make(p):
        flat = b * (side // 4 - 2) ** 2
        return [p.conv(5, 1, a), p.conv(5, a, b), p.dense(flat, c), p.dense(c, d), p.dense(d, 10)]

    def forward(layers, x):
        first, second, *rest = layers
        x = max_pool(nn.relu(conv(first, x.transpose(0, 2, 3, 1), "SAME")))
        x = max_pool(nn.relu(conv(second, x, "VALID")))
        x = x.reshape(len(x), -1)
        for layer in rest[:-1]:
            x = nn.relu(dense(layer, x))
        return dense(rest[-1], x)

    return make, forward


def cnn(side=32, a=32, b=64):
    def make(p):
        return [p.conv(3, 3, a), p.norm(a), p.conv(3, a, b), p.norm(b), p.dense(b * (side // 4) ** 2, 10)]

    def forward(layers, x):
        conv1, norm1, conv2, norm2, head = layers
        x = max_pool(nn.relu(normalized(norm1, conv(conv1, x.transpose(0, 2, 3, 1), "SAME"), (0, 1, 2))))
        x = max_pool(nn.relu(normalized(norm2, conv(conv2, x, "SAME"), (0, 1, 2))))
        return dense(head, x.reshape(len(x), -1))

    return make, forward


def char_gpt(layers=4, width=128, heads=4, time=64, characters=65):
    def block(p):
        return {
            **{"norm1": p.norm(width), "qkv": p.dense(width, 3 * width), "out": p.dense(width, width)},
            **{"norm2": p.norm(width), "up": p.dense(width, 4 * width), "down": p.dense(4 * width, width)},
        }

    def make(p):
        blocks = [block(p) for _ in range(layers)]
        embeddings = {"token": p.embedding(characters, width), "place": p.embedding(time, width)}
        return {**embeddings, "blocks": blocks, "norm": p.norm(width), "head": p.dense(width, characters)}

    def forward(p, x):
        n, t = x.shape
        h = p["token"][x] + p["place"][:t]
        for b in p["blocks"]:
            q, k, v = jnp.split(dense(b["qkv"], normalized(b["norm1"], h, -1)), 3, -1)
            q, k, v = (part.reshape(n, t, heads, width // heads) for part in (q, k, v))
            h = h + dense(b["out"], nn.dot_product_attention(q, k, v, is_causal=True).reshape(n, t, width))
            up = nn.gelu(dense(b["up"], normalized(b["norm2"], h, -1)), approximate=False)
            h = h + dense(b["down"], up)
        return dense(p["head"], normalized(p["norm"], h, -1)).reshape(-1, characters)

    return make, forward


def recurrent(cell, gates, inputs=28, hidden=128):
    """The inputs' product is made for all steps at once, as libraries do."""

    def make(p):
        return {
            "inputs": {"w": p.uniform(inputs, gates * hidden, n=hidden), "b": p.uniform(gates * hidden, n=hidden)},
            "state": {"w": p.uniform(hidden, gates * hidden, n=hidden), "b": p.uniform(gates * hidden, n=hidden)},
            "head": p.dense(hidden, 10),
        }

    def forward(p, x):
        a = dense(p["inputs"], x).transpose(1, 0, 2)
        zeros = jnp.zeros((len(x), hidden))
        (h, _), _ = lax.scan(lambda state, a: (cell(a, dense(p["state"], state[0]), *state), None), (zeros, zeros), a)
        return dense(p["head"], h)

    return make, forward


def lstm_cell(a, b, h, c):
    i, f, g, o = jnp.split(a + b, 4, -1)
    c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
    return nn.sigmoid(o) * jnp.tanh(c), c


def gru_cell(a, b, h, c):
    (ar, az, an), (br, bz, bn) = jnp.split(a, 3, -1), jnp.split(b, 3, -1)
    r, z = nn.sigmoid(ar + br), nn.sigmoid(az + bz)
    return (1 - z) * jnp.tanh(an + r * bn) + z * h, c


def elman_cell(a, b, h, c):
    return jnp.tanh(a + b), c


NETWORKS = {  # by the first words of their names in training_step.py
    "tiny MLP": mlp(2, 16, 16, 2),
    "digits MLP": mlp(64, 64, 32, 10),
    "MLP": mlp(784, 256, 128, 10),
    "LeNet-5": lenet(),
    "CNN": cnn(),
    "char-GPT": char_gpt(),
    "LSTM": recurrent(lstm_cell, 4),
    "GRU": recurrent(gru_cell, 3),
    "RNN": recurrent(elman_cell, 1),
}


def step_of(forward, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    """A compiled step: (parameters, both moments, step count, x, y) → the first four anew."""

    def loss_of(p, x, y):
        return -jnp.take_along_axis(nn.log_softmax(forward(p, x)), y[:, None], 1).mean()

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(p, m, v, t, x, y):
        g, t, tree_map = jax.grad(loss_of)(p, x, y), t + 1, jax.tree_util.tree_map
        m = tree_map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = tree_map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        factor = lr * jnp.sqrt(1 - b2**t) / (1 - b1**t)
        return tree_map(lambda p, m, v: p - factor * m / (jnp.sqrt(v) + eps), p, m, v), m, v, t

    return step


def prepare(name, data, batch):
    """A training step of this network on a batch of this size, with data made by PyTorch."""
    import torch

    make, forward = next(network for words, network in NETWORKS.items() if name.startswith(words))
    x, y = (jnp.asarray(t.numpy()) for t in data(torch, batch))
    p, step = make(Parameters()), step_of(forward)
    zeros = partial(jax.tree_util.tree_map, jnp.zeros_like)
    state = [p, zeros(p), zeros(p), jnp.zeros(())]

    def run():
        state[:] = step(*state, x, y)
        jax.block_until_ready(state)

    return run
