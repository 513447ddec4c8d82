"""`Optimizer` by the name that PyTorch's module has: `from tinynet.optim.optimizer import Optimizer`."""

from .engine.optimizer import Optimizer

__all__ = ["Optimizer"]
