"""The GPU: what it is, how kernels are compiled for it and launched, its memory. Nothing here knows arrays' shapes."""

from . import checks, cublas, driver, memory
