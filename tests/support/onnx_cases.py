"""Modules and arguments for the export to ONNX: every class of `nn` is here, or in `NOT` with the reason."""

import numpy as np

import tinynet as tn
from tinynet import nn


def array(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ids(*shape, stop=5, seed=0):
    return np.random.default_rng(seed).integers(0, stop, shape)


N = 4  # the examples; the tests take fewer and more of them
ROWS, SERIES, IMAGES, VOLUMES = array(N, 6), array(N, 4, 9), array(N, 4, 8, 6), array(N, 2, 5, 4, 6)
SEQUENCES = array(N, 5, 6)
OTHER, CHANCES = array(N, 6, seed=1), np.abs(np.sin(array(N, 6, seed=2)))
SIGNS = np.where(array(N, seed=3) > 0, 1.0, -1.0).astype(np.float32)
CLASSES = ids(N, stop=6)
TIME_FIRST = {"input": {1: "batch"}}
STACK = {"num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8, "batch_first": True}


def new(name, *arguments, **options):
    return lambda: getattr(nn, name)(*arguments, **options)


def unpooled(n, pooled):
    """A network that pools and puts the maxima back."""

    class Unpooled(nn.Module):
        def __init__(self):
            self.pool = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)
            self.unpool = getattr(nn, f"MaxUnpool{n}d")(2)

        def forward(self, x):
            return self.unpool(*self.pool(x))

    return Unpooled, pooled


def called(kind, *layers):
    """A network that goes through a container of layers."""

    class Called(nn.Module):
        def __init__(self):
            self.layers = nn.ModuleList(layers) if kind == "list" else nn.ModuleDict(dict(zip("ab", layers)))

        def forward(self, x):
            for layer in self.layers if kind == "list" else self.layers.values():
                x = layer(x)
            return x

    return Called


def weighted(kind):
    """A network that takes its weights from a container of parameters."""

    class Weighted(nn.Module):
        def __init__(self):
            weights = [nn.Parameter(tn.tensor(array(6, 6, seed=k))) for k in range(2)]
            self.weights = nn.ParameterList(weights) if kind == "list" else nn.ParameterDict(dict(zip("ab", weights)))

        def forward(self, x):
            for weight in self.weights if kind == "list" else self.weights.values():
                x = x @ weight
            return x

    return Weighted


def layer(kind, **options):
    return lambda: getattr(nn, f"Transformer{kind}Layer")(4, 2, 8, batch_first=True, **options)


ACTIVATIONS = """CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish RReLU ReLU ReLU6
    SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Identity Dropout AlphaDropout FeatureAlphaDropout
    PReLU Flatten""".split()
OF_PAIRS = """CosineSimilarity PairwiseDistance HuberLoss L1Loss MSELoss PoissonNLLLoss SmoothL1Loss""".split()

# name: (maker, arguments), or with options of `export`
CASES = {
    **{name: (new(name), 3 * ROWS) for name in ACTIVATIONS},
    **{name: (new(name), ROWS, OTHER) for name in OF_PAIRS},
    **{name: (new(name, dim=1), ROWS) for name in ("Softmax", "Softmin", "LogSoftmax")},
    "Softmax2d": (new("Softmax2d"), IMAGES),
    "GELU with tanh": (new("GELU", "tanh"), ROWS),
    "ELU of another height": (new("ELU", 0.7), ROWS),
    "CELU of another width": (new("CELU", 1.3), ROWS),
    "Softplus that is straight": (new("Softplus", 2.0, 1.0), ROWS),
    "PReLU of channels": (new("PReLU", 4), IMAGES),
    "Threshold": (new("Threshold", 0.1, -1.0), ROWS),
    **{f"Dropout{n}d": (new(f"Dropout{n}d"), x) for n, x in ((1, SERIES), (2, IMAGES), (3, VOLUMES))},
    "Linear": (new("Linear", 6, 3), ROWS),
    "Linear of sequences": (new("Linear", 6, 3, bias=False), SEQUENCES),
    "Bilinear": (new("Bilinear", 6, 6, 3), ROWS, OTHER),
    "Unflatten": (new("Unflatten", 1, (2, 3)), ROWS),
    "Flatten of images": (new("Flatten"), IMAGES),
    "Embedding": (new("Embedding", 5, 3, padding_idx=1), ids(N, 3)),
    **{f"EmbeddingBag {mode}": (new("EmbeddingBag", 5, 3, mode=mode), ids(N, 3)) for mode in ("sum", "mean", "max")},
    "EmbeddingBag": (new("EmbeddingBag", 5, 3, padding_idx=0), ids(N, 3)),
    "EmbeddingBag max with padding": (new("EmbeddingBag", 5, 3, mode="max", padding_idx=0), ids(N, 3)),
    "Conv1d": (new("Conv1d", 4, 6, 3, 2, 1, groups=2), SERIES),
    "Conv2d": (new("Conv2d", 4, 3, (3, 2), padding=1, bias=False), IMAGES),
    "Conv2d apart": (new("Conv2d", 4, 8, 3, padding="same", dilation=2, groups=4), IMAGES),
    "Conv2d with reflections": (new("Conv2d", 4, 3, 3, padding=1, padding_mode="reflect"), IMAGES),
    "Conv2d around": (new("Conv2d", 4, 3, 3, padding=1, padding_mode="circular"), IMAGES),
    "Conv3d": (new("Conv3d", 2, 3, 2, stride=(1, 2, 1)), VOLUMES),
    "ConvTranspose1d": (new("ConvTranspose1d", 4, 6, 3, 2, 1, 1, groups=2), SERIES),
    "ConvTranspose2d": (new("ConvTranspose2d", 4, 3, (3, 2), 2, dilation=2), IMAGES),
    "ConvTranspose3d": (new("ConvTranspose3d", 2, 3, 2), VOLUMES),
    "Fold": (new("Fold", (4, 5), (2, 3), padding=1, stride=2), array(N, 12, 9)),
    "Unfold": (new("Unfold", (2, 3), dilation=2, padding=1, stride=2), IMAGES),
    "MaxPool1d": (new("MaxPool1d", 3, 2, 1, ceil_mode=True), SERIES),
    "MaxPool2d": (new("MaxPool2d", (3, 2), dilation=(2, 1)), IMAGES),
    "MaxPool3d": (new("MaxPool3d", 2, return_indices=True), VOLUMES),
    "AvgPool1d": (new("AvgPool1d", 3, 2, 1), SERIES),
    "AvgPool2d": (new("AvgPool2d", 3, 2, 1, count_include_pad=False, ceil_mode=True), IMAGES),
    "AvgPool2d beyond the edge": (new("AvgPool2d", 3, 2, 1, ceil_mode=True), IMAGES),
    "AvgPool3d": (new("AvgPool3d", 2, divisor_override=3), VOLUMES),
    "LPPool1d": (new("LPPool1d", 2, 3), np.abs(SERIES)),
    "LPPool2d": (new("LPPool2d", 3, 2), np.abs(IMAGES)),
    "LPPool3d": (new("LPPool3d", 2, 2), np.abs(VOLUMES)),
    "AdaptiveAvgPool1d": (new("AdaptiveAvgPool1d", 4), SERIES),
    "AdaptiveAvgPool2d": (new("AdaptiveAvgPool2d", (4, 3)), IMAGES),
    "AdaptiveAvgPool2d to one": (new("AdaptiveAvgPool2d", 1), IMAGES),
    "AdaptiveAvgPool2d along one axis": (new("AdaptiveAvgPool2d", (None, 4)), IMAGES),
    "AdaptiveAvgPool3d": (new("AdaptiveAvgPool3d", 3), VOLUMES),
    "AdaptiveMaxPool1d": (new("AdaptiveMaxPool1d", 4), SERIES),
    "AdaptiveMaxPool2d": (new("AdaptiveMaxPool2d", (3, 4), return_indices=True), IMAGES),
    "AdaptiveMaxPool2d to one": (new("AdaptiveMaxPool2d", 1), IMAGES),
    "AdaptiveMaxPool3d": (new("AdaptiveMaxPool3d", (2, 3, None)), VOLUMES),
    **{f"MaxUnpool{n}d": unpooled(n, x) for n, x in ((1, SERIES), (2, IMAGES), (3, VOLUMES))},
    "Upsample": (new("Upsample", scale_factor=2), IMAGES),
    "Upsample by 1.7": (new("Upsample", scale_factor=(1.7, 2.3)), IMAGES),
    "Upsample linear": (new("Upsample", 7, mode="linear"), SERIES),
    "Upsample bilinear": (new("Upsample", scale_factor=1.5, mode="bilinear"), IMAGES),
    "Upsample bilinear to corners": (new("Upsample", (5, 9), mode="bilinear", align_corners=True), IMAGES),
    "Upsample bicubic": (new("Upsample", (5, 9), mode="bicubic"), IMAGES),
    "Upsample trilinear": (new("Upsample", scale_factor=2, mode="trilinear"), VOLUMES),
    "Upsample nearest-exact": (new("Upsample", (5, 9), mode="nearest-exact"), IMAGES),
    "UpsamplingBilinear2d": (new("UpsamplingBilinear2d", scale_factor=2), IMAGES),
    "UpsamplingNearest2d": (new("UpsamplingNearest2d", size=(5, 9)), IMAGES),
    "PixelShuffle": (new("PixelShuffle", 2), IMAGES),
    "PixelUnshuffle": (new("PixelUnshuffle", 2), IMAGES),
    "ChannelShuffle": (new("ChannelShuffle", 2), IMAGES),
    **{f"{kind}Pad{n}d": (new(f"{kind}Pad{n}d", *([2, 1.5] if kind == "Constant" else [2])), x)
       for kind in ("Zero", "Constant", "Circular", "Reflection", "Replication")
       for n, x in ((1, SERIES), (2, IMAGES), (3, VOLUMES))},
    "ZeroPad2d that takes away": (new("ZeroPad2d", (-1, 2, 1, -2)), IMAGES),
    "BatchNorm1d": (new("BatchNorm1d", 6), ROWS),
    "BatchNorm2d": (new("BatchNorm2d", 4, affine=False), IMAGES),
    "BatchNorm3d": (new("BatchNorm3d", 2), VOLUMES),
    "SyncBatchNorm": (new("SyncBatchNorm", 4), IMAGES),
    "InstanceNorm1d": (new("InstanceNorm1d", 4, affine=True), SERIES),
    "InstanceNorm2d": (new("InstanceNorm2d", 4, track_running_stats=True), IMAGES),
    "InstanceNorm3d": (new("InstanceNorm3d", 2), VOLUMES),
    "LayerNorm": (new("LayerNorm", (8, 6)), IMAGES),
    "LayerNorm without parameters": (new("LayerNorm", 6, elementwise_affine=False), ROWS),
    "RMSNorm": (new("RMSNorm", 6), ROWS),
    "GroupNorm": (new("GroupNorm", 2, 4), IMAGES),
    "LocalResponseNorm": (new("LocalResponseNorm", 3), IMAGES),
    "RNN": (new("RNN", 6, 3, 2, batch_first=True), SEQUENCES),
    "RNN with relu, time first": (new("RNN", 6, 3, nonlinearity="relu"), SEQUENCES.swapaxes(0, 1),
                                  {"dynamic_axes": TIME_FIRST}),
    "RNNBase": (new("RNNBase", "GRU", 6, 3, batch_first=True), SEQUENCES),
    "LSTM": (new("LSTM", 6, 3, 2, bidirectional=True, batch_first=True), SEQUENCES),
    "LSTM with projections": (new("LSTM", 6, 4, proj_size=2, batch_first=True), SEQUENCES),
    "GRU": (new("GRU", 6, 3, bias=False, batch_first=True), SEQUENCES),
    "RNNCell": (new("RNNCell", 6, 3, nonlinearity="relu"), ROWS),
    "LSTMCell": (new("LSTMCell", 6, 3), ROWS),
    "GRUCell": (new("GRUCell", 6, 3), ROWS),
    "MultiheadAttention": (new("MultiheadAttention", 6, 2, batch_first=True), SEQUENCES, SEQUENCES + 1, SEQUENCES - 1),
    "MultiheadAttention with more": (new("MultiheadAttention", 6, 2, add_bias_kv=True, add_zero_attn=True,
                                         batch_first=True), SEQUENCES, SEQUENCES + 1, SEQUENCES - 1),
    "TransformerEncoderLayer": (layer("Encoder", norm_first=True), array(N, 3, 4)),
    "TransformerDecoderLayer": (layer("Decoder"), array(N, 3, 4), array(N, 5, 4)),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(layer("Encoder")(), 2, enable_nested_tensor=False), array(N, 3, 4)),
    "TransformerDecoder": (
        lambda: nn.TransformerDecoder(layer("Decoder")(), 2, nn.LayerNorm(4)), array(N, 3, 4), array(N, 5, 4)),
    "Transformer": (new("Transformer", 4, 2, **STACK), array(N, 3, 4), array(N, 5, 4)),
    "Sequential": (lambda: nn.Sequential(nn.Linear(6, 2), nn.Sequential(nn.PReLU())), ROWS),
    "ModuleList": (called("list", nn.Linear(6, 5), nn.Tanh()), ROWS),
    "ModuleDict": (called("dict", nn.Linear(6, 5), nn.Tanh()), ROWS),
    "ParameterList": (weighted("list"), ROWS),
    "ParameterDict": (weighted("dict"), ROWS),
    "DataParallel": (lambda: nn.DataParallel(nn.Linear(6, 2)), ROWS),
    "weight_norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(6, 2)), ROWS),
    "spectral_norm": (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(6, 2)), ROWS),
    "orthogonal": (lambda: nn.utils.parametrizations.orthogonal(nn.Linear(6, 2)), ROWS),
    "BCEWithLogitsLoss": (new("BCEWithLogitsLoss", pos_weight=tn.ones(6) * 2), ROWS, CHANCES),
    "CrossEntropyLoss": (new("CrossEntropyLoss"), ROWS, CLASSES),
    "CrossEntropyLoss of some": (new("CrossEntropyLoss", reduction="sum", ignore_index=1), ROWS, CLASSES),
    "CrossEntropyLoss weighted": (new("CrossEntropyLoss", tn.arange(1.0, 7.0), label_smoothing=0.1), ROWS, CLASSES),
    "LinearCrossEntropyLoss": (new("LinearCrossEntropyLoss", 6, 6), ROWS, CLASSES),
    "KLDivLoss": (new("KLDivLoss", reduction="batchmean"), ROWS, CHANCES),
    "CosineEmbeddingLoss": (new("CosineEmbeddingLoss"), ROWS, OTHER, SIGNS),
    "HingeEmbeddingLoss": (new("HingeEmbeddingLoss"), ROWS[:, 0].copy(), SIGNS),
    "MarginRankingLoss": (new("MarginRankingLoss"), ROWS[:, 0].copy(), OTHER[:, 0].copy(), SIGNS),
    "MultiLabelSoftMarginLoss": (new("MultiLabelSoftMarginLoss"), ROWS, CHANCES),
    "MultiMarginLoss": (new("MultiMarginLoss"), ROWS, CLASSES),
    "NLLLoss": (new("NLLLoss"), ROWS, CLASSES),
    "SoftMarginLoss": (new("SoftMarginLoss"), ROWS[:, 0].copy(), SIGNS),
    "TripletMarginLoss": (new("TripletMarginLoss"), ROWS, OTHER, ROWS + 0.5),
    "TripletMarginWithDistanceLoss": (new("TripletMarginWithDistanceLoss"), ROWS, OTHER, ROWS + 0.5),
}  # fmt: skip

NOT = {
    "Module": "has no forward",
    "RNNCellBase": "has no forward",
    "AdaptiveLogSoftmaxWithLoss": "looks at the labels, to compute what they need",
    "BCELoss": "looks at the chances, to check them",
    "CTCLoss": "has no operator in ONNX",
    "FractionalMaxPool2d": "draws its windows",
    "FractionalMaxPool3d": "draws its windows",
    "GaussianNLLLoss": "looks at the variances, to check them",
    "MultiLabelMarginLoss": "looks at the labels",
}
