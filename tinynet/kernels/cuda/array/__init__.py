"""Arrays on the GPU, and how they are made."""

from .array import from_host, new
from .external import from_external

__all__ = ["from_external", "from_host", "new"]
