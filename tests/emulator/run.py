"""Run a program that needs a GPU on the CPU.

    python tests/emulator/run.py -m pytest -m cuda
    python tests/emulator/run.py examples/cpu_gpu.py --device cuda

Numba's simulator runs kernels as Python: it knows no types, no streams, no memory that is freed too early. Here all of
that is the real thing, numba-cuda, cuda.core and NVIDIA's compilers, down to the library that would talk to the GPU:

- `driver.c` is a libcuda.so.1 whose memory is the computer's, and a libnvJitLink.so that hands on the PTX, of which the
  real one, behind it, would make machine code. It needs gcc, and Linux.
- `ptx.py` and `translate.py` make C of the PTX when a module is loaded, and gcc a library, which is kept.
- `kernel.h` is what that C consists of. The threads of a block take turns, from one barrier to the next.

It is stricter than a GPU. An error is: to touch what is outside of the arrays that the kernel was given, even where
memory is; to touch shared memory that another thread writes between two barriers; to come to different barriers. New
memory is full of NaN. Nothing that was launched happens before somebody waits for it.

What it does not have: warps that act together, atomics in shared memory, textures, graphs that are no chain, several
GPUs, and anything of a GPU's speed. PTX that no kernel has used so far is refused by name.

These can be set in the environment:

    EMULATOR_BACKWARDS=1   the last thread of the last block comes first; results must be the same
    EMULATOR_ASYNC=0       what is launched runs at once
    EMULATOR_STICKY=1      after a kernel has failed everything does, as on a GPU
    EMULATOR_MEMORY=bytes  how much there is; 2 GiB otherwise
    EMULATOR_VERSION=13000 the driver's CUDA version
    EMULATOR_GRAPHS=0      a driver without graphs
    EMULATOR_IDLE=1        nothing is computed, to measure what launches take on the host
    EMULATOR_TRACE=1       functions of the driver that were looked for and are not there
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = "driver.c", "kernel.h", "ptx.py", "translate.py", "run.py"
FLAGS = "-O2 -shared -fPIC -fvisibility=hidden -w -Wl,-Bsymbolic".split()


def build():
    """The folder with the libraries and the translated kernels, which are made anew when a source here changes."""
    name = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"tinynet-emulator-{os.getuid()}" / name
    if not (folder / "nvidia-smi").exists():
        (folder / "kernels").mkdir(parents=True, exist_ok=True)
        for library in ("libcuda.so.1", "libnvJitLink.so.13"):
            made = ["-o", str(folder / library), f"-Wl,-soname,{library}", "-ldl", "-lpthread"]
            subprocess.run(["gcc", *FLAGS, str(HERE / "driver.c"), *made], check=True)
        (folder / "nvidia-smi").write_text("#!/bin/sh\n")  # the tests look for it
        (folder / "nvidia-smi").chmod(0o755)
    return folder


def environment(folder):
    """Where the libraries are found before those that are installed."""
    old = os.environ
    linker = next(Path(sysconfig.get_paths()["purelib"]).glob("nvidia/*/lib/libnvJitLink.so.*"), "")
    return {
        **old,
        "LD_LIBRARY_PATH": f"{folder}:{old.get('LD_LIBRARY_PATH', '')}",
        "LD_PRELOAD": str(folder / "libnvJitLink.so.13"),
        "PATH": f"{folder}:{old['PATH']}",
        "NUMBA_CACHE_DIR": old.get("NUMBA_CACHE_DIR", str(folder / "numba")),
        "EMULATOR_FOLDER": str(folder),
        "EMULATOR_NVJITLINK": str(linker),
        "EMULATOR_PYTHON": sys.executable,
        "EMULATOR_SOURCE": str(HERE),
    }


if __name__ == "__main__":
    os.execve(sys.executable, [sys.executable, *sys.argv[1:]], environment(build()))
