"""Pruning: elements of a parameter held at 0 by a mask, which a hook applies before each forward.

A pruned parameter `weight` becomes a parameter `weight_orig`, a buffer `weight_mask` of zeros and ones, and an
attribute `weight`, their product. Pruned again, it loses elements of those that are left.
"""

from ...arguments import axis_of, integer, number
from ...errors import ArgumentTypeError, ArgumentValueError, ShapeError
from ...ops.creation import ones_like, zeros_like
from ...ops.joining import cat
from ...ops.random import rand
from ...ops.vector_norm import norm as norm_of
from ...tensor_arguments import expect_tensor
from ..module import PARAMETER, Module

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class BasePruningMethod:
    """A way to choose what is pruned: a subclass says so in `compute_mask`.

    `PRUNING_TYPE` is what it chooses among in a parameter that has been pruned before: "unstructured" the elements that
    are left, "structured" the slices along `dim` of which anything is left, "global" all elements.
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name = None

    def compute_mask(self, t, default_mask):
        """The mask for the scores t of elements, of which those where `default_mask` is 0 are pruned already."""
        raise NotImplementedError(f"{type(self).__name__} has no compute_mask")

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module):
        """The pruned tensor: the original times the mask."""
        name = _named(self)
        return getattr(module, f"{name}_mask") * getattr(module, f"{name}_orig")

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prune `module.<name>` by this way, called with the other arguments; returns the method.

        Elements are judged by `importance_scores`, by default by themselves; those that are pruned already are 0.
        """
        method, key, found = cls(*args, **kwargs), *_hook_of(module, name)
        method._tensor_name = name
        tensor = getattr(module, name, None)
        if found is None and module._kinds.get(name) != PARAMETER:
            raise ArgumentValueError(f"prune: expected the name of a parameter of {module.describe()}, got {name!r}")
        scores = _scores(importance_scores, tensor)
        default = getattr(module, f"{name}_mask").detach() if found else ones_like(tensor.detach())
        if found:
            container = found if isinstance(found, PruningContainer) else PruningContainer(found)
            container.add_pruning_method(method)
            method = container
        mask = method.compute_mask(scores, default).to(tensor.dtype)
        if found:
            del module._forward_pre_hooks[key]
        else:
            delattr(module, name)
            module.register_parameter(f"{name}_orig", tensor)
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """The tensor t, pruned: without a module."""
        t = expect_tensor("prune", t, "t")
        mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(_scores(importance_scores, t), mask)

    def remove(self, module):
        """Make the pruned tensor a parameter again, of its own name, with zeros where it was pruned."""
        name = _named(self)
        pruned, original = self.apply_mask(module), getattr(module, f"{name}_orig")
        original.data = pruned.detach()
        for other in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, other)
        setattr(module, name, original)


def _named(method):
    if method._tensor_name is None:
        raise ArgumentValueError(f"{type(method).__name__} has to be applied to a module first")
    return method._tensor_name


def _scores(importance_scores, tensor):
    scores = tensor if importance_scores is None else expect_tensor("prune", importance_scores, "importance_scores")
    if scores.shape != tensor.shape:
        raise ShapeError(f"prune: expected importance_scores of shape {tensor.shape}, got {scores.shape}")
    return scores.detach()


def _hook_of(module, name):
    """(key, method) of the hook that prunes a tensor of a module; (None, None) if there is none."""
    for key, hook in module._forward_pre_hooks.items():
        method = hook.function
        if isinstance(method, BasePruningMethod) and method._tensor_name == name:
            return key, method
    return None, None


