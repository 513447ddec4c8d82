"""Every kernel compiled for GPUs without one: its types, its precision, and whether its registers suffice.

The simulator checks no types, and computes in whatever precision Python does. So here the compilers of numba-cuda make
PTX of each kernel, in which an instruction of float64 in a kernel of float32 would stand; and where NVIDIA's `ptxas` is
installed, it says how many registers a thread needs and whether some had to be kept in memory.
"""

import importlib
import re
import shutil
import struct
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from tinynet import optim
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.lifting.quantized import lift_quantized
from tinynet.kernels.lifting.sums import lift_sum
from tinynet.window.ptx import compile_ptx

pytestmark = pytest.mark.ptx

CAPABILITIES = [(7, 5), (8, 0), (9, 0)]
TRUTHS = "eq ne lt le gt ge logical_and logical_or logical_xor logical_not isnan isinf isfinite signbit".split()
F32, F64, I64, I32, BOOL = (np.dtype(d) for d in ("float32", "float64", "int64", "int32", "bool"))
U8 = np.dtype("uint8")
# Normal numbers are computed in float64, as on the CPU; and so are sums for norms (`lift_sum`), which could overflow.
WIDE, SUMS = {"normal32"}, "lifted sum "
QUANTIZED = "in codes "
# Sine, cosine and tangent reduce large numbers by many digits of π, for which they keep a table and take float64.
TABLES = {"normal32", "normal64", "sin", "cos", "tan", "digamma", "gamma_quantile_slope"}
# The GPU's own hypot has asked for NaN before; and a NaN in one element must not stop the others of Adafactor's tensor.
DROP_NAN = {"hypot", "adafactor_factor"}


def registered():
    from tinynet.kernels.cuda.device import driver

    for kernel in driver.KERNELS:
        for dtype in kernel.dtypes:
            yield kernel.__name__, kernel, dtype


def elementwise():
    """Each formula over arrays that lie alike, over strided ones, and with a number as its last operand."""
    from tinynet.kernels import kernel
    from tinynet.kernels.cuda.lifted.elementwise import Elementwise

    found = {name: k.cuda for name, k in kernel.KERNELS.items()}
    for name, runs in found.items():
        if isinstance(runs, Elementwise):
            n = len(runs.names)
            for dtype in (I32, I64) if name.startswith("bitwise") or name == "gcd" else (F32, F64):
                out = BOOL if name in TRUTHS else dtype
                inputs = (BOOL, dtype, dtype) if name == "where" else (dtype,) * n
                yield name, runs.compile(out, inputs, (True,) * n, 0), dtype
                yield f"{name}-strided", runs.compile(out, inputs, (True,) * n, 3), dtype
                if n > 1:
                    yield f"{name}-number", runs.compile(out, inputs, (True,) * (n - 1) + (False,), 0), dtype
    for to, of in ((I64, F32), (U8, F32), (F32, U8)):
        yield f"cast-{of}", found["cast"].compile(to, (of,), (True,), 0), to
    for dtype in map(np.dtype, ("bool", "int8", "uint8", "int16", "int32", "int64")):
        yield "fill", found["fill"].compile(dtype, (dtype,), (False,), 0), dtype
    yield "add", found["add"].compile(I64, (I64, I64), (True, True), 2), I64


def updates():
    """Every update rule, plain and with clipping, and every sum, of every optimizer."""
    from tinynet.kernels.cuda.dispatch import cuda_kernel_for
    from tinynet.optim.engine import rule

    seen = []
    for module in (*vars(optim).values(), rule):
        for value in vars(module).values() if hasattr(module, "__file__") else ():
            seen += [value.kernel, value.clipped] if isinstance(value, rule.Rule) else [value]
    for lifted in {id(x): x for x in seen if isinstance(x, lift | lift_sum)}.values():
        kind = SUMS if isinstance(lifted, lift_sum) else QUANTIZED if isinstance(lifted, lift_quantized) else ""
        for dtype in (F32, F64):
            yield f"{kind}{lifted.name}", cuda_kernel_for(lifted).compile(dtype)[0], dtype


def ptxas():
    """NVIDIA's assembler, from the package nvidia-cuda-nvcc or the system, or None."""
    found = sorted(Path(sysconfig.get_paths()["purelib"]).glob("nvidia/*/bin/ptxas"))
    return str(found[0]) if found else shutil.which("ptxas")


