"""Hooks of modules. What is asserted of `lib` is asserted of PyTorch too."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn


def linear(lib, requires_grad=True):
    """A layer with known weights, and an input."""
    layer = lib.nn.Linear(3, 2)
    with lib.no_grad():
        layer.weight.copy_(lib.tensor(np.arange(6.0, dtype="float32").reshape(2, 3)))
        layer.bias.zero_()
    return layer, lib.ones(1, 3).requires_grad_(requires_grad)


def values(grads):
    return [None if g is None else numpy(g).tolist() for g in grads]


# Around forward


def test_a_forward_hook_sees_and_replaces_the_output(lib):
    layer, x = linear(lib)
    seen = []
    handle = layer.register_forward_hook(lambda m, args, out: seen.append((m is layer, args[0] is x, out.tolist())))
    layer.register_forward_hook(lambda m, args, out: out * 2)
    assert layer(x).tolist() == [[6, 24]] and seen == [(True, True, [[3, 12]])]
    handle.remove()
    handle.remove()
    layer(x)
    assert len(seen) == 1
    with layer.register_forward_hook(lambda *_: seen.append("inside")):
        layer(x)
    layer(x)
    assert seen[1:] == ["inside"]


def test_a_pre_hook_replaces_arguments(lib):
    layer, x = linear(lib)
    layer.register_forward_pre_hook(lambda m, args: args[0] * 2)
    layer.register_forward_pre_hook(lambda m, args: (args[0] * 10,))
    layer.register_forward_pre_hook(lambda m, args: None)
    assert layer(x).tolist() == [[60, 240]]


def test_keyword_arguments(lib):
    class Scaled(lib.nn.Module):
        def forward(self, x, n=1):
            return x * n

    scaled, seen = Scaled(), []
    scaled.register_forward_pre_hook(lambda m, args, kwargs: (args, {"n": kwargs["n"] + 1}), with_kwargs=True)
    scaled.register_forward_hook(lambda m, args, kwargs, out: seen.append((len(args), kwargs)), with_kwargs=True)
    scaled.register_forward_hook(lambda m, args, out: seen.append(len(args)))
    assert scaled(lib.ones(1), n=2).item() == 3 and seen == [(1, {"n": 3}), 1]
    scaled.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"None or a (pair|tuple)"):
        scaled(lib.ones(1), n=2)


def test_order(lib):
    layer, x = linear(lib)
    seen = []
    for name, options in ("second", {}), ("third", {}), ("first", {"prepend": True}):
        note = lambda *_, name=name: seen.append(name)
        layer.register_forward_pre_hook(note, **options)
        layer.register_forward_hook(note, **options)
        layer.register_full_backward_hook(note, **options)
        layer.register_full_backward_pre_hook(note, **options)
    layer(x).sum().backward()
    assert seen == ["first", "second", "third"] * 4


def test_hooks_that_are_always_called(lib):
    class Fails(lib.nn.Module):
        def forward(self, x):
            raise KeyError("x")

    module, seen = Fails(), []
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    module.register_forward_hook(lambda *_: seen.append("never"))
    with pytest.raises(KeyError):
        module(lib.ones(1))
    assert seen == [None]
    module.register_forward_hook(lambda *_: 1 / 0, always_call=True)
    with pytest.raises(KeyError), pytest.warns(UserWarning, match="raised"):
        module(lib.ones(1))


# Around the walk backwards


def test_a_backward_hook_sees_and_replaces_gradients(lib):
    layer, x = linear(lib)
    seen = []
    layer.register_full_backward_pre_hook(lambda m, gout: (gout[0] * 2,))
    layer.register_full_backward_hook(lambda m, gin, gout: seen.append((values(gin), values(gout))))
    layer.register_full_backward_hook(lambda m, gin, gout: (gin[0] * 10,))
    layer(x).sum().backward()
    assert seen == [([[[6, 10, 14]]], [[[2, 2]]])] and x.grad.tolist() == [[60, 100, 140]]
    assert layer.bias.grad.tolist() == [2, 2]


def test_without_an_input_that_requires_grad(lib):
    layer, x = linear(lib, requires_grad=False)
    seen = []
    with layer.register_full_backward_hook(lambda m, gin, gout: seen.append((values(gin), values(gout)))):
        y = layer(x)
        with pytest.warns(UserWarning, match="require"):
            y.sum().backward()
        layer(x.requires_grad_()).sum().backward()
    assert seen == [([None], [[[1, 1]]]), ([[[3, 5, 7]]], [[[1, 1]]])]
    layer.register_full_backward_hook(lambda m, gin, gout: gout)
    y = layer(x.detach()).sum()
    with pytest.raises(RuntimeError, match="None"), pytest.warns(UserWarning):
        y.backward()


def test_several_inputs_and_outputs(lib):
    class Several(lib.nn.Module):
        def forward(self, x, n, y):
            return x * n, n, y * 2

    module, seen = Several(), []
    module.register_full_backward_pre_hook(lambda m, gout: seen.append(values(gout)))
    module.register_full_backward_hook(lambda m, gin, gout: seen.append((values(gin), values(gout))))
    x, y = (lib.ones(1).requires_grad_() for _ in range(2))
    out, n, _ = module(x, 3, y)
    assert n == 3
    out.sum().backward()
    assert seen == [[[1], None, None], ([[3], None, [0]], [[1], None, None])]
    assert x.grad.tolist() == [3] and y.grad.tolist() == [0]
    seen.clear()
    module(x.detach(), 3, y)[0].sum()
    module.register_full_backward_hook(lambda m, gin, gout: gin[:1])
    out = module(x, 3, y)[0].sum()
    with pytest.raises(RuntimeError, match=r"grad_input.* got 1"):
        out.backward()


def test_nothing_is_recorded_for_hooks_alone(lib):
    layer, x = linear(lib)
    seen = []
    layer.register_full_backward_hook(lambda *_: seen.append(0))
    with lib.no_grad():
        assert not layer(x).requires_grad
    lib.autograd.grad(layer(x).sum(), layer.weight)
    assert seen == []


def test_gradients_of_gradients_pass_through_hooks(lib):
    layer, x = linear(lib)
    layer.register_full_backward_hook(lambda m, gin, gout: (gin[0] * 2,))
    (g,) = lib.autograd.grad((layer(x) ** 2).sum(), x, create_graph=True)
    g.sum().backward()
    plain, z = linear(lib)
    (h,) = lib.autograd.grad((plain(z) ** 2).sum(), z, create_graph=True)
    h.sum().backward()
    assert g.tolist() == (h * 2).tolist() and x.grad.tolist() == (z.grad * 4).tolist()


def test_outputs_that_are_no_tuple(lib):
    class Named(lib.nn.Module):
        def forward(self, x):
            return {"out": x * 2}

    module = Named()
    module.register_full_backward_hook(lambda *_: 1 / 0)
    x = lib.ones(1).requires_grad_()
    with pytest.warns(UserWarning, match="dict"):
        out = module(x)["out"]
    out.backward()
    assert x.grad.item() == 2


def test_a_gradient_that_does_not_come_from_the_output(lib):
    kept = []

    class Leaks(lib.nn.Module):
        def forward(self, x):
            kept.append(x)
            return x * 2

    module = Leaks()
    module.register_full_backward_hook(lambda *_: kept.append("hook"))
    module(lib.ones(1).requires_grad_())
    kept[0].backward()
    assert len(kept) == 1


@pytest.mark.filterwarnings("ignore:Using a non-full backward hook:FutureWarning")
def test_the_old_backward_hook(lib):
    relu, seen = lib.nn.ReLU(), []
    relu.register_backward_hook(lambda m, gin, gout: seen.append((values(gin), values(gout))))
    x = lib.tensor([1.0, -1.0]).requires_grad_()
    relu(x).sum().backward()
    assert seen == [([[1, 0]], [[1, 1]])]
    with pytest.raises(RuntimeError, match="both"):
        relu.register_full_backward_hook(lambda *_: None)


# Of every module


def test_hooks_of_every_module(lib):
    module = lib.nn.modules.module
    seen, model = [], lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.ReLU())
    model[0].register_forward_hook(lambda m, *_: seen.append(("own", type(m).__name__)))
    note = lambda m, *_: seen.append(type(m).__name__)
    with module.register_module_forward_pre_hook(note), module.register_module_forward_hook(note, always_call=True):
        with module.register_module_full_backward_pre_hook(note), module.register_module_full_backward_hook(note):
            y = model(lib.ones(1, 2).requires_grad_())
            forward = ["Sequential", "Linear", "Linear", ("own", "Linear"), "ReLU", "ReLU", "Sequential"]
            assert seen == forward
            y.sum().backward()
    model(lib.ones(1, 2))
    assert seen[7:] == ["Sequential", "ReLU", "ReLU", "Linear", "Linear", "Sequential", ("own", "Linear")]


def test_hooks_on_registration(lib):
    module, seen = lib.nn.modules.module, []
    note = lambda m, name, value: seen.append(name)
    handles = [
        module.register_module_parameter_registration_hook(note),
        module.register_module_module_registration_hook(note),
        module.register_module_buffer_registration_hook(note),
    ]
    frozen = lambda m, name, p: p.requires_grad_(False)
    with module.register_module_parameter_registration_hook(frozen):
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(2))
    for handle in handles:
        handle.remove()
    lib.nn.Linear(2, 2)
    assert seen == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked", "0"]
    assert not any(p.requires_grad for p in model.parameters())


# Around states


def test_hooks_around_state_dict(lib):
    model, seen = lib.nn.Sequential(lib.nn.Linear(1, 1)), []
    model.register_state_dict_pre_hook(lambda m, prefix, keep: seen.append((prefix, keep)))
    model[0].register_state_dict_pre_hook(lambda m, prefix, keep: seen.append((prefix, keep)))
    model[0].register_state_dict_post_hook(lambda m, state, prefix, meta: seen.append((list(state), prefix, meta)))
    model[0].register_state_dict_post_hook(lambda m, state, prefix, meta: state.update(more=lib.ones(1)))
    assert list(model.state_dict(prefix="a.")) == ["a.0.weight", "a.0.bias", "more"]
    assert seen == [("a.", False), ("a.0.", False), (["a.0.weight", "a.0.bias"], "a.0.", {"version": 1})]
    model._register_state_dict_hook(lambda m, state, prefix, meta: {"all": len(state)})
    assert model.state_dict() == {"all": 3}
    model.register_state_dict_post_hook(lambda *_: {})
    with pytest.raises(RuntimeError, match="must return None"):
        model.state_dict()


def test_hooks_around_load_state_dict(lib):
    model, seen = lib.nn.Sequential(lib.nn.Linear(1, 1)), []

    def rename(m, state, prefix, metadata, strict, missing, unexpected, errors):
        seen.append((list(state), prefix, strict))
        for name in [k for k in state if k.startswith("old.")]:
            state[f"0.{name[4:]}"] = state.pop(name)

    model.register_load_state_dict_pre_hook(rename)
    model[0]._register_load_state_dict_pre_hook(lambda state, prefix, *_: seen.append((list(state), prefix)))
    model[0]._register_load_state_dict_pre_hook(lambda m, *_: seen.append(m is model[0]), with_module=True)
    state = {"old.weight": lib.ones(1, 1), "0.bias": lib.ones(1)}
    model.load_state_dict(state)
    assert list(state) == ["old.weight", "0.bias"] and model[0].weight.item() == 1
    assert [*map(str, seen)] == [
        "(['old.weight', '0.bias'], '', True)", "(['0.bias', '0.weight'], '0.')", "True",
    ]  # fmt: skip


def test_keys_that_are_forgiven(lib):
    model, seen = lib.nn.Sequential(lib.nn.Linear(1, 1)), []
    with pytest.raises(RuntimeError):
        model.load_state_dict({"more": lib.ones(1)})

    def forgive(m, keys):
        seen.append(([*keys.missing_keys], [*keys.unexpected_keys]))
        keys.missing_keys.clear()

    model[0].register_load_state_dict_post_hook(forgive)
    model.register_load_state_dict_post_hook(lambda m, keys: seen.append(keys.missing_keys == []))
    with pytest.raises(RuntimeError, match="more"):
        model.load_state_dict({"0.weight": lib.ones(1, 1), "more": lib.ones(1)})
    model.load_state_dict({"0.weight": lib.ones(1, 1)})
    assert seen == [(["0.bias"], ["more"]), True, (["0.bias"], []), True]
    model.register_load_state_dict_post_hook(lambda *_: 1)
    with pytest.raises((TypeError, AssertionError), match="return"):
        model.load_state_dict(model.state_dict())


def test_problems_that_a_hook_reports(lib):
    layer = lib.nn.Linear(1, 1)
    layer.register_load_state_dict_pre_hook(lambda *args: args[-1].append("too old"))
    with pytest.raises(RuntimeError, match="too old"):
        layer.load_state_dict(layer.state_dict())


def test_an_extra_state(lib):
    class Counts(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 0

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    model, other = (lib.nn.Sequential(Counts(), lib.nn.Linear(1, 1)) for _ in range(2))
    model[0].count = 3
    state = model.state_dict()
    assert state["0._extra_state"] == {"count": 3}
    other.load_state_dict(state)
    assert other[0].count == 3
    del state["0._extra_state"]
    assert other.load_state_dict(state, strict=False).missing_keys == ["0._extra_state"]


def test_a_child_that_has_a_state_dict_of_its_own(lib):
    class Quiet(lib.nn.Linear):
        def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
            destination[prefix + "nothing"] = 0

    assert [*lib.nn.Sequential(Quiet(1, 1), lib.nn.Linear(1, 1)).state_dict()] == ["0.nothing", "1.weight", "1.bias"]


# Copies


def note_call(module, args, out):
    return out * 0


def test_copies_have_their_hooks(lib):
    layer, x = linear(lib)
    layer.register_forward_hook(note_call)
    assert copy.deepcopy(layer)(x).tolist() == [[0, 0]]
    removed = copy.deepcopy(layer)
    removed._forward_hooks.clear()
    assert removed(x).tolist() == [[3, 12]] and layer(x).tolist() == [[0, 0]]


def test_hooks_in_a_pickle_are_called_in_a_new_process(tmp_path):
    layer = tn.nn.Linear(3, 2)
    layer.register_forward_hook(print)
    (tmp_path / "layer.pickle").write_bytes(pickle.dumps(layer))
    script = "import pickle, tinynet as tn; pickle.load(open('layer.pickle', 'rb'))(tn.ones(3))"
    out = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Linear(in_features=3" in out.stdout


def test_handles(lib):
    handle = lib.nn.ReLU().register_forward_hook(note_call)
    assert isinstance(handle, lib.utils.hooks.RemovableHandle) and isinstance(handle.id, int)


# Bad calls


@pytest.mark.parametrize("name", [name for name in dir(tn.nn.Module) if name.endswith("_hook") and "register" in name])
def test_a_hook_is_a_function(name):
    with pytest.raises(TypeError, match=rf"{name}: expected hook to be a function, got 3"):
        getattr(tn.nn.Linear(1, 1), name)(3)


def test_an_error_in_a_hook_names_the_module():
    model = tn.nn.Sequential(tn.nn.Linear(2, 2))
    model[0].register_forward_pre_hook(lambda m, args: args[0] @ tn.ones(3, 3))
    with pytest.raises(tn.ShapeError, match=r"Linear\(.*\) at model\.0: "):
        model(tn.ones(1, 2))
