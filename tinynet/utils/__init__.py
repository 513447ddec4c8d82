"""Where PyTorch's users look for things that have their home elsewhere in tinynet."""

from . import checkpoint, data, hooks
