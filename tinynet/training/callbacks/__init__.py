"""Callbacks: the protocol, and those that come along."""

from .averaging import Average
from .base import Callback
from .logging import CSV, TensorBoard
from .progress import Progress
from .saving import Checkpoint
from .stopping import Best, EarlyStopping

__all__ = ["CSV", "Average", "Best", "Callback", "Checkpoint", "EarlyStopping", "Progress", "TensorBoard"]
