"""What `tinynet show` says of rules, operations and kernels is what runs, and its reading of machine code is right."""

import io
import re
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers import run_python

import tinynet as tn
from tinynet import cli, nn, optim, rules
from tinynet.kernels import reference as kernels
from tinynet.optim.adam import ADAM
from tinynet.window.assembly import machine_of
from tinynet.window.subjects import find, names, subject_of

F = nn.functional
compiled = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def squeezed(text):
    return re.sub(r"\s+", "", text)


@compiled
def test_a_rule_is_shown_from_its_equation_to_its_machine_code(monkeypatch):
    monkeypatch.setattr("tinynet.window.page.WIDEST", 500)
    monkeypatch.setenv("COLUMNS", "500")
    text = str(tn.show("adam"))
    assert squeezed(rules.adam.__doc__) in squeezed(text)
    assert "m_hat = m / (1 - beta1**t)" in text and "k5 = T(1 / (1 - beta1 ** t))" in text
    assert re.search(r"rules\.py:\d+", text) and "optimizers: Adam, AdamW" in text
    (path,) = re.findall(r"(\S+/lifted/adam_\w+\.py)", text)
    lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    assert set(lines[lines.index("def loop(arguments, scratch, task):") :]) <= {line[4:] for line in text.splitlines()}
    assert str(tn.show(ADAM)) == text


@compiled
@pytest.mark.parametrize("dtype", ["float32", "float64", tn.float64, np.float32])
def test_vectors_are_as_wide_as_their_numbers(dtype):
    text = str(tn.show("adam", dtype=dtype))
    bits, count, size = map(int, re.search(r"vectors of (\d+) bits, (\d+) float(\d+) in each", text).groups())
    assert bits == count * size and count > 1 and (size == 64) == (dtype in ("float64", tn.float64))


@compiled
def test_the_inner_loop_is_marked_in_the_machine_code():
    page = tn.show("adam")
    inner = [line for line in page.assembly.splitlines() if line.startswith("| ")]
    count = int(re.search(r"(\d+) instructions in the inner loop", str(page))[1])
    assert count == sum(not line.startswith("| .") and not line.startswith("| L") for line in inner)
    assert any("sqrt" in line for line in inner) and any("div" in line for line in inner)
    assert ".cfi" not in page.assembly and "NRT" not in page.assembly


