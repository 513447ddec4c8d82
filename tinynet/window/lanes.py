"""A graph as lines of text, in the way of `git log --graph`: a row for each vertex, lanes for the edges between."""

MOST_LANES = 16  # beside each other; what lies beyond is cut off

# What is drawn in a lane, by where it goes on: up, down, left and right
GLYPHS = {
    "du": "│", "lr": "─", "lu": "╯", "ru": "╰", "dl": "╮", "dr": "╭", "lru": "┴", "dlr": "┬", "dlu": "┤", "dru": "├",
    "dlru": "┼", "u": "│", "d": "│", "": " ",
}  # fmt: skip


def lanes(targets):
    """(lines before it, its own) of each vertex 0, 1, ..., whose edges lead to the higher numbers `targets`."""
    before, links = [], []
    for vertex, found in enumerate(targets):
        if vertex not in before:
            before.append(vertex)
        at = before.index(vertex)
        yield links, _cut(["●" if i == at else " " if lane is None else "│" for i, lane in enumerate(before)])
        after, moves = _go_on(before, at, list(dict.fromkeys(found)))
        links = _links(before, after, moves)
        while after and after[-1] is None:
            after.pop()
        before = after


def _go_on(before, at, targets):
    """(what each lane leads to behind the vertex in lane `at`, the moves (from lane, to lane) that make it so)."""
    after = list(before)
    after[at] = None
    others = [i for i, lane in enumerate(after) if lane is not None]
    if not targets and len(others) == 1 and others[0] > at:  # the lane ends here, and the last one takes its place
        after[at], after[others[0]] = after[others[0]], None
        return after, [(others[0], at)]
    if len(targets) == 1 and targets[0] in after[at:]:  # another lane on the right leads there: it ends here
        other = after.index(targets[0])
        after[at], after[other] = targets[0], None
        return after, [(at, at), (other, at)]
    for target in targets:
        if target not in after:
            free = at if after[at] is None else _free(after, at)
            after[free : free + 1] = [target]
    return after, [(at, after.index(target)) for target in targets]


def _free(lanes, at):
    """The lane nearest to the right of `at` that is free."""
    return next((i for i in range(at + 1, len(lanes)) if lanes[i] is None), len(lanes))


def _links(before, after, moves):
    """The line between two rows, if an edge moves from one lane to another."""
    if all(start == end for start, end in moves):
        return []
    ways = [set() for _ in after]
    for i, lane in enumerate(before):
        if lane is not None and after[i] == lane:
            ways[i] |= {"u", "d"}
    ends = {i for move in moves for i in move}
    for start, end in moves:
        ways[start].add("u")
        ways[end].add("d")
        for i in range(min(start, end), max(start, end)):
            ways[i].add("r")
            ways[i + 1].add("l")
    glyphs = ["│" if {"u", "d"} <= way and i not in ends else GLYPHS[_name(way)] for i, way in enumerate(ways)]
    return [_cut(glyphs, ["─" if "r" in way else " " for way in ways])]


def _name(way):
    return "".join(sorted(way))


def _cut(glyphs, fillers=None):
    """A line of lanes, two columns for each."""
    fillers = fillers or [" "] * len(glyphs)
    line = "".join(glyph + filler for glyph, filler in zip(glyphs, fillers)).rstrip()
    return line if len(line) <= 2 * MOST_LANES else f"{line[: 2 * MOST_LANES - 1]}…"
