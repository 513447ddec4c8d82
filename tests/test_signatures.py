"""What tinynet and PyTorch both have takes the same parameters, in the same order, of the same names and defaults.

PyTorch's come from `inspect` where a function is written in Python, else from the schemas of its operators, one for
each way to call it. A function here has one signature, which must say what the most telling of the schemas says.
A parameter that is keyword-only there may be missing here, which is loud, and there may be others of ours.
"""

import enum
import functools
import importlib
import inspect
import warnings

import numpy as np
import pytest

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

POSITIONAL, KEYWORD, VARIADIC = "positional", "keyword", "variadic"
REQUIRED = inspect.Parameter.empty
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: POSITIONAL,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY: KEYWORD,
    inspect.Parameter.VAR_POSITIONAL: VARIADIC,
}

# Of functions that neither `inspect` nor a schema describes, or not as they can be called: PyTorch's documentation
DOCUMENTED = {
    "torch.as_tensor": lambda data, dtype=None, device=None: None,
    "torch.from_numpy": lambda ndarray: None,
    "Tensor.cuda": lambda self, device=None, non_blocking=False: None,
    "Tensor.numpy": lambda self, *, force=False: None,
    "autograd.no_grad": lambda orig_func=None: None,
    "Tensor.new": lambda self, *data: None,
    "nn.functional.logsigmoid": lambda input: None,
    "nn.functional.elu_": lambda input, alpha=1.0: None,
    "nn.functional.rrelu_": lambda input, lower=1 / 8, upper=1 / 3, training=False: None,
    "Tensor.new_tensor": lambda self, data, *, dtype=None, device=None, requires_grad=False: None,
    "Tensor.type": lambda self, dtype=None, non_blocking=False: None,
    "autograd.Variable": lambda data, requires_grad=False, volatile=None: None,
    **{f"Tensor.{name}": lambda self: None for name in ("data_ptr", "ndimension", "nelement")},
    "Tensor.tolist": lambda self: None,
    "Tensor.polygamma": lambda self, n: None,
    "Tensor.where": lambda self, condition, other: None,
    "Tensor.contiguous": lambda self, *, memory_format=tn.contiguous_format: None,
    **{f"Tensor.{name}": lambda self, *, memory_format=None: None for name in tn.dtypes.NICKNAMES},
}
# {name: {PyTorch's name: ours}}
RENAMED = {
    "Tensor.uniform_": {"from": "from_"},  # a word of Python
    "Tensor.random_": {"from": "from_"},
    **{
        f"{kind}.{name}": {"sections": "indices_or_sections"}  # also "indices", as PyTorch documents it
        for kind in ("torch", "Tensor")
        for name in ("tensor_split", "hsplit", "vsplit", "dsplit")
    },
    "Tensor.split": {"split_size": "split_size_or_sections"},  # a function and a method in one
}
EXCEPTIONS = {
    "Tensor.to",  # a device, a dtype, both or a tensor: tests/test_tensor.py
    "nn.modules.module.Tensor",  # is imported there
    "Tensor.norm",  # takes no `out`, which stands before `dtype` in torch.norm
    "distributions.CorrCholeskyTransform.log_abs_det_jacobian",  # has a third one there, of which it takes no notice
    "utils.checkpoint.checkpoint",  # the default of `context_fn` is a function of each library's
    "profiler.ProfilerActivity",  # an enumeration of C++
    "distributed.ReduceOp",  # another
    "distributed.DistError",  # an exception has no signature
    "multiprocessing.ProcessContext",  # is made by start_processes alone
    "serialization.save",  # without what says how PyTorch pickles
    "utils.data.random_split",  # the default of `generator` is the generator itself
    "utils.benchmark.Timer",  # the default of `language` is a member of an enumeration
}
DTYPES = {4: tn.int64, 6: tn.float32}  # by their numbers in schemas


def parameters(function):
    """[(name, kind, default)] of a Python function or class."""
    found = []
    for p in inspect.signature(function).parameters.values():
        if p.kind in KINDS:
            found.append((p.name, KINDS[p.kind], p.default))
    return found


def schemas(name):
    """The parameters of each way to call an operator of PyTorch's."""
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        arguments = schema.arguments
        if any(a.is_out or "Dimname" in str(a.type) for a in arguments):
            continue
        yield [
            (a.name, KEYWORD if a.kwarg_only else POSITIONAL, a.default_value if a.has_default_value() else REQUIRED)
            for a in arguments
        ]


def theirs_of(name, function, first):
    """The ways to call PyTorch's function; `first` is what its operator's `self` is called."""
    try:
        return [parameters(DOCUMENTED.get(name, function))]
    except (ValueError, TypeError):
        ways = schemas(name.rpartition(".")[2])
        return [[(first if n == "self" else n, kind, default) for n, kind, default in way] for way in ways]


