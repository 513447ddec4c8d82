"""From which size on all threads take part. Below, one thread is done before the others have been woken.

Threads that have waited for some microseconds sleep (`jit.py` says why). To wake them takes 30 µs on the virtual
machine where these numbers were measured, with 40 µs of Python between two kernels, as between two operations of a
training step; between an optimizer's steps there is more. With the threads awake, half the sizes would do.

Work is cut by size and never by the number of threads, so none of these numbers changes a bit of a result.
"""

ARITHMETIC = 1 << 18  # numbers: of an elementwise loop of a few operations, of a sum, of the rows of a norm
FUNCTIONS = 1 << 16  # numbers, for each of which an exponential or the like is computed one by one
SOFTMAX = 1 << 17  # numbers in rows that are exponentiated, many at a time
UPDATES = 1 << 17  # parameters, which an update rule reads and writes with their state
IMAGES = 1 << 17  # numbers of an image that are moved, pooled or added up
PRODUCTS = 3_000_000  # multiplications in a matrix product
CONVOLUTIONS = 4_000_000  # multiplications, which are less dense there
ATTENTION = 2_000_000  # multiplications in Q Kᵀ
