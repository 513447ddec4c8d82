"""How arrays on the GPU are made: the names that the operations use."""

from .array import from_host, new
from .dlpack import borrow

__all__ = ["borrow", "from_host", "new"]