def spills_of(text, capability, registers, folder):
    """(bytes on the stack, bytes spilled, registers), as ptxas has it."""
    source = folder / "kernel.ptx"
    source.write_text(text)
    limit = [] if registers is None else [f"-maxrregcount={registers}"]
    arch = f"-arch=sm_{capability[0]}{capability[1]}"
    command = [ptxas(), "-v", arch, *limit, str(source), "-o", str(folder / "kernel.cubin")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    stack, stores, loads = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+)", done.stderr).groups()
    return int(stack), int(stores) + int(loads), int(re.search(r"Used (\d+) registers", done.stderr).group(1))


def parameters_of(text):
    """The types of a kernel's parameters, as its PTX declares them."""
    return re.findall(r"\.param \.(\w+)", re.search(r"\.entry.*?\)", text, re.DOTALL).group())


def declared(code):
    """How PTX declares what `struct` has this code for."""
    return f"{'f' if code in 'fd' else 'u'}{8 * struct.calcsize(code)}"


def check(found, capability, folder):
    from tinynet.kernels.cuda.device.calls import codes

    for name, kernel, dtype in found:
        text = compile_ptx(kernel, dtype, capability)
        assert parameters_of(text) == [*map(declared, codes(kernel.types(dtype)))], (
            f"{name} of {dtype} is launched with other types"
        )
        plain = name.partition("-")[0]
        if dtype == F32 and plain not in WIDE | TABLES and not name.startswith(SUMS):
            wide = re.findall(r"\n\s*([a-z.]+\.f64\S*)", text)
            assert not wide, f"{name} computes in float64: {wide[:3]}"
        dropped = re.findall(r"\n\s*((?:max|min)\.f\d\d\S*)", text)
        assert not dropped or plain in DROP_NAN, f"{name} of {dtype}: {dropped[0]} drops NaN"
        if ptxas() is not None:
            registers = kernel.registers if dtype == F32 else None
            stack, spilled, used = spills_of(text, capability, registers, folder)
            assert spilled == 0, f"{name} of {dtype} spills {spilled} bytes"
            assert stack == 0 or plain in TABLES, f"{name} of {dtype} keeps {stack} bytes in memory"
            assert registers is None or used <= registers


@pytest.mark.parametrize("capability", CAPABILITIES, ids=str)
def test_kernels_compile_in_their_own_precision_and_without_spills(capability, tmp_path):
    newest = capability == CAPABILITIES[-1]
    check(((n, k, d) for n, k, d in registered() if newest or d == F32 or F32 not in k.dtypes), capability, tmp_path)


@pytest.mark.parametrize("capability", CAPABILITIES[-1:], ids=str)
def test_lifted_formulas_do_too(capability, tmp_path):
    check(elementwise(), capability, tmp_path)


@pytest.mark.parametrize("capability", CAPABILITIES[-1:], ids=str)
def test_update_rules_do_too(capability, tmp_path):
    check(updates(), capability, tmp_path)


def test_the_check_finds_a_wide_kernel_a_lost_nan_and_a_spill(tmp_path):
    from tinynet.kernels.cuda.device.driver import Kernel, cuda

    def widened(out, x):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            out[i] = x[i] * 0.1

    wide = Kernel(widened, lambda real: (real[::1], real[::1]), listed=False)
    with pytest.raises(AssertionError, match="widened computes in float64"):
        check([("widened", wide, F32)], (9, 0), tmp_path)

    def larger(out, x):
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            out[i] = max(x[i], out[i])

    with pytest.raises(AssertionError, match=r"larger of float32: max.f32 drops NaN"):
        check([("larger", Kernel(larger, wide.signature, listed=False), F32)], (9, 0), tmp_path)
    if ptxas() is not None:
        from tinynet.kernels.cuda.matmul import LARGE, MULTIPLY

        text = compile_ptx(MULTIPLY[LARGE], F32, (9, 0))
        assert spills_of(text, (9, 0), 64, tmp_path)[1] > 0


@pytest.mark.parametrize("module", ["matmul", "conv"])
def test_the_inner_loop_of_a_product_is_products_and_little_else(module):
    """16 numbers read for 64 multiplications, four at a time, and no question whether an index is negative."""
    made = importlib.import_module(f"tinynet.kernels.cuda.{module}").MULTIPLY
    for tile, kernel in made.items():
        text, each = compile_ptx(kernel, F32, (9, 0)), tile.thread_rows * tile.thread_columns
        loop = max(text.split("$L__BB"), key=lambda part: part.count("fma.rn.f32"))
        operations = [line.split()[0] for line in loop.splitlines() if line.startswith("\t") and line.strip()]
        steps, rest = divmod(operations.count("fma.rn.f32"), each)
        assert steps and not rest
        assert operations.count("ld.shared.v4.f32") == steps * (tile.thread_rows + tile.thread_columns) // 4
        assert len(operations) < steps * (each + (tile.thread_rows + tile.thread_columns) // 4) + 16
