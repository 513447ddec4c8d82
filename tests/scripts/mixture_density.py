# A mixture density network: several answers to one question.
import math

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

rng = np.random.RandomState(0)
oneDivSqrtTwoPI = 1.0 / math.sqrt(2.0 * math.pi)
y_data = np.random.RandomState(1).uniform(-10.5, 10.5, 200)
x_data = np.sin(0.75 * y_data) * 7.0 + y_data * 0.5 + rng.normal(size=200)
x = torch.from_numpy(x_data[:, None].astype(np.float32)) / 10
y = torch.from_numpy(y_data[:, None].astype(np.float32)) / 10


class MDN(nn.Module):
    def __init__(self, n_hidden, n_gaussians):
        super(MDN, self).__init__()
        self.z_h = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.z_pi = nn.Linear(n_hidden, n_gaussians)
        self.z_sigma = nn.Linear(n_hidden, n_gaussians)
        self.z_mu = nn.Linear(n_hidden, n_gaussians)

    def forward(self, x):
        z_h = self.z_h(x)
        pi = nn.functional.softmax(self.z_pi(z_h), -1)
        return pi, torch.exp(self.z_sigma(z_h)), self.z_mu(z_h)


def gaussian_distribution(y, mu, sigma):
    result = (y.expand_as(mu) - mu) * torch.reciprocal(sigma)
    result = -0.5 * (result * result)
    return (torch.exp(result) * torch.reciprocal(sigma)) * oneDivSqrtTwoPI


def mdn_loss_fn(pi, sigma, mu, y):
    result = gaussian_distribution(y, mu, sigma) * pi
    return torch.mean(-torch.log(torch.sum(result, dim=1)))


def stable_loss_fn(pi, sigma, mu, y):
    log_component = -0.5 * ((y - mu) / sigma) ** 2 - torch.log(sigma) - 0.5 * math.log(2 * torch.pi)
    return -torch.logsumexp(torch.log(pi) + log_component, dim=-1).mean()


model = MDN(n_hidden=20, n_gaussians=5)
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.5, tuple(p.shape))).float()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
losses = []
for epoch in range(40):
    loss = (mdn_loss_fn if epoch % 2 else stable_loss_fn)(*model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
pi, sigma, mu = model(torch.linspace(-1, 1, 7).unsqueeze(1))
k = torch.multinomial(pi, 1).view(-1)
drawn = torch.normal(mu, sigma)[np.arange(7), k].data
print(losses[0], losses[-1], drawn.shape, Categorical(pi).sample().shape)
