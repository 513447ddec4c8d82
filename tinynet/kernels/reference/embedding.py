"""Rows of a table by their numbers, and the transpose, which adds rows up where they came from."""

from ..kernel import In, Out, kernel


@kernel
def embedding(out: Out, weight: In, index: In):
    """out[i] ← weight[index[i]]."""
    out[...] = weight[index]


@kernel
def embedding_grad(gw: Out, g: In, index: In, padding):
    """gw ← 0, then gw[index[i]] += g[i] for all i in order, except where index[i] is `padding`."""
    gw[...] = 0
    for i, row in enumerate(index):
        if row != padding:
            gw[row] += g[i]