def normal(default):
    """A default as one writes it: functions by name; schemas have lists of numbers, and numbers of dtypes."""
    if inspect.isfunction(default):
        return default.__name__
    if isinstance(default, enum.Enum) or type(default).__name__ == "RedOpType":
        return default.name
    if isinstance(default, torch.dtype):
        return getattr(tn, str(default).removeprefix("torch."))
    if isinstance(default, list | tuple):
        return None if not default else default[0] if len(set(default)) == 1 else list(default)
    return default


def differences(ours, theirs, renamed):
    """What a call in PyTorch's way would find otherwise here, as sentences."""
    mine = [p for p in ours if p[1] == POSITIONAL]
    variadic = [p for p in ours if p[1] == VARIADIC]
    found = []
    known = {p[0] for p in ours}  # where a name begins with _, it is for their own use, and ours may lack it
    positional = [p for p in theirs if p[1] == POSITIONAL and (p[0][0] != "_" or p[0] in known)]
    for i, (name, _, default) in enumerate(positional):
        name = renamed.get(name, name)
        if i >= len(mine):
            if not variadic:
                found.append(f"{name} is missing at position {i}")
            break
        if mine[i][0] != name:
            found.append(f"position {i} is {mine[i][0]}, not {name}")
        elif default is not REQUIRED and normal(mine[i][2]) != normal(default):
            found.append(f"{name} is {mine[i][2]!r} by default, not {default!r}")
    if not any(p[1] == VARIADIC for p in theirs):
        found += [f"{p[0]} can be given by position" for p in mine[len(positional) :]]
    keywords = {p[0]: p[2] for p in theirs if p[1] == KEYWORD and p[2] is not REQUIRED}
    for name, kind, default in ours:
        if kind == KEYWORD and name in keywords and default != DTYPES.get(keywords[name], keywords[name]):
            found.append(f"{name} is {default!r} by default, not {keywords[name]!r}")
    return found


# Functions of the library that are no operations
TOP_LEVEL = """manual_seed initial_seed seed get_rng_state set_rng_state set_printoptions set_default_dtype
    get_default_device set_default_device set_default_tensor_type use_deterministic_algorithms
    are_deterministic_algorithms_enabled is_deterministic_algorithms_warn_only_enabled
    set_float32_matmul_precision get_float32_matmul_precision"""


def counterparts():
    """(name, ours, theirs, what `self` is called) for all that both libraries have."""
    for name, ours in tn.ops.FUNCTIONS.items():
        yield f"torch.{name}", ours, getattr(torch, name, None), "input"
    for name in TOP_LEVEL.split():
        yield f"torch.{name}", getattr(tn, name), getattr(torch, name), "input"
    for name in dir(tn.Tensor):
        if not name.startswith("_") and callable(getattr(tn.Tensor, name)) and hasattr(torch.Tensor, name):
            yield f"Tensor.{name}", getattr(tn.Tensor, name), getattr(torch.Tensor, name), None
    packages = """nn.functional nn.init nn.utils nn.utils.prune nn.utils.stateless nn.modules.module autograd
        autograd.function autograd.functional func nn optim optim.lr_scheduler optim.swa_utils utils.checkpoint
        utils.benchmark utils.data distributed distributions nn.parallel amp cuda.amp multiprocessing profiler
        serialization"""
    yield from methods("nn.Module", tn.nn.hooks.Hooked, torch.nn.Module)
    for where in packages.split():
        space, other = functools.reduce(getattr, where.split("."), tn), importlib.import_module(f"torch.{where}")
        for name in getattr(space, "__all__", dir(space)):
            ours = getattr(space, name)
            if not name.startswith("_") and callable(ours) and hasattr(other, name) and "tinynet" in ours.__module__:
                yield f"{where}.{name}", ours, getattr(other, f"_{name}" if "max_pool" in name else name), "input"
                yield from methods(f"{where}.{name}", ours, getattr(other, name))


def methods(where, ours, theirs):
    if not inspect.isclass(ours) or where.endswith(("Tensor", "Parameter")):
        return
    for name, function in inspect.getmembers(ours, inspect.isfunction):
        if not name.startswith("_") and callable(getattr(theirs, name, None)):
            inherited = any(name in vars(base) for base in ours.__mro__[1:]) and name not in vars(ours)
            if not inherited:
                yield f"{where}.{name}", function, getattr(theirs, name), None


PAIRS = [p for p in counterparts() if p[2] is not None and p[0] not in EXCEPTIONS]


@pytest.mark.parametrize(("name", "ours", "theirs", "first"), PAIRS, ids=[p[0] for p in PAIRS])
def test_parameters_are_those_of_pytorch(name, ours, theirs, first):
    mine, ways = parameters(ours), theirs_of(name, theirs, first or "self")
    if first is None:  # a method, whose first parameter nobody names
        mine, ways = mine[1:], [way[1:] for way in ways]
    results = [differences(mine, way, RENAMED.get(name, {})) for way in ways]
    assert [] in results, min(results, key=len) if results else "nothing to compare with"


