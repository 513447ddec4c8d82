"""`jit`: scripts that compile for PyTorch run as they are."""

import pytest

import tinynet as tn


def test_what_is_compiled_is_what_it_was():
    @tn.jit.script
    def f(x):
        return x * 2 if x.sum() > 0 else -x

    assert tn.jit.script(f) is f and f(tn.ones(2)).tolist() == [2, 2] and f(-tn.ones(2)).tolist() == [1, 1]
    model = tn.nn.Linear(2, 1)
    assert tn.jit.trace(model, tn.ones(1, 2)) is model is tn.jit.script(model)
    assert tn.jit.unused(f) is tn.jit.export(f) is tn.jit.ignore(f) is tn.jit.ignore()(f) is f
    assert not tn.jit.is_scripting() and not tn.jit.is_tracing()


def test_programs_are_neither_saved_nor_loaded(tmp_path):
    with pytest.raises(TypeError, match=r"save the state_dict\(\) of the module"):
        tn.jit.save(tn.nn.Linear(2, 1), tmp_path / "model.pt")
    with pytest.raises(TypeError, match="load a state_dict"):
        tn.jit.load(tmp_path / "model.pt")
    with pytest.raises(TypeError, match="script: expected"):
        tn.jit.script(3)
