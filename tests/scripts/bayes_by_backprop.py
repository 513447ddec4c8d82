# Weights as distributions: a network whose layers draw their weights, and their divergence from a prior.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

torch.manual_seed(0)
rng = np.random.RandomState(0)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Gaussian(object):
    def __init__(self, mu, rho):
        super().__init__()
        self.mu = mu
        self.rho = rho
        self.normal = torch.distributions.Normal(0, 1)

    @property
    def sigma(self):
        return torch.log1p(torch.exp(self.rho))

    def sample(self):
        epsilon = self.normal.sample(self.rho.size()).to(DEVICE)
        return self.mu + self.sigma * epsilon

    def divergence(self, prior):
        return kl_divergence(Normal(self.mu, self.sigma), prior).sum()


class BayesianLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight_mu = nn.Parameter(torch.Tensor(out_features, in_features).uniform_(-0.2, 0.2))
        self.weight_rho = nn.Parameter(torch.Tensor(out_features, in_features).uniform_(-5, -4))
        self.weight = Gaussian(self.weight_mu, self.weight_rho)
        self.bias_mu = nn.Parameter(torch.Tensor(out_features).uniform_(-0.2, 0.2))
        self.bias_rho = nn.Parameter(torch.Tensor(out_features).uniform_(-5, -4))
        self.bias = Gaussian(self.bias_mu, self.bias_rho)
        self.prior = Normal(torch.tensor(0.0), torch.tensor(1.0))
        self.kl = 0

    def forward(self, input):
        self.kl = self.weight.divergence(self.prior) + self.bias.divergence(self.prior)
        return F.linear(input, self.weight.sample(), self.bias.sample())


net = nn.Sequential(BayesianLinear(1, 32), nn.ReLU(), BayesianLinear(32, 1)).to(DEVICE)
x = torch.from_numpy(rng.uniform(-1, 1, (100, 1))).float()
y = torch.sin(3 * x) + 1 + 0.05 * torch.from_numpy(rng.randn(100, 1)).float()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
losses = []
for step in range(60):
    optimizer.zero_grad()
    likelihood = Normal(net(x), 0.3).log_prob(y).sum()
    kl = sum(layer.kl for layer in net if isinstance(layer, BayesianLinear))
    loss = (0.02 * kl - likelihood) / len(x)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
predictions = torch.stack([net(x) for _ in range(10)])
print(losses[0], losses[-1], predictions.std(0).mean().item())
