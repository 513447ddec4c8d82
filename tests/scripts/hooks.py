# What layers put out, and the gradients that reach them, recorded by hooks.
import numpy as np
import torch
import torch.nn as nn

rng = np.random.RandomState(0)
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 3))
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.2, tuple(p.shape)).astype("float32"))
activation, gradients, handles = {}, {}, []


def get_activation(name):
    def hook(module, input, output):
        activation[name] = output.detach()

    return hook


def save_gradient(name):
    def hook(grad):
        gradients[name] = grad.norm().item()

    return hook


for name, module in model.named_children():
    handles.append(module.register_forward_hook(get_activation(name)))
handles.append(model[0].register_full_backward_hook(lambda m, gin, gout: gradients.update(conv=gout[0].norm().item())))
handles.append(model.register_forward_pre_hook(lambda m, args: (args[0] * 2,)))
model[3].weight.register_hook(save_gradient("fc"))

x = torch.from_numpy(rng.randn(32, 1, 8, 8)).float()
y = torch.from_numpy(rng.randint(0, 3, 32))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
losses = []
for step in range(15):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    dead = (activation["1"] == 0).float().mean().item()
    losses += [loss.item(), gradients["fc"], gradients["conv"], dead]
for handle in handles:
    handle.remove()
activation.clear()
model(x)
assert not activation
print(losses[-4:])
