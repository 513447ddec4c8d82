# Skip-grams with negative samples.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable

np.random.seed(0)
corpus = "the quick brown fox jumps over the lazy dog the dog sleeps and the fox runs".split() * 4
vocab = sorted(set(corpus))
word_to_ix = {word: i for i, word in enumerate(vocab)}
pairs = [
    (corpus[i], corpus[j]) for i in range(len(corpus)) for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(corpus)
]
unigram = np.array([corpus.count(w) for w in vocab]) ** 0.75
unigram /= unigram.sum()


class SkipGram(nn.Module):
    def __init__(self, emb_size, emb_dimension):
        super(SkipGram, self).__init__()
        self.u_embeddings = nn.Embedding(emb_size, emb_dimension)
        self.v_embeddings = nn.Embedding(emb_size, emb_dimension)
        initrange = 0.5 / emb_dimension
        self.u_embeddings.weight.data = torch.Tensor(
            np.random.uniform(-initrange, initrange, (emb_size, emb_dimension))
        )
        self.v_embeddings.weight.data.mul_(0)

    def forward(self, pos_u, pos_v, neg_v):
        emb_u = self.u_embeddings(pos_u)
        emb_v = self.v_embeddings(pos_v)
        score = torch.mul(emb_u, emb_v).squeeze()
        score = torch.sum(score, dim=1)
        score = F.logsigmoid(score)
        neg_emb_v = self.v_embeddings(neg_v)
        neg_score = torch.bmm(neg_emb_v, emb_u.unsqueeze(2)).squeeze()
        neg_score = F.logsigmoid(-1 * neg_score)
        return -1 * (torch.sum(score) + torch.sum(neg_score))


model = SkipGram(len(vocab), 10)
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.3)
losses = []
for epoch in range(30):
    chosen = np.random.randint(len(pairs), size=64)
    pos_u = Variable(torch.LongTensor([word_to_ix[pairs[i][0]] for i in chosen]))
    pos_v = Variable(torch.LongTensor([word_to_ix[pairs[i][1]] for i in chosen]))
    neg_v = Variable(torch.LongTensor(np.random.choice(len(vocab), (64, 5), p=unigram)))
    optimizer.zero_grad()
    loss = model(pos_u, pos_v, neg_v)
    loss.backward()
    optimizer.step()
    losses.append(loss.data.item() / 64)
embeddings = F.normalize(model.u_embeddings.weight.data, p=2, dim=1)
similarity = embeddings @ embeddings.t()
print(losses[0], losses[-1], vocab[similarity[word_to_ix["fox"]].topk(2)[1][1].item()])
