"""The networks of the examples: 200 compiled steps have the bits of 200 others."""

import importlib.util
from pathlib import Path

import pytest

import tinynet as tn
from tests.compiler.test_compile import follow
from tests.support.helpers import sampled
from tinynet import nn, optim
from tinynet.distributions import Distribution

F = nn.functional
EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trained(model, loss, lr=1e-3):
    """A `build` for `follow` that trains a model with Adam on loss(model, *data)."""

    def build():
        m = model()
        optimizer = optim.Adam(m.parameters(), lr=lr)

        def step(*data):
            value = loss(m, *data)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            return value

        return step, lambda: [*m.parameters(), *m.buffers()]

    return build


def gan():
    generator, discriminator = example("gan").mlp(8, 16, 2), example("gan").mlp(2, 16, 1)
    steps = [optim.Adam(m.parameters(), lr=1e-3, betas=(0.5, 0.9)) for m in (generator, discriminator)]

    def step(points):
        fakes, points = generator(tn.randn(len(points), 8)), points.detach().requires_grad_()
        truth = discriminator(points)
        (slope,) = tn.autograd.grad(truth.sum(), points, create_graph=True)
        loss = (F.softplus(-truth) + F.softplus(discriminator(fakes.detach()))).mean()
        loss = loss + 0.05 * slope.square().sum(1).mean()
        steps[1].zero_grad()
        loss.backward()
        steps[1].step()
        fooled = F.softplus(-discriminator(fakes)).mean()
        steps[0].zero_grad()
        fooled.backward()
        steps[0].step()
        return loss, fooled

    return step, lambda: [*generator.parameters(), *discriminator.parameters()]


def char_lstm():
    model = example("char_lstm").CharLSTM(11, 12)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)

    def step(x, y):
        logits, state = model(x, (tn.zeros(1, 2, 12), tn.zeros(1, 2, 12)))
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        return loss, *[s.detach() for s in state]

    return step, lambda: [*model.parameters()]


def pictures(n=4):
    return [(tn.randn(n, 1, 8, 8), tn.randint(10, (n,))) for _ in range(3)]


def characters(*shape):
    return [(tn.randint(11, shape), tn.randint(11, shape)) for _ in range(3)]


def pairs():
    return [(tn.stack([tn.randint(20, (16,)), tn.randint(9, (16,))], 1), tn.rand(16)) for _ in range(3)]


def rows():
    categories = lambda: tn.stack([tn.randint(n, (8,)) for n in (3, 5)], 1)
    return [(categories(), tn.randn(8, 2), tn.rand(8)) for _ in range(3)]


def classified(model, x, y):
    return F.cross_entropy(model(x), y)


def continued(model, x, y):
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def rated(model, x, y):
    return F.mse_loss(model(x), y)


CASES = {  # name: (build, data)
    "vae": (trained(lambda: example("vae").VAE(width=12), lambda m, x: m(x).mean()), lambda: [(tn.rand(6, 64),)]),
    "gan": (gan, lambda: [(tn.randn(8, 2),) for _ in range(3)]),
    "char_lstm": (char_lstm, lambda: characters(2, 5)),
    "char_gpt": (trained(lambda: example("char_gpt").GPT(11, 1, 2, 8, 6), continued), lambda: characters(2, 6)),
    "resnet_digits": (trained(lambda: example("resnet_digits").ResNet(4, 1), classified), pictures),
    "factors": (trained(lambda: example("matrix_factorization").Factorization(20, 9, 3, 0.5), rated), pairs),
    "categories": (
        trained(lambda: example("categories").Network([3, 5], 2, 3, 6), lambda m, c, x, y: F.mse_loss(m(c, x), y)),
        rows,
    ),
}


@pytest.fixture
def unchecked():
    """Distributions that do not look at their parameters."""
    Distribution.set_default_validate_args(False)
    yield
    Distribution.set_default_validate_args(True)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", sampled(CASES, 3))
def test_200_steps(name):
    build, data = CASES[name]
    tn.manual_seed(4)
    follow(build, data(), 200)
