"""A Rule: a formula of one element, lifted to the loop that updates an arena."""

import inspect

from ... import rules
from ...kernels.lifting.lift import lift
from ...kernels.lifting.quantized import lift_quantized
from ...kernels.runtime.threads import UPDATES

PREPROCESS = lift(rules.preprocess, uniform=("factor",), scalars=("limit", "scale"), flush=True)
RESERVED = ("clip_factor", "limit", "scale")  # names of what the loops do to a gradient before the formula


class Rule:
    """An update rule: a formula `(p, *state, g, *numbers)` that returns the new p and state, lifted to a kernel.

    The formula's parameter names say the rest: those between `p` and `g` are state, kept per element and saved under
    these names; those after `g` are numbers, looked up when a step is taken. Of the state, `scratch` names what need
    not be kept between steps, and must come last; of the numbers, `per_tensor` names those that differ from tensor to
    tensor, and must come first.

    Before the formula the loop multiplies g by a scale, which is −1 to maximise. `clipped` is the same loop for
    gradients that are clipped: by a factor, which another launch has computed, and by value.

    Raises: TypeError for other parameters, and where the formula's source is not kept, as at the prompt of Python 3.12.
    """

    def __init__(self, formula, *, scratch=(), per_tensor=()):
        _check_source(formula)
        names = list(inspect.signature(formula).parameters)
        if names[:1] != ["p"] or "g" not in names:
            raise TypeError(
                f"update rule {formula.__name__}: expected parameters (p, *state, g, *numbers), got {names}"
            )
        for name in RESERVED:
            if name in names:
                raise TypeError(f"update rule {formula.__name__}: the loop needs the name {name!r} itself")
        g = names.index("g")
        self.state, self.scratch = tuple(n for n in names[1:g] if n not in scratch), tuple(scratch)
        self.scalars = tuple(n for n in names[g + 1 :] if n not in per_tensor)
        if names != ["p", *self.state, *scratch, "g", *per_tensor, *self.scalars]:
            raise TypeError(f"update rule {formula.__name__}: scratch must come last before g, per_tensor first after")
        options = {"inplace": names[:g], "scalars": self.scalars, "per_tensor": per_tensor, "flush": True}
        options["parallel_from"] = UPDATES
        self.kernel = self.lift(formula, prologue="g = scale * g", extra_scalars=("scale",), **options)
        clip = "g = min(max(clip_factor * (scale * g), -limit), limit)"
        self.clipped = self.lift(
            formula, prologue=clip, uniform=("clip_factor",), extra_scalars=("limit", "scale"), **options
        )

    def lift(self, formula, **options):
        return lift(formula, **options)

    def arrays(self, span):
        """What the kernel takes between p and g."""
        return [*map(span.state, self.state), *map(span.scratch, self.scratch)]

    def __repr__(self):
        return f"Rule({self.kernel.name}, state={self.state}, scalars={self.scalars})"


def _check_source(formula):
    """Say at once, and not at the first step, that a formula which lies in no file has no source to be lifted.

    IPython and notebooks keep what is typed, and so does Python's own prompt from 3.13 on.
    """
    file = getattr(getattr(formula, "__code__", None), "co_filename", "")
    if file.startswith("<"):
        try:
            inspect.getsource(formula)
        except OSError:
            where = "this prompt keeps none before Python 3.13" if file == "<stdin>" else f"it is not kept for {file}"
            raise TypeError(
                f"update rule {formula.__name__}: its source is needed, and {where}; write it in a file, in IPython or "
                "in a notebook"
            ) from None


class CodedRule(Rule):
    """A rule whose state is kept in codes of 8 bits: `codes` says for its names whether they are signed."""

    def __init__(self, formula, codes):
        self.codes = codes
        super().__init__(formula)

    def lift(self, formula, **options):
        return lift_quantized(formula, quantized=self.codes, **options)

    def arrays(self, span):
        return [*map(span.state, self.state), *map(span.scales, self.state), *span.blocks()]
