"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor

def uniform_(tensor, a: Any = 0.0, b: Any = 1.0, generator = None):
    """Numbers from U(a, b)."""
def normal_(tensor, mean: Any = 0.0, std: Any = 1.0, generator = None):
    """Numbers from N(mean, std²)."""
def trunc_normal_(tensor, mean: Any = 0.0, std: Any = 1.0, a: Any = -2.0, b: Any = 2.0, generator = None):
    """Numbers from N(mean, std²) that lie in [a, b], by rejection: each is drawn until it is accepted."""
def constant_(tensor, val):
    """`val` everywhere."""
def zeros_(tensor):
    """0 everywhere."""
def ones_(tensor):
    """1 everywhere."""
def eye_(tensor):
    """The identity: 1 on the diagonal of a matrix, 0 elsewhere. Raises ShapeError for what is no matrix."""
def dirac_(tensor, groups: Any = 1):
    """The weight (out, in, *kernel) of a convolution that hands channel i of its input on as channel i of its output."""
def fans(tensor):
    """(fan_in, fan_out) of a weight (out, in, *receptive field). Raises ShapeError for fewer than 2 dimensions."""
def calculate_gain(nonlinearity, param = None):
    """The factor that keeps the variance through a nonlinearity: 1 / √E[f(z)²] for some, customary for others."""
def xavier_uniform_(tensor, gain: Any = 1.0, generator = None):
    """U(−a, a) with a = gain √(6 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
def xavier_normal_(tensor, gain: Any = 1.0, generator = None):
    """N(0, σ²) with σ = gain √(2 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
def kaiming_uniform_(tensor, a: Any = 0, mode: _str = 'fan_in', nonlinearity: _str = 'leaky_relu', generator = None):
    """U(−b, b) with b = gain √(3 / fan): He et al. (2015)."""
def kaiming_normal_(tensor, a: Any = 0, mode: _str = 'fan_in', nonlinearity: _str = 'leaky_relu', generator = None):
    """N(0, σ²) with σ = gain / √fan: He et al. (2015)."""
def orthogonal_(tensor, gain: Any = 1, generator = None):
    """gain · Q with orthonormal rows or columns, whichever are fewer, of x seen as a matrix (len(x), −1)."""
def sparse_(tensor, sparsity, std: Any = 0.01, generator = None):
    """N(0, std²), but ⌈sparsity · rows⌉ elements of each column of a matrix, at random, 0: Martens (2010)."""
def uniform(tensor, a: Any = 0.0, b: Any = 1.0, generator = None):
    """`uniform_` by its older name, with a warning."""
def normal(tensor, mean: Any = 0.0, std: Any = 1.0, generator = None):
    """`normal_` by its older name, with a warning."""
def constant(tensor, val):
    """`constant_` by its older name, with a warning."""
def eye(tensor):
    """`eye_` by its older name, with a warning."""
def dirac(tensor, groups: Any = 1):
    """`dirac_` by its older name, with a warning."""
def xavier_uniform(tensor, gain: Any = 1.0, generator = None):
    """`xavier_uniform_` by its older name, with a warning."""
def xavier_normal(tensor, gain: Any = 1.0, generator = None):
    """`xavier_normal_` by its older name, with a warning."""
def kaiming_uniform(tensor, a: Any = 0, mode: _str = 'fan_in', nonlinearity: _str = 'leaky_relu', generator = None):
    """`kaiming_uniform_` by its older name, with a warning."""
def kaiming_normal(tensor, a: Any = 0, mode: _str = 'fan_in', nonlinearity: _str = 'leaky_relu', generator = None):
    """`kaiming_normal_` by its older name, with a warning."""
def orthogonal(tensor, gain: Any = 1, generator = None):
    """`orthogonal_` by its older name, with a warning."""
def sparse(tensor, sparsity, std: Any = 0.01, generator = None):
    """`sparse_` by its older name, with a warning."""