class PruningContainer(BasePruningMethod):
    """Methods that have pruned one tensor one after another: the last of them, among what the others have left."""

    def __init__(self, *args):
        self._pruning_methods = ()
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Raises: ArgumentTypeError unless it is a method, ArgumentValueError for one of another tensor."""
        if not isinstance(method, BasePruningMethod):
            raise ArgumentTypeError(f"PruningContainer: expected a pruning method, got {type(method).__name__}")
        if self._pruning_methods and method._tensor_name != self._tensor_name:
            raise ArgumentValueError(
                f"PruningContainer: expected a method for {self._tensor_name!r}, got one for {method._tensor_name!r}"
            )
        self._tensor_name = method._tensor_name
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, index):
        return self._pruning_methods[index]

    def compute_mask(self, t, default_mask):
        method, mask = self[-1], default_mask.clone()
        if method.PRUNING_TYPE == "unstructured":
            left = default_mask == 1
            mask[left] = method.compute_mask(t[left], default_mask[left])
        elif method.PRUNING_TYPE == "structured":
            axis = axis_of("prune", method.dim, t.ndim)
            left = default_mask.transpose(0, axis).flatten(1).any(1).nonzero()[:, 0]
            chosen = method.compute_mask(*(x.index_select(axis, left) for x in (t, default_mask)))
            mask.index_copy_(axis, left, chosen.to(mask.dtype))
        else:
            mask = method.compute_mask(t, default_mask)
        return mask


class _Amount(BasePruningMethod):
    """A method that prunes `amount` of what there is: a fraction, or if it is an int, so many."""

    def __init__(self, amount):
        where = type(self).__name__
        if isinstance(amount, float):
            self.amount = number(where, "amount", amount, 0, 1)
        else:
            self.amount = integer(where, "amount", amount, 0)

    def _count(self, size):
        """How many of `size` are pruned. Raises: ArgumentValueError if there are not so many."""
        if isinstance(self.amount, float):
            return round(self.amount * size)
        return integer(type(self).__name__, "amount", self.amount, 0, size)


class _Unstructured(_Amount):
    """Prunes the elements of the lowest rank."""

    def _rank(self, t):
        raise NotImplementedError

    def compute_mask(self, t, default_mask):
        count, mask = self._count(t.numel()), default_mask.clone()
        flat = mask.reshape(-1)
        flat[self._rank(t).reshape(-1).topk(count, largest=False).indices] = 0
        return flat.reshape(mask.shape)


class RandomUnstructured(_Unstructured):
    """Prunes `amount` of the elements, any of them."""

    def _rank(self, t):
        return rand(t.shape, device=t.device)


class L1Unstructured(_Unstructured):
    """Prunes `amount` of the elements, the smallest in size."""

    def _rank(self, t):
        return t.abs()

    @classmethod
    def apply(cls, module, name, amount, importance_scores=None):
        """See `BasePruningMethod.apply`."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(_Amount):
    """Prunes whole slices along `dim`, those of the lowest rank."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        super().__init__(amount)
        self.dim = integer(type(self).__name__, "dim", dim)

    def _rank(self, t, axis):
        raise NotImplementedError

    def compute_mask(self, t, default_mask):
        if t.ndim < 2:
            raise ShapeError(f"{type(self).__name__}: expected at least 2 dimensions, got shape {t.shape}")
        axis = axis_of(type(self).__name__, self.dim, t.ndim)
        count = self._count(t.shape[axis])
        left = self._rank(t, axis).topk(t.shape[axis] - count).indices
        mask = zeros_like(default_mask)
        return mask.index_copy_(axis, left, default_mask.index_select(axis, left))


class RandomStructured(_Structured):
    """Prunes `amount` of the slices along `dim`, any of them."""

    def _rank(self, t, axis):
        return rand(t.shape[axis], device=t.device)


class LnStructured(_Structured):
    """Prunes `amount` of the slices along `dim`, those with the smallest norm of order n: see `norm`."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def _rank(self, t, axis):
        return norm_of(t, self.n, [d for d in range(t.ndim) if d != axis])

    @classmethod
    def apply(cls, module, name, amount, n, dim, importance_scores=None):
        """See `BasePruningMethod.apply`."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class Identity(BasePruningMethod):
    """Prunes nothing."""

    def compute_mask(self, t, default_mask):
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes where `mask` is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = expect_tensor("CustomFromMask", mask, "mask")

    def compute_mask(self, t, default_mask):
        if self.mask.shape != default_mask.shape:
            raise ShapeError(f"CustomFromMask: expected a mask of shape {default_mask.shape}, got {self.mask.shape}")
        return default_mask * self.mask.to(default_mask.dtype)


def identity(module, name):
    """Prune nothing of `module.<name>` but give it a mask; returns the module, as those below do."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prune a fraction `amount`, or if it is an int, so many elements of `module.<name>`, any of them.

    Raises: ArgumentValueError for an amount that there is not, or a name of no parameter; as those below do.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prune `amount` of the elements of `module.<name>`, the smallest in size, or in the size of their scores."""
    L1Unstructured.apply(module, name, amount, importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prune `amount` of the slices of `module.<name>` along `dim`, any of them."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prune `amount` of the slices of `module.<name>` along `dim`, those with the smallest norm of order n."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prune `module.<name>` where `mask` is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prune several tensors, [(module, name), ...], by an unstructured method called with kwargs, as if they were one.

    `importance_scores` maps some of the pairs to the scores of their elements.

    Raises: ArgumentTypeError for a method that is not unstructured, or scores that are no dict.
    """
    if importance_scores is not None and not isinstance(importance_scores, dict):
        raise ArgumentTypeError(
            f"global_unstructured: expected importance_scores to be a dict, got {type(importance_scores).__name__}"
        )
    method, parameters, given = pruning_method(**kwargs), list(parameters), importance_scores or {}
    if method.PRUNING_TYPE != "unstructured":
        raise ArgumentTypeError(f"global_unstructured: expected an unstructured method, got {pruning_method.__name__}")
    tensors = [getattr(module, name) for module, name in parameters]
    scores = [_scores(given.get(pair), x).reshape(-1) for pair, x in zip(parameters, tensors)]
    masks = [getattr(module, f"{name}_mask", None) for module, name in parameters]
    masks = [(ones_like(x) if m is None else m).detach().reshape(-1) for m, x in zip(masks, tensors)]
    container = PruningContainer()
    method._tensor_name = "temp"
    container.add_pruning_method(method)
    whole = container.compute_mask(cat(scores), cat(masks))
    for (module, name), part, x in zip(parameters, whole.split([x.numel() for x in tensors]), tensors):
        custom_from_mask(module, name, part.reshape(x.shape))


def remove(module, name):
    """Make the pruning of `module.<name>` permanent: a parameter again, with zeros. Returns the module.

    Raises: ArgumentValueError where it is not pruned.
    """
    key, method = _hook_of(module, name)
    if method is None:
        raise ArgumentValueError(f"remove: {name!r} of {module.describe()} is not pruned")
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module):
    """Whether a tensor of a module, or of one inside it, is pruned."""
    if not isinstance(module, Module):
        raise ArgumentTypeError(f"is_pruned: expected a Module, got {type(module).__name__}")
    hooks = (hook.function for inner in module.modules() for hook in inner._forward_pre_hooks.values())
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)
