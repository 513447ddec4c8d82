import sys

from . import cudnn

sys.modules[__name__] = cudnn
