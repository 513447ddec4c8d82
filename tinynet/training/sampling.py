"""Texts that go on: each next character is drawn from what the model says of those before it."""

import numpy as np

from ..autograd import no_grad
from ..tensor import wrap


def continued(model, task, prompt, count, temperature, generator):
    """An iterator of `count` characters. generator: NumPy's. temperature: 0 takes the likeliest each time.

    Raises ValueError for a prompt with characters that the text has not.
    """
    return _continued(model, task, task.vocabulary.encode(prompt).tolist(), count, temperature, generator)


def _continued(model, task, codes, count, temperature, generator):
    for _ in range(count):
        window = np.array([codes[-task.length :]], np.int64)
        with no_grad():
            logits = model(wrap(window)).array[0, :, -1].astype(np.float64)
        if temperature > 0:
            p = np.exp((logits - logits.max()) / temperature)
            code = int(np.searchsorted(p.cumsum(), generator.random() * p.sum(), "right"))
        else:
            code = int(logits.argmax())
        codes.append(min(code, len(task.vocabulary) - 1))
        yield task.vocabulary.characters[codes[-1]]
