# Functions with a backward of one's own: a ReLU, and rounding with a straight-through gradient.
import numpy as np
import torch
import torch.nn as nn
from torch.autograd import Function

rng = np.random.RandomState(0)


class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


class Binarize(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return torch.sign(x) * scale

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.scale, None


class BinaryLinear(nn.Linear):
    def forward(self, input):
        return nn.functional.linear(input, Binarize.apply(self.weight, 0.1), self.bias)


x = torch.from_numpy(rng.randn(64, 20)).float()
y = torch.from_numpy(rng.randn(64, 5)).float()
layer = BinaryLinear(20, 30)
layer.weight.data = torch.from_numpy(rng.randn(30, 20)).float()
layer.bias.data.zero_()
w2 = torch.tensor(rng.randn(30, 5) * 0.2, dtype=torch.float, requires_grad=True)

optimizer = torch.optim.Adam([*layer.parameters(), w2], lr=1e-2)
losses = []
for t in range(30):
    relu = MyReLU.apply
    y_pred = relu(layer(x)).mm(w2)
    loss = (y_pred - y).pow(2).mean()
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(losses)
