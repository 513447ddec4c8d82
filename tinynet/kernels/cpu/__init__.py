"""The kernels for the CPU: functions `(out, *inputs)` over NumPy arrays, one family a file."""

from .attention import *  # noqa: F403
from .batch_norm import *  # noqa: F403
from .conv import convolve, convolve_transposed, correlate
from .elementwise import *  # noqa: F403
from .embedding import *  # noqa: F403
from .indexing import *  # noqa: F403
from .layout import channels_last, sum_pixels
from .losses import *  # noqa: F403
from .matmul import linear, matmul
from .norms import *  # noqa: F403
from .pool import gather_maxima, max_pool, mean_pool, mean_pool_transposed, scatter_maxima
from .random import *  # noqa: F403
from .reduction import *  # noqa: F403
from .softmax import *  # noqa: F403
