"""What runs the kernels on a GPU, one family a file. Importing a family registers it (`kernels/kernel.py`).

Importing this asks nothing of the machine and changes nothing: `tinynet/cuda/` does, when the first array is made.
"""

from . import (
    array,
    attention,
    batch_norm,
    clipping,
    conv,
    ctc,
    device,
    dispatch,
    elementwise,
    embedding,
    indexing,
    losses,
    matmul,
    norms,
    pool,
    random,
    recurrent,
    reduction,
    replay,
    scan,
    softmax,
    sorting,
)
