"""What a test runs in a process that it spawns, where this file can be imported and that of a test cannot."""

import numpy as np

import tinynet as tn


def steps(model, optimizer, scheduler=None, n=3, start=0):
    """Losses of a few steps."""
    losses = []
    for t in range(start, start + n):
        x = tn.tensor(np.cos(np.arange(12.0) + t).reshape(4, 3), dtype=tn.float32)

        def closure():
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()  # noqa: B023
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
        if scheduler is not None:
            scheduler.step()
    return losses


def train_there(model, optimizer, scheduler):
    losses = steps(model, optimizer, scheduler, start=3)
    return losses, model, optimizer, scheduler
