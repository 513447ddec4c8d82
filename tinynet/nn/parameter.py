"""Parameter: a tensor that a module owns and an optimizer updates."""

import numpy as np

from .. import dtypes
from ..convert import to_array
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that requires grad and is found by `Module.parameters()` when it is an attribute of a module.

    Scripts may give it attributes of their own.
    """

    def __init__(self, data=None, requires_grad=True):
        data = np.empty(0, dtypes.default) if data is None else data
        self._hold(data.settle().array if isinstance(data, Tensor) else to_array(data, None))
        self.requires_grad_(requires_grad)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"
