import sys

from . import mkl

sys.modules[__name__] = mkl
