# A classifier of token sequences: positions as sines, an encoder of two layers, a mask for padding, warm-up.
import math

import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=100):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[:, : x.size(1)])


class TransformerModel(nn.Module):
    def __init__(self, ntoken, d_model=16, nhead=2, d_hid=32, nlayers=2, dropout=0.0):
        super().__init__()
        self.pos_encoder = PositionalEncoding(d_model, dropout)
        encoder_layer = nn.TransformerEncoderLayer(d_model, nhead, d_hid, dropout, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(encoder_layer, nlayers)
        self.encoder = nn.Embedding(ntoken, d_model)
        self.d_model = d_model
        self.decoder = nn.Linear(d_model, 2)

    def forward(self, src, padding):
        src = self.encoder(src) * math.sqrt(self.d_model)
        output = self.transformer_encoder(self.pos_encoder(src), src_key_padding_mask=padding)
        return self.decoder(output.masked_fill(padding.unsqueeze(-1), 0.0).mean(dim=1))


rng = np.random.RandomState(0)
model = TransformerModel(12)
for p in model.parameters():
    if p.dim() > 1:
        p.data = torch.from_numpy(rng.uniform(-0.3, 0.3, p.shape)).float()
    else:
        p.data = torch.full_like(p, float(p.data.ge(0.999).all()))  # weights of LayerNorm are 1, biases 0
tokens = rng.randint(1, 12, (32, 10))
tokens[::2, 7:] = 0
labels = (tokens == 3).any(1).astype(np.int64)
src, targets = torch.from_numpy(tokens), torch.from_numpy(labels)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = LambdaLR(optimizer, lambda step: min((step + 1) ** -0.5, (step + 1) * 5**-1.5))
losses = []
model.train()
for step in range(30):
    loss = criterion(model(src, src == 0), targets)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())
print(losses[::5])
