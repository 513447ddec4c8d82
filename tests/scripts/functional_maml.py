# Learning to learn with a module as a function of its parameters, and curvature of what was learnt.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import hessian, hvp, jacobian
from torch.func import functional_call, grad, jacrev, vjp

rng = np.random.RandomState(3)
net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
for p in net.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.5, tuple(p.shape))).float()
params = dict(net.named_parameters())
optimizer = torch.optim.Adam(params.values(), lr=1e-2)


def net_loss(params, x, y):
    return F.mse_loss(functional_call(net, params, (x,)), y)


losses = []
for iteration in range(20):
    meta_loss = 0
    for _ in range(3):
        amplitude, phase = rng.uniform(1, 3), rng.uniform(0, np.pi)
        x = torch.from_numpy(rng.uniform(-3, 3, (2, 10, 1))).float()
        y = amplitude * torch.sin(x + phase)
        grads = grad(net_loss)(params, x[0], y[0])
        adapted = {name: params[name] - 0.1 * grads[name] for name in params}
        meta_loss = meta_loss + net_loss(adapted, x[1], y[1]) / 3
    optimizer.zero_grad()
    meta_loss.backward()
    optimizer.step()
    losses.append(meta_loss.item())

# The empirical neural tangent kernel, and Newton's method on the last bias.
x, y = x[0], y[0]
detached = {name: p.detach() for name, p in params.items()}
rows = jacrev(lambda p: functional_call(net, p, (x,)).squeeze(1))(detached)
kernel = sum(j.flatten(1) @ j.flatten(1).t() for j in rows.values())
losses += kernel.diagonal().tolist()
output, vjp_fn = vjp(lambda p: functional_call(net, p, (x,)), detached)
losses.append(vjp_fn(torch.ones_like(output))[0]["0.weight"].sum().item())


def bias_loss(bias):
    return net_loss({**detached, "2.bias": bias}, x, y)


bias = detached["2.bias"]
for _ in range(2):
    slope, curvature = jacobian(bias_loss, bias), hessian(bias_loss, bias)
    bias = bias - torch.linalg.solve(curvature, slope)
losses += [bias_loss(bias).item(), bias.item(), hvp(bias_loss, bias, torch.ones(1))[1].item()]
print(losses)
