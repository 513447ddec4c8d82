"""Memory formats: in which order the elements of a tensor are in memory."""


class memory_format:
    """`contiguous_format`, `channels_last`, `channels_last_3d`, or `preserve_format`, that of the input.

    `order` holds the dimensions in the order in which they follow each other in memory, the last of neighbours, where a
    format is for so many.
    """

    __slots__ = ("_name", "order")

    def __init__(self, name, order=None):
        self._name, self.order = name, order

    def __repr__(self):
        return f"tinynet.{self._name}"

    def __reduce__(self):
        return self._name


class layout(memory_format):
    """`strided`: each element has its place in memory, as in every tensor here."""

    __slots__ = ()


contiguous_format = memory_format("contiguous_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))  # of images (N, C, H, W)
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))  # of volumes (N, C, D, H, W)
preserve_format = memory_format("preserve_format")
strided = layout("strided")
