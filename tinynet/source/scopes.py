"""What a statement names that it does not bind itself, and what it binds, by its syntax tree."""

import ast

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def bound_by(statement):
    """The names that a statement of a module binds."""
    found = []
    for node in _outside_functions(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found += [x.asname or x.name for x in node.names]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return found


def _outside_functions(node):
    """A node and those inside, but not what is inside of functions and comprehensions."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | _COMPREHENSIONS):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


class FreeNames(ast.NodeVisitor):
    """Where a statement names something of its module: `found` is (node, name, place) of each.

    Where it is `bare`, a function's decorators do not count. Annotations of parameters are among the places `dropped`.

    Raises: LookupError for `global` and `nonlocal`.
    """

    def __init__(self, statement, bare=False):
        self.found, self.dropped, self.scopes, self.bare = [], [], [], bare
        self.local = set()  # all names that are bound inside of functions
        self.visit(statement)

    def _is_local(self, name):
        return any(name in scope for scope in self.scopes)

    def visit_Name(self, node):
        if not self._is_local(node.id):
            self.found.append((node, node.id, (node.lineno, node.col_offset)))

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            if not self._is_local(node.value.id):
                self.found.append((node, None, (node.lineno, node.col_offset)))
        else:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        outermost = not self.scopes and self.bare
        if not outermost:
            for x in node.decorator_list:
                self.visit(x)
        if not self.scopes:
            self.found.append((node, node.name, (node.lineno, node.col_offset + len("def "))))
        arguments = node.args
        for x in (*arguments.defaults, *arguments.kw_defaults):
            if x is not None:
                self.visit(x)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [x for x in (arguments.vararg, arguments.kwarg) if x is not None]
        for x in every:
            if x.annotation is not None:
                start = x.lineno, x.col_offset + len(x.arg)
                self.dropped.append((start, (x.annotation.end_lineno, x.annotation.end_col_offset)))
        self._inside(node.body, [x.arg for x in every])

    def visit_ClassDef(self, node):
        for x in (*node.decorator_list, *node.bases):
            self.visit(x)
        if not self.scopes:
            self.found.append((node, node.name, (node.lineno, node.col_offset + len("class "))))
        bound = {name for x in node.body for name in bound_by(x)}
        for x in node.body:  # of which a method does not see what the class binds
            self.scopes.append(set() if isinstance(x, ast.FunctionDef) else bound)
            self.visit(x)
            self.scopes.pop()

    def visit_Lambda(self, node):
        for x in (*node.args.defaults, *node.args.kw_defaults):
            if x is not None:
                self.visit(x)
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        every += [x for x in (node.args.vararg, node.args.kwarg) if x is not None]
        self._inside([node.body], [x.arg for x in every])

    def _comprehension(self, node):
        self.visit(node.generators[0].iter)
        inside = [x for k, g in enumerate(node.generators) for x in (g.target, *g.ifs, *([g.iter] if k else []))]
        inside += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(inside, [])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _inside(self, nodes, names):
        """Visit what is inside of a scope that binds `names`, and what its own statements bind."""
        bound = set(names)
        for node in nodes:
            bound |= set(bound_by(node))
            bound |= {x.name for x in ast.walk(node) if isinstance(x, ast.ExceptHandler) and x.name}
            if any(isinstance(x, ast.Global | ast.Nonlocal) for x in ast.walk(node)):
                raise LookupError(f"line {node.lineno}: global and nonlocal names are not copied")
        self.scopes.append(bound)
        self.local |= bound
        for node in nodes:
            self.visit(node)
        self.scopes.pop()
