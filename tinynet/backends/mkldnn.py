import sys

from . import mkldnn

sys.modules[__name__] = mkldnn
