"""The kernels for a GPU, under the names and with the signatures of the CPU's, in `KERNELS`.

Importing this asks nothing of the machine and changes nothing. When the first array is made, the device is looked for,
and from then on every launch looks where its arrays lie (`driver.require`).
"""

from . import (
    attention,
    batch_norm,
    conv,
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