X = np.linspace(-2, 2, 24, dtype=np.float32).reshape(2, 3, 4)
LABELS = [[0, 2, 1, 2], [1, 1, 0, 2]]
LOSSES = {
    "cross_entropy": lambda lib, F, x, *a, **k: F.cross_entropy(x, lib.tensor(LABELS), None, *a, **k),
    "nll_loss": lambda lib, F, x, *a, **k: F.nll_loss(x[:, :, 0], lib.tensor([0, 2]), None, *a, **k),
    "mse_loss": lambda lib, F, x, *a, **k: F.mse_loss(x, x * x, *a, **k),
    "bce": lambda lib, F, x, *a, **k: F.binary_cross_entropy_with_logits(x, x * x / 4, None, *a, **k),
}


def same(call):
    """Whether both libraries give the same for `call(library, functional, x)`, and warn as often: at the call."""
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        expected = call(torch, torch.nn.functional, torch.tensor(X))
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        actual = call(tn, tn.nn.functional, tn.tensor(X))
    assert [w.category for w in ours] == [w.category for w in theirs]
    assert {w.filename for w in ours} <= {__file__}
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=1e-5, atol=1e-6)
    assert np.asarray(actual).dtype == np.asarray(expected).dtype


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("old", [(True,), (False,), (None,)])
@pytest.mark.parametrize("reduce", [None, True, False])
def test_losses_have_the_older_parameters_in_their_places(name, old, reduce):
    same(lambda lib, F, x: LOSSES[name](lib, F, x, *old, reduce=reduce))


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, F, x: x.var(0, False),
        lambda lib, F, x: x.std(1, False, True),
        lambda lib, F, x: x.var(False),
        lambda lib, F, x: x.var(),
        lambda lib, F, x: x.var((0, 2), correction=2, keepdim=True),
        lambda lib, F, x: lib.std(x, 1, unbiased=False),
        lambda lib, F, x: lib.max(x, -x),
        lambda lib, F, x: lib.min(x, -x),
        lambda lib, F, x: x.mean(1, dtype=lib.float64),
        lambda lib, F, x: lib.arange(end=5),
        lambda lib, F, x: lib.arange(1, 5, 2),
        lambda lib, F, x: F.softmax(x),
        lambda lib, F, x: F.log_softmax(x[0]),
        lambda lib, F, x: F.softmax(x[0, 0]),
        lambda lib, F, x: F.softmax(x[None]),
        lambda lib, F, x: lib.softmax(x.long(), 1, lib.float64),
        lambda lib, F, x: F.softmax(x, 2, 3, lib.float64),
        lambda lib, F, x: lib.nn.Softmax()(x),
        lambda lib, F, x: lib.nn.LogSoftmax(1)(x),
        lambda lib, F, x: lib.nn.CrossEntropyLoss(None, False)(x, lib.tensor(LABELS)),
        lambda lib, F, x: lib.nn.NLLLoss(None, None, 2, False)(x[:, :, 0], lib.tensor([0, 2])),
        lambda lib, F, x: lib.nn.MSELoss(False)(x, x * x),
        lambda lib, F, x: x.narrow(2, -3, 2),
        lambda lib, F, x: lib.bernoulli(x, 1.0),
        lambda lib, F, x: x.long().clamp(-1, 1),
        lambda lib, F, x: x.long().clamp(-0.5, 0.5),
        lambda lib, F, x: lib.randint(7, (2, 2)) * 0 + lib.randint(high=3, size=(2, 2)) * 0,
        lambda lib, F, x: x.size(-1) + x.contiguous().stride(0),
        lambda lib, F, x: lib.full((np.int64(2), 3), 1.5),
        lambda lib, F, x: x.reshape(np.int64(4), -1).sum(np.int64(1)).repeat(np.int32(2)),
        lambda lib, F, x: x.transpose(np.int64(0), -1).split(3, np.int64(0))[1],
        lambda lib, F, x: F.max_pool1d(x, np.int64(2), np.int64(1)),
        lambda lib, F, x: x.unsqueeze(lib.tensor(1)).narrow(lib.tensor(0), lib.tensor(1), 1),
        lambda lib, F, x: F.one_hot(lib.tensor([1, 2]), np.int64(4)),
        lambda lib, F, x: F.embedding(lib.tensor([1, 2]), x[0], np.int64(1)),
    ],
)
def test_calls_mean_the_same(call):
    same(call)


def test_grad_by_position():
    for lib in (tn, torch):
        x, y = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
        found = lib.autograd.grad((x * 3).sum(), [x, y], None, False, False, True, True)
        assert found[0].tolist() == [3, 3] and found[1] is None
        found = lib.autograd.grad((x * 3).sum(), [x, y], materialize_grads=True)
        assert found[1].tolist() == [0, 0]


def test_what_is_not_supported_is_refused_by_name():
    x = tn.ones(2, requires_grad=True)
    for call, message in [
        (lambda: tn.autograd.grad(x.sum(), x, only_inputs=False), "grad: expected only_inputs=True"),
        (lambda: x.var(0, False, correction=1), "var: expected unbiased or correction, got both"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            call()
