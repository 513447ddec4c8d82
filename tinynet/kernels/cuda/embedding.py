"""Rows of a table by their numbers, and the transpose, which adds rows up where they came from."""

import numpy as np
from numba.types import int64

from .. import reference as kernels
from .device.driver import cuda, grid, kernel
from .rows import ROW


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64, int64))
def take_rows(out, weight, index, rows, columns):
    for i in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        row = min(max(index[i // columns], 0), rows - 1)  # what is outside is reported by a check of its own
        out[i] = weight[row * columns + i % columns]


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64, int64))
def add_rows(gw, g, index, columns, padding):
    """A block of threads has a row of the table, and looks for it among the indices, a piece of them at a time. So no
    two blocks add to the same number, each adds in the order of the indices, and the bits are the same in every run."""
    piece = cuda.shared.array(ROW, int64)
    t, step, row = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.x
    for c in range(t, columns, step):
        gw[row * columns + c] = 0
    for start in range(0, index.size if row != padding else 0, step):
        found = index[start + t] if start + t < index.size else -1
        cuda.syncthreads()
        piece[t] = found
        if cuda.syncthreads_or(np.int32(found == row)):  # else all go on at once: most pieces do not name the row
            for j in range(step):
                if piece[j] == row:
                    for c in range(t, columns, step):
                        gw[row * columns + c] += g[(start + j) * columns + c]


@kernels.embedding.on("cuda")
def embedding(out, weight, index):
    """out[i] ← weight[index[i]]."""
    if not weight.size:
        out.fill(0)  # there is no such row, as a check of its own reports
    elif out.size:
        index = index.astype(np.int64, copy=False).contiguous()
        take_rows(out.dtype, *grid(out.size), out, weight.contiguous(), index, *weight.shape)


@kernels.embedding_grad.on("cuda")
def embedding_grad(gw, g, index, padding):
    """gw ← 0, then gw[index[i]] += g[i] for all i in order, except where index[i] is `padding`."""
    if gw.size:
        if not index.size:
            return gw.fill(0)
        rows, columns = gw.shape
        add_rows(gw.dtype, rows, ROW, gw, g.contiguous(), index.contiguous(), columns, padding)
