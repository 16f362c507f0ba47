"""What counts as boilerplate of a shard, and when a shard is looked at."""

import random

from services.clusterer.logic.boilerplate import FIRST_CALLS, SAMPLED_CALLS, Sample, learnt
from shared.tasks.boilerplate import MAX_RUNS, NO_RUNS, is_shared, word_hashes

FIRST = "read the request with care and call one function only the request is".split()  # noqa: SIM905
SECOND = "a colleague of the night shift left this note for you please act on it".split()  # noqa: SIM905
WORDS = [f"word{number}" for number in range(400)]


def turns(wrappers: list[list[str]], own: int, count: int = SAMPLED_CALLS, seed: int = 1) -> list[list[str]]:
    rng = random.Random(seed)
    return [[*wrappers[number % len(wrappers)], *rng.sample(WORDS, own)] for number in range(count)]


def of(sample: list[list[str]]) -> list[str]:
    """Words of the first turn that were learnt as boilerplate."""
    hashes = [word_hashes(turn) for turn in sample]
    shared = is_shared(hashes[0], learnt(hashes, len(hashes)))
    return [word for word, skipped in zip(sample[0], shared.tolist(), strict=True) if skipped]


def test_long_text_around_short_requests_is_boilerplate() -> None:
    assert of(turns([FIRST], 5)) == FIRST
    assert of(turns([FIRST, SECOND], 5)) == FIRST


def test_an_instruction_over_longer_texts_is_not() -> None:
    assert of(turns([FIRST, SECOND], 30)) == []


def test_nor_is_a_text_that_only_values_change_which_were_folded() -> None:
    assert of(turns([FIRST], 0)) == []
    assert of(turns([FIRST], 1)) == []


def test_nor_the_instruction_of_one_frequent_task_among_others() -> None:
    rng = random.Random(2)
    others = [rng.sample(WORDS, 15) for _ in range(SAMPLED_CALLS)]
    assert of([*turns([FIRST], 5, SAMPLED_CALLS // 2), *others]) == []


def test_a_sample_is_looked_at_when_calls_have_doubled_and_then_starts_anew() -> None:
    sample, looked = Sample(), []
    for number, turn in enumerate(turns([FIRST], 5, 2000), start=1):
        sample.add(number, turn, f"m{number % 2}")
        assert len(sample.turns) <= SAMPLED_CALLS
        held = Sample.decode(sample.encode())
        assert held.encode() == sample.encode()
        found, drowned = held.taken(number, NO_RUNS)
        assert (found, drowned) == sample.taken(number, NO_RUNS)
        if found:
            looked.append(number)
            assert set(drowned) <= {"m0", "m1"}
            assert sample.calls == 0
    assert looked == [FIRST_CALLS, 32, 64, 128, *range(256, 2000, 256)]


def test_a_table_has_a_limit() -> None:
    sample = Sample()
    long = [f"filler{number}" for number in range(900)]
    for number, turn in enumerate(turns([long], 5, FIRST_CALLS), start=1):
        sample.add(number, turn, "m")
    known = frozenset(range(MAX_RUNS - 3))
    assert len(sample.taken(FIRST_CALLS, known)[0]) == 3
