"""L-BFGS: Newton's method with a Hessian that is guessed from past gradients."""

import numpy as np

from .. import formulas, rules
from ..autograd.mode import enable_grad
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import DeviceArray, host, put
from ..kernels.filled import copied, store
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.lifting.sums import largest_magnitude, lift_sum, total
from ..tensor import wrap
from .engine.hyperparameters import mapping, real, real_array, whole
from .engine.optimizer import Optimizer
from .line_search import strong_wolfe

PLUS = lift(rules.plus, inplace=("x",), scalars=("factor",))
TIMES = lift(rules.times, inplace=("x",), scalars=("factor",))
COUNTS, NUMBERS = ("func_evals", "n_iter"), ("t", "H_diag", "prev_loss")
NOTHING = dict.fromkeys(COUNTS, 0)  # what is known before the first step
VECTORS, LISTS = ("d", "prev_flat_grad"), ("ro", "old_dirs", "old_stps")
PRODUCT, MAGNITUDE = lift_sum(formulas.product), lift_sum(formulas.absolute)


class LBFGS(Optimizer):
    """Limited-memory BFGS, for losses without noise.

        d = −H∇J(θ),  θ ← θ + td

    H, the inverse Hessian, is the one that explains the last `history_size` changes of the gradient y = ∇J₁ − ∇J₀ by
    the steps s = θ₁ − θ₀, by the two loops of Nocedal (1980); t is lr, or with `line_search_fn="strong_wolfe"` found
    by a search that begins there. Arguments, defaults and the path are PyTorch's, after Schmidt's minFunc.

    `step(closure)` takes up to `max_iter` such steps; the closure clears the gradients, computes the loss and calls
    `backward`. It ends early after `max_eval` calls of the closure (None: 1.25 max_iter), when no gradient is larger
    than `tolerance_grad`, or when loss or parameters change by less than `tolerance_change`.
    There is one group of parameters, of one dtype.
    Raises: ValueError for hyperparameters out of range, a second group or a second dtype; TypeError for a step without
    a closure.
    """

    _has_rule = True

    def __init__(
        self,
        params,
        lr=1.0,
        max_iter=20,
        max_eval=None,
        tolerance_grad=1e-7,
        tolerance_change=1e-9,
        history_size=100,
        line_search_fn=None,
    ):
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        limits = {"max_iter": max_iter, "max_eval": max_eval, "history_size": history_size}
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        self._memory = dict(NOTHING)
        super().__init__(params, {"lr": lr, **limits, **tolerances, "line_search_fn": line_search_fn})

    def check(self, group):
        super().check(group)
        self.whole(group, "max_iter", "max_eval", "history_size")
        self.one_of(group, "line_search_fn", "strong_wolfe")
        dtypes = {p.dtype for p in group["params"]}
        self.require(len(dtypes) == 1, "parameters must be of one dtype", sorted(map(str, dtypes)))

    def _checked(self, group, before):
        self.require(not before, "parameter groups must be one", "another")
        return super()._checked(group, before)

    def _lay_out_anew(self):
        raise ValueError("LBFGS: its vectors belong to the parameters it was made for; make a new optimizer for others")

    def step(self, closure=None):
        """Take up to `max_iter` steps; returns the loss before them, as `closure` did."""
        if closure is None:
            raise TypeError("LBFGS: step needs a closure that computes the loss and its gradients")
        self.begin_step()
        with np.errstate(all="ignore"):
            loss = self._step(closure)
        self.end_step()
        return loss

    def _step(self, closure):
        (group,), memory = self.param_groups, self._memory
        loss_before, loss, g = self._evaluate(closure)
        evaluations = 1
        memory["func_evals"] += 1
        iterations, done = 0, largest_magnitude(g) <= group["tolerance_grad"]
        while not done and iterations < group["max_iter"]:
            iterations += 1
            memory["n_iter"] += 1
            d = self._direction(g)
            memory["prev_flat_grad"], memory["prev_loss"] = copied(g), float(loss)
            t = group["lr"] if memory["n_iter"] > 1 else min(1.0, 1.0 / np.float64(total(MAGNITUDE, g))) * group["lr"]
            slope = _dot(g, d)
            memory["d"], memory["t"] = d, float(t)
            if slope > -group["tolerance_change"]:
                break
            if group["line_search_fn"]:
                loss, g, t, calls = self._search(closure, t, d, loss, g, slope, group["max_eval"] - evaluations)
                memory["t"] = float(t)
                self._move(d, t)
                done = largest_magnitude(g) <= group["tolerance_grad"]
            else:
                self._move(d, t)
                calls = 0
                if iterations != group["max_iter"]:  # after the last step nobody needs them
                    _, loss, g = self._evaluate(closure)
                    done, calls = largest_magnitude(g) <= group["tolerance_grad"], 1
            evaluations += calls
            memory["func_evals"] += calls
            done = done or evaluations >= group["max_eval"]
            done = done or abs(t) * largest_magnitude(d) <= group["tolerance_change"]
            done = done or abs(loss - memory["prev_loss"]) < group["tolerance_change"]
        return loss_before

    def _direction(self, g):
        """d = −Hg, after the last step has been taken into H."""
        memory = self._memory
        if memory["n_iter"] == 1:
            memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return _scaled(g, -1.0)
        y, s = copied(g), _scaled(memory["d"], memory["t"])
        launch(PLUS, y, memory["prev_flat_grad"], -1.0)
        ys = _dot(y, s)
        if ys > 1e-10:
            for name, value in (("old_dirs", y), ("old_stps", s), ("ro", float(1.0 / ys))):
                memory[name] = [*memory[name], value][-self.param_groups[0]["history_size"] :]
            memory["H_diag"] = float(ys / _dot(y, y))
        past = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"]))
        d, alphas = _scaled(g, -1.0), []
        for y, s, rho in reversed(past):
            alphas.append(_dot(s, d) * rho)
            launch(PLUS, d, y, -alphas[-1])
        launch(TIMES, d, memory["H_diag"])
        for y, s, rho in past:
            launch(PLUS, d, s, alphas.pop() - _dot(y, d) * rho)
        return d

    def _search(self, closure, t, d, loss, g, slope, calls):
        (arena,) = self._all_arenas()
        start = copied(arena.values)

        def at(t):
            self._move(d, t)
            _, loss, g = self._evaluate(closure)
            launch(kernels.copy, arena.values, start)
            arena.mark_written()
            return loss, g, _dot(g, d)

        return strong_wolfe(at, t, loss, g, slope, largest_magnitude(d), max_ls=calls)

    def _evaluate(self, closure):
        """(what the closure returned, the loss as a number, all gradients)."""
        with enable_grad():
            loss = closure()
        (arena,) = self._all_arenas()
        arena.fill_in()
        arena.collect()
        return loss, np.float64(float(loss)), copied(arena.grads)

    def _move(self, d, t):
        (arena,) = self._all_arenas()
        launch(PLUS, arena.values, d, float(t))
        arena.mark_written()

    # State: one entry, of the first parameter, as in PyTorch. In it vectors have no gaps.

    @property
    def state(self):
        if not self._memory["n_iter"]:
            return {}
        return {self.param_groups[0]["params"][0]: {k: self._saved(v) for k, v in self._memory.items()}}

    def _saved(self, value):
        if isinstance(value, list):
            return [self._saved(v) for v in value]
        if not isinstance(value, np.ndarray | DeviceArray):
            return value
        (arena,) = self._all_arenas()
        parts = [host(arena.view(value, i)).reshape(-1) for i in range(len(arena.parameters))]
        return wrap(put(np.concatenate(parts), value))

    def prepare_to_load(self, state_dict):
        state, saved = self._parts_of(state_dict)
        groups = self._checked_groups(saved)
        entries = [entry for _, entry in self._by_number(state, saved[0]["params"][:1])]
        memory = self._checked_memory(entries[0], groups[0]) if entries else NOTHING
        t = self._checked_steps(state_dict, groups, [])

        def load():
            self.load_groups(groups, t)
            self._memory = dict(memory)

        return load

    def __getstate__(self):
        return {**super().__getstate__(), "_memory": dict(NOTHING)}

    def restore(self, state):
        for entry in state.values():
            self._memory = self._checked_memory(entry, self.param_groups[0])

    def _checked_memory(self, entry, group):
        """What `_memory` is to be, from an entry of a state dict."""
        entry = mapping(self._name, "the state", entry)
        known = (*COUNTS, *NUMBERS, *VECTORS, *LISTS, "al")  # the last is scratch of PyTorch's
        unknown = [name for name in entry if name not in known]
        missing = [name for name in COUNTS if name not in entry]
        memory = {name: whole(self._name, name, entry[name]) for name in COUNTS if name in entry}
        if memory.get("n_iter"):
            missing += [name for name in (*NUMBERS, *VECTORS, *LISTS) if name not in entry]
        if unknown or missing:
            raise ValueError(
                f"{self._name}: the state is of another optimizer: {', '.join(unknown or missing)} in one and not both"
            )
        if not memory["n_iter"]:
            return memory
        memory.update({name: real(self._name, name, entry[name]) for name in NUMBERS})
        memory.update({name: self._checked_vector(name, entry[name]) for name in VECTORS})
        lists = [entry[name] for name in LISTS]
        if not all(isinstance(x, list | tuple) for x in lists) or len(set(map(len, lists))) > 1:
            raise ValueError(f"{self._name}: expected {', '.join(LISTS)} to be lists of one length")
        past = [[*entry[name]][-group["history_size"] :] if group["history_size"] else [] for name in LISTS]
        memory["ro"] = [real(self._name, "ro", value) for value in past[0]]
        for name, values in zip(LISTS[1:], past[1:]):
            memory[name] = [self._checked_vector(name, value) for value in values]
        return {name: memory[name] for name in entry if name in memory}

    def _checked_vector(self, name, value):
        """A vector with the gaps of the arena."""
        (arena,) = self._all_arenas()
        sizes = [p.array.size for p in arena.parameters]
        array = real_array(self._name, name, value)
        if array.shape != (sum(sizes),):
            raise ShapeError(f"{self._name}: expected {name} of shape {(sum(sizes),)}, got {array.shape}")
        out = np.zeros_like(arena.values)
        for i, part in enumerate(np.split(array, np.cumsum(sizes[:-1]))):
            store(arena.view(out, i), part.reshape(arena.shapes[i]).astype(arena.dtype))
        return out


def _dot(x, y):
    return np.float64(total(PRODUCT, x, y))


def _scaled(x, factor):
    out = copied(x)
    launch(TIMES, out, factor)
    return out
