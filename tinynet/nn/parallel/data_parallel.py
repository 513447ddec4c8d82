"""What scripts put around a module so that it uses all GPUs of a machine, of which there is at most one here."""

from ...arguments import integer, wrong_kind, wrong_value
from ...cuda import is_available
from ...devices import gpu
from ...ops.joining import cat
from ...tensor import Tensor
from ...trees import flatten, map_leaves, unflatten
from ..module import Module


def scatter(inputs, target_gpus, dim=0):
    """The inputs for each of the GPUs, of which there is one: [inputs], with the tensors in them moved there.

    Raises: DeviceError for other GPUs, ArgumentValueError for none.
    """
    integer("scatter", "dim", dim)
    targets = [gpu(d) for d in target_gpus]
    if len(targets) != 1:
        raise wrong_value("scatter", "one GPU in target_gpus", target_gpus)
    move = lambda x: x.to(targets[0]) if isinstance(x, Tensor) else x
    return (move(inputs),) if isinstance(inputs, Tensor) else [map_leaves(move, inputs)]


def gather(outputs, target_device, dim=0):
    """What the GPUs have returned, one after another along `dim`, on a device: for tensors, or trees of tensors.

    Raises: ArgumentTypeError for what is neither.
    """
    device = "cpu" if target_device == -1 else target_device
    leaves, (structure, *_) = zip(*map(flatten, outputs))
    if not all(isinstance(x, Tensor) for each in leaves for x in each):
        raise wrong_kind("gather", "outputs", "tensors, or trees of tensors", outputs)
    joined = [cat([x.reshape(1) if x.ndim == 0 else x for x in same], dim) for same in zip(*leaves)]
    return unflatten(structure, [x.to(device) for x in joined])


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
