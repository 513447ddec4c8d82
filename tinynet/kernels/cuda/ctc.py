"""Connectionist temporal classification: a block takes a sample, its threads the labels, which meet at each step."""

from numba.types import int64
from numpy import inf

from .. import reference as kernels
from .device import driver
from .device.driver import cuda, device, exp, grid, kernel, log
from .rows import larger

THREADS = driver.choose(128, 4)


@device
def log_sum(x, y, z):
    """log(eˣ + eʸ + eᶻ), where none overflows; NaN if one is NaN, which a maximum may drop."""
    top = larger(x, larger(y, z))
    return x + y + z if top == -inf else top + log(exp(x - top) + exp(y - top) + exp(z - top))


@kernel(lambda real: (*[real[::1]] * 3, *[int64[::1]] * 3, *[int64] * 5))
def ctc_alphas(loss, alpha, x, labels, lengths, widths, steps, samples, classes, columns, blank):
    n = cuda.blockIdx.x
    length, width, first = lengths[n], widths[n], n * columns
    zero, nothing = x.dtype.type(0), x.dtype.type(-inf)
    for t in range(steps):
        row, before = (n * steps + t) * columns, (n * steps + t - 1) * columns
        for s in range(cuda.threadIdx.x, columns, cuda.blockDim.x):
            total, label = nothing, labels[first + s]
            if t < length and s < width:
                if t == 0:
                    total = zero if s < 2 else nothing
                else:
                    one = alpha[before + s - 1] if s >= 1 else nothing
                    over = s >= 2 and label != blank and label != labels[first + s - 2]
                    total = log_sum(alpha[before + s], one, alpha[before + s - 2] if over else nothing)
                total += x[(t * samples + n) * classes + label]
            alpha[row + s] = total
        cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        if length > 0:
            end = (n * steps + length - 1) * columns + width - 1
            loss[n] = -log_sum(alpha[end], alpha[end - 1] if width > 1 else nothing, nothing)
        else:
            loss[n] = zero if width == 1 else -nothing


@kernel(lambda real: (*[real[::1]] * 3, *[int64[::1]] * 3, *[int64] * 6))
def ctc_betas(beta, x, loss, labels, lengths, widths, steps, samples, classes, columns, blank, zero_infinity):
    n = cuda.blockIdx.x
    length, width, first = lengths[n], widths[n], n * columns
    if zero_infinity and loss[n] == inf:
        length = 0
    zero, nothing = x.dtype.type(0), x.dtype.type(-inf)
    for t in range(steps - 1, -1, -1):
        row, after, p = (n * steps + t) * columns, (n * steps + t + 1) * columns, ((t + 1) * samples + n) * classes
        for s in range(cuda.threadIdx.x, columns, cuda.blockDim.x):
            total = nothing
            if t < length and s < width:
                if t == length - 1:
                    total = zero if s >= width - 2 else nothing
                else:
                    label, one, two = labels[first + s], nothing, nothing
                    if s + 1 < width:
                        one = beta[after + s + 1] + x[p + labels[first + s + 1]]
                    if s + 2 < width and labels[first + s + 2] != blank and labels[first + s + 2] != label:
                        two = beta[after + s + 2] + x[p + labels[first + s + 2]]
                    total = log_sum(beta[after + s] + x[p + label], one, two)
            beta[row + s] = total
        cuda.syncthreads()


@kernel(lambda real: (*[real[::1]] * 6, *[int64[::1]] * 3, *[int64] * 5))
def ctc_gradient(
    gx, beta, g, x, alpha, loss, labels, lengths, widths, steps, samples, classes, columns, zero_infinity
):  # fmt: skip
    """A thread has all classes of one step of one sample, so that the order of its sums is fixed."""
    for i in range(cuda.grid(1), steps * samples, cuda.gridsize(1)):
        t, n = i // samples, i % samples
        p, row = i * classes, (n * steps + t) * columns
        for c in range(classes):
            gx[p + c] = x.dtype.type(0)
        if t < lengths[n] and not (zero_infinity and loss[n] == inf):
            for s in range(widths[n]):
                gx[p + labels[n * columns + s]] += exp(alpha[row + s] + beta[row + s] + loss[n])
            for c in range(classes):
                gx[p + c] = g[n] * (exp(x[p + c]) - gx[p + c])


@kernels.ctc_loss.on("cuda")
def ctc_loss(loss, alpha, x, labels, lengths, widths, blank):
    """loss ← −log Σ over the alignments of their probability;  alpha ← the sums from the start."""
    if loss.size:
        sizes = *x.shape, labels.shape[1]
        ctc_alphas(x.dtype, loss.size, THREADS, loss, alpha, x.contiguous(), labels, lengths, widths, *sizes, blank)


@kernels.ctc_loss_grad.on("cuda")
def ctc_loss_grad(gx, beta, g, x, alpha, loss, labels, lengths, widths, blank, zero_infinity):
    """gx ← g (eˣ − the probability of each label given the target);  beta ← the sums to the end."""
    if loss.size:
        x, numbers = x.contiguous(), (labels, lengths, widths, *x.shape, labels.shape[1])
        ctc_betas(x.dtype, loss.size, THREADS, beta, x, loss, *numbers, blank, int(zero_infinity))
        arrays = gx, beta, g.contiguous(), x, alpha, loss
        ctc_gradient(x.dtype, *grid(x.shape[0] * x.shape[1]), *arrays, *numbers, int(zero_infinity))
