"""`tinynet.backends`: the switches of libraries that PyTorch computes with. None of them is here, but for cuBLAS.

A switch that changes how fast something runs, or whether it repeats, may be set: results always repeat. The files
beside this one are for `import tinynet.backends.cudnn as cudnn`, which gives the same object as the attribute.
"""

from .. import cuda as _gpu
from ..arguments import boolean, one_of

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]


class _Library:
    """A library that is not here. Other switches than those it names are refused."""

    __slots__ = ("__name__",)

    def __init__(self, name):
        self.__name__ = f"tinynet.backends.{name}"

    def is_available(self):
        """Whether tensors are computed with it."""
        return False

    def __repr__(self):
        return f"<{self.__name__}>"


class _Cudnn(_Library):
    __slots__ = ("allow_tf32", "benchmark", "benchmark_limit", "deterministic", "enabled")

    def __init__(self, name):
        super().__init__(name)
        self.benchmark, self.deterministic, self.enabled, self.allow_tf32 = False, False, True, True
        self.benchmark_limit = 10

    def version(self):
        """None: there is no cuDNN."""
        return None


class _Mps(_Library):
    __slots__ = ()

    def is_built(self):
        """Whether GPUs of Apple's could be used."""
        return False


class _Matmul:
    """Matrix products on the GPU."""

    __slots__ = ("allow_bf16_reduced_precision_reduction", "allow_fp16_reduced_precision_reduction")

    def __init__(self):
        self.allow_bf16_reduced_precision_reduction = self.allow_fp16_reduced_precision_reduction = True

    @property
    def allow_tf32(self):
        """Whether cuBLAS may round factors of float32 to 10 bits of mantissa."""
        return get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, flag):
        set_float32_matmul_precision("high" if boolean("allow_tf32", "flag", flag) else "highest")


class _Cuda(_Library):
    __slots__ = ("matmul",)

    def __init__(self, name):
        super().__init__(name)
        self.matmul = _Matmul()

    def is_built(self):
        """Whether the package for GPUs is installed."""
        return _gpu.is_installed()


_precision = "highest"


def get_float32_matmul_precision():
    """ "highest", "high" or "medium", as it was set."""
    return _precision


def set_float32_matmul_precision(precision):
    """Whether products of float32 on the GPU are exact, "highest", or may round factors to TensorFloat-32."""
    global _precision
    precision = one_of("set_float32_matmul_precision", "precision", precision, ("highest", "high", "medium"))
    if _gpu.is_installed():
        _gpu.allow_tf32(precision != "highest")
    _precision = precision


cudnn, mps, cuda = _Cudnn("cudnn"), _Mps("mps"), _Cuda("cuda")
mkl, mkldnn, openmp = _Library("mkl"), _Library("mkldnn"), _Library("openmp")
