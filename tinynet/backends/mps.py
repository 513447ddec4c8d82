import sys

from . import mps

sys.modules[__name__] = mps
