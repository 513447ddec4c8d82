"""Averages of a model's parameters over the steps, which often do better than the last ones.

    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    for x, y in batches:
        ...
        optimizer.step()
        averaged.update_parameters(model)
    averaged(x)

Which average, is a formula: `polyak_average`, `exponential_average` or `debiased_average` in `formulas.py`.
"""

import copy
import operator

import numpy as np

from .. import formulas
from ..arguments import boolean, number, wrong_kind
from ..autograd.mode import no_grad
from ..capture import host_call
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.filled import contiguous, zeros
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..nn.module import Module
from ..tensor import wrap
from .engine.arena import ALIGN
from .engine.hyperparameters import whole
from .lr_scheduler import SWALR

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

POLYAK = lift(formulas.polyak_average, inplace=("mean",), scalars=("t",))
EXPONENTIAL = lift(formulas.exponential_average, inplace=("mean",), scalars=("beta",))
DEBIASED = lift(formulas.debiased_average, inplace=("mean",), scalars=("t", "beta"))
AVERAGES = {  # kind: (kernel, whether its first scalar is the number of models)
    "polyak": (POLYAK, True),
    "exponential": (EXPONENTIAL, False),
    "debiased": (DEBIASED, True),
}


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's, taken at each `update_parameters`.

    The first update copies the parameters. Each later one averages them by `multi_avg_fn(averaged, current, n)`, which
    changes a list of tensors in place, or by `avg_fn(averaged, current, n)`, which returns the new average of one
    tensor; n is how many went into the average before. Without either it is the mean of all: Polyak averaging, or
    "SWA" (Izmailov et al., 2018). The functions below are the fast ones: one loop over all parameters.

    Buffers are copied from the model, or with `use_buffers` averaged, where they are of floating dtype. The state dict
    holds the averages and their number `n_averaged`, all that it takes to go on.
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        if not isinstance(model, Module):
            raise wrong_kind("AveragedModel", "model", "a Module", model)
        for name, function in (("avg_fn", avg_fn), ("multi_avg_fn", multi_avg_fn)):
            if function is not None and not callable(function):
                raise wrong_kind("AveragedModel", name, "a function", function)
        use_buffers = boolean("AveragedModel", "use_buffers", use_buffers)
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: expected one of avg_fn and multi_avg_fn, got both")
        self.module = copy.deepcopy(model) if device is None else copy.deepcopy(model).to(device)
        self.register_buffer("n_averaged", wrap(np.zeros((), np.int64)))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers
        if avg_fn is None and multi_avg_fn is None:
            self.multi_avg_fn = get_swa_multi_avg_fn()
        self._spans = Spans(self.module.parameters())

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_spans"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._spans = Spans(self.module.parameters())

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy the averages and their number, as a module does; the number must not be negative."""
        n = state_dict.get("n_averaged", 0) if hasattr(state_dict, "get") else 0
        whole("AveragedModel", "n_averaged", n)
        return super().load_state_dict(state_dict, strict, assign)

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    @host_call
    def update_parameters(self, model):
        """Take the model's present parameters into the average.

        Raises: ShapeError for a model of another structure, before anything is changed.
        """
        ours, theirs = (([*m.parameters()], [*m.buffers()]) for m in (self.module, model))
        if [(t.shape, t.dtype) for part in ours for t in part] != [(t.shape, t.dtype) for part in theirs for t in part]:
            raise ShapeError("AveragedModel: expected a model like the one it was made of, got another structure")
        n = self.n_averaged.item()
        averaged, copied = [], []
        for a, c in [*zip(ours[0], theirs[0])]:
            (averaged if n else copied).append((a.detach(), c.detach()))
        for a, c in [*zip(ours[1], theirs[1])]:
            (averaged if n and self.use_buffers and a.is_floating_point() else copied).append((a, c))
        with no_grad():
            for a, c in copied:
                a.copy_(c)
            self._average(averaged, n)
            self.n_averaged.add_(1)

    def _average(self, pairs, n):
        if self.multi_avg_fn is None:
            for a, c in pairs:
                a.copy_(self.avg_fn(a, c, n))
            return
        for dtype in {a.dtype: None for a, _ in pairs}:
            lists = zip(*((a, c) for a, c in pairs if a.dtype == dtype))
            averaged, current = map(list, lists)
            if getattr(self.multi_avg_fn, "elementwise", False):  # it sees no tensors, only numbers
                self.multi_avg_fn(*self._spans.of(averaged, current), n)
            else:
                self.multi_avg_fn(averaged, current, n)
            for a in averaged:
                a.mark_written()


class Spans:
    """Lays parameters side by side, as an optimizer's arena does, so that they can be averaged in few launches."""

    def __init__(self, parameters):
        self.buffers, self.known = [], {}
        parameters = list(parameters)
        for dtype in {p.dtype: None for p in parameters}:
            self._lay_out([p for p in parameters if p.dtype == dtype], dtype)

    def _lay_out(self, parameters, dtype):
        starts = np.cumsum([0, *(-(-p.numel() // ALIGN) * ALIGN for p in parameters)])
        buffer = zeros((int(starts[-1]),), dtype, parameters[0].array)
        for start, p in zip(starts, parameters):
            home = buffer[start : start + p.numel()].reshape(p.shape)
            launch(kernels.copy, home, p.array)
            p.move_to(home)
        self.buffers.append(buffer)

    def of(self, averaged, current):
        """The lists of tensors with neighbours joined, where they are neighbours in both lists."""
        arrays = [t.array for t in (*averaged, *current)]
        before, joined = self.known.get(averaged[0].dtype, ((), None))
        if len(arrays) != len(before) or not all(map(operator.is_, arrays, before)):
            contiguous = all(array.__class__ is np.ndarray and array.flags.c_contiguous for array in arrays)
            joined = self._joined(arrays[: len(averaged)], arrays[len(averaged) :]) if contiguous else None
            self.known[averaged[0].dtype] = arrays, joined
        return joined or (averaged, current)

    def _joined(self, averaged, current):
        runs = []  # [buffer, its start, its stop, other buffer, start, stop]
        for a, c in zip(averaged, current):
            run = [*self._place(a), *self._place(c)]
            last = runs[-1] if runs else None
            # The gap up to the next cache line belongs to nobody, where the buffer is one of ours.
            if (
                last
                and any(last[0] is buffer for buffer in self.buffers)
                and last[0] is run[0]
                and last[3] is run[3]
                and 0 <= run[1] - last[2] < ALIGN
                and run[1] - last[1] == run[4] - last[4]
            ):
                last[2], last[5] = run[2], run[5]
            else:
                runs.append(run)
        return [wrap(r[0][r[1] : r[2]]) for r in runs], [wrap(r[3][r[4] : r[5]]) for r in runs]

    @staticmethod
    def _place(array):
        """(buffer, start, stop): the one-dimensional memory in which an array lies, and where."""
        base = array.base
        if base is None or base.__class__ is not np.ndarray or base.ndim != 1 or base.dtype != array.dtype:
            base = array.reshape(-1)
        start = (array.ctypes.data - base.ctypes.data) // array.itemsize
        return base, start, start + array.size


# The averages, as functions for AveragedModel


class KernelAverage:
    """A multi_avg_fn by one of `AVERAGES`, with the decay β where it has one; it can be copied and pickled."""

    elementwise = True  # it may be given any pieces of the parameters

    def __init__(self, kind, *beta):
        self.kind, self.beta = kind, tuple(map(float, beta))

    def __call__(self, averaged, current, n):
        kernel, counts = AVERAGES[self.kind]
        numbers = [float(n + 1), *self.beta] if counts else self.beta
        for a, c in zip(averaged, current):
            mean = contiguous(a.array)
            launch(kernel, mean.reshape(-1), contiguous(c.array).reshape(-1), *numbers)
            if mean is not a.array:
                launch(kernels.copy, a.array, mean.reshape(a.shape))
            a.mark_written()


class TensorAverage:
    """An avg_fn from a multi_avg_fn."""

    def __init__(self, multi_avg_fn):
        self.multi_avg_fn = multi_avg_fn

    def __call__(self, averaged, current, n):
        out = averaged.detach().clone()
        self.multi_avg_fn([out], [current], n)
        return out


def get_swa_multi_avg_fn():
    """The mean of all: θ̄ₜ = (1/t) Σ θₖ."""
    return KernelAverage("polyak")


def get_ema_multi_avg_fn(decay=0.999, *, debias=False):
    """The exponential average θ̄ ← βθ̄ + (1−β)θ with β = `decay`, which begins at the first θ.

    With `debias` it begins at 0 and is divided by 1 − βᵗ, as in section 7.2 of Kingma & Ba (2015): in the first steps,
    the mean of all.
    """
    decay = number("get_ema_multi_avg_fn", "decay", decay)
    if not (0 <= decay < 1 or (decay == 1 and not debias)):
        raise ValueError(f"expected a decay in [0, 1{')' if debias else ']'}, got {decay}")
    return KernelAverage("debiased" if debias else "exponential", decay)


def get_swa_avg_fn():
    """`get_swa_multi_avg_fn` for one tensor at a time."""
    return TensorAverage(get_swa_multi_avg_fn())


def get_ema_avg_fn(decay=0.999, *, debias=False):
    """`get_ema_multi_avg_fn` for one tensor at a time."""
    return TensorAverage(get_ema_multi_avg_fn(decay, debias=debias))


def update_bn(loader, model, device=None):
    """Measure the running statistics of batch normalisation anew, on the batches of `loader`.

    Averaged parameters have statistics that no model of the average has seen. A batch is the input, or a tuple that
    begins with it, and is moved to `device` if one is given. Modules with statistics are those that have
    `reset_running_stats`; while this runs, their `momentum` is None, which is to say the mean of all batches.
    """
    momenta = {m: m.momentum for m in model.modules() if hasattr(m, "reset_running_stats")}
    if not momenta:
        return
    modes = [(m, m.training) for m in model.modules()]
    model.train()
    try:
        for module in momenta:
            module.reset_running_stats()
            module.momentum = None
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, list | tuple) else batch
                model(x if device is None else x.to(device))
    finally:
        for module, momentum in momenta.items():
            module.momentum = momentum
        for module, training in modes:
            module.training = training
