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

from .algebra import Schedule
def constant(value: Any = 1.0, steps: Any = inf) -> Schedule:
    """η(t) = value."""
def warmup(steps, start: Any = 0.0, peak = None) -> Schedule:
    """η(t) = start + (peak − start) (t + 1)/(n + 1) for t < n, then peak."""
def time_based(k, peak: Any = 1.0) -> Schedule:
    """η(t) = η₀ / (1 + kt), k ≥ 0: Robbins & Monro, "A Stochastic Approximation Method" (1951), for k = 1."""
def step(every, gamma: Any = 0.1, peak: Any = 1.0) -> Schedule:
    """η(t) = η₀ γ^⌊t/every⌋: by a factor, once in `every` steps. As in He et al., "Deep Residual Learning" (2016)."""
def exponential(gamma = None, peak: Any = 1.0, every: Any = 1, *, k = None) -> Schedule:
    """η(t) = η₀ γ^(t/every), or η₀ e^(−kt/every): smooth; `step` is the same in stairs."""
def linear(steps, start: Any = 1.0, end: Any = 0.0) -> Schedule:
    """η(t) = start + (end − start) t/n."""
def polynomial(steps, power: Any = 1.0, peak: Any = 1.0, end: Any = 0.0) -> Schedule:
    """η(t) = end + (η₀ − end) (1 − t/n)^power: Chen et al., "DeepLab" (2016), the "poly" policy."""
def cosine(steps, peak: Any = 1.0, end: Any = 0.0) -> Schedule:
    """η(t) = end + (η₀ − end) (1 + cos(πt/n))/2: Loshchilov & Hutter, "SGDR" (ICLR 2017), eq. 5, in one run."""
def cosine_restarts(first, mult: Any = 1, peak: Any = 1.0, end: Any = 0.0) -> Schedule:
    """Cosines one after the other, of `first` steps and then each `mult` times as long as the one before."""
def one_cycle(steps, peak: Any = 1.0, pct_start: Any = 0.3, div_factor: Any = 25.0, final_div_factor: Any = 10000.0, curve: _str = 'cos', three_phase: _bool = False) -> Schedule:
    """From η₀/div up to η₀ and down to η₀/(div·final_div), along half cosines (curve="cos") or lines ("linear")."""
def cyclic(up, down = None, low: Any = 0.0, peak: Any = 1.0, mode: _str = 'triangular', gamma: Any = 1.0) -> Schedule:
    """Up from `low` to `peak` in `up` steps, down again in `down` (as many, if None), and so on."""
def inverse_sqrt(scale: Any = 1, peak: Any = 1.0) -> Schedule:
    """η(t) = η₀ / √(1 + t/scale)."""
def warmup_stable_decay(warm, stable, decay, peak: Any = 1.0, end: Any = 0.0) -> Schedule:
    """warmup(warm) >> constant(peak, stable) >> linear(decay, peak, end): Hu et al., "MiniCPM" (2024), section 4."""
def piecewise(points, curve: _str = 'constant') -> Schedule:
    """Through points {step: value}, the first at step 0: each value until the next one's step ("constant"), or along
    lines ("linear") or half cosines ("cos") from point to point."""
