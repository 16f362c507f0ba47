"""The exact similarity of many pairs, whichever way they are compared and cut."""

import numpy as np
import pytest

from services.deduper.logic import similarity
from services.deduper.logic.similarity import Judge, Others
from services.deduper.logic.words import WordSets


@pytest.mark.parametrize("many", [0, 40, 10**9])
@pytest.mark.parametrize("at_once", [1, 100, 10**9])
@pytest.mark.parametrize("head", [0, 52])
def test_pairs_at_the_threshold_get_their_exact_jaccard(
    many: int, at_once: int, head: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below it the value may be 0; heads of ones, so that one taken for words would show."""
    monkeypatch.setattr(similarity, "_MANY_WORDS", many)
    monkeypatch.setattr(similarity, "_AT_ONCE_WORDS", at_once)
    rng = np.random.default_rng(7)
    known = np.append(rng.integers(0, 2**32, 40, dtype=np.uint32), np.uint32(0x01010101))
    sets = [np.unique(rng.choice(known, size=rng.integers(30, 60))) for _ in range(30)]
    words = WordSets(np.concatenate(sets), np.cumsum([0, *(len(one) for one in sets)]))
    others = [np.unique(rng.choice(known, size=rng.integers(1, 60))) for _ in range(200)] + sets[:5]
    calls = np.sort(rng.integers(0, len(sets), len(others)))
    calls[-5:] = len(sets) - 1
    stored = [b"\x01" * head + one.tobytes() for one in others]
    sizes = np.array([len(one) for one in others])
    asked = Others(sizes, lambda pairs: [stored[pair] for pair in pairs], head)
    found = Judge(0.5).similarities(words, calls, asked).tolist()
    exact = [
        len(np.intersect1d(sets[call], other)) / len(np.union1d(sets[call], other))
        for call, other in zip(calls, others, strict=True)
    ]
    assert sum(value >= 0.5 for value in exact) > 30
    for value, right in zip(found, exact, strict=True):
        assert value == right or (right < 0.5 and value == 0)
    assert len(Judge(0.5).similarities(words, calls[:0], Others(sizes[:0], lambda _: [], head))) == 0
