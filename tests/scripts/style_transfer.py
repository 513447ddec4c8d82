# An image is optimised until its features and their Gram matrices match; LBFGS with a closure.
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

rng = np.random.RandomState(0)


class ContentLoss(nn.Module):
    def __init__(self, target):
        super(ContentLoss, self).__init__()
        self.target = target.detach()

    def forward(self, input):
        self.loss = F.mse_loss(input, self.target)
        return input


def gram_matrix(input):
    a, b, c, d = input.size()
    features = input.view(a * b, c * d)
    G = torch.mm(features, features.t())
    return G.div(a * b * c * d)


class StyleLoss(nn.Module):
    def __init__(self, target_feature):
        super(StyleLoss, self).__init__()
        self.target = gram_matrix(target_feature).detach()

    def forward(self, input):
        self.loss = F.mse_loss(gram_matrix(input), self.target)
        return input


cnn = (
    nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1))
    .double()
    .eval()
)
for p in cnn.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.3, tuple(p.shape))).double()
content_img, style_img, start = (torch.from_numpy(rng.rand(1, 3, 12, 12)).double() for _ in range(3))

model, content_losses, style_losses, i = nn.Sequential(), [], [], 0
for layer in copy.deepcopy(cnn).children():
    if isinstance(layer, nn.Conv2d):
        i += 1
        name = "conv_{}".format(i)
    elif isinstance(layer, nn.ReLU):
        name = "relu_{}".format(i)
        layer = nn.ReLU(inplace=False)
    else:
        name = "pool_{}".format(i)
    model.add_module(name, layer)
    if name == "conv_2":
        content_losses.append(ContentLoss(model(content_img)))
        model.add_module("content_loss_{}".format(i), content_losses[-1])
    if name.startswith("conv"):
        style_losses.append(StyleLoss(model(style_img)))
        model.add_module("style_loss_{}".format(i), style_losses[-1])
model.requires_grad_(False)

input_img = start.clone().requires_grad_(True)
optimizer = optim.LBFGS([input_img])
losses, run = [], [0]
while run[0] <= 30:

    def closure():
        with torch.no_grad():
            input_img.clamp_(0, 1)
        optimizer.zero_grad()
        model(input_img)
        loss = 1e3 * sum(sl.loss for sl in style_losses) + sum(cl.loss for cl in content_losses)
        loss.backward()
        run[0] += 1
        losses.append(loss.item())
        return loss

    optimizer.step(closure)
print(losses[0], losses[-1])
