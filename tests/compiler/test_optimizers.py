"""Every optimizer in a compiled step: the bits of the parameters, of its state and of its groups are those without."""

import pytest

import tinynet as tn
from tests.compiler.test_compile import follow
from tests.support.helpers import sampled
from tests.support.optim_cases import EVERY, cases, ids, make, parameters, quadratic
from tinynet import optim
from tinynet.optim.engine.hooks import register_optimizer_step_pre_hook as register_any_pre_hook
from tinynet.optim.engine.optimizer import Optimizer

REFUSED = {"LBFGS", "SAM"}  # whose step computes the loss anew
COMPILED = [(name, options) for name, options in EVERY if name not in REFUSED]
FIRST = [case for k, case in enumerate(COMPILED) if case[0] not in [name for name, _ in COMPILED[:k]]]
BY_NORMS = "LARS LAMB Adafactor Muon Prodigy".split()


def optimizing(name, options, times=1, **arguments):
    """A `build` for `follow`: steps of an optimizer on tensors of several shapes, in two groups."""

    def build():
        ps = parameters(tn, tn.float32, name)
        optimizer = make(name, [{"params": ps[:2]}, {"params": ps[2:], "lr": options["lr"] / 2}], options)

        def step():
            for _ in range(times):
                optimizer.zero_grad()
                loss = quadratic(tn, ps) * (-1 if options.get("maximize") else 1)
                loss.backward()
                optimizer.step(**arguments)
            return loss

        def seen():
            numbers = [group[n] for group in optimizer.param_groups for n in ("lr", "d", "d_numerator") if n in group]
            state = [x for p in ps for x in optimizer.state[p].values() if isinstance(x, tn.Tensor)]
            return [*ps, *state, tn.tensor(numbers, dtype=tn.float64)]

        return step, seen

    return build


def test_every_optimizer_is_in_the_table():
    known = {name for name in optim.__all__ if isinstance(getattr(optim, name), type)}
    known = {name for name in known if issubclass(getattr(optim, name), Optimizer)} - {"Optimizer"}
    assert known == {name for name, _ in COMPILED} | REFUSED


@pytest.mark.parametrize(("name", "options"), sampled(FIRST, 5), ids=ids(FIRST))
def test_steps_have_the_bits_of_steps_as_they_are(name, options):
    follow(optimizing(name, options), [()], 12)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "options"), COMPILED, ids=ids(COMPILED))
def test_200_steps(name, options):
    follow(optimizing(name, options), [()], 200)


@pytest.mark.parametrize(("name", "options"), cases({name: (0.01, [{}]) for name in BY_NORMS}), ids=BY_NORMS)
def test_norms_of_clipped_gradients(name, options):
    follow(optimizing(name, options, max_norm=0.1), [()], 6)


def test_what_an_optimizer_reads_after_its_launches_is_known_to_its_next_step():
    follow(optimizing("Prodigy", {"lr": 1.0, "d0": 1e-3}, times=3), [()], 8)


class EveryThird(Optimizer):
    """An optimizer of a user's own that is silent at most steps."""

    calls = 0

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @tn.no_grad()
    def step(self):
        self.calls += 1
        for p in self.param_groups[0]["params"] if self.calls % 3 == 0 else ():
            p.mul_(1 - self.param_groups[0]["lr"])


def test_a_step_that_launches_something_at_times_only():
    def build():
        ps = parameters(tn, tn.float32)
        optimizer, wrapper = EveryThird(ps, 0.1), optim.Lookahead(optim.SGD(ps, lr=0.01), k=3)

        def step():
            wrapper.zero_grad()
            (quadratic(tn, ps) * 2).backward()
            before = ps[0].detach() * 2
            optimizer.step()
            after = ps[0].detach() * 2
            wrapper.step()
            return before, after

        return step, lambda: ps

    step = follow(build, [()], 30)
    assert len(step.programs) == 1


@pytest.mark.parametrize("register", [optim.SGD.register_step_post_hook, lambda _, f: register_any_pre_hook(f)])
def test_a_step_with_hooks_is_refused(register):
    """Those of one optimizer, and those of all: a program would call neither."""
    optimizer = optim.SGD(parameters(tn, tn.float32), lr=0.1)
    with register(optimizer, lambda *args: None), pytest.raises(tn.CaptureError, match="step, which has hooks"):
        tn.compile(optimizer.step)()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_step_that_computes_the_loss_anew_is_refused(name):
    ps = parameters(tn, tn.float32)
    optimizer = make(name, ps, {"lr": 0.1})
    step = tn.compile(lambda: optimizer.step(lambda: quadratic(tn, ps)))
    with pytest.raises(tn.CaptureError, match=f"gives {name}.step a closure"):
        step()
