"""Gradient checks against finite differences, by random projection.

For a function y = f(x) with Jacobian J, the walk backwards computes Jᵀu for any u, and a central difference along a
direction v gives Jv to O(ε²). Both must agree in ⟨u, Jv⟩ = ⟨Jᵀu, v⟩. Random directions find a wrong entry with
probability one, at the cost of two evaluations each in place of two per element.

Of several outputs each is checked alone, so that the others have no gradient, and then all are together.
"""

import numpy as np

from ..arguments import boolean, number, only
from ..errors import DeviceError, DTypeError, GraphError
from ..kernels.filled import store
from ..tensor import Tensor, wrap
from ..tensor_arguments import listed
from .backward import grad
from .mode import no_grad


def gradcheck(
    func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True,
    check_grad_dtypes=False, check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False,
    check_backward_ad=True, fast_mode=False, masked=None, directions=4, seed=0,
):  # fmt: skip
    """Whether the gradients of `func(*inputs)` by the inputs that require grad match finite differences.

    |⟨Jᵀu, v⟩ − ⟨u, (f(x + εv) − f(x − εv)) / 2ε⟩| ≤ atol + rtol |⟨u, Jv⟩| for each input alone and `directions`
    random pairs u, v. The walk is done twice, and its results may differ by `nondet_tol`. Of several outputs one at a
    time has a gradient, the others none, or with `check_undefined_grad=False` zeros; at last all have one. Inputs must
    be float64. `fast_mode` and `check_grad_dtypes` change nothing: every check is fast, and every dtype checked.

    Raises: GraphError that shows both sides, or returns False with `raise_exception=False`; DTypeError, DeviceError.
    """
    for name, value, default in (
        ("check_batched_grad", check_batched_grad, False),
        ("check_batched_forward_grad", check_batched_forward_grad, False),
        ("check_forward_ad", check_forward_ad, False),
        ("check_backward_ad", check_backward_ad, True),
    ):
        only("gradcheck", name, value, default)
    only("gradcheck", "masked", masked or None, None)
    check = _Check(func, inputs, eps, atol, rtol, number("gradcheck", "nondet_tol", nondet_tol, 0), seed)
    try:
        check.run(directions, boolean("gradcheck", "check_undefined_grad", check_undefined_grad))
    except _Mismatch as error:
        if raise_exception:
            raise GraphError(f"gradcheck: {error}") from None
        return False
    return True


class _Mismatch(Exception):
    """A gradient is wrong: how."""


