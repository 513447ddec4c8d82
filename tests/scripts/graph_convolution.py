# A graph convolutional network with a layer of one's own, trained on a few labelled nodes.
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter

np.random.seed(42)


class GraphConvolution(Module):
    def __init__(self, in_features, out_features, bias=True):
        super(GraphConvolution, self).__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torch.FloatTensor(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.FloatTensor(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.copy_(torch.from_numpy(np.random.uniform(-stdv, stdv, self.weight.shape)))
        if self.bias is not None:
            self.bias.data.zero_()

    def forward(self, input, adj):
        support = torch.mm(input, self.weight)
        output = torch.mm(adj, support)
        return output + self.bias if self.bias is not None else output

    def __repr__(self):
        return self.__class__.__name__ + " (" + str(self.in_features) + " -> " + str(self.out_features) + ")"


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super(GCN, self).__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass, bias=False)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


labels = torch.LongTensor(np.arange(30) % 3)
adj = (np.random.rand(30, 30) < np.where(np.equal.outer(np.arange(30) % 3, np.arange(30) % 3), 0.4, 0.05)).astype(float)
adj = np.maximum(adj, adj.T) + np.eye(30)
adj = torch.FloatTensor(adj / adj.sum(1, keepdims=True))
features = torch.FloatTensor(np.eye(30))
idx_train, idx_test = torch.LongTensor(range(12)), torch.LongTensor(range(12, 30))
model = GCN(features.shape[1], 16, labels.max().item() + 1, dropout=0.0)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=5e-4)
losses = []
for epoch in range(30):
    model.train()
    optimizer.zero_grad()
    output = model(features, adj)
    loss_train = F.nll_loss(output[idx_train], labels[idx_train])
    loss_train.backward()
    optimizer.step()
    losses.append(loss_train.item())
preds = output[idx_test].max(1)[1].type_as(labels)
correct = preds.eq(labels[idx_test]).double().sum()
print(model, losses[0], losses[-1], (correct / len(idx_test)).item())
