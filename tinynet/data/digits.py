"""The UCI handwritten digits: 1,797 grey images of 8×8 pixels, one file of 46 kB that ships with the package.

E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning Repository.
https://doi.org/10.24432/C50P49. Licensed under CC BY 4.0. These are the images of its test set, as distributed in
scikit-learn: each pixel counts the inked points in a 4×4 block of a 32×32 bitmap, 0 (paper) to 16 (ink). The pixels
are stored as uint8 and otherwise unchanged; the file repeats this citation under the name `citation`.
"""

from pathlib import Path

import numpy as np

from ..tensor import wrap
from .columns import TensorDataset

SIDE = 8  # pixels
LEVELS = 16  # the value of a pixel that is all ink


def digits():
    """The handwritten digits as a TensorDataset of images and labels.

    Images: (1797, 64) float32 in [0, 1], the 8 rows of 8 pixels one after the other, 1 for ink; `reshape(-1, 8, 8)`
    gives pictures, `reshape(-1, 1, 8, 8)` what a convolution takes. Labels: (1797,) int64, the digit.
    """
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        images, labels = file["images"], file["labels"]
    pixels = images.reshape(len(images), SIDE * SIDE).astype(np.float32) / np.float32(LEVELS)
    return TensorDataset(wrap(pixels), wrap(labels.astype(np.int64)))
