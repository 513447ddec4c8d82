"""SAM: the gradient is taken where the loss is worst nearby."""

from .. import rules
from ..autograd.mode import enable_grad
from ..kernels import reference as kernels
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.total_norm import DeviceScalar
from .engine.arena import Span
from .engine.preprocessing import norm_of
from .engine.wrapper import Wrapper

ASCEND = lift(rules.plus, inplace=("x",), uniform=("factor",), flush=True)


class SAM(Wrapper):
    """Sharpness-aware minimisation around any optimizer, which then finds flat minima.

        θ ← optimizer's step from θ, with the gradient at θ + ρ ∇J(θ)/‖∇J(θ)‖

    `step` needs a closure that clears the gradients, computes the loss and calls `backward`; it is called twice, and
    the loss at θ is returned. Options of `step` are the optimizer's, for the second gradient.
    rho ρ ≥ 0, of which the default is the paper's: Foret et al., "Sharpness-Aware Minimization for Efficiently
    Improving Generalization" (ICLR 2021).
    Raises: ValueError for ρ < 0, TypeError for what is no optimizer and for a step without a closure.
    """

    def __init__(self, optimizer, rho=0.05):
        super().__init__(optimizer)
        self.require(rho >= 0, "rho must be ≥ 0", rho)
        self.rho = rho

    def step(self, closure=None, **options):
        if closure is None:
            raise TypeError("SAM: step needs a closure that computes the loss and its gradients; it is called twice")
        with enable_grad():
            loss = closure()
        spans = [Span(arena, *run, 0) for arena in self._all_arenas() for run in arena.collect()]
        factor = norm_of(spans).reshape(1)
        launch(kernels.add, factor, factor, 1e-12)
        launch(kernels.div, factor, float(self.rho), factor)  # ρ / (‖g‖ + 10⁻¹²)
        factor = DeviceScalar(factor)
        for span in spans:
            launch(kernels.copy, span.scratch("before"), span.values)
            launch(ASCEND, span.values, span.grads, factor.like(span.values))
            span.arena.mark_written()
        try:
            with enable_grad():
                closure()
        finally:
            for span in spans:
                launch(kernels.copy, span.values, span.scratch("before"))
                span.arena.mark_written()
        self.optimizer.step(**options)
        return loss
