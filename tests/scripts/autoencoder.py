# An autoencoder of flattened images in Sequentials, with per-layer outputs of the decoder.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
np.random.seed(1)
EPOCH, BATCH_SIZE, LR = 5, 32, 0.01
images = (np.random.rand(192, 3) @ np.random.rand(3, 28 * 28)).astype(np.float32).reshape(-1, 28, 28) / 3
train_data = TensorDataset(torch.from_numpy(images), torch.arange(192))
train_loader = DataLoader(dataset=train_data, batch_size=BATCH_SIZE, shuffle=False)


class AutoEncoder(nn.Module):
    def __init__(self):
        super(AutoEncoder, self).__init__()
        self.encoder = nn.Sequential(nn.Linear(28 * 28, 64), nn.Tanh(), nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 3))
        self.decoder = nn.Sequential(nn.Linear(3, 12), nn.Tanh(), nn.Linear(12, 64), nn.Tanh(), nn.Linear(64, 28 * 28))
        self.decoder.add_module("sigmoid", nn.Sigmoid())

    def forward(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return encoded, decoded


autoencoder = AutoEncoder()
for name, param in autoencoder.named_parameters():
    if name.endswith("weight"):
        param.data = torch.tensor(np.random.normal(0, param.size(1) ** -0.5, param.shape), dtype=torch.float32)
    else:
        nn.init.constant_(param, 0.0)
optimizer = torch.optim.Adam(autoencoder.parameters(), lr=LR)
loss_func = nn.MSELoss()

losses = []
for epoch in range(EPOCH):
    for step, (x, b_label) in enumerate(train_loader):
        b_x = x.view(-1, 28 * 28)
        b_y = x.view(-1, 28 * 28)
        encoded, decoded = autoencoder(b_x)
        loss = loss_func(decoded, b_y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data.numpy().item())
    print("Epoch: ", epoch, "| train loss: %.4f" % loss.data.numpy())
print(autoencoder)
view_data = train_data.tensors[0][:200].view(-1, 28 * 28).type(torch.FloatTensor) / 255.0
encoded_data, _ = autoencoder(view_data)
X, Y, Z = (encoded_data.data[:, i].numpy() for i in range(3))
