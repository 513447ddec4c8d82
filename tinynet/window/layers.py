"""Where the boxes of a graph are drawn: in layers, with few crossings, each box near those that it is linked to.

After Sugiyama, Tagawa & Toda (1981): a vertex lies as many layers deep as the longest path to it is long. An edge over
several layers passes a point in each between. Layers are put in order by the barycentres of their neighbours', down and
up again, and the order with the fewest crossings stays. Then each vertex comes as near to the mean of its neighbours as
the widths of those beside it allow.
"""

from bisect import bisect_right, insort
from itertools import accumulate, pairwise

SWEEPS = 8
GAP = 18  # between boxes that lie side by side, in pixels
POINT, STRAIGHT = 4, 24  # the width of an edge that passes by, and the weight of its points


class Layout:
    """The layout of vertices 0, 1, ..., of which `targets` has those that their edges lead to, all of higher numbers.

    `layer` and `x` are the depth and the middle of each vertex, `routes` has for each edge the points (x, layer) from
    its start to its end, `width` is that of all. The more two neighbours weigh, the more upright are the edges between.
    """

    def __init__(self, targets, widths, weights):
        self.layer, self.widths, self.weights = self.depths(targets), list(widths), list(weights)
        depth, self.links = list(self.layer), [[] for _ in targets]  # of each vertex or point: those in the next layer
        chains = []
        for start, found in enumerate(targets):
            for end in found:
                levels = range(depth[start] + 1, depth[end])
                chain = [start, *range(len(depth), len(depth) + len(levels)), end]
                depth += levels
                self.widths += [POINT] * len(levels)
                self.weights += [STRAIGHT] * len(levels)
                self.links += [[] for _ in levels]
                for a, b in pairwise(chain):
                    self.links[a].append(b)
                chains.append(chain)
        self.links_up = [[] for _ in depth]
        for a, found in enumerate(self.links):
            for b in found:
                self.links_up[b].append(a)
        self.rows = [[] for _ in range(max(depth, default=-1) + 1)]
        for v, level in enumerate(depth):
            self.rows[level].append(v)
        self._order()
        self.x = self._middles()
        self.width = max((x + width / 2 for x, width in zip(self.x, self.widths)), default=0.0)
        self.routes = [[(self.x[v], depth[v]) for v in chain] for chain in chains]

    @staticmethod
    def depths(targets):
        """Of each vertex the length of the longest path that leads to it."""
        depths = [0] * len(targets)
        for start, found in enumerate(targets):
            for end in found:
                depths[end] = max(depths[end], depths[start] + 1)
        return depths

    def _order(self):
        """Put the vertices of each layer in order."""
        best, fewest = self.rows, self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            down = sweep % 2 == 0
            place = {v: i for row in self.rows for i, v in enumerate(row)}
            self.rows = [list(row) for row in self.rows]
            for row in self.rows if down else self.rows[::-1]:
                near = {v: [place[a] for a in (self.links_up if down else self.links)[v]] or [place[v]] for v in row}
                row.sort(key=lambda v: sum(near[v]) / len(near[v]))
                place.update({v: i for i, v in enumerate(row)})
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = self.rows, crossings
        self.rows = best

    def _crossings(self):
        """How many pairs of edges cross each other."""
        count = 0
        for row, below in pairwise(self.rows):
            place, seen = {v: i for i, v in enumerate(below)}, []
            for v in row:
                ends = [place[b] for b in self.links[v]]
                count += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return count

    def _middles(self):
        """The middle of each vertex, the leftmost of which begins at 0."""
        x = [0.0] * len(self.widths)
        apart = [[(self.widths[a] + self.widths[b]) / 2 + GAP for a, b in pairwise(row)] for row in self.rows]
        for row, distances in zip(self.rows, apart):
            for v, at in zip(row, accumulate(distances, initial=0.0)):
                x[v] = at
        for sweep in range(SWEEPS):
            for row, distances in list(zip(self.rows, apart))[:: 1 if sweep % 2 == 0 else -1]:
                wanted = [self._mean(v, x) for v in row]
                for v, at in zip(row, nearest_apart(wanted, distances, [self.weights[v] for v in row])):
                    x[v] = at
        left = min((at - width / 2 for at, width in zip(x, self.widths)), default=0.0)
        return [at - left for at in x]

    def _mean(self, v, x):
        """Where a vertex would best lie by its neighbours: at the mean of their middles, weighted."""
        near = self.links_up[v] + self.links[v]
        total = sum(self.weights[a] for a in near)
        return sum(self.weights[a] * x[a] for a in near) / total if near else x[v]


def nearest_apart(wanted, apart, weights):
    """Rising numbers, each at least `apart` above the one before, that are nearest to `wanted` in weighted squares.

    Where neighbours come too near to each other they are moved as one (the pool of adjacent violators).
    """
    offsets, pools = list(accumulate(apart, initial=0.0)), []
    for want, offset, weight in zip(wanted, offsets, weights):
        pools.append((weight * (want - offset), weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = tuple([a + b for a, b in zip(pools[-1], last)])
    means = [total / weight for total, weight, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets)]
