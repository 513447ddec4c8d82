"""Embedding: a table of vectors, one for each word."""

from .. import dtypes
from ..arguments import boolean, integer, number, one_of, only
from ..autograd.mode import no_grad
from ..errors import ShapeError
from ..ops.creation import empty
from ..ops.embedding import embedding
from ..ops.embedding_bag import embedding_bag
from ..tensor_arguments import expect_tensor
from . import init
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """The rows (*, embedding_dim) of a table for integers x (*).

    weight: (num_embeddings, embedding_dim), from N(0, 1). The row `padding_idx` is 0 at first and gets no gradient.
    For `max_norm`, `norm_type` and `scale_grad_by_freq` see `functional.embedding`.
    """

    def __init__(
        self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0,
        scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False, device=None, dtype=None,
    ):  # fmt: skip
        n = self.num_embeddings = num_embeddings = integer("Embedding", "num_embeddings", num_embeddings, 0)
        self.embedding_dim = embedding_dim = integer("Embedding", "embedding_dim", embedding_dim, 0)
        self.padding_idx = None
        if padding_idx is not None:
            self.padding_idx = integer("Embedding", "padding_idx", padding_idx, -n, n - 1) % n
        self.max_norm = None if max_norm is None else number("Embedding", "max_norm", max_norm, 0)
        self.norm_type = number("Embedding", "norm_type", norm_type, 0)
        self.scale_grad_by_freq = boolean("Embedding", "scale_grad_by_freq", scale_grad_by_freq)
        only("Embedding", "sparse", sparse, False)
        self.sparse = False
        if _weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype or dtypes.default))
            self.reset_parameters()
        else:
            if expect_tensor("Embedding", _weight, "_weight").shape != (num_embeddings, embedding_dim):
                raise ShapeError(f"expected a weight ({num_embeddings}, {embedding_dim}), got {_weight.shape}")
            self.weight = Parameter(_weight)
        self.weight.requires_grad = not _freeze

    @classmethod
    def from_pretrained(
        cls, embeddings, freeze=True, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
        sparse=False,
    ):  # fmt: skip
        """A table of given vectors (num_embeddings, embedding_dim), by default not to be trained."""
        if expect_tensor("Embedding", embeddings, "embeddings").ndim != 2:
            raise ShapeError(f"Embedding: expected embeddings (num_embeddings, dim), got shape {embeddings.shape}")
        options = padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
        return cls(*embeddings.shape, *options, embeddings, boolean("Embedding", "freeze", freeze))

    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input):
        options = self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        return embedding(input, self.weight, *options)

    def extra_repr(self):
        extra = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0)):
            if getattr(self, name) != default:
                extra += f", {name}={getattr(self, name)}"
        return extra + (", scale_grad_by_freq=True" if self.scale_grad_by_freq else "")


class EmbeddingBag(Module):
    """Of each bag of integers, the "mean", "sum" or "max" of the rows of a table: see `functional.embedding_bag`.

    weight: (num_embeddings, embedding_dim), from N(0, 1). The row `padding_idx` is 0 at first, does not count and gets
    no gradient.
    """

    def __init__(
        self, num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean",
        sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None,
    ):  # fmt: skip
        table = Embedding(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight,
            device=device, dtype=dtype,
        )  # fmt: skip
        for name in ("num_embeddings", "embedding_dim", "max_norm", "norm_type", "scale_grad_by_freq", "sparse"):
            setattr(self, name, getattr(table, name))
        self.mode = one_of("EmbeddingBag", "mode", mode, ("sum", "mean", "max"))
        self.include_last_offset = boolean("EmbeddingBag", "include_last_offset", include_last_offset)
        self.padding_idx, self.weight = table.padding_idx, table.weight

    @classmethod
    def from_pretrained(
        cls, embeddings, freeze=True, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean",
        sparse=False, include_last_offset=False, padding_idx=None,
    ):  # fmt: skip
        """A table of given vectors (num_embeddings, embedding_dim), by default not to be trained."""
        if expect_tensor("EmbeddingBag", embeddings, "embeddings").ndim != 2:
            raise ShapeError(f"EmbeddingBag: expected embeddings (num_embeddings, dim), got shape {embeddings.shape}")
        options = max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx
        bag = cls(*embeddings.shape, *options)
        bag.weight.requires_grad = not boolean("EmbeddingBag", "freeze", freeze)
        return bag

    reset_parameters = Embedding.reset_parameters

    def forward(self, input, offsets=None, per_sample_weights=None):
        options = self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse
        last = self.include_last_offset, self.padding_idx
        return embedding_bag(input, self.weight, offsets, *options, per_sample_weights, *last)

    def extra_repr(self):
        extra = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in (("max_norm", None), ("norm_type", 2.0), ("scale_grad_by_freq", False)):
            if getattr(self, name) != default:
                extra += f", {name}={getattr(self, name)}"
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{extra}, mode={self.mode!r}{padding}"
