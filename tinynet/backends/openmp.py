import sys

from . import openmp

sys.modules[__name__] = openmp
