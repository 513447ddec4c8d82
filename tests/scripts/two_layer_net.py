# A network of two layers whose gradients are written by hand, and then by autograd.
import numpy as np
import torch
from torch.autograd import Variable

dtype = torch.FloatTensor
# dtype = torch.cuda.FloatTensor

N, D_in, H, D_out = 64, 100, 50, 10
rng = np.random.RandomState(0)
x, y, w1_start, w2_start = (
    torch.from_numpy(rng.randn(*shape)).type(dtype) for shape in [(N, D_in), (N, D_out), (D_in, H), (H, D_out)]
)

losses = []
learning_rate = 1e-5
w1, w2 = w1_start.clone(), w2_start.clone()
for t in range(30):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    losses.append((y_pred - y).pow(2).sum().item())

    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

x, y = Variable(x, requires_grad=False), Variable(y, requires_grad=False)
w1 = Variable(w1_start.type(dtype), requires_grad=True)
w2 = Variable(w2_start.type(dtype), requires_grad=True)
for t in range(30):
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    loss = (y_pred - y).pow(2).sum()
    losses.append(loss.data.item())
    loss.backward()
    w1.data -= learning_rate * w1.grad.data
    w2.data -= learning_rate * w2.grad.data
    w1.grad.data.zero_()
    w2.grad.data.zero_()
print(losses[0], losses[29], losses[-1])
