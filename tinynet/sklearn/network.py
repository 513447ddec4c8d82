"""What an estimator is told in few words, as objects: its network and its optimizer."""

import itertools

from .. import nn
from ..arguments import integer, one_of, wrong_kind
from ..errors import ShapeError
from ..training.choices import OPTIMIZERS

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def network(where, layers, activation, inputs, outputs):
    """The module for so many inputs and outputs: that which a factory makes, or linear layers of these sizes between.

    Raises: TypeError and ValueError for other arguments, and for a factory that makes no module.
    """
    if callable(layers):
        made = layers(inputs, outputs)
        if not isinstance(made, nn.Module):
            raise wrong_kind(where, "layers(n_features, n_outputs)", "a module", made)
        return made
    activation = ACTIVATIONS[one_of(where, "activation", activation, ACTIVATIONS)]
    if not isinstance(layers, list | tuple):
        raise wrong_kind(where, "layers", "a tuple of sizes or a function that makes a module", layers)
    sizes = [inputs, *(integer(where, "a size in layers", size, 1) for size in layers), outputs]
    made = [part for pair in itertools.pairwise(sizes) for part in (nn.Linear(*pair), activation())]
    return nn.Sequential(*made[:-1])


def optimizer(where, kind, parameters, lr):
    """The optimizer of this name, or that which a function such as a class of `tinynet.optim` makes.

    Without `lr` it has the rate that suits it.
    """
    if callable(kind):
        return kind(parameters) if lr is None else kind(parameters, lr=lr)
    choice = OPTIMIZERS[one_of(where, "optimizer", kind, OPTIMIZERS)]
    return choice.make(parameters, choice.lr if lr is None else lr)


def check_outputs(where, outputs, rows, count):
    """See that a module has given `count` numbers for each row."""
    if outputs.shape != (rows, count):
        raise ShapeError(f"{where}: expected a module with outputs of shape {rows, count}, got {tuple(outputs.shape)}")
