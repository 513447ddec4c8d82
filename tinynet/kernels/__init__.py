"""Loops over memory: what each kernel computes (`reference`), and what runs it on the CPU and a GPU (`cpu`, `cuda`)."""

from . import cpu, half  # which register what runs the kernels
