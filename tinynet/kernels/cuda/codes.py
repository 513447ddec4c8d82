"""The codes of 8 bits on the device: the functions of `kernels/lifting/codes.py`, compiled for it.

There is no table of `place`: threads that read different places of one would wait for each other.
"""

from ..lifting import codes as cpu
from ..lifting.codes import C_SIGNED, C_UNSIGNED, TOP_SIGNED, TOP_UNSIGNED
from .device.driver import device

__all__ = [
    "C_SIGNED", "C_UNSIGNED", "TOP_SIGNED", "TOP_UNSIGNED", "chances", "from_signed", "from_unsigned", "inverse", "key",
    "lower", "place", "scale", "signed", "unsigned", "upper",
]  # fmt: skip

place, key, chances, upper, lower = (
    device(f.__wrapped__) for f in (cpu.place, cpu.key, cpu.chances, cpu.upper, cpu.lower)
)
signed, from_signed = device(cpu.signed.__wrapped__), device(cpu.from_signed.__wrapped__)
unsigned, from_unsigned = device(cpu.unsigned.__wrapped__), device(cpu.from_unsigned.__wrapped__)
scale, inverse = device(cpu.scale.__wrapped__), device(cpu.inverse.__wrapped__)
