"""The kernels for the CPU: functions `(out, *inputs)` over NumPy arrays, one family a file."""

from .elementwise import *  # noqa: F403
from .indexing import *  # noqa: F403
from .losses import *  # noqa: F403
from .matmul import linear, matmul
from .random import *  # noqa: F403
from .reduction import *  # noqa: F403
