"""Parameters, buffers and modules come in PyTorch's order, however they were assigned: optimizers number them by it."""

import random

import pytest

import tinynet as tn

NAMES = "abcd"


class Program:
    """Random assignments to the attributes of a module; the same ones for two libraries."""

    def __init__(self, lib):
        self.lib = lib
        self.module = type("Net", (lib.nn.Module,), {})()
        self.made = []

    def value(self, kind, i):
        lib = self.lib
        if kind == "None":
            return None
        if kind == "number":
            return i
        if kind == "same" and self.made:
            return self.made[i % len(self.made)]
        if kind == "module":
            value = lib.nn.Linear(1, 1 + i % 2, bias=i % 3 > 0)
        elif kind == "tensor":
            value = lib.zeros(i)
        else:
            value = lib.nn.Parameter(lib.zeros(i))
        self.made.append(value)
        return value

    def run(self, step, name, kind, i):
        """Whether it could be done."""
        value = self.value(kind, i)
        try:
            if step == "assign":
                setattr(self.module, name, value)
            elif step == "delete":
                delattr(self.module, name)
            elif step == "parameter":
                self.module.register_parameter(name, value)
            elif step == "module":
                self.module.add_module(name, value)
            else:
                self.module.register_buffer(name, value, persistent=step == "buffer")
        except (TypeError, KeyError, AttributeError):
            return False
        return True

    def order(self):
        m = self.module
        return (
            *([n for n, _ in m.named_parameters(remove_duplicate=once)] for once in (True, False)),
            *([n for n, _ in m.named_buffers(remove_duplicate=once)] for once in (True, False)),
            *([n for n, _ in m.named_modules(remove_duplicate=once)] for once in (True, False)),
            [n for n, _ in m.named_children()],
            [(n, tuple(x.shape)) for n, x in m.state_dict().items()],
            [type(getattr(m, n, 0)).__name__ for n in NAMES],
        )


STEPS = "assign", "assign", "assign", "delete", "parameter", "module", "buffer", "transient buffer"
KINDS = "parameter", "parameter", "module", "module", "tensor", "None", "None", "number", "same"


@pytest.mark.parametrize("seed", range(60))
def test_order_after_random_assignments(seed, torch):
    draw = random.Random(seed)
    ours, theirs, done = Program(tn), Program(torch), []
    for i in range(60):
        step = draw.choice(STEPS), draw.choice(NAMES), draw.choice(KINDS), i
        done.append(step)
        assert ours.run(*step) == theirs.run(*step), done[::-1]
        assert ours.order() == theirs.order(), done[::-1]


CONTAINERS = {
    "replace in the middle": lambda nn, s: s.__setitem__(1, nn.Tanh()),
    "replace by name": lambda nn, s: setattr(s, "0", nn.Linear(3, 3)),
    "replace the last": lambda nn, s: s.__setitem__(-1, nn.Linear(2, 2)),
    "delete and assign again": lambda nn, s: (delattr(s, "0"), setattr(s, "0", nn.Linear(5, 5))),
    "add a name": lambda nn, s: s.add_module("last", nn.Linear(4, 4)),
    "take out": lambda nn, s: setattr(s, "1", None),
    "take out and put back": lambda nn, s: (setattr(s, "0", None), setattr(s, "0", nn.Linear(6, 6))),
    "append": lambda nn, s: s.append(nn.Linear(7, 7)),
    "one module twice": lambda nn, s: s.append(s[0]),
}


@pytest.mark.parametrize("change", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_order_in_containers(change, kind, torch):
    def order(lib):
        layers = [lib.nn.Linear(2, 2), lib.nn.Linear(2, 1), lib.nn.ReLU()]
        container = lib.nn.Sequential(*layers) if kind == "Sequential" else lib.nn.ModuleList(layers)
        change(lib.nn, container)
        parameters = [(n, tuple(p.shape)) for n, p in container.named_parameters()]
        return parameters, list(container.state_dict()), [type(m).__name__ for m in container if m is not None]

    assert order(tn) == order(torch)


def test_an_attribute_that_became_a_parameter_later_comes_later(torch):
    def order(lib):
        module = lib.nn.Module()
        module.a = None
        module.b = lib.nn.Parameter(lib.zeros(2))
        module.a = lib.nn.Parameter(lib.zeros(1))
        return [n for n, _ in module.named_parameters()]

    assert order(tn) == order(torch) == ["b", "a"]


def test_without_calling_the_constructor_of_module():
    class Net(tn.nn.Module):
        def __init__(self):
            self.b, self.a = tn.nn.Linear(1, 1), tn.nn.Parameter(tn.zeros(1))

    assert [n for n, _ in Net().named_parameters()] == ["a", "b.weight", "b.bias"]
