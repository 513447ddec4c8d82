"""Optimizers: each a scalar formula (`formulas.py`), lifted to one loop over the arena that holds all parameters."""

from . import lr_scheduler, schedules, swa_utils
from .adam import Adam
from .optimizer import Optimizer, Rule
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "Rule", "lr_scheduler", "schedules", "swa_utils"]
