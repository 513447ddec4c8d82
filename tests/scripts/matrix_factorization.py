# Ratings by the products of factors, with biases, groups of parameters and two losses.
import numpy as np
import torch

rng = np.random.RandomState(0)
n_users, n_items, n_factors = 30, 20, 4
true = rng.randn(n_users, 3) @ rng.randn(3, n_items)
rows, cols = np.nonzero(rng.rand(n_users, n_items) < 0.5)
ratings = true[rows, cols].astype(np.float32)


class BiasedMatrixFactorization(torch.nn.Module):
    def __init__(self, n_users, n_items, n_factors=20):
        super().__init__()
        self.user_factors = torch.nn.Embedding(n_users, n_factors, sparse=False)
        self.item_factors = torch.nn.Embedding(n_items, n_factors, sparse=False)
        self.user_biases = torch.nn.Embedding(n_users, 1, sparse=False)
        self.item_biases = torch.nn.Embedding(n_items, 1, sparse=False)
        for module in self.children():
            module.weight.data = torch.from_numpy(rng.normal(0, 0.3, tuple(module.weight.shape)).astype(np.float32))

    def forward(self, user, item):
        pred = self.user_biases(user) + self.item_biases(item)
        pred += (self.user_factors(user) * self.item_factors(item)).sum(dim=1, keepdim=True)
        return pred.squeeze()


model = BiasedMatrixFactorization(n_users, n_items, n_factors=n_factors)
loss_func = torch.nn.MSELoss()
biases = [p for n, p in model.named_parameters() if "biases" in n]
factors = [p for n, p in model.named_parameters() if "factors" in n]
optimizer = torch.optim.SGD(
    [{"params": factors, "weight_decay": 1e-3}, {"params": biases, "lr": 0.5}], lr=2.0, momentum=0.5
)
losses = []
for epoch in range(6):
    p = rng.permutation(len(ratings))
    for batch in np.array_split(p, 5):
        user, item = torch.LongTensor(rows[batch]), torch.LongTensor(cols[batch])
        rating = torch.from_numpy(ratings[batch])
        optimizer.zero_grad()
        prediction = model(user, item)
        loss = loss_func(prediction, rating)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print("epoch %d rmse %.3f mae %.3f" % (epoch, loss.sqrt().item(), torch.nn.L1Loss()(prediction, rating).item()))
