"""The state of models, optimizers and others, as a checkpoint holds it, and taken over all together or not at all."""

from collections.abc import Mapping

from ..tensor import Tensor


def saved(**parts):
    """{name: the state dict of a part}, in plain containers; None for a part that has none."""
    return {name: _plain(p.state_dict()) if hasattr(p, "state_dict") else None for name, p in parts.items()}


def _plain(tree):
    """The same, with dict for every kind of dict: a Counter, an OrderedDict."""
    if isinstance(tree, Mapping):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple) and not isinstance(tree, Tensor):
        return type(tree)(map(_plain, tree)) if type(tree) in (list, tuple) else tree
    return tree


def prepare_to_load(state, *, model, optimizer, scheduler):
    """A function that loads the states of all parts, which have been checked before anything is changed.

    Raises: ValueError and others, as the parts do, for a state that does not fit.
    """
    parts = {"optimizer": optimizer, "scheduler": scheduler}
    last = []
    for name, part in parts.items():
        if (state[name] is None) != (not hasattr(part, "load_state_dict")):
            expected = "none" if part is None else type(part).__name__
            raise ValueError(
                f"{name}: expected the state of {expected}, got {'none' if state[name] is None else 'one'}"
            )
        if state[name] is not None:
            prepare = getattr(part, "prepare_to_load", None)
            last.append(prepare(state[name]) if prepare else lambda p=part, s=state[name]: p.load_state_dict(s))

    model_state = state["model"]
    own = model.state_dict()
    odd = [f"{name} in one and not both" for name in sorted({*own} ^ {*model_state})]
    odd += [
        f"{name}: expected {x.shape}, got {model_state[name].shape}"
        for name, x in own.items()
        if name in model_state and x.shape != model_state[name].shape
    ]
    if odd:
        raise ValueError(f"the weights are of another model: {'; '.join(odd[:5])}")

    def load():
        model.load_state_dict(model_state)
        for function in last:
            function()

    return load