class _Check:
    """A function, the inputs of it that are checked, and what may differ."""

    def __init__(self, func, inputs, eps, atol, rtol, nondet_tol, seed):
        self.func, self.inputs = func, (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.random = np.random.default_rng(seed)
        self.checked = [(i, x) for i, x in enumerate(self.inputs) if isinstance(x, Tensor) and x.requires_grad]
        if not self.checked:
            raise GraphError("gradcheck: expected at least one input that requires grad")
        for i, x in self.checked:
            if x.is_cuda:
                raise DeviceError(
                    f"gradcheck: expected tensors on the CPU, where the differences are taken; input {i} is not"
                )
            if x.dtype != np.float64:
                raise DTypeError(
                    f"gradcheck: expected float64, for finite differences to mean something; input {i} is {x.dtype}"
                )

    def run(self, directions, undefined):
        outputs = _outputs(self.func(*self.inputs))
        alone, together = [[k] for k in range(len(outputs))], [list(range(len(outputs)))]
        for chosen in alone + together * (len(outputs) > 1):
            for direction in range(directions if len(chosen) == 1 else 1):
                us = {k: np.asarray(self.random.standard_normal(outputs[k].shape)) for k in chosen}
                given = us if undefined else {k: us.get(k, np.zeros(y.shape)) for k, y in enumerate(outputs)}
                products = self.products(outputs, given)
                if direction == 0 and len(chosen) == len(outputs):
                    self.compare_walks(products, self.products(outputs, given))
                for (i, x), product in zip(self.checked, products):
                    v = np.asarray(self.random.standard_normal(x.shape))
                    self.compare(us, i, x, v, product)

    def products(self, outputs, us):
        """Jᵀu for each input that is checked, or None. An output outside the graph must not change with the inputs."""
        us = {k: u for k, u in us.items() if outputs[k].requires_grad}
        if not us:
            return [None] * len(self.checked)
        gs = [wrap(u.copy()) for u in us.values()]
        xs = [x for _, x in self.checked]
        found = grad([outputs[k] for k in us], xs, gs, retain_graph=True, allow_unused=True)
        if not all(np.array_equal(g.array, u) for g, u in zip(gs, us.values())):
            raise _Mismatch("the gradient rule changes in place the gradient that it is given, which others may share")
        return found

    def compare_walks(self, first, second):
        for (i, x), a, b in zip(self.checked, first, second):
            a, b = (np.zeros(x.shape) if g is None else g.array for g in (a, b))
            difference = float(np.abs(a - b).max(initial=0))
            if not difference <= self.nondet_tol:
                raise _Mismatch(
                    f"the walk backwards, done twice, gave gradients by input {i} of shape {x.shape} that differ by "
                    f"{difference:.3g}: the gradient rule depends on what it should not, or changes what it uses"
                )

    def compare(self, us, i, x, v, product):
        sides = self.difference(x, v, us)
        backward = 0.0 if product is None else float(np.sum(product.array * v))
        forward = sum(float(np.sum(u * sides[k])) for k, u in us.items())
        if not abs(backward - forward) <= self.atol + self.rtol * abs(forward):
            which = f"output {next(iter(us))}" if len(us) == 1 else "all outputs together"
            raise _Mismatch(
                f"the gradient of {which} by input {i} of shape {x.shape} is wrong: along a "
                f"random direction finite differences give {forward:.10g}, the gradient rule {backward:.10g}"
            )

    def difference(self, x, v, outputs):
        """(f(x + εv) − f(x − εv)) / 2ε for some outputs, by their numbers, leaving x as it was."""
        before, sides = x.array.copy(), []
        try:
            for sign in (1, -1):
                store(x.array, before + sign * self.eps * v)
                found = _outputs(self.func(*self.inputs))
                sides.append({k: found[k].array.copy() for k in outputs})
        finally:
            store(x.array, before)
        return {k: (sides[0][k] - sides[1][k]) / (2 * self.eps) for k in outputs}


def gradgradcheck(
    func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, gen_non_contig_grad_outputs=False,
    raise_exception=True, nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False,
    check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False, masked=False, directions=4, seed=0,
):  # fmt: skip
    """Whether the gradients of the gradients of `func(*inputs)` match finite differences.

    Checks (inputs, u) ↦ Jᵀu with `gradcheck`, where u is `grad_outputs`, or a random gradient of the outputs.

    Raises: as `gradcheck`.
    """
    only("gradgradcheck", "gen_non_contig_grad_outputs", gen_non_contig_grad_outputs, False)
    only("gradgradcheck", "check_fwd_over_rev", check_fwd_over_rev, False)
    only("gradgradcheck", "check_rev_over_rev", check_rev_over_rev, True)
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    random = np.random.default_rng(seed + 1)
    if grad_outputs is None:
        with no_grad():
            shapes = [y.shape for y in _outputs(func(*inputs))]
        us = [wrap(np.asarray(random.standard_normal(shape))).requires_grad_() for shape in shapes]
    else:
        us = listed("gradgradcheck", grad_outputs, "grad_outputs")

    def gradients(*args):
        args, us = args[: len(inputs)], args[len(inputs) :]
        pairs = [(y, u) for y, u in zip(_outputs(func(*args)), us) if y.requires_grad]
        xs = [x for x in args if isinstance(x, Tensor) and x.requires_grad]
        found = grad([y for y, _ in pairs], xs, [u for _, u in pairs], create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradcheck(
        gradients, (*inputs, *us), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, fast_mode=fast_mode, masked=masked, directions=directions, seed=seed,
    )  # fmt: skip


def _outputs(result):
    outputs = [result] if isinstance(result, Tensor) else list(result)
    return [y for y in outputs if isinstance(y, Tensor) and y.is_floating_point()]
