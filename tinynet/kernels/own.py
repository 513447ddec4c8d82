"""Kernels of formulas of the user's: as those of the library, but in no list of these, and compiled when first used."""

import functools

from .cpu.elementwise import from_formula, parallel_from
from .reference.elementwise import Pointwise


class OwnFormula(Pointwise):
    """The kernel of a formula whose last parameters, as many as `scalars` says, are numbers."""

    is_listed = False

    def __init__(self, formula, scalars=0):
        super().__init__(formula.__name__, formula, scalars)
        self.on("cpu", from_formula(formula, self.scalars, parallel_from(formula)))

    @functools.cached_property
    def cuda(self):
        from .cuda.lifted.elementwise import Elementwise  # which needs CUDA

        return Elementwise(self.formula)
