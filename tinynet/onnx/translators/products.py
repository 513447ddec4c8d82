"""Products of matrices, and the affine map of a linear layer."""

from ...ops import loss, matmul
from .table import translates


@translates(matmul.matmul)
def product(g, out, input, other):
    return g.op("MatMul", input, other)


@translates(matmul.linear)
def linear(g, out, input, weight, bias):
    if input.ndim == 2:
        return g.op("Gemm", input, weight, bias, transB=1)
    y = g.op("MatMul", input, g.op("Transpose", weight, perm=[1, 0]))
    return y if bias is None else g.op("Add", y, bias)


# Softmax, and the loss that is made of it


@translates(loss.softmax, loss.log_softmax)
def softmax(g, out, input, dim):
    kind, x = "Softmax" if g.call == "softmax" else "LogSoftmax", g.cast(input, out.dtype)
    if out.ndim == 0:
        return g.squeeze(g.op(kind, g.unsqueeze(x, 0), axis=0), 0)
    return g.op(kind, x, axis=dim % out.ndim)


@translates(loss._plain_cross_entropy)
def cross_entropy(g, out, x, target, ignore_index, reduction):
    options = {"ignore_index": ignore_index, "reduction": reduction}
    return g.op("SoftmaxCrossEntropyLoss", x, target, **options)
