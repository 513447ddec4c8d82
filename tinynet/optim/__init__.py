"""Optimizers: each a scalar formula (`rules.py`), lifted to one loop over the arena that holds all parameters."""

from . import lr_scheduler, schedules, swa_utils
from .adabelief import AdaBelief
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adam8bit import Adam8bit, AdamW8bit
from .adamax import Adamax
from .adan import Adan
from .adopt import ADOPT
from .asgd import ASGD
from .engine.optimizer import Optimizer
from .engine.rule import Rule
from .lamb import LAMB
from .lars import LARS
from .lbfgs import LBFGS
from .lion import Lion
from .lookahead import Lookahead
from .momentum import Momentum
from .muon import Muon
from .nadam import NAdam
from .prodigy import Prodigy
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sam import SAM
from .schedule_free import AdamWScheduleFree, SGDScheduleFree
from .sgd import SGD
from .sparse_adam import SparseAdam
from .yogi import Yogi

__all__ = [
    "ADOPT", "ASGD", "LAMB", "LARS", "LBFGS", "SAM", "SGD", "AdaBelief", "Adadelta", "Adafactor", "Adagrad", "Adam",
    "Adam8bit", "AdamW", "AdamW8bit", "AdamWScheduleFree", "Adamax", "Adan", "Lion", "Lookahead", "Momentum",
    "Muon", "NAdam", "Optimizer", "Prodigy", "RAdam", "RMSprop", "Rprop", "Rule", "SGDScheduleFree", "SparseAdam",
    "Yogi", "lr_scheduler", "schedules", "swa_utils",
]  # fmt: skip
