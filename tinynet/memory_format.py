"""Memory formats: in which order the elements of a tensor are in memory."""


class memory_format:
    """`contiguous_format`, `channels_last`, or `preserve_format`, that of the input."""

    __slots__ = ("_name",)

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"tinynet.{self._name}"

    def __reduce__(self):
        return self._name


class layout(memory_format):
    """`strided`: each element has its place in memory, as in every tensor here."""

    __slots__ = ()


contiguous_format = memory_format("contiguous_format")
channels_last = memory_format("channels_last")
preserve_format = memory_format("preserve_format")
strided = layout("strided")