def test_lines_fit_into_the_terminal(monkeypatch):
    for width in (60, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = str(tn.show("adam")).splitlines()
        assert max(len(line) for line in lines if "/lifted/" not in line) in range(width - 20, width + 1)


@pytest.mark.parametrize(
    ("what", "texts"),
    [
        ("gelu", ["x Φ(x)", "return x * normal_cdf(x)", "other kernels: gelu_tanh, gelu_tanh_grad, gelu_grad"]),
        (nn.functional.gelu, ["gelu, an operation"]),
        ("nn.functional.gelu", ["gelu, an operation"]),
        ("tinynet.nn.GELU", ["GELU, a module", "return x * normal_cdf(x)"]),
        ("matmul", ["matmul, an operation", "out += a[..., :, k, None] * b[..., None, k, :]"]),
        (kernels.matmul, ["matmul, a kernel", "Σₖ a[i, k] b[k, j]"]),
        ("conv2d", ["definition of the kernel convolve"]),
        ("mean", ["return sum(x, over, keepdim) / n", "kernels: sum"]),
        ("sqrt", ["Where arrays are small NumPy's sqrt does it"]),
        ("sin", ["NumPy does it", "sin"]),
        (optim.AdamW, ["AdamW, an optimizer", "def adamw("]),
        ("lbfgs", ["LBFGS, an optimizer", "def step(self, closure=None):"]),
        ("LAMB", ["‖x‖/‖r‖", "kernels: lamb_direction, sum_square, lamb_ratio, lamb_step"]),
        ("sum_square", ["optimizers: Adafactor, LAMB"]),
    ],
    ids=str,
)
def test_what_a_page_has(what, texts, monkeypatch):
    monkeypatch.setattr("tinynet.window.page.machine_code", lambda loop, dtype: None)
    text = str(tn.show(what))
    assert [part for part in texts if part not in text and not numba.config.DISABLE_JIT] == [], text


def test_an_optimizer_is_shown_by_the_rule_that_it_applies():
    model = nn.Linear(2, 2)
    for options, name in (({}, "sgd"), ({"momentum": 0.9}, "sgd_momentum")):
        assert subject_of(optim.SGD(model.parameters(), **options)).main.name == name
    assert {cls: subject_of(cls).main for cls in (optim.RMSprop, optim.NAdam)} == {
        cls: cls([tn.zeros(1)]).rule({"momentum": 0, "centered": False, "decoupled_weight_decay": False}).kernel
        for cls in (optim.RMSprop, optim.NAdam)
    }


def toward_zero(p, g, lr):
    """θ ← θ − ηgθ²."""
    return p - lr * g * p * p


TOWARD_ZERO = optim.Rule(toward_zero)


class TowardZero(optim.Optimizer):
    """Steps that end at 0."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def rule(self, group):
        return TOWARD_ZERO


def double_mish(x):
    """2 mish(x)."""
    return F.mish(x) * 2


def test_what_users_have_written_is_shown_too(monkeypatch):
    monkeypatch.setattr("tinynet.window.page.machine_code", lambda loop, dtype: None)
    for what in (TowardZero, TowardZero([tn.ones(3)]), TOWARD_ZERO):
        text = str(tn.show(what))
        assert "return p - lr * g * p * p" in text and f"{Path(__file__).name}:" in text and "k1 * g * p * p" in text
    text = str(tn.show(double_mish))
    assert "return F.mish(x) * 2" in text and "kernels: mish, mish_grad" in text and "formula" not in text


@pytest.mark.parametrize("part", [0, *(pytest.param(k, marks=pytest.mark.thorough) for k in range(1, 40))])
def test_everything_that_has_a_name_can_be_shown(part, monkeypatch):
    monkeypatch.setattr("tinynet.window.page.machine_code", lambda loop, dtype: None)
    for name, what in list(names().items())[part::40]:
        text = str(tn.show(name))
        assert text == str(tn.show(what)) and len(text.splitlines()) > 2, name


@pytest.mark.parametrize(
    ("name", "close"),
    [("adan_", "adan"), ("gelo", "gelu"), ("nn.functional.sofmax", "softmax"), ("Addam", "adam"), ("", None)],
)
def test_an_unknown_name(name, close):
    with pytest.raises(ValueError, match=f"is called {name!r}.*{close}" if close else "is called ''$"):
        find(name)


@pytest.mark.parametrize("what", [3, None, np, np.sin, int])
def test_what_cannot_be_shown(what):
    with pytest.raises(TypeError, match="show: expected what to be a tensor, a model"):
        tn.show(what)


@pytest.mark.parametrize("dtype", ["float16", "int64", tn.int32, 3])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="show: expected dtype to be"):
        tn.show("adam", dtype=dtype)


# --- machine code -------------------------------------------------------------------------------------------------

AVX = """
_ZN7tinynet1fB2v1:
	.cfi_startproc
	xorl	%eax, %eax
.LBB0_1:
	vmovss	(%rdi,%rax,4), %xmm0
	incq	%rax
	cmpq	%rax, %rsi
	jne	.LBB0_1
.LBB0_2:
	xorl	%ecx, %ecx
.LBB0_3:                                # =>  This Inner Loop Header
	vmovups	(%rdi,%rcx,4), %ymm0    # a comment
	vmulps	%ymm0, %ymm1, %ymm0
	vsqrtps	%ymm0, %ymm0
	vmovups	%ymm0, (%rdi,%rcx,4)
	addq	$8, %rcx
	cmpq	%rcx, %rsi
	jne	.LBB0_3
	incq	%rdx
	jne	.LBB0_2
	retq
cfunc._ZN7tinynet1fB2v1:
.LBB1_1:
	vmulps	%zmm0, %zmm1, %zmm0
	jne	.LBB1_1
"""
NEON = """
__ZN7tinynet1fB2v1:
	mov	x8, x0
LBB0_1:
	ldr	q0, [x8]
	fmla	v0.2d, v1.2d, v2.2d
	str	q0, [x8], #16
	subs	x9, x9, #2
	b.ne	LBB0_1
	ret
"""


def test_the_inner_loop_with_the_most_arithmetic_is_found():
    machine = machine_of(AVX)
    assert [line.split()[0] for line in machine.inner] == "vmovups vmulps vsqrtps vmovups addq cmpq jne".split()
    assert (machine.bits, machine.itemsize) == (256, 4) and machine.counts[0] == ("vmovups", 2)
    assert str(machine).startswith("  f:\n") and "comment" not in str(machine) and "zmm" not in str(machine)
    assert ".LBB0_2:" in str(machine)  # a target of a jump, and so worth its line
    sparse = [".LBB0_7:", *["\tmulps\t%xmm0, %xmm1"] * 6, *["\tmovq\t%rax, %rbx"] * 60, "\tjne\t.LBB0_7"]
    assert machine_of(AVX.replace("\tretq", "\n".join(sparse))).inner == machine.inner


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (AVX, "vectors of 256 bits, 8 float32 in each; 7 instructions"),
        (AVX.replace("ymm", "xmm").replace("ps", "pd"), "vectors of 128 bits, 2 float64 in each; 7 instructions"),
        (AVX.replace("ymm", "xmm").replace("ps", "ss"), "no vectors; 7 instructions"),
        (NEON, "vectors of 128 bits, 2 float64 in each; 5 instructions"),
        (NEON.replace(".2d", ".4s"), "vectors of 128 bits, 4 float32 in each; 5 instructions"),
        (
            NEON.replace("fmla	v0.2d, v1.2d, v2.2d", "fmla.2d	v0, v1, v2"),
            "vectors of 128 bits, 2 float64 in each",
        ),
        (NEON.replace("v0.2d, v1.2d, v2.2d", "d0, d1, d2, d0"), "no vectors; 5 instructions"),
        (AVX.replace("vmulps", "vpand").replace("vsqrtps", "vpaddd"), "vectors of 256 bits, 8 float32 in each; 7"),
        (NEON.replace("b.ne", "nop"), "no loop"),
        ("", "no loop"),
    ],
)
def test_vectors_are_told_from_single_numbers(text, summary):
    assert machine_of(text).summary()[0].startswith(f"machine code: {summary}")


# --- the command --------------------------------------------------------------------------------------------------


def run(capsys, *arguments):
    code = cli.main(["show", *arguments])
    return code, *capsys.readouterr()


@compiled
def test_the_command(capsys):
    assert run(capsys, "adam") == (0, f"{tn.show('adam')}\n", "")
    assert run(capsys, "adam", "--asm", "--dtype", "float64") == (
        0,
        f"{tn.show('adam', dtype='float64').assembly}\n",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["gelo"], "no operation, optimizer or kernel is called 'gelo'; close to it are gelu"),
        (["sin", "--asm"], "sin has no machine code"),
        (["mean", "--asm"], "mean is put together of other kernels, which have machine code: see sum"),
    ],
)
def test_the_command_refuses(capsys, arguments, text):
    code, out, error = run(capsys, *arguments)
    assert (code, out) == (2, "") and text in error


def test_a_terminal_that_knows_no_greek(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stdout", out)
    assert cli.main(["show", "lbfgs"]) == 0
    assert b"d = -Hgrad J(theta),  theta <- theta + td" in out.buffer.getvalue()


@pytest.mark.skipif(numba.config.ENABLE_CUDASIM, reason="the simulator comes first")
def test_without_numba_cuda_there_is_no_ptx(capsys, monkeypatch):
    monkeypatch.setattr("tinynet.window.ptx.find_spec", lambda name: None)
    code, out, error = run(capsys, "adam", "--ptx")
    assert (code, out) == (2, "") and 'pip install -e ".[cuda]"' in error


@pytest.mark.ptx
@pytest.mark.parametrize(
    ("name", "instruction"),
    [
        ("adam", "sqrt.rn.f32"), ("gelu", "fma.rn.f32"), ("eq", "setp.*.f32"), ("matmul", "fma.rn.f32"),
        ("sum_square", "f64"), ("bitwise_and", "and.b64"), ("where", "selp"), ("softmax", "shfl|shared"),
    ],
)  # fmt: skip
def test_ptx(name, instruction):
    text = tn.show(name).ptx
    assert ".visible .entry" in text and re.search(instruction, text)


def test_without_compiling_the_definition_is_what_runs():
    code = """if True:
        import tinynet as tn
        for name in ("softmax", "adam", "gelu"):
            print(tn.show(name))
        try:
            tn.show("adam").assembly
        except ValueError as error:
            print(error)
    """
    text = run_python(code, NUMBA_DISABLE_JIT="1")
    assert text.count("It is this definition that runs: NUMBA_DISABLE_JIT is set") == 2
    assert text.count("no machine code: NUMBA_DISABLE_JIT is set, and nothing is compiled") == 2
