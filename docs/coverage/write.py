"""Which of PyTorch's names tinynet has: writes docs/coverage.md, from the code.

    python docs/coverage/write.py                 writes the page; needs no PyTorch
    python docs/coverage/write.py --check         says whether the page is as it would be written
    python docs/coverage/write.py --names         writes torch_names.txt, from the PyTorch that is installed

PyTorch's names are those it offers to its users: of a module those in its `__all__`, or without one those without an
underscore; and of these what has a docstring or is a dtype, a layout or a number.
"""

import importlib
import re
import sys
import textwrap
import types
from pathlib import Path

import tinynet

HERE = Path(__file__).parent
NAMES, PAGE = HERE / "torch_names.txt", HERE.parent / "coverage.md"
NAMESPACES = """torch torch.Tensor torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn
    torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.utils.data torch.distributions torch.autograd
    torch.linalg torch.special""".split()

# Functions that stand among those of nn.functional for its own use
INNER = """boolean_dispatch has_torch_function has_torch_function_unary has_torch_function_variadic DType
    handle_torch_function""".split()

# What tinynet does not set out to be: {reason: the names}
OUTSIDE = {
    "Complex numbers": r"complex|^c(double|float|half)$|imag|^polar$|conj|^is_neg$|stft|^eig(vals)?$|^resolve_",
    "Sparse tensors": r"sparse|(crow|ccol|col|row)_indices|coalesced?$|dense_dim|^(hs|s|ss|hsp|ssp|sp|ds)(mm|addmm)$|"
    r"^to_dense$|^(indices|values)(_copy)?$",
    "Quantized numbers, and other dtypes": r"quantize|^q(u?int|_|scheme)|^quint|int_repr|float[48]_|^bits|^bit$|"
    r"^u?int[1-7]$|^uint(16|32|64)$|^bfloat16$|grouped_mm$|^scaled_mm$|^(Scaling|Swizzle)Type$",
    "Compilers and tracing": r"^[Ss]ym_?|compile|^Script|^cond$|^fork$|^wait$|_ir_|^parse_|^(unify|merge)_type|"
    r"^import_ir|DataPipe|[dD]atapipe|_copy$|^(DispatchKey|Tag|AggregationType)$",
    "Other devices, several machines, and streams": r"[xi]pu|xla|mtia|maia|mkldnn|vulkan|share_memory|^is_distributed|"
    r"^SyncBatch|^Stream|^Event$|^record_stream$|get_device_module|^AcceleratorError$",
    "Mixed precision": r"autocast|GradScaler",
    "Memory behind tensors": r"storage|^set_$|^is_set_to$|^resize|as_strided|^empty_(strided|permuted)$|_strided$|"
    r"^from_file$|^frombuffer$|^dim_order$|data_ptr$",
}


def found(name):
    """The object of a dotted name, such as `torch.optim.lr_scheduler`. Raises AttributeError where there is none."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        home, _, attribute = name.rpartition(".")
        if not home:
            raise
        return getattr(found(home), attribute)


# --- PyTorch's names --------------------------------------------------------------------------------------------------


def is_offered(value):
    """Whether what PyTorch has by a name is for its users."""
    if isinstance(value, float) or type(value).__name__ in ("dtype", "layout", "memory_format"):
        return True
    home = getattr(value, "__module__", None) or ""
    if isinstance(value, types.ModuleType) or home.startswith(("typing", "enum", "torch.overrides", "torch.jit")):
        return False
    usable = callable(value) or hasattr(value, "__get__")
    return usable and bool(value.__doc__)


def names_of_pytorch():
    """{namespace: its names} of the PyTorch that is installed."""
    names = {}
    for namespace in NAMESPACES:
        space = found(namespace)
        listed = dir(space) if namespace == "torch" else getattr(space, "__all__", dir(space))  # some are missing there
        listed = {n for n in listed if n[0] != "_" and n not in INNER}
        names[namespace] = sorted(n for n in listed if is_offered(getattr(space, n)))
    return names


def write_names():
    import torch

    blocks = [f"[{namespace}]\n{wrapped(' '.join(names))}" for namespace, names in names_of_pytorch().items()]
    version = torch.__version__.partition("+")[0]
    NAMES.write_text("\n\n".join([f"# The public names of PyTorch {version}", *blocks]) + "\n", encoding="utf-8")


def read_names():
    """{namespace: names} as torch_names.txt has them."""
    blocks = re.findall(r"^\[(.+?)\]\n(.*?)(?:\n\n|\Z)", NAMES.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return {namespace: names.split() for namespace, names in blocks}


# --- the page ---------------------------------------------------------------------------------------------------------


def wrapped(text):
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def code(names):
    return wrapped(", ".join(f"`{name}`" for name in names)) + "\n"


def reason(name):
    """Why a name is outside of what tinynet sets out to be, or None."""
    return next((why for why, pattern in OUTSIDE.items() if re.search(pattern, name)), None)


def compare(names):
    """{namespace: (names that are there, names that are not, and {reason: those that are outside})}."""
    result = {}
    for namespace, theirs in names.items():
        ours = found(namespace.replace("torch", "tinynet", 1))
        there = [name for name in theirs if hasattr(ours, name)]
        absent = [name for name in theirs if not hasattr(ours, name)]
        outside = {why: [name for name in absent if reason(name) == why] for why in OUTSIDE}
        result[namespace] = there, [name for name in absent if not reason(name)], outside
    return result


def page(result):
    """The text of the page."""
    rows = [
        f"| `{namespace}` | {len(there)} | {len(absent)} | {sum(map(len, outside.values()))} |"
        for namespace, (there, absent, outside) in result.items()
    ]
    lines = [
        "# What tinynet has of PyTorch",
        "",
        "PyTorch's public names, by where they are found, and whether tinynet has them there too. What it has behaves",
        "as in PyTorch, but for what [differences.md](differences.md) lists. The page is written from the",
        "code by `docs/coverage/write.py`.",
        "",
        "| | there | absent | outside |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "Outside is what a framework for small networks of real numbers does not set out to have:",
        "",
    ]
    for why in OUTSIDE:
        names = sorted({name for _, _, outside in result.values() for name in outside[why]})
        quoted = ", ".join(f"`{name}`" for name in names)
        lines.append(textwrap.fill(f"- {why}: {quoted}.", 118, subsequent_indent="  "))
    for namespace, (there, absent, _) in result.items():
        lines += ["", f"## `{namespace}`", ""]
        if absent:
            lines += ["Absent:", "", code(absent)]
        lines += ["There:", "", code(there).rstrip("\n")] if there else []
    return "\n".join(lines) + "\n"


def main(options):
    if "--names" in options:
        write_names()
    text = page(compare(read_names()))
    if "--check" in options:
        if text != PAGE.read_text(encoding="utf-8"):
            sys.exit("docs/coverage.md is stale; this writes it: python docs/coverage/write.py")
    else:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if not tinynet.__file__.startswith(str(HERE.parents[1])):
        sys.exit(f"expected the tinynet beside {HERE}, got {tinynet.__file__}")
    main(sys.argv[1:])
