# Segmentation by a network of the U shape: down by pooling, up by interpolation, with skips between.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim


class DoubleConv(nn.Module):
    def __init__(self, in_ch, out_ch):
        super(DoubleConv, self).__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(in_ch, out_ch, 3, padding=1),
            nn.BatchNorm2d(out_ch),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_ch, out_ch, 3, padding=1),
            nn.BatchNorm2d(out_ch),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, n_channels, n_classes):
        super(UNet, self).__init__()
        self.inc, self.down, self.up = DoubleConv(n_channels, 8), DoubleConv(8, 16), DoubleConv(24, 8)
        self.outc = nn.Conv2d(8, n_classes, 1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down(F.max_pool2d(x1, 2))
        x = F.interpolate(x2, scale_factor=2, mode="bilinear", align_corners=True)
        diffY, diffX = x1.size()[2] - x.size()[2], x1.size()[3] - x.size()[3]
        x = F.pad(x, (diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2))
        return self.outc(self.up(torch.cat([x1, x], dim=1)))


def dice_coeff(pred, target, smooth=1.0):
    iflat, tflat = pred.contiguous().view(-1), target.contiguous().view(-1)
    return (2.0 * (iflat * tflat).sum() + smooth) / (iflat.sum() + tflat.sum() + smooth)


rng = np.random.RandomState(0)
net = UNet(1, 1)
for p in net.parameters():
    if p.dim() > 1:
        p.data.copy_(torch.from_numpy(rng.randn(*p.shape) * np.sqrt(2 / p[0].numel())))
net.outc.bias.data.zero_()
masks = np.zeros((4, 1, 17, 17), np.float32)
masks[:, :, 4:12, 5:13] = 1
imgs = torch.from_numpy(masks + 0.3 * rng.randn(*masks.shape).astype(np.float32))
true_masks = torch.from_numpy(masks)
optimizer = optim.RMSprop(net.parameters(), lr=0.001, weight_decay=1e-8, momentum=0.9)
criterion = nn.BCEWithLogitsLoss()
losses = []
for step in range(10):
    masks_pred = net(imgs)
    loss = criterion(masks_pred, true_masks) + 1 - dice_coeff(torch.sigmoid(masks_pred), true_masks)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(net.parameters(), 0.1)
    optimizer.step()
    losses.append(loss.item())
print(losses)
