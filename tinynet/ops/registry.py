"""Lists of operations: those with gradients, which the tests walk through, and what each family gives away.

A family is a module. It says in strings of names which of its functions are public, and where:

    FUNCTIONS     tinynet.relu(x)
    METHODS       x.relu()
    IN_PLACE      x.relu_(), made from the function (`inplace.py`)
    FUNCTIONAL    tinynet.nn.functional.relu(x)

Public functions and methods take NumPy's names of two arguments too, as PyTorch's do: axis for dim, keepdims for
keepdim.
"""

import functools

OPS = {}


def op(function):
    """Enter `function` into the list of differentiable operations; the function itself is returned as it is."""
    OPS[function.__name__] = function
    return function


def exported(families, kind):
    """{name: function} of what the families list under `kind`, such as "METHODS".

    Raises: ValueError for a name that two families list.
    """
    found = {}
    for family in families:
        for name in getattr(family, kind, "").split():
            if name in found:
                raise ValueError(f"{kind}: {name!r} is listed by {found[name].__module__} and by {family.__name__}")
            found[name] = with_numpy_names(getattr(family, name))
    return found


NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


@functools.cache
def with_numpy_names(function):
    """A function with a parameter `dim` or `keepdim`, which NumPy's names for them are as good for, as in PyTorch.

    Raises: TypeError in a call with both names.
    """
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    known = {theirs: ours for theirs, ours in NUMPY_NAMES.items() if ours in names}
    if not known:
        return function

    @functools.wraps(function)
    def renamed(*args, **kwargs):
        if kwargs and not known.keys().isdisjoint(kwargs):
            for theirs, ours in known.items():
                if theirs in kwargs:
                    if ours in kwargs:
                        raise TypeError(f"{function.__name__}() got {ours!r} and {theirs!r}, which are the same")
                    kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return renamed
