# A character model of LSTMs: truncated backpropagation, clipped gradients, text drawn at the end.
import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils import clip_grad_norm_

text = "to be or not to be that is the question " * 40
chars = sorted(set(text))
char2int = {ch: ii for ii, ch in enumerate(chars)}
encoded = np.array([char2int[ch] for ch in text])
embed_size, hidden_size, num_layers, batch_size, seq_length = 16, 32, 2, 8, 20
num_batches = len(encoded) // batch_size
ids = torch.from_numpy(encoded[: num_batches * batch_size]).long().view(batch_size, -1)


class RNNLM(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers):
        super(RNNLM, self).__init__()
        self.embed = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, h):
        x = self.embed(x)
        out, (h, c) = self.lstm(x, h)
        out = out.reshape(out.size(0) * out.size(1), out.size(2))
        out = self.linear(out)
        return out, (h, c)


def detach(states):
    return [state.detach() for state in states]


model = RNNLM(len(chars), embed_size, hidden_size, num_layers)
rng = np.random.RandomState(0)
for name, weight in model.named_parameters():
    weight.data.copy_(torch.from_numpy(rng.uniform(-0.2, 0.2, tuple(weight.shape))))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

losses = []
for epoch in range(4):
    states = (torch.zeros(num_layers, batch_size, hidden_size), torch.zeros(num_layers, batch_size, hidden_size))
    for i in range(0, ids.size(1) - seq_length, seq_length):
        inputs = ids[:, i : i + seq_length]
        targets = ids[:, (i + 1) : (i + 1) + seq_length]
        states = detach(states)
        outputs, states = model(inputs, states)
        loss = criterion(outputs, targets.reshape(-1))
        model.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
    print("Epoch [{}] Loss: {:.4f}, Perplexity: {:5.2f}".format(epoch, loss.item(), np.exp(loss.item())))

with torch.no_grad():
    state = (torch.zeros(num_layers, 1, hidden_size), torch.zeros(num_layers, 1, hidden_size))
    prob = torch.ones(len(chars))
    input = torch.multinomial(prob, num_samples=1).unsqueeze(1)
    article = ""
    for i in range(20):
        output, state = model(input, state)
        word_id = torch.multinomial(output.exp(), num_samples=1).item()
        input.fill_(word_id)
        article += chars[word_id]
print(article)
