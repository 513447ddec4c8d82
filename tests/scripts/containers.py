# A network for tables: an embedding for each column in a ModuleDict, scales in a ParameterList, a mixture of experts.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.RandomState(0)
sizes = {"colour": 4, "shape": 3, "city": 6}


class TableNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = nn.ModuleDict({name: nn.Embedding(n, 5) for name, n in sizes.items()})
        self.activations = nn.ModuleDict([["lrelu", nn.LeakyReLU()], ["prelu", nn.PReLU()]])
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(5)) for _ in sizes])
        self.experts = nn.ModuleList([nn.Linear(15, 8) for _ in range(3)])
        self.gate = nn.Linear(15, 3)
        self.head = nn.Linear(8, 1)

    def forward(self, x, act="prelu"):
        columns = [self.embeddings[name](x[name]) * scale for name, scale in zip(self.embeddings, self.scales)]
        x = torch.cat(columns, dim=1)
        gates = F.softmax(self.gate(x), dim=1)
        out = torch.stack([expert(x) for expert in self.experts], dim=1)
        out = torch.einsum("be,beh->bh", gates, out)
        return self.head(self.activations[act](out)).squeeze(-1)


model = TableNet()
for name, p in model.named_parameters():
    if p.dim() > 1:
        p.data.copy_(torch.from_numpy(rng.normal(0, 0.4, tuple(p.shape))))
    elif "bias" in name:
        p.data.zero_()
table = {name: torch.from_numpy(rng.randint(0, n, 64)) for name, n in sizes.items()}
y = table["colour"].float() - table["city"].float() * (table["shape"] == 1).float()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
losses = []
for step in range(30):
    optimizer.zero_grad()
    loss = F.mse_loss(model(table, "lrelu" if step % 2 else "prelu"), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print([name for name, _ in model.named_parameters()], losses[-1])
