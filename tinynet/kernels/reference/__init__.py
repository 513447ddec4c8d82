"""All kernels, each declared by its definition in plain Python (`kernels/kernel.py`), one family a file.

This is what operations launch, whatever the device: `launch(kernels.matmul, out, a, b)`.
"""

from .attention import attention, attention_grad
from .clipping import clip_factor, scale_slices, total_norm
from .conv import convolve, convolve_transposed, correlate, sum_pixels
from .ctc import ctc_loss, ctc_loss_grad
from .elementwise import *  # noqa: F403
from .embedding import embedding, embedding_grad
from .indexing import check_range, concatenate, gather, index, index_add, index_put, scatter_add
from .losses import cross_entropy, nll
from .matmul import linear, matmul
from .norms import batch_norm, batch_norm_grad, layer_norm, layer_norm_grad, rms_norm, rms_norm_grad
from .pool import gather_maxima, max_pool, mean_pool, mean_pool_transposed, scatter_maxima
from .random import bernoulli, bits, dropout, normal, uniform
from .recurrent import elman_layer, elman_layer_grad, gru_layer, gru_layer_grad, lstm_layer, lstm_layer_grad
from .reduction import all, any, argmax, argmin, max, min, prod, sum, variance
from .scan import cummax, cummin, cumprod, cumsum, logcumsumexp, recurrence
from .softmax import log_softmax, log_softmax_grad, softmax, softmax_grad
from .sorting import searchsorted, sort, topk
