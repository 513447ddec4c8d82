"""The codes of 8 bits on the device: the functions of `kernels/lifting/codec.py`, compiled for it.

There is no table of `position_bits`: threads that read different entries of one would wait for each other.
"""

from ..lifting import codec as cpu
from ..lifting.codec import C_SIGNED, C_UNSIGNED, TOP_SIGNED, TOP_UNSIGNED
from .device.driver import device

__all__ = [
    "C_SIGNED", "C_UNSIGNED", "TOP_SIGNED", "TOP_UNSIGNED", "from_signed", "from_unsigned", "inverse", "key", "lower",
    "position_bits", "rounding_bits", "scale", "signed", "unsigned", "upper",
]  # fmt: skip

position_bits, key, rounding_bits, upper, lower = (
    device(f.__wrapped__) for f in (cpu.position_bits, cpu.key, cpu.rounding_bits, cpu.upper, cpu.lower)
)
signed, from_signed = device(cpu.signed.__wrapped__), device(cpu.from_signed.__wrapped__)
unsigned, from_unsigned = device(cpu.unsigned.__wrapped__), device(cpu.from_unsigned.__wrapped__)
scale, inverse = device(cpu.scale.__wrapped__), device(cpu.inverse.__wrapped__)
