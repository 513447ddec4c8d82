"""The kernels for the CPU: functions `(out, *inputs)` over NumPy arrays, one family a file."""

from .attention import *  # noqa: F403
from .batch_norm import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .embedding import *  # noqa: F403
from .indexing import *  # noqa: F403
from .losses import *  # noqa: F403
from .matmul import linear, matmul
from .norms import *  # noqa: F403
from .random import *  # noqa: F403
from .reduction import *  # noqa: F403
from .softmax import *  # noqa: F403
