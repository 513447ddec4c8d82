"""Pictures of classes, kept as bytes and scaled as they are asked for."""

import numpy as np

from ..arguments import wrong_value
from ..tensor import wrap
from .columns import Rows
from .dataset import Dataset, check_lengths

LEVELS = 255  # the value of a pixel that is all light


class PictureDataset(Dataset):
    """Pictures and their classes: item i is (x, y), x float32 (channels, height, width), y an int64 scalar.

    x = (pixels / 255 - mean) / std, with a mean and a standard deviation for each channel.
    images: uint8 array (n, channels, height, width). labels: int64 array (n,). classes: the names of the classes.

    Raises:
        ValueError: The arrays are not of such shapes and types, or a label is no class.
    """

    def __init__(self, images, labels, classes, mean=0.0, std=1.0):
        self.images, self.labels = np.asarray(images), np.asarray(labels)
        self.classes = tuple(classes)
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            got = f"{self.images.dtype} {self.images.shape}"
            raise wrong_value("PictureDataset", "images as uint8 (n, channels, height, width)", got)
        if self.labels.ndim != 1 or self.labels.dtype.kind not in "iu":
            raise wrong_value("PictureDataset", "labels as integers (n,)", f"{self.labels.dtype} {self.labels.shape}")
        check_lengths("PictureDataset", "images and labels", (self.images, self.labels))
        self.labels = self.labels.astype(np.int64, copy=False)
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            got = f"{self.labels.min()} to {self.labels.max()}"
            raise wrong_value("PictureDataset", f"labels in [0, {len(self.classes)})", got)
        channels = self.images.shape[1]
        self.mean = np.broadcast_to(np.asarray(mean, np.float32), channels)
        self.std = np.broadcast_to(np.asarray(std, np.float32), channels)

    def standardized(self, mean, std):
        """The same pictures, by another mean and standard deviation of each channel."""
        return type(self)(self.images, self.labels, self.classes, mean, std)

    def statistics(self, indices=None):
        """(mean, std): lists of those of each channel, over the pictures at `indices` or all, of pixels in [0, 1].

        A channel of one value has the standard deviation 1.
        """
        images = self.images if indices is None else self.images[indices]
        means, stds = [], []
        for channel in images.transpose(1, 0, 2, 3):
            counts = np.bincount(channel.reshape(-1), minlength=LEVELS + 1)  # exact, and without a copy as floats
            values = np.arange(LEVELS + 1) / LEVELS
            mean = float((counts * values).sum() / counts.sum())
            std = float(np.sqrt((counts * (values - mean) ** 2).sum() / counts.sum()))
            means.append(mean)
            stds.append(std if std > 0 else 1.0)
        return means, stds

    def scaled(self, pixels):
        """float32 pixels as the model sees them, of uint8 (..., channels, height, width)."""
        scale = 1 / (LEVELS * self.std)
        x = pixels * scale[:, None, None]
        x -= (self.mean / self.std)[:, None, None]
        return x

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return wrap(self.scaled(self.images[index])), wrap(np.asarray(self.labels[index]))

    def __getitems__(self, indices):
        index = np.asarray(indices, np.int64)
        return Rows(wrap(self.scaled(self.images.take(index, 0))), wrap(self.labels.take(index)))

    def __repr__(self):
        return f"PictureDataset({len(self)} of {self.images.shape[1:]}, {len(self.classes)} classes)"
