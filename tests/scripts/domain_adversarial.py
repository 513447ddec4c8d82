# Domain adaptation: a gradient that is reversed on its way, quantized codes with a straight-through gradient.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function
from torch.autograd.function import InplaceFunction

rng = np.random.RandomState(1)


class ReverseLayerF(Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        output = grad_output.neg() * ctx.alpha
        return output, None


class VectorQuantization(Function):
    @staticmethod
    def forward(ctx, inputs, codebook):
        distances = torch.cdist(inputs, codebook)
        indices = torch.min(distances, dim=1)[1]
        ctx.save_for_backward(indices, codebook)
        ctx.mark_non_differentiable(indices)
        return torch.index_select(codebook, 0, indices), indices

    @staticmethod
    def backward(ctx, grad_output, grad_indices):
        grad_inputs = grad_codebook = None
        if ctx.needs_input_grad[0]:
            grad_inputs = grad_output.clone()
        if ctx.needs_input_grad[1]:
            indices, codebook = ctx.saved_tensors
            grad_codebook = torch.zeros_like(codebook)
            grad_codebook.index_add_(0, indices, grad_output)
        return grad_inputs, grad_codebook


class UniformQuantize(InplaceFunction):
    @staticmethod
    def forward(ctx, input, num_bits=4, inplace=False):
        ctx.inplace = inplace
        if ctx.inplace:
            ctx.mark_dirty(input)
            output = input
        else:
            output = input.clone()
        scale = (output.max() - output.min()) / (2.0**num_bits - 1)
        return output.div_(scale).round_().mul_(scale)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None, None


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.feature = nn.Linear(5, 8)
        self.class_classifier = nn.Linear(8, 3)
        self.domain_classifier = nn.Linear(8, 2)
        self.codebook = nn.Parameter(torch.zeros(6, 8))

    def forward(self, x, alpha):
        feature = torch.tanh(self.feature(x))
        codes, indices = VectorQuantization.apply(feature, self.codebook)
        quantized = UniformQuantize.apply(feature * 1.0, 3, True)
        domain = self.domain_classifier(ReverseLayerF.apply(feature, alpha))
        return self.class_classifier(quantized + codes), domain, F.mse_loss(codes, feature.detach())


model = Network()
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.5, tuple(p.shape))).float()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x = torch.from_numpy(rng.randn(20, 5)).float()
label, domain = torch.from_numpy(rng.randint(0, 3, 20)), torch.from_numpy(rng.randint(0, 2, 20))
losses = []
for epoch in range(20):
    alpha = 2.0 / (1.0 + np.exp(-10 * epoch / 20)) - 1
    classes, domains, codebook_loss = model(x, alpha)
    loss = F.cross_entropy(classes, label) + F.cross_entropy(domains, domain) + codebook_loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(losses)
