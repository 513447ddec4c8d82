"""Where PyTorch's users look for things that have their home elsewhere in tinynet."""

from . import benchmark, checkpoint, data, hooks
