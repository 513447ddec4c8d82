"""What a function names, read from its code: also where nobody has its text."""

import dis
import re
from types import CodeType

# Where a function looks something up by a string, every word in its strings may be a name.
BY_STRING = frozenset("getattr hasattr globals locals vars eval exec __dict__ attrgetter import_module".split())


def globals_in(code):
    """The names that a function, and functions inside it, look up among globals and builtins, in their order."""
    return list(dict.fromkeys([*_operands(code, ("LOAD_GLOBAL", "LOAD_NAME")), *_words(code)]))


def attributes_in(code):
    """The names of attributes that a function, and functions inside it, look up."""
    return list(dict.fromkeys([*_operands(code, ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")), *_words(code)]))


def attributes_set_in(code):
    """The names of attributes that a function, and functions inside it, set."""
    return set(_operands(code, ("STORE_ATTR",)))


def imports_in(code):
    """The modules that a function, and functions inside it, import."""
    return list(dict.fromkeys(_operands(code, ("IMPORT_NAME",))))


def _words(code):
    if all(BY_STRING.isdisjoint(each.co_names) for each in _codes(code)):
        return []
    strings = [text for each in _codes(code) for text in each.co_consts if isinstance(text, str)]
    return [word for text in strings for word in re.findall(r"[^\W\d]\w*", text)]


def _operands(code, operations):
    return [i.argval for each in _codes(code) for i in dis.get_instructions(each) if i.opname in operations]


def _codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
