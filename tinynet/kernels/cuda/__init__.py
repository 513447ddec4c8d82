"""What runs the kernels on a GPU, one family a file. Importing a family registers it (`kernels/kernel.py`).

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
