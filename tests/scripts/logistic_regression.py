# Logistic regression in the manner of 2017: Variables, sized losses, a class with its own __init__.
import numpy as np
import torch
import torch.nn as nn
from torch.autograd import Variable

np.random.seed(1)
x_np = np.random.randn(100, 4)
y_np = (x_np.sum(1, keepdims=True) > 0).astype(np.float64)
x_data = Variable(torch.from_numpy(x_np).type(torch.FloatTensor))
y_data = Variable(torch.Tensor(y_np.tolist()))


class Model(torch.nn.Module):
    def __init__(self):
        super(Model, self).__init__()
        self.linear = torch.nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        y_pred = self.sigmoid(self.linear(x))
        return y_pred


model = Model()
model.linear.weight.data.fill_(0.1)
model.linear.bias.data.zero_()
criterion = torch.nn.BCELoss(size_average=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

losses = []
for epoch in range(30):
    y_pred = model(x_data)
    loss = criterion(y_pred, y_data)
    if epoch % 10 == 0:
        print(epoch, loss.data.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.data.item())

hour_var = Variable(torch.Tensor([[1.0, 0.5, 0.2, -0.1]]))
print("predict", model(hour_var).data[0][0] > 0.5)
accuracy = ((model(x_data) > 0.5).type(torch.FloatTensor) == y_data).float().mean()
print("accuracy {:.2f}".format(accuracy))
