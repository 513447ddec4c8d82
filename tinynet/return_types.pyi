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
class max(NamedTuple):
    values: Tensor
    indices: Tensor
class min(NamedTuple):
    values: Tensor
    indices: Tensor
class sort(NamedTuple):
    values: Tensor
    indices: Tensor
class topk(NamedTuple):
    values: Tensor
    indices: Tensor
class kthvalue(NamedTuple):
    values: Tensor
    indices: Tensor
class median(NamedTuple):
    values: Tensor
    indices: Tensor
class nanmedian(NamedTuple):
    values: Tensor
    indices: Tensor
class mode(NamedTuple):
    values: Tensor
    indices: Tensor
class cummax(NamedTuple):
    values: Tensor
    indices: Tensor
class cummin(NamedTuple):
    values: Tensor
    indices: Tensor
class aminmax(NamedTuple):
    min: Tensor
    max: Tensor
class frexp(NamedTuple):
    mantissa: Tensor
    exponent: Tensor
class qr(NamedTuple):
    Q: Tensor
    R: Tensor
class svd(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor
class slogdet(NamedTuple):
    sign: Tensor
    logabsdet: Tensor
class linalg_qr(NamedTuple):
    Q: Tensor
    R: Tensor
class linalg_svd(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor
class linalg_eigh(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor
class linalg_lu(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor
class linalg_lu_factor(NamedTuple):
    LU: Tensor
    pivots: Tensor
class linalg_lu_factor_ex(NamedTuple):
    LU: Tensor
    pivots: Tensor
    info: Tensor
class linalg_cholesky_ex(NamedTuple):
    L: Tensor
    info: Tensor
class linalg_inv_ex(NamedTuple):
    inverse: Tensor
    info: Tensor
class linalg_solve_ex(NamedTuple):
    result: Tensor
    info: Tensor
class linalg_ldl_factor(NamedTuple):
    LD: Tensor
    pivots: Tensor
class linalg_ldl_factor_ex(NamedTuple):
    LD: Tensor
    pivots: Tensor
    info: Tensor
class geqrf(NamedTuple):
    a: Tensor
    tau: Tensor
class lu_unpack(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor
class triangular_solve(NamedTuple):
    solution: Tensor
    cloned_coefficient: Tensor
class histogram(NamedTuple):
    hist: Tensor
    bin_edges: Tensor
class histogramdd(NamedTuple):
    hist: Tensor
    bin_edges: Tensor
class linalg_slogdet(NamedTuple):
    sign: Tensor
    logabsdet: Tensor
class linalg_lstsq(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor
