# What flows through a network: shapes and statistics of each layer, collected by hooks on every module.
import numpy as np
import torch
import torch.nn as nn
from collections import OrderedDict
from torch.utils.hooks import RemovableHandle

rng = np.random.RandomState(4)


class FeatureExtractor(nn.Module):
    def __init__(self, model, layers):
        super().__init__()
        self.model, self._features, self.handles = model, {name: torch.empty(0) for name in layers}, []
        for name in layers:
            layer = dict([*self.model.named_modules()])[name]
            self.handles.append(layer.register_forward_hook(self.save_outputs_hook(name)))

    def save_outputs_hook(self, name):
        def fn(_, __, output):
            self._features[name] = output

        return fn

    def forward(self, x):
        _ = self.model(x)
        return self._features


def summary(model, x):
    rows, hooks = OrderedDict(), []

    def register_hook(module):
        def hook(module, input, output):
            name = "%s-%i" % (str(module.__class__).split(".")[-1].split("'")[0], len(rows) + 1)
            rows[name] = list(input[0].size()), list(output.size()), sum(p.numel() for p in module.parameters())

        if not isinstance(module, nn.Sequential) and not module == model:
            hooks.append(module.register_forward_hook(hook))

    model.apply(register_hook)
    model(x)
    for h in hooks:
        assert isinstance(h, RemovableHandle)
        h.remove()
    return rows


def normalize_input(module, args, kwargs):
    return (args[0] - args[0].mean(),), kwargs


model = nn.Sequential(
    OrderedDict([
        ("conv1", nn.Conv2d(1, 4, 3)), ("relu1", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(2)),
        ("flatten", nn.Flatten()), ("fc", nn.Linear(16, 2)),
    ])
)  # fmt: skip
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.3, tuple(p.shape))).float()
x = torch.from_numpy(rng.randn(16, 1, 6, 6)).float()
y = torch.from_numpy(rng.randint(0, 2, 16))
losses = [float(v) for a, b, n in summary(model, x).values() for v in (*a, *b, n)]
model.register_forward_pre_hook(normalize_input, with_kwargs=True)
extractor = FeatureExtractor(model, layers=["conv1", "fc"])
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
norms = []
clip = lambda module, grad_output: tuple(g.clamp(-0.05, 0.05) for g in grad_output)
with model.fc.register_full_backward_pre_hook(clip):
    for step in range(10):
        features = extractor(x)
        loss = nn.functional.cross_entropy(features["fc"], y) + 1e-3 * features["conv1"].pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.item(), features["conv1"].std().item()]
print(losses)
