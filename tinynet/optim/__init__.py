"""Optimizers: each a scalar formula (`rules.py`), lifted to one loop over the arena that holds all parameters."""

from .adam import Adam
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .rule import Rule
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "Rule"]
