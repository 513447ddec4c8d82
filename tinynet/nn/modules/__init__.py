"""`tinynet.nn.modules`: the paths of `torch.nn.modules`, as `torch.nn.modules.module.Module`, for what lies in `nn`."""

import sys

from .. import (
    activation,
    adaptive,
    attention,
    containers,
    conv,
    distance,
    dropout,
    embedding,
    fold,
    lazy,
    linear,
    loss,
    module,
    norm,
    padding,
    pixels,
    pool,
    recurrent,
    resample,
    transformer,
)

FAMILIES = {
    "activation": activation,
    "adaptive": adaptive,
    "batchnorm": norm,
    "channelshuffle": pixels,
    "container": containers,
    "conv": conv,
    "distance": distance,
    "dropout": dropout,
    "flatten": linear,
    "fold": fold,
    "instancenorm": norm,
    "lazy": lazy,
    "linear": linear,
    "loss": loss,
    "module": module,
    "normalization": norm,
    "padding": padding,
    "pixelshuffle": pixels,
    "pooling": pool,
    "rnn": recurrent,
    "sparse": embedding,
    "transformer": transformer,
    "upsampling": resample,
}

for family in (*FAMILIES.values(), attention):
    globals().update(
        {
            name: found
            for name, found in vars(family).items()
            if isinstance(found, type) and issubclass(found, module.Module) and not name.startswith("_")
        }
    )
globals().update(FAMILIES)
sys.modules.update({f"{__name__}.{name}": family for name, family in FAMILIES.items()})
