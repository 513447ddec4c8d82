"""The models by name, and what they are for: tables, pictures, texts."""

from typing import NamedTuple

from ..nn import (
    LSTM,
    BatchNorm2d,
    Conv2d,
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    TransformerEncoder,
    TransformerEncoderLayer,
    init,
)  # fmt: skip
from ..ops.creation import arange, ones

WIDTH = 128


class Model(NamedTuple):
    """A model as a function of a `Task`, the kinds of input that it takes, and what it is in words."""

    make: callable
    takes: tuple
    text: str


def mlp(features, outputs):
    """Three layers, features → 128 → 64 → outputs, that start with the weights of He et al. (2015).

    These keep the size of the signal from layer to layer under ReLU; with PyTorch's default, which are smaller by √6,
    the run ends about half a percent lower.
    """
    model = Sequential(Linear(features, 128), ReLU(), Linear(128, 64), ReLU(), Linear(64, outputs))
    for layer in model[::2]:
        init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        init.zeros_(layer.bias)
    return model


def cnn(channels, height, width, outputs):
    """Convolutions of 3×3 with 16, 32 and 64 channels, normalized, each followed by pooling down to a side below 8."""
    layers, wide = [], 16
    while True:
        layers += [Conv2d(channels, wide, 3, padding=1), BatchNorm2d(wide), ReLU()]
        channels, wide = wide, 2 * wide
        if min(height, width) >= 8:
            layers.append(MaxPool2d(2))
            height, width = height // 2, width // 2
        if min(height, width) < 8 or wide > 64:
            break
    return Sequential(*layers, Flatten(), Linear(channels * height * width, WIDTH), ReLU(), Linear(WIDTH, outputs))


class CharLSTM(Module):
    """(N, L) characters to (N, characters, L) logits of the next ones: Hochreiter and Schmidhuber (1997)."""

    def __init__(self, characters, width=WIDTH):
        super().__init__()
        self.embedding = Embedding(characters, width)
        self.lstm = LSTM(width, width, batch_first=True)
        self.head = Linear(width, characters)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0]).transpose(1, 2)


class CharGPT(Module):
    """(N, L) characters to (N, characters, L) logits of the next ones: a small GPT, Radford et al. (2018)."""

    def __init__(self, characters, length, width=WIDTH, heads=4, layers=3):
        super().__init__()
        self.length = length
        self.token, self.place = Embedding(characters, width), Embedding(length, width)
        layer = TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.body = TransformerEncoder(layer, layers, LayerNorm(width), enable_nested_tensor=False)
        self.head = Linear(width, characters, bias=False)
        for parameter in (p for p in self.parameters() if p.ndim == 2):
            init.normal_(parameter, std=0.02)

    def forward(self, x):
        length = x.shape[1]
        later = ones(length, length, dtype=bool, device=x.device).triu(1)
        h = self.token(x) + self.place(arange(length, device=x.device))
        return self.head(self.body(h, mask=later, is_causal=True)).transpose(1, 2)


def _flat(make):
    """A model of vectors, for pictures too."""

    def made(task):
        if len(task.input_shape) == 1:
            return make(task.input_shape[0], task.outputs)
        channels, height, width = task.input_shape
        return Sequential(Flatten(), make(channels * height * width, task.outputs))

    return made


VECTOR, PICTURE, TEXT = "vectors", "pictures", "text"
MODELS = {
    "mlp": Model(_flat(mlp), (VECTOR, PICTURE), "three layers, 128 and 64 wide"),
    "linear": Model(_flat(Linear), (VECTOR, PICTURE), "one layer: linear or logistic regression"),
    "cnn": Model(lambda task: cnn(*task.input_shape, task.outputs), (PICTURE,), "a small convolutional network"),
    "lstm": Model(lambda task: CharLSTM(task.outputs), (TEXT,), "an LSTM, 128 wide"),
    "gpt": Model(lambda task: CharGPT(task.outputs, task.length), (TEXT,), "a GPT of 3 layers, 128 wide"),
}
