"""What runs the kernels on the CPU, one family a file. Importing a family registers it (`kernels/kernel.py`)."""

from . import (
    attention,
    batch_norm,
    clipping,
    conv,
    ctc,
    elementwise,
    embedding,
    indexing,
    layout,
    losses,
    moments,
    norms,
    pool,
    random,
    recurrent,
    reduction,
    scan,
    softmax,
    sorting,
)
from .gemm import matmul
