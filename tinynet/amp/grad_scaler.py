"""Scaling of losses, so that small gradients of float16 do not become 0."""

import math
import warnings
from collections.abc import Iterable

import numpy as np

from .. import cuda
from ..arguments import boolean, integer, number, wrong_kind, wrong_value
from ..dtypes import float16
from ..kernels.arrays import host
from ..kernels.total_norm import total_norm
from ..nn.utils.clip_grad import Gradients
from ..tensor import Tensor, wrap
from .autocast_mode import device_kind

READY, UNSCALED, STEPPED = "ready", "unscaled", "stepped"


class GradScaler:
    """Multiplies losses by a scale, and divides gradients by it before a step, which is skipped where one overflowed.

        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    After a step that was skipped the scale is multiplied by `backoff_factor`, after `growth_interval` steps without
    one by `growth_factor`, unless it would overflow. With `enabled=False`, and for "cuda" where there is no GPU, which
    warns, losses and gradients stay as they are, and all steps are taken.

    Raises: ArgumentValueError for growth_factor ≤ 1, or backoff_factor ≥ 1.
    """

    _stacklevel = 3  # of a warning about the call of the class

    def __init__(
        self, device="cuda", init_scale=65536.0, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000,
        enabled=True,
    ):  # fmt: skip
        self._enabled = self._is_possible(device, enabled)
        if not self._enabled:
            return
        self._scale = _float32(number("GradScaler", "init_scale", init_scale))
        self.set_growth_factor(growth_factor)
        self.set_backoff_factor(backoff_factor)
        self.set_growth_interval(growth_interval)
        self._growth_tracker = 0  # steps since the scale has changed, or one was skipped
        self._has_scaled = False
        self._states = {}  # optimizer: its _State since the last update

    def _is_possible(self, device, enabled):
        kind = device_kind("GradScaler", device)
        enabled = boolean("GradScaler", "enabled", enabled)
        if enabled and kind == "cuda" and not cuda.is_available():
            warnings.warn("GradScaler: there is no GPU, so it is disabled", stacklevel=self._stacklevel)
            return False
        return enabled

    def scale(self, outputs):
        """A tensor times the scale, or a list, tuple or other iterable of such.

        Raises: ArgumentTypeError for anything else.
        """
        if not self._enabled:
            return outputs
        self._has_scaled = True
        return self._scaled(outputs)

    def _scaled(self, outputs):
        if isinstance(outputs, Tensor):
            scale = wrap(np.array(self._scale, np.float32)).to(outputs.device)
            with np.errstate(over="ignore"):  # which is what a step looks for
                return outputs * scale
        if isinstance(outputs, list | tuple):
            return type(outputs)(map(self._scaled, outputs))
        if isinstance(outputs, Iterable):
            return map(self._scaled, outputs)
        raise wrong_kind("scale", "outputs", "a Tensor or an iterable of Tensors", outputs)

    def unscale_(self, optimizer):
        """Divide the gradients of an optimizer's parameters by the scale, in place, as before clipping; at most once.

        Raises: RuntimeError if this was done since the last update, or the step, or if nothing was scaled;
        ArgumentValueError for gradients of float16.
        """
        if not self._enabled:
            return
        self._expect_scaled("unscale_")
        state = self._states.get(optimizer, _State())
        if state.stage != READY:
            raise RuntimeError(f"unscale_: this optimizer has {state.stage} since the last update(), which comes first")
        gradients = Gradients("unscale_", [p for group in optimizer.param_groups for p in group["params"]])
        if any(g.dtype == float16 for g in gradients.tensors):
            raise wrong_value("unscale_", "gradients of float32 or float64", "float16")
        largest = total_norm(gradients.slices(), math.inf) if gradients.tensors else None
        gradients.scale(np.array([_float32(1 / self._scale if self._scale else math.inf)]))
        self._states[optimizer] = _State(UNSCALED, largest)

    def step(self, optimizer, *args, **kwargs):
        """optimizer.step(*args, **kwargs) with gradients divided by the scale, unless one of them is infinite or NaN.

        Returns what the step does, or None if it is skipped.
        Raises: RuntimeError for a closure, for a second step before `update`, for an optimizer without gradients, or
        if nothing was scaled; what `unscale_` raises.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if (args[0] if args else kwargs.get("closure")) is not None:
            raise RuntimeError("step: a closure cannot be used while a GradScaler is enabled")
        self._expect_scaled("step")
        state = self._states.get(optimizer, _State())
        if state.stage == STEPPED:
            raise RuntimeError("step: this optimizer has stepped since the last update(), which comes first")
        if state.stage == READY:
            self.unscale_(optimizer)
            state = self._states[optimizer]
        if state.largest is None:
            raise RuntimeError("step: no parameter of this optimizer has a gradient")
        result = None if state.overflowed() else optimizer.step(*args, **kwargs)
        self._states[optimizer] = _State(STEPPED, state.largest)
        return result

    def update(self, new_scale=None):
        """Set the scale for the next iteration: to `new_scale`, or by what was found since the last `update`.

        Raises: RuntimeError if no gradients have been looked at since then, or nothing was scaled.
        """
        if not self._enabled:
            return
        self._expect_scaled("update")
        if new_scale is not None:
            self._scale = _float32(number("update", "new_scale", new_scale))
        else:
            found = [state.overflowed() for state in self._states.values() if state.largest is not None]
            if not found:
                raise RuntimeError("update: no gradients have been unscaled since the last update()")
            self._adapt(any(found))
        self._states = {}

    def _adapt(self, overflowed):
        if overflowed:
            self._scale = _float32(self._scale * self._backoff_factor)
            self._growth_tracker = 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            grown = _float32(self._scale * self._growth_factor)
            self._scale = grown if math.isfinite(grown) else self._scale
            self._growth_tracker = 0

    def _expect_scaled(self, where):
        if not self._has_scaled:
            raise RuntimeError(f"{where}: nothing has been scaled; call scale(loss).backward() first")

    def is_enabled(self):
        """Whether anything is scaled."""
        return self._enabled

    def get_scale(self):
        """The scale, 1 if the scaler is disabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self):
        """By what the scale is multiplied as it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor):
        """Set by what the scale is multiplied as it grows. Raises ArgumentValueError for a factor ≤ 1."""
        factor = float(number("GradScaler", "growth_factor", new_factor))
        if not factor > 1:
            raise wrong_value("GradScaler", "growth_factor > 1", new_factor)
        self._growth_factor = factor

    def get_backoff_factor(self):
        """By what the scale is multiplied after a step that was skipped."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor):
        """Set by what the scale is multiplied after a skipped step. Raises ArgumentValueError for a factor ≥ 1."""
        factor = float(number("GradScaler", "backoff_factor", new_factor))
        if not factor < 1:
            raise wrong_value("GradScaler", "backoff_factor < 1", new_factor)
        self._backoff_factor = factor

    def get_growth_interval(self):
        """After how many steps in a row that were not skipped the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval):
        """Set after how many steps in a row that were not skipped the scale grows."""
        self._growth_interval = integer("GradScaler", "growth_interval", new_interval)

    def state_dict(self):
        """The scale, the factors, the interval, and how many steps have counted towards it; {} if disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict):
        """Go on from a state. Raises RuntimeError for that of a scaler that was disabled, unless this one is too."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("load_state_dict: the state is empty, as that of a disabled GradScaler is")
        scale = _float32(number("load_state_dict", "scale", state_dict["scale"]))
        tracker = integer("load_state_dict", "_growth_tracker", state_dict["_growth_tracker"])
        interval = integer("load_state_dict", "growth_interval", state_dict["growth_interval"])
        growth, backoff = (
            float(number("load_state_dict", name, state_dict[name])) for name in ("growth_factor", "backoff_factor")
        )
        self._scale, self._growth_tracker, self._growth_interval = scale, tracker, interval
        self._growth_factor, self._backoff_factor = growth, backoff


def _float32(x):
    """A float as PyTorch keeps it, in a tensor of float32."""
    with np.errstate(over="ignore"):
        return float(np.float32(x))


class _State:
    """How far an optimizer has come since the last update, and the largest |gradient|, a 0-d array on its device."""

    def __init__(self, stage=READY, largest=None):
        self.stage, self.largest = stage, largest

    def overflowed(self):
        return not np.isfinite(host(self.largest))
