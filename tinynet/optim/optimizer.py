"""What PyTorch's module of this name has: `from tinynet.optim.optimizer import Optimizer`."""

from .engine.hooks import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from .engine.optimizer import Optimizer

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]
