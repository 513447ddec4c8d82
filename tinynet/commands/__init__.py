"""The commands of `tinynet`, a module each: NAME, TEXT, EXAMPLES, its `arguments`, and `run`, which gives a code."""

from . import evaluate, info, predict, show, train

COMMANDS = (train, evaluate, predict, show, info)

__all__ = ["COMMANDS"]
