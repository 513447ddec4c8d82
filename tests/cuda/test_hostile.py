"""Kernels of the GPU on the shapes of `support/hostile.py`, against the CPU.

On the emulated GPU (`tests/emulator`) it is an error to touch what is outside of the arrays that a kernel was given,
and new memory is full of NaN. The simulator watches neither, and would take minutes.
"""

import math
import os

import hostile
import numpy as np
import pytest
from cuda_cases import SIMULATED
from helpers import close, numpy

from tinynet import trees

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(SIMULATED, reason="Python's threads take minutes, and are not watched"),
]

EVERY = 9 if "THOROUGH" in os.environ else 37  # one case of so many is run; odd, so that all dtypes and layouts are met
LARGEST = 50_000  # numbers among the inputs


def takes_place_on_the_gpu(name, case):
    """Small ones, not of `test_ops.py`, and without strides below 0, which no tensor has there."""
    if getattr(case, "func", None) is not hostile.orders or "flipped" in name or name.startswith("sample"):
        return False
    return sum(math.prod(a) if isinstance(a, tuple) else a.size for a in case.args[1]) <= LARGEST


CASES = {name: case for name, case in hostile.CASES.items() if takes_place_on_the_gpu(name, case)}


@pytest.mark.parametrize("name", list(CASES)[::EVERY])
def test_kernels_stay_within_their_arrays(name):
    with np.errstate(all="ignore"):
        expected, actual = (CASES[name](device=device) for device in ("cpu", "cuda"))
    for a, e in zip(*(trees.flatten(results)[0] for results in (actual, expected)), strict=True):
        assert a.is_cuda, "a result does not lie on the GPU"
        largest = float(np.abs(np.nan_to_num(numpy(e), posinf=0, neginf=0)).max(initial=0))
        close(a, e, ulp=4096, scale=max(1.0, largest))  # gradients of rows that are almost constant lose digits
