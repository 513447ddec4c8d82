"""From a call of the user's down to a kernel: the functions that a debugger would step through on the way."""

import sys
from pathlib import Path

import tinynet as tn
from tinynet import nn, optim

PACKAGE = Path(tn.__file__).parent


def _trained(module, shape, device):
    """(loss, optimizer) of a module, whose gradients are there; they lie in the optimizer's arena."""
    module, x = module.to(device), tn.ones(shape, device=device)
    optimizer = optim.Adam(module.parameters())
    module(x).sum().backward()
    optimizer.step()  # all is compiled then, which no stack is to show
    optimizer.zero_grad()
    loss = module(x).sum()
    loss.backward(retain_graph=True)
    return loss, optimizer


def _backward(module, shape, device):
    loss, optimizer = _trained(module, shape, device)
    optimizer.zero_grad()
    return loss.backward


# The walks in the figure of docs/engine.md, as functions of a device that return the call to be made.
WALKS = {
    "Adam: optimizer.step()": lambda device: _trained(nn.Linear(4, 3), (2, 4), device)[1].step,
    "gradient of sigmoid": lambda device: _backward(nn.Sequential(nn.Linear(4, 3), nn.Sigmoid()), (2, 4), device),
    "gradient of Linear's weight": lambda device: _backward(nn.Linear(4, 3), (2, 4), device),
    "of a convolution's weight": lambda device: _backward(nn.Conv2d(1, 2, 3), (1, 1, 5, 5), device),
    "of Linear's weight, on a GPU": lambda device: _backward(nn.Linear(4, 3), (2, 4), device),
}


def stacks(call):
    """For each function that runs in a call: those that it was called through, and itself, as "file: name"."""
    found, before, here = [], sys.getprofile(), sys._getframe()

    def look(frame, event, _):
        if event == "call":
            stack = []
            while frame not in (here, None):
                file = Path(frame.f_code.co_filename)
                inside = file.relative_to(PACKAGE) if file.is_relative_to(PACKAGE) else file
                stack.append(f"{inside.as_posix()}: {frame.f_code.co_name}")
                frame = frame.f_back
            found.append(stack[::-1])

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found
