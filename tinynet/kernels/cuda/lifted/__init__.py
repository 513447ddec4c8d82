"""Lifted formulas on the GPU: templates of kernels, and what launches them."""
