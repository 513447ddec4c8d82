"""A pass over a loader that another one goes on with: the batches that come are those that would have come."""

import json

import pytest

import tinynet as tn
from tinynet import data
from tinynet.data import DataLoader

N = 22


class Noisy(data.Dataset):
    """Items that draw from the default stream as they are loaded."""

    def __len__(self):
        return N

    def __getitem__(self, i):
        return tn.rand(1) + i


class Counting(data.IterableDataset):
    def __iter__(self):
        return iter(tn.randperm(N))


def own(seed):
    return tn.Generator(seed)


LOADERS = {
    "shuffled": lambda: DataLoader(range(N), 4, shuffle=True),
    "in order": lambda: DataLoader(range(N), 4),
    "single items": lambda: DataLoader(range(N), None, shuffle=True),
    "noisy items": lambda: DataLoader(Noisy(), 4, shuffle=True),
    "a generator": lambda: DataLoader(range(N), 4, shuffle=True, generator=own(3)),
    "a sampler": lambda: DataLoader(range(N), 4, sampler=data.RandomSampler(range(N), generator=own(3))),
    "batches": lambda: DataLoader(
        range(N), batch_sampler=data.BatchSampler(data.RandomSampler(range(N), generator=own(3)), 5, True)
    ),
    "iterable": lambda: DataLoader(Counting(), 4),
}


def passes(loader, count=2):
    """All batches of some passes; between two batches the default stream is drawn from, as dropout does."""
    for _ in range(count):
        for batch in loader:
            yield str(batch), tn.rand(1).item()


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("given", [0, 1, 3, "all"])
def test_a_pass_goes_on_where_another_stood(kind, given):
    tn.manual_seed(0)
    loader = LOADERS[kind]()
    whole = list(passes(loader))
    tn.manual_seed(0)
    loader, seen = LOADERS[kind](), []
    stopped = iter(passes(loader, 1))
    seen += list(stopped) if given == "all" else [next(stopped) for _ in range(given)]
    saved, stream = json.loads(json.dumps(loader.state_dict())), tn.get_rng_state()
    del stopped

    tn.manual_seed(99)
    loader = LOADERS[kind]()
    loader.load_state_dict(saved)
    assert loader.state_dict() == saved or saved["given"] is None
    tn.set_rng_state(stream)
    seen += list(passes(loader, 1 if given == "all" else 2))
    assert seen == whole


@pytest.mark.parametrize("persistent", [False, True])
def test_workers_change_nothing(persistent):
    def loader():
        return DataLoader(Noisy(), 4, shuffle=True, num_workers=1, persistent_workers=persistent)

    tn.manual_seed(0)
    first, seen = loader(), []
    for batch in first:
        seen.append(batch.tolist())
        if len(seen) == 2:
            saved = first.state_dict()
    assert first.state_dict()["given"] is None
    second = loader()
    second.load_state_dict(saved)
    assert [batch.tolist() for batch in second] == seen[2:]


@pytest.mark.parametrize(
    ("state", "error", "text"),
    [
        ([], TypeError, "expected the state to be a dict with 'streams' and 'given'"),
        ({"streams": [[0, 0]]}, TypeError, "expected the state to be a dict"),
        ({"streams": [[0, 0], [0, 0]], "given": 1}, ValueError, "expected the places of 1 random streams"),
        ({"streams": [[0]], "given": 1}, ValueError, "expected the .seed, place."),
        ({"streams": [[0, 0]], "given": -1}, ValueError, "given"),
        ({"streams": [[0, 0]], "given": "x"}, TypeError, "given"),
    ],
)
def test_what_is_no_state_is_refused(state, error, text):
    loader = DataLoader(range(4), 2)
    before = loader.state_dict()
    with pytest.raises(error, match=text):
        loader.load_state_dict(state)
    assert loader.state_dict() == before
