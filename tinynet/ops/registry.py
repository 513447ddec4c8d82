"""Lists of operations: those with gradients, which the tests walk through, and what each family gives away.

A family is a module. It says in strings of names which of its functions are public, and where:

    FUNCTIONS     tinynet.relu(x)
    METHODS       x.relu()
    IN_PLACE      x.relu_(), made from the function (`inplace.py`)
    FUNCTIONAL    tinynet.nn.functional.relu(x)
"""

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
            found[name] = getattr(family, name)
    return found
