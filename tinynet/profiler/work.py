"""How much a kernel has to do: the multiplications of products, and the bytes that go through memory."""


def multiplications(name, arguments):
    """The multiplications of a matrix product, a convolution or an attention; 0 of other kernels."""
    count = _PRODUCTS.get(name)
    return 0 if count is None else count(*arguments)


def bytes_moved(kernel, arguments):
    """The bytes of all arrays that the kernel writes and reads, those that it updates twice; of broadcast ones, what
    lies in memory."""
    return sum(map(_nbytes, (*kernel.written(arguments), *kernel.read(arguments))))


def _nbytes(x):
    size = 1
    for n, stride in zip(getattr(x, "shape", ()), getattr(x, "strides", ())):
        size *= n if stride else min(n, 1)
    return size * x.dtype.itemsize if hasattr(x, "strides") else 0


def _matmul(out, a, b, *_):
    return out.size * a.shape[-1]


def _convolve(out, x, weight, *_):
    return out.size * (weight.size // max(weight.shape[0], 1))


def _convolve_transposed(out, y, weight, *_):
    return y.size * (weight.size // max(weight.shape[0], 1))


def _correlate(out, x, y, *_):
    return y.size * (out.size // max(out.shape[0], 1))


def _attention(out, lse, q, k, v, *_):
    return lse.size * k.shape[2] * (q.shape[3] + v.shape[3])


def _attention_grad(gq, gk, gv, g, q, k, v, out, lse, *_):
    return lse.size * k.shape[2] * (3 * q.shape[3] + 2 * v.shape[3])


_PRODUCTS = {
    "matmul": _matmul,
    "linear": _matmul,
    "convolve": _convolve,
    "convolve_transposed": _convolve_transposed,
    "correlate": _correlate,
    "attention": _attention,
    "attention_grad": _attention_grad,
}
