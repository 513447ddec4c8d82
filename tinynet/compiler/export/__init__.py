"""A compiled step as one Python file that needs NumPy and Numba alone."""

from .write import export

__all__ = ["export"]
