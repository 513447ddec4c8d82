"""The handwritten digits that come with the package, and other datasets by name."""

from ...data import Subset, load, read_images
from .arrays import ArrayTask
from .base import Examples, Source, Task


class DigitsTask(Task):
    kind, takes = "digits", "vectors"

    def __init__(self):
        super().__init__((64,), 10, "0123456789")

    def read(self, path, invert=False, say=None):
        return self._examples(read_images(path, invert, say), None)

    def held_out(self, batch):
        return self._examples(*(tensor.array for tensor in batch))

    def _examples(self, inputs, targets):
        return Examples(inputs, targets, [f"image {i + 1}" for i in range(len(inputs))], inputs.reshape(-1, 8, 8))


class NamedSource(Source):
    """A dataset of `tinynet.data.DATASETS`, tensors of vectors and of their classes, taken as it is."""

    def __init__(self, name):
        self.name, self.dataset = name, load(name)

    def __len__(self):
        return len(self.dataset)

    def parts(self, train, test):
        inputs, targets = self.dataset.tensors
        features, classes = inputs.shape[1], int(targets.max()) + 1
        task = ArrayTask([0.0] * features, [1.0] * features, [str(i) for i in range(classes)])
        task = DigitsTask() if self.name == "digits" else task
        return Subset(self.dataset, train.tolist()), Subset(self.dataset, test.tolist()), task
