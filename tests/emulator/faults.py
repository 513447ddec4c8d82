"""Kernels with one fault each, and what becomes of them; `test_emulator.py` runs this."""

import warnings

import numpy as np
from numba import cuda, float32

warnings.simplefilter("ignore")  # Numba's, about small grids


@cuda.jit
def one_further(out, x):
    out[cuda.threadIdx.x + 1] = x[0]


@cuda.jit
def reversed_at_once(out, x):
    parts, t = cuda.shared.array(64, float32), cuda.threadIdx.x
    parts[t] = x[t]
    out[t] = parts[63 - t]


@cuda.jit
def reversed_after_a_barrier(out, x):
    parts, t = cuda.shared.array(64, float32), cuda.threadIdx.x
    parts[t] = x[t]
    cuda.syncthreads()
    out[t] = parts[63 - t]


@cuda.jit
def votes(out, x):
    t = cuda.threadIdx.x
    some, every = cuda.syncthreads_or(np.int32(x[t] == 5)), cuda.syncthreads_and(np.int32(x[t] >= 0))
    none, most = cuda.syncthreads_or(np.int32(x[t] < 0)), cuda.syncthreads_and(np.int32(x[t] > 0))
    out[t] = 1000 * some + 100 * every + 10 * none + most


@cuda.jit
def barrier_for_some(out, x):
    if cuda.threadIdx.x < 10:
        cuda.syncthreads()
    out[cuda.threadIdx.x] = x[0]


@cuda.jit
def too_little_shared_memory(out, x):
    parts, t = cuda.shared.array(32, float32), cuda.threadIdx.x
    parts[t] = x[t]
    out[t] = parts[t]


def launched(kernel, out, x, blocks=1, threads=64):
    """What a launch comes to: "fine", or the name of CUDA's error."""
    stream = cuda.stream()
    try:
        kernel[blocks, threads, stream](out, x)
        stream.synchronize()
    except Exception as error:
        return str(error).partition("CUDA_ERROR_")[2].partition(":")[0].split("'")[0]
    return "fine"


def main():
    x, out = cuda.to_device(np.arange(64, dtype=np.float32)), cuda.to_device(np.zeros(100, np.float32))
    host = np.zeros(100, np.float32)
    foreign = cuda.from_cuda_array_interface(
        {"shape": (100,), "typestr": "<f4", "data": (host.ctypes.data, False), "version": 2}
    )
    print("within the array:", launched(one_further, out[:65], x))
    print("beyond it, but within its memory:", launched(one_further, out[:64], x))
    print("an array of the host:", launched(one_further, foreign, x))
    print("read before it is written:", launched(reversed_at_once, out, x))
    print("read after a barrier:", launched(reversed_after_a_barrier, out, x))
    print("the values then:", (out.copy_to_host()[:64] == np.arange(64)[::-1]).all())
    print("a vote at a barrier:", launched(votes, out, x))
    print("what came of it:", (out.copy_to_host()[:64] == 1100).all())
    print("some threads at a barrier:", launched(barrier_for_some, out, x))
    print("beyond shared memory:", launched(too_little_shared_memory, out, x))
    print("2048 threads:", launched(one_further, out, x, 1, 2048))
    print("70,000 blocks along y:", launched(one_further, out, x, (1, 70_000)))


if __name__ == "__main__":
    main()
