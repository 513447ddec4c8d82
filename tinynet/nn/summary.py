"""The table behind `Module.summary()`."""

from ..autograd.mode import mode, no_grad
from ..tensor import Tensor
from ..trees import flatten


def summary(model, *inputs):
    """Rows of path, module, output shape (if `inputs` are given) and parameter count, and the totals."""
    with no_grad():
        return table(model, flow(model, inputs)[0] if inputs else {})


def table(model, shapes, width=None):
    """The rows of `summary`, with the output shapes that `flow` has found, if any; with `width`, cut to fit into it."""
    inputs = bool(shapes)
    header = ("path", "module", *(("output shape",) if inputs else ()), "parameters")
    rows = []
    for path, module in model.named_modules():
        count = sum(p.numel() for p in module.parameters(recurse=False))
        is_leaf = next(module.named_children(), None) is None
        if path and (is_leaf or count):
            row = (path, module.describe() if is_leaf else type(module).__name__)
            shape = (str(shapes.get(f"model.{path}", "")),) if inputs else ()
            rows.append((*row, *shape, f"{count:,}" if count else ""))
    parameters = list(model.parameters())
    total = sum(p.numel() for p in parameters)
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    size = sum(p.nbytes for p in parameters) / 1024
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    if width is not None:
        widths[1] = min(widths[1], max(width - sum(widths) - 2 * len(widths) + 2 + widths[1], len("module")))
        rows = [(path, _cut(text, widths[1]), *others) for path, text, *others in rows]
    line = "-" * (sum(widths) + 2 * len(widths) - 2)

    def text(row):
        cells = [c.ljust(w) for c, w in zip(row[:-1], widths)]
        return "  ".join([*cells, row[-1].rjust(widths[-1])])

    footer = f"{total:,} parameters, {trained:,} of them trained, {size:,.1f} KiB"
    return "\n".join([f"{type(model).__name__}", text(header), line, *map(text, rows), line, footer])


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
