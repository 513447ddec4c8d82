"""PTX as it is read: a module, its functions, their statements, and which registers live at a barrier."""

import re

SIZES = {"pred": 1, **{k + str(n): n // 8 for k in "bus" for n in (8, 16, 32, 64)}, "f32": 4, "f64": 8}
REGISTER = re.compile(r"%[A-Za-z_]+\w*(?!\.|\w)")
FUNCTION = re.compile(r"\.(entry|func)\s*(?:\((.*?)\))?\s*(\w+)\s*\((.*?)\)[^{;]*([{;])", re.DOTALL)
VARIABLE = re.compile(r"^\s*(?:\.\w+\s+)*?\.(global|shared|const)\s([^;()]*);", re.MULTILINE)


class Unknown(Exception):
    """PTX that no kernel has used so far."""


def declared(text):
    """(name, kind, count, alignment) of `.param .align 8 .b8 name[16]`; of an array without a size the count is 0."""
    kind, name, array, count = re.search(r"\.(\w+)\s+(\w+)(\[(\d*)\])?\s*$", text.strip()).groups()
    align = re.search(r"\.align (\d+)", text)
    return name, kind, int(count or 0) if array else 1, int(align[1]) if align else SIZES[kind]


def operation(statement):
    """(opcode in words, operands, (negation, register) of its predicate or None)."""
    guard = re.match(r"@(!?)(%\w+)\s+", statement)
    opcode, _, operands = (statement[guard.end() :] if guard else statement).partition(" ")
    parts = [p.strip() for p in re.split(r",(?![^{(\[]*[})\]])", operands)] if operands else []
    return opcode.split("."), parts, guard and guard.groups()


def _with_names_of_their_own(statements):
    """The statements, with registers that are declared between braces renamed, as they hide those outside."""
    found, scopes, count = [], [{}], 0
    for statement in statements:
        if statement == "{":
            scopes.append(scopes[-1])
            count += 1
        elif statement == "}":
            scopes.pop()
        elif len(scopes) > 1 and statement.startswith(".reg"):
            scopes[-1] = {**scopes[-1], **{r: f"{r}_{count}" for r in REGISTER.findall(statement)}}
        found.append(REGISTER.sub(lambda match: scopes[-1].get(match[0], match[0]), statement))
    return found


class Function:
    def __init__(self, entry, returned, name, params, body):
        self.entry, self.name = entry == "entry", name
        self.params = [declared(p) for p in params.split(",") if p.strip()]
        self.returned = [declared(p)[0] for p in (returned or "").split(",") if p.strip()]
        found = re.findall(r"[{}](?=\s)|\$\w+:|(?:[^;{}:]|\{[^{}\n]*\})+;", body)
        self.statements = _with_names_of_their_own(" ".join(part.split()).rstrip(";").strip() for part in found)

    def offset(self, name):
        """Where a parameter begins."""
        offset = 0
        for other, kind, count, align in self.params:
            offset += -offset % align
            if other == name:
                return offset
            offset += SIZES[kind] * count
        raise Unknown(name)

    def live_at_barriers(self):
        """For each barrier the registers that are needed later."""
        labels = {s[:-1]: i for i, s in enumerate(self.statements) if s.endswith(":")}
        flows = [_flow(statement, i, labels) for i, statement in enumerate(self.statements)]
        live, before = [set() for _ in range(len(flows) + 1)], [[] for _ in range(len(flows) + 1)]
        for i, (_, _, following) in enumerate(flows):
            for j in following:
                before[j].append(i)
        waiting = set(range(len(flows)))
        while waiting:
            waiting.remove(i := max(waiting))
            reads, writes, following = flows[i]
            found = reads.union(*(live[j] - writes for j in following))
            if found != live[i]:
                live[i] = found
                waiting.update(before[i])
        return [sorted(live[i + 1]) for i, s in enumerate(self.statements) if operation(s)[0][0] == "bar"]


def _flow(statement, i, labels):
    """(registers it reads, those it overwrites for certain, the statements that may come next)."""
    words, parts, guard = operation(statement)
    named = [set(REGISTER.findall(p)) for p in parts]
    first_is_read = words[0] in ("st", "bra", "bar", "red", "call") or (parts and "[" in parts[0])
    if words[:2] == ["bar", "red"]:
        first_is_read = False
    reads, writes = set().union(*named[0 if first_is_read else 1 :]), set() if first_is_read or not named else named[0]
    if guard:
        reads, writes = reads | writes | {guard[1]}, set()
    following = [i + 1] if guard or words[0] not in ("ret", "exit", "bra") else []
    return reads, writes, [*following, labels[parts[0]]] if words[0] == "bra" else following


class Module:
    def __init__(self, text):
        text = re.sub(r"//.*", "", text)
        self.shared, self.globals, self.functions = {}, [], []
        self.shared_bytes = at = 0
        for space, declaration in VARIABLE.findall(text):
            left, _, values = declaration.partition("=")
            name, kind, count, align = declared(left)
            if space == "shared":
                self.shared_bytes += -self.shared_bytes % align
                self.shared[name] = self.shared_bytes
                self.shared_bytes += SIZES[kind] * count
            else:
                self.globals.append((name, kind, count, align, values.strip() or "{0}"))
        while head := FUNCTION.search(text, at):
            at, depth = head.end(), int(head[5] == "{")
            while depth:
                brace = re.compile(r"[{}]").search(text, at)
                depth, at = depth + (1 if brace[0] == "{" else -1), brace.end()
            if head[5] == "{":
                self.functions.append(Function(*head.groups()[:4], text[head.end() : at - 1]))
