"""The table behind `Module.summary()`, and a module as a notebook shows it."""

from html import escape

from .. import notebook
from ..autograd.mode import mode, no_grad
from ..notebook import facts, folding, muted, page
from ..tensor import Tensor
from ..trees import flatten
from .parameter import is_lazy


def summary(model, *inputs):
    """Rows of path, module, output shape (if `inputs` are given) and parameter count, and the totals."""
    with no_grad():
        return table(model, flow(model, inputs)[0] if inputs else {})


class Summary(str):
    """A table as text, which shows as it is; `html` is what notebooks show."""

    html = None

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        return self.html


def table(model, shapes, width=None):
    """The Summary of a model, with the output shapes that `flow` has found, if any; cut to fit into a `width`."""
    title, (header, rows), totals = type(model).__name__, _cells(model, shapes), _totals(model)
    made = Summary(_text(title, header, rows, totals, width))
    made.html = page(facts(title), notebook.table(header, rows, ("parameters",)), facts(totals))
    return made


def _cells(model, shapes):
    """(header, rows) of the table."""
    header = ("path", "module", *(("output shape",) if shapes else ()), "parameters")
    rows = []
    for path, module in model.named_modules():
        count = sum(p.numel() for p in module.parameters(recurse=False))
        is_leaf = next(module.named_children(), None) is None
        if path and (is_leaf or count):
            row = (path, module.describe() if is_leaf else type(module).__name__)
            shape = (str(shapes.get(f"model.{path}", "")),) if shapes else ()
            rows.append((*row, *shape, f"{count:,}" if count else ""))
    return header, rows


def _totals(model):
    parameters = list(model.parameters())
    total = sum(p.numel() for p in parameters)
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    return f"{total:,} parameters, {trained:,} of them trained, {sum(p.nbytes for p in parameters) / 1024:,.1f} KiB"


def _text(title, header, rows, footer, width):
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    if width is not None:
        widths[1] = min(widths[1], max(width - sum(widths) - 2 * len(widths) + 2 + widths[1], len("module")))
        rows = [(path, _cut(text, widths[1]), *others) for path, text, *others in rows]
    line = "-" * (sum(widths) + 2 * len(widths) - 2)

    def text(row):
        cells = [c.ljust(w) for c, w in zip(row[:-1], widths)]
        return "  ".join([*cells, row[-1].rjust(widths[-1])])

    return "\n".join([title, text(header), line, *map(text, rows), line, footer])


def _cut(text, width):
    return text if len(text) <= width else f"{text[: width - 1]}…"


def flow(model, inputs):
    """({path of a module: the shape of its output}, the output) of a call in evaluation mode."""
    shapes = {}

    def visit(path, module, out):
        found = [str(x.shape) for x in flatten(out)[0] if isinstance(x, Tensor)]
        shapes[path] = ", ".join(found) or type(out).__name__

    training = [(m, m.training) for m in model.modules()]
    before = mode.path, mode.visit
    mode.path, mode.visit = "", visit
    try:
        model.eval()
        return shapes, model(*inputs)
    finally:
        mode.path, mode.visit = before
        for module, was in training:
            module.training = was


OPEN = 40  # modules; where there are more, only the outermost is unfolded


def html_of(model):
    """A module in a notebook: the tree of its modules, which folds, with the parameters of each."""
    is_small = sum(1 for _ in model.modules()) <= OPEN
    is_known = not any(map(is_lazy, model.parameters()))
    return page(_branch("", model, True, is_small), facts(_totals(model) if is_known else "not called yet"))


def _branch(name, module, is_open, is_small):
    children = [*module.named_children()]
    own = module.extra_repr() if children else ""
    text = module.describe() if own or not children else type(module).__name__
    count = sum(p.numel() for p in module.parameters() if not is_lazy(p))
    head = f"{muted(f'{name}: ') if name else ''}<code>{escape(text)}</code> {muted(f'{count:,}' if count else '')}"
    if not children:
        return f"<div>{head}</div>"
    return folding(head, "".join(_branch(*child, is_small, is_small) for child in children), is_open)
