"""PTX to C, for kernels that run on the CPU.

Each function becomes one of C, a register a variable, an instruction a line. A kernel with barriers returns at each,
having kept the registers that are needed later, and goes on from there when it is called again.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from ptx import SIZES, Module, Unknown, declared, operation

FLAGS = "-O1 -march=native -fwrapv -ffp-contract=off -fno-math-errno -frounding-math -fno-strict-aliasing -w".split()
INFIX = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^"}
FUNCTIONS = set("abs bfi clz copysign div ex2 fma lg2 max min neg not rcp rem shl shr sqrt".split())
COMPARED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "lo": "<", "ls": "<=", "hi": ">", "hs": ">=", "eq": "=="}
ROUNDINGS = {"rm": "FE_DOWNWARD", "rp": "FE_UPWARD", "rz": "FE_TOWARDZERO"}
WHOLE = {"rni": "rint", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}
ATOMIC = {"add": "before + {}", "exch": "{}", "cas": "before == {} ? {} : before"}
SPECIAL = re.compile(r"%(tid|ntid|ctaid|nctaid)\.([xyz])$")
PAIR = re.compile(r"\{\s*([^,\s]+)\s*,\s*([^,\s]+)\s*\}")


def is_float(kind):
    return kind[0] == "f"


def number(kind):
    """The type of C for values of a kind: bits are taken for a number."""
    return "u" + kind[1:] if kind[0] == "b" else kind


def variable(kind):
    """The type of C for a register: integers are unsigned there."""
    return kind if is_float(kind) or kind == "pred" else "u" + kind[1:]


def c_name(register):
    return "R_" + register[1:] if register[0] == "%" else "N_" + register


class Writer:
    """Writes one function."""

    def __init__(self, module, function):
        self.module, self.function, self.name = module, function, function.name
        self.kinds, self.depot, self.places, self.passed = {}, 0, 0, 0
        self.kept = function.live_at_barriers()
        if self.kept and not function.entry:
            raise Unknown(f"a barrier in the function {self.name}")
        lines = [self.line(statement) for statement in function.statements]
        first = [f"{variable(k)} {c_name(r)};" for r, k in self.kinds.items() if r[0] == "%"]
        if self.kept:
            saved = [f"{variable(self.kinds[r])} {c_name(r)};" for r in sorted(set().union(*self.kept))]
            first.append(f"struct {{ {' '.join(saved)} u8 depot[{self.depot}]; }} *saved = (void *)thread->saved;")
            lines = ["switch (thread->at) { case 0:;", *lines, "}"]
        if self.depot:
            first += [] if self.kept else [f"u64 memory[{self.depot // 8 + 1}];"]
            first.append(f"u8 *depot = (u8 *){'saved->depot' if self.kept else 'memory'};")
        names = () if function.entry else (*function.returned, *(p[0] for p in function.params))
        taken = ", ".join(["Launch *launch", "Thread *thread", *(f"u8 *{name}" for name in names)])
        head = f"static int run_{self.name}({taken})"
        self.code = "\n    ".join([head + " {", "u32 carry = 0;", *first, *lines, "return -1;\n}\n"])
        self.saved_bytes = 8 * len(set().union(*self.kept)) + self.depot + 16 if self.kept else 0

    def line(self, statement):
        if statement in ("{", "}"):
            return statement
        if statement.endswith(":"):
            return statement.replace("$", "") + ";"
        if statement.startswith(".reg"):
            return self.registers(*statement.split(None, 2)[1:])
        if statement.startswith((".local", ".param")):
            name, kind, count, _ = declared(statement)
            if statement.startswith(".local"):
                self.depot = SIZES[kind] * count
                return ""
            return f"u8 {name}[{SIZES[kind] * count}] __attribute__((aligned(16)));"
        if statement.startswith("."):
            return ""
        words, parts, guard = operation(statement)
        made = self.instruction(words, parts)
        return f"if ({guard[0]}{c_name(guard[1])}) {{ {made} }}" if guard else made

    def registers(self, kind, names):
        kind, local = kind[1:], []
        for name in (n.strip() for n in names.split(",")):
            several = re.match(r"(%\w+)<(\d+)>", name)
            if several:
                self.kinds.update({f"{several[1]}{i}": kind for i in range(int(several[2]))})
            else:
                self.kinds[name] = kind
                local += [] if name[0] == "%" else [f"{variable(kind)} {c_name(name)};"]
        return " ".join(local)

    # Operands

    def read(self, text, kind):
        """An operand as a value of C of this kind."""
        to = number(kind)
        if text[0] == "!":
            return f"!{self.read(text[1:], kind)}"
        if text in self.kinds:
            own, name = self.kinds[text], c_name(text)
            if is_float(own) != is_float(kind):
                return f"{to}_bits({name})"
            return name if variable(own) == to else f"({to}){name}"
        special, bits = SPECIAL.match(text), re.match(r"0([fdFD])([0-9A-Fa-f]+)$", text)
        if special:
            return f"({to}){'thread' if special[1] == 'tid' else 'launch'}->{special[1]}[{'xyz'.index(special[2])}]"
        if bits:
            return f"f{'32' if bits[1] in 'fF' else '64'}_bits(0x{bits[2]}ull)"
        if re.match(r"-?\d", text):
            return f"({to}){int(text, 0) % 2**64}ull"
        return f"({to}){self.address(text)}"

    def address(self, name):
        if name in self.module.shared:
            return f"(launch->shared + {self.module.shared[name]})"
        if name in (g[0] for g in self.module.globals):
            return f"((u64)G_{name} | DEVICE_BIT)"
        if name.startswith("__local_depot"):
            return "depot"
        raise Unknown(f"the name {name}")

    def write(self, register, kind, value):
        """An assignment to a register."""
        if register == "_":
            return ""
        own = self.kinds[register]
        if is_float(own) != is_float(kind):
            value = f"{variable(own)}_bits({value})"
        return f"{c_name(register)} = {value};"

    def memory(self, words, text, kind, store):
        """(type of C, pointer) of an operand in memory, `[register+offset]`."""
        base, _, offset = text.strip("[] ").partition("+")
        bytes = SIZES[kind] * next((int(w[1]) for w in words if w in ("v2", "v4")), 1)
        space = next((w for w in words if w in ("global", "shared", "local", "param")), "generic")
        if space == "param":
            taken = self.function.entry and base in (p[0] for p in self.function.params)
            pointer = f"({f'launch->params + {self.function.offset(base)}' if taken else base} + {offset or 0})"
            return number(kind), pointer
        address = f"{self.read(base, 'u64')} + {offset or 0}ll, {bytes})"
        if space == "global":
            self.places += 1
            pointer = f"global_at(launch, thread, &places_{self.name}[{self.places - 1}], {address}"
        elif space == "shared":
            pointer = f"shared_at(launch, thread, {int(store)}, {address}"
        elif space == "local":
            pointer = f"local_at(launch, thread, depot, {self.depot}, {address}"
        else:
            raise Unknown(".".join(words))
        return number(kind), pointer

    # Instructions

    def instruction(self, words, parts):
        name, kind = words[0], next((w for w in reversed(words[1:]) if w in SIZES), None)
        if name in ("addc", "subc") or (name in ("add", "sub") and "cc" in words):
            return self.do_sum(words, parts, kind)
        if name in ("mul", "mad", "madc") and not is_float(kind):
            return self.do_product(words, parts, kind)
        return getattr(self, f"do_{name}", self.plain)(words, parts, kind)

    def plain(self, words, parts, kind):
        """What is one expression of its operands, all of one kind."""
        name, rounding = words[0], next((ROUNDINGS[w] for w in words if w in ROUNDINGS), None)
        a = [self.read(p, kind) for p in parts[1:]]
        a = [f"OPAQUE({kind}, {x})" for x in a] if rounding else a
        if "ftz" in words:
            a = [f"ftz_{kind}({x})" for x in a]
        if name in INFIX:
            value = f"{a[0]} {INFIX[name]} {a[1]}"
        elif name in FUNCTIONS:
            value = f"{name}_{number(kind)}({', '.join(a)})"
        else:
            raise Unknown(".".join(words))
        if rounding:
            value = f"ROUNDED({rounding}, {kind}, {value})"
        if "approx" in words and kind == "f64":
            value = f"coarse({value})"
        return self.finished(words, parts[0], kind, value)

    def finished(self, words, out, kind, value):
        """The assignment, after what the modifiers say of results."""
        for modifier in ("ftz", "sat"):
            if modifier in words:
                value = f"{modifier}_{kind}({value})"
        return self.write(out, kind, value)

    def do_mov(self, words, parts, kind):
        """Plain, or two registers of one, or one of two."""
        half = f"b{4 * SIZES[kind]}"
        if pair := PAIR.match(parts[0]):
            low, high = (
                self.write(pair[i], half, f"(u{half[1:]})(whole{s})") for i, s in ((1, ""), (2, f" >> {half[1:]}"))
            )
            return f"{{ u64 whole = {self.read(parts[1], 'b' + kind[1:])}; {low} {high} }}"
        if pair := PAIR.match(parts[1]):
            low, high = (f"(u64){self.read(pair[i], half)}" for i in (1, 2))
            return self.write(parts[0], kind, f"{low} | {high} << {half[1:]}")
        return self.write(parts[0], kind, self.read(parts[1], kind))

    do_cvta = do_mov

    def do_selp(self, words, parts, kind):
        a, b = (self.read(p, kind) for p in parts[1:3])
        return self.write(parts[0], kind, f"{self.read(parts[3], 'pred')} ? {a} : {b}")

    def do_product(self, words, parts, kind):
        """mul and mad of integers: the low half of the product, the high one, or all of it."""
        a, b = (self.read(p, kind) for p in parts[1:3])
        twice = f"{kind[0]}{16 * SIZES[kind]}"
        out = twice if "wide" in words else kind
        value = f"({out})(({twice}){a} * {b}{f' >> {8 * SIZES[kind]}' if 'hi' in words else ''})"
        if words[0] == "mul":
            return self.write(parts[0], out, value)
        return self.sum(words, parts[0], out, value, self.read(parts[3], out))

    def do_sum(self, words, parts, kind):
        a, b = (self.read(p, kind) for p in parts[1:])
        return self.sum(words, parts[0], kind, a, b, "-" if words[0].startswith("sub") else "+")

    def sum(self, words, out, kind, a, b, sign="+"):
        """a ± b, with the carry before it where the operation's name ends in c, and keeping its own with .cc."""
        taken = f" {sign} carry" if words[0].endswith("c") else ""
        if "cc" not in words:
            return self.write(out, kind, f"({kind})({a} {sign} {b}{taken})")
        if SIZES[kind] != 4:
            raise Unknown(".".join(words))
        total = f"u64 total = (u64){a} {sign} (u64){b}{taken};"
        return f"{{ {total} carry = total >> 32 & 1; {self.write(out, kind, f'({kind})total')} }}"

    def do_setp(self, words, parts, kind):
        a, b = (self.read(p, kind) for p in parts[1:3])
        relation, unordered = words[1], f"({a} != {a} || {b} != {b})"
        if relation in ("num", "nan"):
            value = unordered if relation == "nan" else f"!{unordered}"
        elif relation[:2] == "ne":
            value = f"{a} != {b}" + (f" && !{unordered}" if is_float(kind) and relation == "ne" else "")
        else:
            value = f"{a} {COMPARED[relation[:2]]} {b}" + (f" || {unordered}" if relation[2:] == "u" else "")
        if len(parts) > 3:
            value = f"({value}) {INFIX[words[2]]} {self.read(parts[3], 'pred')}"
        return self.write(parts[0], "pred", value)

    def do_cvt(self, words, parts, kind):
        to, of = (w for w in words[1:] if w in SIZES)
        value, rounding = self.read(parts[1], of), next((ROUNDINGS[w] for w in words if w in ROUNDINGS), None)
        whole = next((WHOLE[w] for w in words if w in WHOLE), None)
        value = f"{whole}({value})" if whole else value
        if is_float(of) and not is_float(to):
            value = f"{to}_of({value})"
        elif rounding:
            value = f"ROUNDED({rounding}, {to}, ({to})OPAQUE({of}, {value}))"
        else:
            value = f"({to})({value})"
        return self.finished(words, parts[0], to, value)

    def do_ld(self, words, parts, kind):
        to, pointer = self.memory(words, parts[1], kind, False)
        out = [r.strip() for r in parts[0].strip("{} ").split(",")]
        loads = [self.write(r, kind, f"at[{i}]") for i, r in enumerate(out)]
        return f"{{ {to} *at = (void *){pointer}; {' '.join(loads)} }}"

    def do_st(self, words, parts, kind):
        to, pointer = self.memory(words, parts[0], kind, True)
        values = [self.read(v.strip(), kind) for v in parts[1].strip("{} ").split(",")]
        return f"{{ {to} *at = (void *){pointer}; {' '.join(f'at[{i}] = {v};' for i, v in enumerate(values))} }}"

    def do_atom(self, words, parts, kind):
        """Threads take turns, so nothing special is needed."""
        to, pointer = self.memory(words, parts[1], kind, True)
        does = next((ATOMIC[w] for w in words if w in ATOMIC), None)
        if does is None:
            raise Unknown(".".join(words))
        new = does.format(*(self.read(p, kind) for p in parts[2:]))
        return f"{{ {to} *at = (void *){pointer}, before = *at; *at = {new}; {self.write(parts[0], kind, 'before')} }}"

    def do_bra(self, words, parts, kind):
        return f"goto {parts[0].replace('$', '')};"

    def do_ret(self, words, parts, kind):
        return "return -1;"

    do_exit = do_ret

    def do_bar(self, words, parts, kind):
        votes = words[1:] in (["red", "or", "pred"], ["red", "and", "pred"]) and len(parts) == 3
        if not votes and (words[1:] != ["sync"] or len(parts) != 1):
            raise Unknown(".".join(words))
        names = [c_name(r) for r in self.kept[self.passed] if not votes or r != parts[0]]
        self.passed += 1
        kept, taken = (" ".join(f"{a}{n} = {b}{n};" for n in names) for a, b in (("saved->", ""), ("", "saved->")))
        if votes:
            kept += f" launch->votes += {self.read(parts[2], 'pred')};"
            taken += f" {c_name(parts[0])} = launch->voted {'> 0' if words[2] == 'or' else '== launch->live'};"
        return f"{kept} return {self.passed}; case {self.passed}: {taken}"

    def do_call(self, words, parts, kind):
        names = [n.strip() for p in parts if p[0] == "(" for n in p.strip("() ").split(",")]
        return f"run_{next(p for p in parts if p[0] != '(')}({', '.join(['launch', 'thread', *filter(None, names)])});"


