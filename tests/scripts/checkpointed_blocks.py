# A deep residual network whose blocks are computed again in the backward pass, to save memory.
import numpy as np
import torch
import torch.nn as nn
import torch.utils.checkpoint as cp
from torch.utils.checkpoint import checkpoint_sequential

rng = np.random.RandomState(2)


class Block(nn.Module):
    def __init__(self, width, use_checkpoint):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.use_checkpoint = use_checkpoint

    def forward(self, x):
        if self.use_checkpoint and self.training:
            return x + cp.checkpoint(lambda x: self.mlp(self.norm(x)), x, use_reentrant=False)
        return x + self.mlp(self.norm(x))


model = nn.Sequential(nn.Linear(4, 8), *[Block(8, i % 2 == 0) for i in range(6)], nn.Linear(8, 1))
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.3, tuple(p.shape))).float()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
x = torch.from_numpy(rng.randn(32, 4)).float()
y = (x[:, :1] * x[:, 1:2]).sin()
losses = []
for step in range(20):
    output = checkpoint_sequential(model, 3, x, use_reentrant=False) if step % 2 else model(x)
    loss = nn.functional.mse_loss(output, y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
print(losses)
