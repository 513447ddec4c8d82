"""What PyTorch has in `torch.utils.hooks`: the handle of a hook."""

from ..autograd.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