def translated(text):
    """A PTX module in C."""
    module = Module(text)
    written = [Writer(module, function) for function in reversed(module.functions)]
    lines = ['#include "kernel.h"', ""]
    for name, kind, count, align, values in module.globals:
        lines.append(f"static {variable(kind)} G_{name}[{count}] __attribute__((aligned({align}))) = {values};")
    lines += [f"static Range places_{w.name}[{w.places + 1}];" for w in written]
    lines += ["", *(w.code for w in written)]
    entries = [w for w in written if w.function.entry]
    for w in entries:
        sizes = [str(SIZES[kind] * count) for _, kind, count, _ in w.function.params]
        lines.append(f"static const int sizes_{w.name}[] = {{{', '.join([*sizes, '0'])}}};")
    lines.append("const Kernel kernels[] = {")
    for w in entries:
        numbers = f"{module.shared_bytes}, {w.saved_bytes}, places_{w.name}, {w.places}"
        lines.append(f'    {{"{w.name}", run_{w.name}, sizes_{w.name}, {numbers}}},')
    lines += ["    {0}", "};", "const Global globals[] = {"]
    lines += [f"    {{G_{name}, {SIZES[kind] * count}}}," for name, kind, count, _, _ in module.globals]
    return "\n".join([*lines, "    {0}", "};", ""])


def main(source, library):
    """Compile a file of PTX to a shared library."""
    code, made = Path(library).with_suffix(".c"), f"{library}.{os.getpid()}"
    try:
        code.write_text(translated(Path(source).read_text()))
    except Unknown as what:
        sys.exit(f"emulator: {source}: PTX that is not emulated: {what}")
    here = str(Path(__file__).parent)
    subprocess.run(["gcc", *FLAGS, "-I", here, "-shared", "-fPIC", str(code), "-o", made, "-lm"], check=True)
    os.replace(made, library)  # at once, as other processes may look for it


if __name__ == "__main__":
    main(*sys.argv[1:])
