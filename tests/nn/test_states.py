"""States of each module load both ways, and then both libraries compute the same."""

import numpy as np
import pytest
from helpers import numpy
from twins import array, flat

import tinynet as tn
from tinynet import nn

IDS, CLASSES = np.array([[0, 3, 2], [1, 1, 4]]), np.array([0, 2, 1, 0])
SEQUENCES, IMAGES, VOLUMES = array(2, 4, 6), array(2, 4, 5, 6), array(2, 4, 3, 4, 4)
PAIR, W = (array(4, 3), CLASSES), np.array([0.5, 2.0, 1.5], np.float32)
BINARY = np.abs(np.sin(array(4, 3)))
STACK = {"num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8, "batch_first": True}


def layer(kind, **options):
    return lambda lib: getattr(lib.nn, f"Transformer{kind}Layer")(4, 2, 8, batch_first=True, **options)


def new(name, *arguments, **options):
    """A maker of a module; arrays among its arguments become tensors of the library's."""
    tensors = lambda lib, x: lib.tensor(x) if isinstance(x, np.ndarray) else x
    return lambda lib: getattr(lib.nn, name)(
        *(tensors(lib, x) for x in arguments), **{key: tensors(lib, x) for key, x in options.items()}
    )


MODULES = {
    "Linear": (new("Linear", 6, 3), SEQUENCES),
    "Bilinear": (new("Bilinear", 6, 5, 3), array(2, 6), array(2, 5)),
    "PReLU": (new("PReLU", 4), IMAGES),
    "Embedding": (new("Embedding", 5, 3, padding_idx=1), IDS),
    "EmbeddingBag": (new("EmbeddingBag", 5, 3, mode="sum", padding_idx=0), IDS),
    "Conv1d": (new("Conv1d", 4, 6, 3, 2, 1, groups=2), SEQUENCES),
    "Conv2d": (new("Conv2d", 4, 3, (3, 2), padding=1, bias=False), IMAGES),
    "Conv3d": (new("Conv3d", 4, 3, 2), VOLUMES),
    "ConvTranspose1d": (new("ConvTranspose1d", 4, 6, 3, 2, 1, 1, groups=2), SEQUENCES),
    "ConvTranspose2d": (new("ConvTranspose2d", 4, 3, (3, 2), 2), IMAGES),
    "ConvTranspose3d": (new("ConvTranspose3d", 4, 3, 2), VOLUMES),
    "BatchNorm1d": (new("BatchNorm1d", 4), SEQUENCES),
    "BatchNorm2d": (new("BatchNorm2d", 4, affine=False), IMAGES),
    "BatchNorm3d": (new("BatchNorm3d", 4), VOLUMES),
    "InstanceNorm1d": (new("InstanceNorm1d", 4, affine=True), SEQUENCES),
    "InstanceNorm2d": (new("InstanceNorm2d", 4, track_running_stats=True), IMAGES),
    "InstanceNorm3d": (new("InstanceNorm3d", 4, affine=True, track_running_stats=True), VOLUMES),
    "LayerNorm": (new("LayerNorm", (5, 6)), IMAGES),
    "RMSNorm": (new("RMSNorm", 6), SEQUENCES),
    "GroupNorm": (new("GroupNorm", 2, 4), IMAGES),
    "RNN": (new("RNN", 6, 3, 2), SEQUENCES),
    "LSTM": (new("LSTM", 6, 3, 2, bidirectional=True, batch_first=True), SEQUENCES),
    "LSTM with projections": (new("LSTM", 6, 4, proj_size=2), SEQUENCES),
    "GRU": (new("GRU", 6, 3, bias=False), SEQUENCES),
    "RNNCell": (new("RNNCell", 6, 3, nonlinearity="relu"), array(2, 6)),
    "LSTMCell": (new("LSTMCell", 6, 3), array(2, 6)),
    "GRUCell": (new("GRUCell", 6, 3), array(2, 6)),
    "MultiheadAttention": (new("MultiheadAttention", 4, 2, kdim=3, vdim=5, add_bias_kv=True),
                           array(3, 2, 4), array(5, 2, 3), array(5, 2, 5)),
    "TransformerEncoderLayer": (layer("Encoder", norm_first=True), array(2, 3, 4)),
    "TransformerDecoderLayer": (layer("Decoder"), array(2, 3, 4), array(2, 5, 4)),
    "TransformerEncoder": (
        lambda lib: lib.nn.TransformerEncoder(layer("Encoder")(lib), 2, enable_nested_tensor=False), array(2, 3, 4)),
    "TransformerDecoder": (
        lambda lib: lib.nn.TransformerDecoder(layer("Decoder")(lib), 2, lib.nn.LayerNorm(4)),
        array(2, 3, 4), array(2, 5, 4)),
    "Transformer": (new("Transformer", 4, 2, **STACK), array(2, 3, 4), array(2, 5, 4)),
    "Sequential": (lambda lib: lib.nn.Sequential(lib.nn.Linear(6, 2), lib.nn.Sequential(lib.nn.PReLU())), SEQUENCES),
    "DataParallel": (lambda lib: lib.nn.DataParallel(lib.nn.Linear(6, 2)), SEQUENCES),
    "weight_norm": (lambda lib: lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(6, 2)), SEQUENCES),
    "spectral_norm": (lambda lib: lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(6, 2)), SEQUENCES),
    "CrossEntropyLoss": (new("CrossEntropyLoss", W), *PAIR),
    "NLLLoss": (new("NLLLoss", W), *PAIR),
    "MultiMarginLoss": (new("MultiMarginLoss", weight=W), *PAIR),
    "BCELoss": (new("BCELoss", W), BINARY, BINARY),
    "BCEWithLogitsLoss": (new("BCEWithLogitsLoss", W, pos_weight=W), array(4, 3), BINARY),
    "MultiLabelSoftMarginLoss": (new("MultiLabelSoftMarginLoss", W), array(4, 3), BINARY),
}  # fmt: skip
# Of these families, whatever is not above has no state
STATELESS = "activation distance dropout fold linear loss padding pixels pool resample adaptive_pool unpool".split()
OTHERS = """Module ModuleDict ModuleList ParameterDict ParameterList RNNBase RNNCellBase LocalResponseNorm
    AdaptiveLogSoftmaxWithLoss SyncBatchNorm""".split()


