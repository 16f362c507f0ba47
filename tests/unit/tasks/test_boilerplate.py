"""Boilerplate as router and clusterer leave it out."""

import numpy as np

from shared.events.calls import ChatMessage, Request
from shared.tasks import features
from shared.tasks.boilerplate import NO_RUNS, Runs, as_weights, from_weights, own_words, run_hashes, word_hashes
from shared.tasks.features import Featuriser

SHARED = "read the request with care and call one function only the request is".split()  # noqa: SIM905


def table_of(*texts: list[str]) -> Runs:
    return frozenset(run for words in texts for run in run_hashes(word_hashes(words)))


def test_only_words_outside_of_shared_runs_are_left() -> None:
    asked = ["close", "my", "account"]
    table = table_of(SHARED)
    assert own_words([*SHARED, *asked], table) == tuple(asked)
    assert own_words([*asked, *SHARED], table) == tuple(asked)
    assert own_words([*asked, *SHARED[:2]], table) == (*asked, *SHARED[:2])
    assert own_words([*SHARED, *asked], NO_RUNS) == (*SHARED, *asked)


def test_a_slot_inside_of_boilerplate_goes_with_it() -> None:
    table = table_of(SHARED[:6], SHARED[6:])
    assert own_words([*SHARED[:6], "golden", *SHARED[6:], "close", "it"], table) == ("close", "it")
    long = ["close", "my", "old", "account"]
    assert own_words([*SHARED[:6], *long, *SHARED[6:]], table) == tuple(long)


def test_what_is_as_short_as_a_slot_is_kept_where_nothing_else_is_said() -> None:
    table = table_of(SHARED[:6], SHARED[6:])
    assert own_words([*SHARED[:6], "close", *SHARED[6:]], table) == ("close",)
    assert own_words(SHARED, table_of(SHARED)) == tuple(SHARED)


def test_a_matcher_carries_the_table_beside_its_weights_and_no_words() -> None:
    table = table_of(SHARED)
    weights = {**features.WEIGHTS, **as_weights(table)}
    assert from_weights(weights) == (table, dict(features.WEIGHTS))
    assert not any(word in token for token in as_weights(table) for word in SHARED if len(word) > 3)


def test_features_beside_boilerplate_are_those_of_the_rest() -> None:
    featuriser = Featuriser(features.load_wordllama())
    ask = "cancel the booking for tonight"
    alone = featuriser.raw(Request(messages=(ChatMessage(role="user", content=ask),)))
    inside = featuriser.raw(Request(messages=(ChatMessage(role="user", content=f"{' '.join(SHARED)} {ask}"),)))
    rest = featuriser.without(inside, table_of(SHARED))
    assert rest.words == alone.words
    assert rest.tokens == alone.tokens
    assert np.array_equal(rest.embedding, alone.embedding)
    assert featuriser.without(alone, table_of(SHARED)) is alone


def test_of_a_very_long_turn_both_ends_count() -> None:
    featuriser = Featuriser(features.load_wordllama())
    filling = "and so on and on " * 2000
    raw = featuriser.raw(Request(messages=(ChatMessage(role="user", content=f"cancel {filling} the booking"),)))
    assert raw.words[0] == "cancel"
    assert raw.words[-1] == "booking"
    assert len(" ".join(raw.words)) <= features.MAX_TEXT_CHARS
