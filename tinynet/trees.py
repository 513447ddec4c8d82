"""Trees: tuples, lists and dicts within one another, as functions take and return them, and the leaves in them."""

from collections import OrderedDict


def flatten(tree):
    """The leaves of a tree, from left to right, and its structure, by which `unflatten` makes a tree of others.

    Structures are equal if the containers are of the same kinds, lengths and keys.
    """
    leaves = []
    return leaves, _structure(tree, leaves)


def _structure(tree, leaves):
    if isinstance(tree, dict):
        return type(tree), tuple(tree), tuple([_structure(x, leaves) for x in tree.values()])
    if isinstance(tree, tuple | list):
        return type(tree), None, tuple([_structure(x, leaves) for x in tree])
    leaves.append(tree)
    return None


def unflatten(structure, leaves):
    """The tree of a structure with these leaves."""
    return _tree(structure, iter(leaves))


def _tree(structure, leaves):
    if structure is None:
        return next(leaves)
    kind, keys, inner = structure
    values = [_tree(s, leaves) for s in inner]
    if keys is not None:
        return (OrderedDict if issubclass(kind, OrderedDict) else dict)(zip(keys, values))
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def map_leaves(function, tree):
    """The tree of function(leaf) for every leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(x) for x in leaves])
