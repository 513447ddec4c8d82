"""Arrays that stand for one element of a batch, and what a kernel does with them: what `func.vmap` is made of.

To operations a batch of arrays is a device: a `BatchedArray` has the shape of one element, and a launch with such an
array runs the kernel once for all of them. So everything above the launch, gradients included, is as it is without.
"""
