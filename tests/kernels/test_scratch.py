"""The memory that kernels work in: it outlives every use of its address, and no two threads share it at a time."""

import ast
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import carray, types

import tinynet
from tinynet.kernels.runtime.parallel_for import Plan, parallel_for, written
from tinynet.kernels.runtime.pointers import pointer_to_int

KERNELS = Path(tinynet.__file__).parent / "kernels"
OWNED = {"empty", "zeros", "ones", "full", "empty_like", "zeros_like", "copy", "array", "ascontiguousarray"}


def made_and_addressed(source):
    """Names of arrays of which a function takes the address though it has made them itself."""
    found = set()
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        made, addressed = set(), set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                pairs = [(t, node.value) for t in node.targets]
                for target, value in pairs:
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                        pairs.extend(zip(target.elts, value.elts))
                    elif isinstance(value, ast.Call) and getattr(value.func, "attr", "") in OWNED:
                        made.update(node.id for node in ast.walk(target) if isinstance(node, ast.Name))
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "address_of":
                addressed.update(x.id for x in ast.walk(node.args[0]) if isinstance(x, ast.Name))
        found.update(f"{function.name}: {name}" for name in made & addressed)
    return found


@pytest.mark.parametrize("path", sorted(KERNELS.rglob("*.py")), ids=lambda path: str(path.relative_to(KERNELS)))
def test_no_kernel_takes_the_address_of_an_array_that_it_has_made(path):
    assert not made_and_addressed(path.read_text())


def test_which_would_be_found():
    assert made_and_addressed("def f(x):\n    a, b = np.empty(3), x\n    return address_of(a), address_of(b)") == {
        "f: a"
    }


@parallel_for(lambda real: (types.intp, written(real, 1)))
def _fill_and_count(arguments, scratch, task):
    """out[task] ← how many numbers of the scratch memory still hold what this task has written there."""
    size, out = arguments[0]
    memory, mine = carray(scratch, size), out.dtype.type(task + 1)
    memory[:] = mine
    found = 0
    for _ in range(20):  # time for others to write into it
        found = 0
        for x in memory:
            found += x == mine
    out[task] = found + (pointer_to_int(scratch) % out.itemsize)


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="tasks are compiled only")
def test_each_task_has_its_scratch_memory_alone(count, parallel):
    out, size = np.full(count, -1.0), 5003
    Plan(_fill_and_count, out.dtype, count, parallel, size, scratch=size * out.itemsize).run(out)
    np.testing.assert_array_equal(out, size)
