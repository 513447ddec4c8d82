"""PyTorch's learning rate schedulers: objects that write the learning rate into an optimizer's groups.

    scheduler = StepLR(optimizer, step_size=30)
    for epoch in range(90):
        train(...)
        scheduler.step()

Names, arguments, defaults and numbers are PyTorch's. The mathematics is in `optim/schedules/`; what is here is when the
numbers are written, and what happens to one that somebody else has changed in between. For a program of your own, an
optimizer that follows a schedule needs less: `Adam(params, lr=warmup(100) >> cosine(1000))`.
"""

from .base import LRScheduler
from .closed_form import (
    SWALR,
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .composite import ChainedScheduler, SequentialLR
from .cyclical import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .plateau import ReduceLROnPlateau
from .user_functions import LambdaLR, MultiplicativeLR

__all__ = [
    "SWALR",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
