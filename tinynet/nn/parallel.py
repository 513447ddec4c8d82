"""`nn.parallel`: what scripts put around a module so that it uses all GPUs, of which there is at most one here."""

from ..arguments import integer, wrong_kind
from ..cuda import is_available
from ..devices import gpu
from ..tensor import Tensor
from ..trees import map_leaves
from .module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """The module itself, called with its inputs moved to the device on which its parameters lie.

    Its parameters are named "module.weight" and so on, as in a state of a model that was trained on several GPUs.
    Raises: DeviceError where another GPU than the first is asked for.
    """

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        if not isinstance(module, Module):
            raise wrong_kind("DataParallel", "module", "a Module", module)
        self.dim = integer("DataParallel", "dim", dim)
        self.module = module
        self.device_ids = []
        if is_available():
            asked = [0] if device_ids is None else [gpu(d).index for d in device_ids]
            self.device_ids, self.output_device = asked, asked[0] if output_device is None else gpu(output_device).index

    def forward(self, *inputs, **kwargs):
        device = next((p.device for p in (*self.module.parameters(), *self.module.buffers())), None)
        if device is not None:
            inputs, kwargs = map_leaves(lambda x: x.to(device) if isinstance(x, Tensor) else x, (inputs, kwargs))
        return self.module(*inputs, **kwargs)
