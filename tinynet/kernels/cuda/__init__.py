"""The kernels for a GPU, under the names and with the signatures of the CPU's, in `KERNELS`.

Importing this asks nothing of the machine; the device is looked for when the first array is made there.
"""

from ..launch import send_elsewhere
from . import (
    attention,
    batch_norm,
    conv,
    dispatch,
    elementwise,
    embedding,
    indexing,
    losses,
    matmul,
    norms,
    pool,
    random,
    reduction,
    softmax,
)

FAMILIES = (
    attention, batch_norm, conv, elementwise, embedding, indexing, losses, matmul, norms, pool, random, reduction,
    softmax,
)  # fmt: skip

KERNELS = {name: getattr(family, name) for family in FAMILIES for name in family.__all__}

send_elsewhere(dispatch.run)
