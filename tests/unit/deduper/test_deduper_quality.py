"""Seeded floors: recall against brute force and datasketch, false flags, what narrow traffic keeps, memory."""

import tracemalloc
from random import Random

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from services.deduper.logic.verdicts import Span
from services.deduper.processor import application
from shared.events.observations import ObservationUnique
from shared.stream.outcome import Emit
from shared.stream.testing import Harness
from tests.bench.curation import documents

SPAN = Span(generations=3, generation_ms=10**12, generation_records=10**6)


def unique(texts: list[str]) -> list[ObservationUnique]:
    harness = Harness(application(threshold=0.8, span=SPAN))
    made = []
    for first in range(0, len(texts), 250):
        results = harness.feed([documents.event(first + n, text) for n, text in enumerate(texts[first : first + 250])])
        made += [result.outputs[0].event for result in results if isinstance(result, Emit)]
    return made


def near_the_threshold(count: int, seed: int) -> list[str]:
    """Pairs at Jaccard 0.7 to 0.95, of 12 to 130 words."""
    rng = Random(seed)
    words = documents.vocabulary(8000, seed)
    texts = []
    for _ in range(count):
        one = rng.sample(words, rng.randint(12, 130))
        other = list(one)
        for place in rng.sample(range(len(one)), round(len(one) * rng.uniform(0.02, 0.17))):
            other[place] = rng.choice(words)
        rng.shuffle(other)
        texts += [" ".join(one), " ".join(other)]
    return texts


def test_recall_at_the_threshold_and_no_false_families() -> None:
    texts = near_the_threshold(600, 3)
    made = unique(texts)
    wanted = found = found_by_datasketch = 0
    for first in range(0, len(texts), 2):
        left, right = (documents.words_of(text) for text in texts[first : first + 2])
        exact = len(left & right) / len(left | right)
        flagged = made[first + 1].family == made[first].event_id
        assert flagged or made[first + 1].family == made[first + 1].event_id
        assert not flagged or made[first + 1].family_similarity == exact >= 0.8
        assert made[first].family == made[first].event_id
        if exact >= 0.8:
            wanted += 1
            found += flagged
            index = MinHashLSH(num_perm=126, params=(21, 6))
            sketches = []
            for words in (left, right):
                sketch = MinHash(num_perm=126)
                sketch.update_batch([word.encode() for word in sorted(words)])
                sketches.append(sketch)
            index.insert("left", sketches[0])
            found_by_datasketch += bool(index.query(sketches[1]))
    assert wanted > 300
    assert found / wanted >= 0.99
    assert found >= found_by_datasketch - 0.01 * wanted


@pytest.mark.parametrize("template", [0, 1])
def test_narrow_traffic_keeps_its_distinct_calls_and_finds_its_families(template: int) -> None:
    texts = documents.narrow(700, 9, template)
    made = unique(texts)
    assert sum(one.repeat_of is None and bool(one.request.messages[0].content) for one in made) >= 0.95 * len(texts)
    original = np.array([one.family == one.event_id for one in made])
    wanted = found = 0
    for first, rows in documents.exact_jaccard(texts):
        for number, row in enumerate(rows, start=first):
            if (row[:number] * original[:number]).max(initial=0.0) >= 0.8:
                wanted += 1
                found += not original[number]
            else:
                assert original[number]
    assert wanted > 200
    assert found / wanted >= 0.99


def test_a_document_of_120_words_takes_no_more_than_1400_bytes() -> None:
    words = documents.vocabulary(20_000, 5)
    harness = Harness(application(threshold=0.8, span=SPAN))
    texts = list(documents.generated(6000, 6, words))
    assert 110 <= np.mean([len(documents.words_of(text)) for text in texts[:200]]) <= 130
    Harness(application(threshold=0.8, span=SPAN)).feed([documents.event(0, texts[0])])  # tables that all windows share
    tracemalloc.start()
    try:
        for first in range(0, len(texts), 500):
            harness.feed([documents.event(first + n, text) for n, text in enumerate(texts[first : first + 500])])
            harness.outputs.clear()
            harness.results.clear()
            harness.changelog.clear()
        assert tracemalloc.get_traced_memory()[0] / len(texts) <= 1400
    finally:
        tracemalloc.stop()
