"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
def walk_inside(roots, boundary, first, create_graph) -> tuple[Any, ...]:
    """The gradients at each edge of the boundary of a part of the graph, recorded after `first`; None for none."""
def backward(tensors, grad_tensors = None, retain_graph = None, create_graph: _bool = False, grad_variables = None, inputs = None) -> None:
    """Accumulate ∂(Σ grad_tensor · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only."""
def backward_from(tensor, gradient = None, retain_graph = None, create_graph: _bool = False, inputs = None) -> None:
    """Accumulate ∂(gradient · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only; see `backward`."""
def call_after(finish) -> tuple[Any, ...]:
    """Let a function be called once when the `backward` that runs has arrived everywhere; in `grad` nothing is."""
def grad(outputs, inputs, grad_outputs = None, retain_graph = None, create_graph: _bool = False, only_inputs: _bool = True, allow_unused = None, is_grads_batched: _bool = False, materialize_grads: _bool = False) -> Tensor | Any:
    """The gradients Σ ∂(grad_outputs · outputs)/∂input as a tuple, one per input; no `grad` attribute is touched."""