def drawn(state, seed):
    """Another state of the same keys, whose variances are positive."""
    rng = np.random.default_rng(seed)
    values = {key: numpy(value) for key, value in state.items()}
    return {
        key: np.asarray(rng.random(x.shape) + 0.5 if x.dtype.kind == "f" else x + 3).astype(x.dtype)
        for key, x in values.items()
    }


@pytest.mark.torch
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported:UserWarning")
def test_states_load_both_ways(torch, name, tmp_path):
    from safetensors.torch import load_file, save_file

    make, *arrays = MODULES[name]
    ours, theirs = make(tn).eval(), make(torch).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")

    def outputs(lib, module):
        with lib.no_grad():
            return [numpy(x) for x in flat(module(*map(lib.tensor, arrays)))]

    def compare():
        for a, b in zip(outputs(tn, ours), outputs(torch, theirs), strict=True):
            np.testing.assert_allclose(a, b, 1e-4, 1e-5)

    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in drawn(theirs.state_dict(), 1).items()})
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    ours.load_state_dict(tn.load(tmp_path / "theirs.pt"))
    compare()
    ours.load_state_dict(drawn(ours.state_dict(), 2))
    theirs.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in ours.state_dict().items()})
    compare()
    ours.load_state_dict(drawn(ours.state_dict(), 1))
    tn.save(ours.state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    compare()
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in drawn(theirs.state_dict(), 2).items()})
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(tn.load(tmp_path / "theirs.safetensors"))
    compare()


def test_each_module_with_a_state_is_in_the_table():
    for name, cls in vars(nn).items():
        if isinstance(cls, type) and issubclass(cls, nn.Module) and name not in MODULES and not name.startswith("Lazy"):
            assert cls.__module__.rpartition(".")[2] in STATELESS or name in OTHERS, name


@pytest.mark.torch
def test_what_is_assigned_takes_the_places_as_in_pytorch(torch):
    found = []
    for lib in (tn, torch):
        module = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.BatchNorm1d(3))
        module[0].bias.requires_grad_(False)
        other = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.BatchNorm1d(3)).double()
        state = other.state_dict()
        state["0.bias"] = other[0].bias
        old = module[0].weight
        assert all(not part for part in module.load_state_dict(state, assign=True))
        assert module[0].bias is other[0].bias and module[0].weight is not old
        assert module[1].running_mean is state["1.running_mean"]
        with lib.no_grad():
            module[0].weight += 1  # the memory is that of the state
        assert (state["0.weight"] == module[0].weight).all()
        kinds = [(type(x).__name__, str(x.dtype).removeprefix("torch."), x.requires_grad) for x in module.parameters()]
        found.append((kinds, sorted(k for k, _ in module.named_buffers())))
        before = list(module.parameters())
        with pytest.raises(RuntimeError):
            module.load_state_dict({**state, "1.weight": lib.ones(4)}, assign=True)
        assert lib is torch or all(a is b for a, b in zip(before, module.parameters(), strict=True))
    assert found[0] == found[1]


def test_arrays_are_assigned_and_integers_are_no_parameters():
    module = nn.Linear(2, 1)
    state = {"weight": np.ones((1, 2), np.float16), "bias": np.zeros(1, np.float32)}
    module.load_state_dict(state, assign=True)
    assert module.weight.dtype == tn.float16 and isinstance(module.weight, nn.Parameter)
    with pytest.raises(RuntimeError, match="weight: expected floating point, got int64"):
        module.load_state_dict({**state, "weight": np.ones((1, 2), np.int64)}, assign=True)
