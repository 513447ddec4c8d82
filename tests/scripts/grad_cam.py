# Where a network looks: Grad-CAM and guided backpropagation with hooks, in the style of visualisation repositories.
import numpy as np
import torch
import torch.nn as nn
from torch.autograd import Variable

rng = np.random.RandomState(0)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()
        )
        self.classifier = nn.Linear(8 * 4 * 4, 3)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


class GradCam:
    def __init__(self, model, layer):
        self.model, self.gradients, self.activations = model, None, None
        self.handles = [
            layer.register_forward_hook(self.save_activation),
            layer.register_full_backward_hook(self.save_gradient),
        ]

    def save_activation(self, module, input, output):
        self.activations = output.data.cpu().numpy()

    def save_gradient(self, module, grad_input, grad_output):
        self.gradients = grad_output[0].data.cpu().numpy()

    def __call__(self, x, target):
        output = self.model(x)
        one_hot = torch.zeros(1, output.size()[-1])
        one_hot[0][target] = 1
        self.model.zero_grad()
        output.backward(gradient=one_hot, retain_graph=True)
        weights = np.mean(self.gradients, axis=(2, 3))[0, :]
        cam = np.maximum((weights[:, None, None] * self.activations[0]).sum(0), 0)
        return (cam - np.min(cam)) / (np.max(cam) + 1e-8)


model = Net()
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.2, tuple(p.shape))).float()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.from_numpy(rng.randn(24, 1, 8, 8)).float()
y = torch.from_numpy(rng.randint(0, 3, 24))
losses = []
for epoch in range(10):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

image = Variable(x[:1], requires_grad=True)
cam = GradCam(model, model.features[4])
losses += cam(image, 1).flatten().tolist()
for handle in cam.handles:
    handle.remove()


def relu_hook(module, grad_in, grad_out):
    if isinstance(module, nn.ReLU):
        return (torch.clamp(grad_in[0], min=0.0),)


for module in model.features:
    module.register_full_backward_hook(relu_hook)
image.grad = None
model(image)[0, 1].backward()
losses += image.grad.flatten().tolist()[:8]
print(losses)
