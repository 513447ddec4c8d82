"""The floors and rooms of the package, from its sources: no circle of imports, and no floor imports a higher one."""

import ast
import functools
import re
from pathlib import Path

import pytest

from tinynet.kernels.runtime.folder import CALLED

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tinynet"
# Rooms of one floor: none imports one after it.
STACKS = {
    "kernels.runtime": ["kernels.runtime", "kernels.lifting", "kernels.cpu"],
    "kernels.cuda": ["kernels.runtime", "kernels.lifting", "kernels.cuda.device", "kernels.cuda.array", "kernels.cuda"],
}


def modules(package):
    """{name: file} of all modules of a package."""
    files = {file.relative_to(package.parent).with_suffix(""): file for file in package.rglob("*.py")}
    return {".".join(path.parts).removesuffix(".__init__"): file for path, file in files.items()}


def imports(package):
    """{module: those of the package that it imports}, at the top and in functions."""
    found = modules(package)

    def imported(name, file):
        home = (name if file.name == "__init__.py" else name.rpartition(".")[0]).split(".")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(
                    [*home[: len(home) + 1 - node.level], node.module or ""] if node.level else [node.module]
                )
                base = base.rstrip(".")
                names = [f"{base}.{alias.name}" for alias in node.names]
                yield from (full if full in found else base for full in names)

    return {name: {m for m in imported(name, file) if m in found and m != name} for name, file in found.items()}


@functools.cache
def of_the_package():
    return imports(PACKAGE)


def circles(graph):
    """The modules from which imports lead back to them."""

    def reached(start):
        seen, left = set(), [start]
        while left:
            new = graph[left.pop()] - seen
            seen |= new
            left += new
        return seen

    return sorted(name for name in graph if name in reached(name))


def inside(module, room):
    return f"{module}.".startswith(f"tinynet.{room}.")


def floors():
    """{room or module: its floor}, as docs/engine.md has them."""
    rows = re.findall(r"^\| (\d) \| (.*?): ", (ROOT / "docs" / "engine.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = [(re.sub(r"\.py$|/$", "", name), int(n)) for n, names in rows for name in re.findall(r"`([\w./]+)`", names)]
    return {name.replace("/", "."): n for name, n in named}


def test_no_import_goes_in_a_circle():
    assert circles(of_the_package()) == []


def test_no_floor_imports_a_higher_one():
    rooms = sorted(floors().items(), key=lambda room: len(room[0]))  # a part of a room may have a floor of its own
    floor = {m: n for room, n in rooms for m in modules(PACKAGE) if inside(m, room)}
    assert set(modules(PACKAGE)) - set(floor) == {"tinynet", "tinynet.__main__"}
    upward = [(m, i) for m, found in of_the_package().items() for i in found if floor.get(m, 9) < floor.get(i, 0)]
    assert upward == []


def test_the_fingerprint_of_kernels_covers_what_they_call():
    """The files of scalar mathematics whose functions they call; a lifted formula's code is found by its text."""
    lifts = {f"tinynet.kernels.{m}" for m in ("lifting.lift", "lifting.sums", "reference.elementwise", "total_norm")}
    scalar = {f"tinynet.{m}" for m in ("formulas", "activations", "special_functions", "philox", "rules")}
    called = {i for m, found in of_the_package().items() if inside(m, "kernels") and m not in lifts for i in found}
    assert called & scalar == {f"tinynet.{Path(name).stem}" for name in CALLED}


@pytest.mark.parametrize("rooms", STACKS.values(), ids=STACKS)
def test_no_room_imports_one_above_it(rooms):
    def height(module):
        return max((i for i, room in enumerate(rooms) if inside(module, room)), default=-1)

    upward = [(m, i) for m, found in of_the_package().items() for i in found if 0 <= height(m) < height(i)]
    assert upward == []


@pytest.mark.parametrize("room", ["autograd", "ops"])
def test_public_functions_that_raise_say_so(room):
    silent = [
        f"{file.name}: {f.name}"
        for file in (PACKAGE / room).glob("*.py")
        for f in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")
        if any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(f))
        if "Raise" not in (ast.get_docstring(f) or "")
    ]
    assert silent == []


def test_modules_that_are_named_in_texts_exist():
    """Such as those that a generated kernel imports."""
    for file in PACKAGE.rglob("*.py"):
        for name in re.findall(r"\btinynet\.(kernels(?:\.[a-z_]+)+)", file.read_text(encoding="utf-8")):
            path = PACKAGE / name.replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").exists() or path.parent.with_suffix(".py").exists(), name


def test_a_circle_is_found(tmp_path):
    room = tmp_path / "house"
    room.mkdir()
    for name, text in {
        "__init__": "",
        "a": "from . import b",
        "b": "def f():\n    from .c import x",
        "c": "x = 1",
    }.items():
        (room / f"{name}.py").write_text(text, encoding="utf-8")
    assert circles(imports(room)) == []
    (room / "c.py").write_text("import house.a\nx = 1", encoding="utf-8")
    assert circles(imports(room)) == ["house.a", "house.b", "house.c"]
