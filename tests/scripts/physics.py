# A network that solves u'' = -u, u(0) = 0, u'(0) = 1 by its own derivatives.
import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
rng = np.random.RandomState(0)


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), Sine(), nn.Linear(20, 1))
for p in net.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.5, p.shape))
t = torch.linspace(0, 2, 30).view(-1, 1).requires_grad_(True)
t0 = torch.tensor(0.0).view(-1, 1).requires_grad_(True)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
losses = []
for i in range(60):
    optimizer.zero_grad()
    u0 = net(t0)
    loss1 = torch.squeeze(u0) ** 2
    dudt0 = torch.autograd.grad(u0, t0, torch.ones_like(u0), create_graph=True)[0]
    loss2 = (torch.squeeze(dudt0) - 1) ** 2
    u = net(t)
    dudt = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]
    d2udt2 = torch.autograd.grad(dudt, t, torch.ones_like(dudt), create_graph=True)[0]
    loss3 = torch.mean((d2udt2 + u) ** 2)
    loss = loss1 + 1e-1 * loss2 + 1e-1 * loss3
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(losses[0], losses[-1], (net(t) - torch.sin(t)).abs().max().item())
torch.set_default_dtype(torch.float32)
