"""What the text of a program begins with: imports, and formulas that are in no module of the library."""

from ..source.functions import Functions
from .host import is_ours


class Imports(Functions):
    """The names that a program imports; formulas of the user's, which may be in a notebook, are quoted instead."""

    def function(self, function):
        """The name here of a function: imported if it is the library's, else quoted after what it refers to."""
        if is_ours(function.__module__):
            return self.use(function.__name__, function.__module__, function.__name__)
        return self.copied(function)

    def lines(self, wrapped):
        """The lines of all of it; `wrapped` makes several of one that is too long."""
        for line in self.import_lines():
            head, _, names = line.partition(" import ")
            bracketed = wrapped(f"{head} import ({names})")
            yield from [line] if len(bracketed) == 1 else bracketed
        numbers = [text for text in self.statements if "\n" not in text]
        if numbers:
            yield from ("", *numbers)
        for text in self.statements:
            if "\n" in text:
                yield from ("", "", *text.splitlines())
