# A classifier, and images changed along the sign of the gradient until it fails.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.RandomState(0)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ELU(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU6())
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Linear(8, 2)

    def forward(self, x):
        x = self.pool(self.features(x))
        x = torch.flatten(x, 1)
        return F.log_softmax(self.classifier(x), dim=1)


def fgsm_attack(image, epsilon, data_grad):
    sign_data_grad = data_grad.sign()
    perturbed_image = image + epsilon * sign_data_grad
    return torch.clamp(perturbed_image, 0, 1)


model = LeNet()
for name, param in model.named_parameters():
    param.data = torch.from_numpy(rng.normal(0, 0.4, tuple(param.shape)).astype(np.float32))
images = rng.rand(40, 1, 12, 12).astype(np.float32) * 0.5
labels = np.arange(40) % 2
images[labels == 1, :, ::2] += 0.5
data, target = torch.from_numpy(images), torch.from_numpy(labels)
optimizer = torch.optim.Adamax(model.parameters(), lr=0.05)
losses = []
for step in range(30):
    optimizer.zero_grad()
    loss = F.nll_loss(model(data), target)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

model.eval()
accuracies = []
for eps in [0, 0.05, 0.1, 0.3]:
    correct = 0
    for x, y in zip(data.split(10), target.chunk(4)):
        x = x.clone()
        x.requires_grad = True
        output = model(x)
        loss = F.nll_loss(output, y)
        model.zero_grad()
        loss.backward()
        final_pred = model(fgsm_attack(x, eps, x.grad.data)).max(1, keepdim=True)[1]
        correct += final_pred.eq(y.view_as(final_pred)).sum().item()
    accuracies.append(correct / len(data))
print(losses[-1], accuracies)
