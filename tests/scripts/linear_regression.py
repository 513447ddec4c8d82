# Linear regression from nothing but tensors and their gradients.
import numpy as np
import torch

np.random.seed(0)
num_inputs, num_examples = 2, 200
true_w, true_b = torch.tensor([2.0, -3.4]), 4.2
features = torch.from_numpy(np.random.normal(0, 1, (num_examples, num_inputs)).astype(np.float32))
labels = torch.matmul(features, true_w) + true_b
labels += torch.tensor(np.random.normal(0, 0.01, size=labels.size()), dtype=torch.float)


def data_iter(batch_size, features, labels):
    indices = list(range(len(features)))
    np.random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        j = torch.LongTensor(indices[i : min(i + batch_size, len(features))])
        yield features.index_select(0, j), labels.index_select(0, j)


def linreg(X, w, b):
    return torch.mm(X, w) + b


def squared_loss(y_hat, y):
    return (y_hat - y.view(y_hat.size())) ** 2 / 2


def sgd(params, lr, batch_size):
    for param in params:
        param.data -= lr * param.grad / batch_size


w = torch.tensor(np.random.normal(0, 0.01, (num_inputs, 1)), dtype=torch.float32)
b = torch.zeros(1, dtype=torch.float32)
w.requires_grad_(requires_grad=True)
b.requires_grad_(requires_grad=True)

losses = []
for epoch in range(3):
    for X, y in data_iter(20, features, labels):
        l = squared_loss(linreg(X, w, b), y).sum()
        l.backward()
        sgd([w, b], 0.3, 20)
        w.grad.data.zero_()
        b.grad.data.zero_()
    losses.append(squared_loss(linreg(features, w, b), labels).mean().item())
    print("epoch %d, loss %f" % (epoch + 1, losses[-1]))
print(w.detach().numpy().ravel(), true_w, b.item())
