"""What spares the redactor work gives the same as the work itself."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest_redactor.logic.names.person import THRESHOLDS, person_mentions
from services.ingest_redactor.logic.names.scorer import DENSE_TOKENS, Scorer
from services.ingest_redactor.logic.names.tagger import (
    LABELS,
    SCALE,
    TOKEN,
    bucket,
    features,
    least_score,
    load_weights,
    name_score,
    place_score,
)
from services.ingest_redactor.logic.names.token_batch import TokenBatch
from services.ingest_redactor.logic.names.token_roles import CAPITALISED, roles_of
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner, plain
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request, ToolDefinition

SCORER = Scorer()
FORGETFUL = Scorer(capacity=16)
SCANNERS = {"pii": Scanner("pii"), "hipaa": Scanner("hipaa")}
REDACTORS = {name: Redactor(scanner) for name, scanner in SCANNERS.items()}
WORDS = [
    "Maria", "GARCIA", "O'Brien-Lee", "Anne's", "Wędrychowicz", "von", "Dr.", "Paris", "the order of", "B", "İlker", "x",
    "maria garcia", "7 Oak Street", "member id ABC-123456", "415-555-2671", "bob@example.com", "born 1985-03-12", "\n",
    "４１１１ 1111 1111 1111", "\u200b", "⟦NAME_3⟧", ", ", "a quiet and uneventful stretch of words that hold nobody", "_",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=80)


odd_texts = st.text(st.sampled_from("abZ09 -'’_\n\t.^é²٣𝟘𝐀\u00a0⟦⟧\x1c\x00\ud800") | st.characters(), max_size=30)


@settings(deadline=None, max_examples=300)
@given(st.lists(odd_texts | texts, max_size=5))
def test_tokens_of_a_batch_are_those_that_the_pattern_finds(contents: list[str]) -> None:
    batch = TokenBatch(contents)
    for at, text in enumerate(contents):
        spans = batch.spans(at)
        expected = [match.span() for match in TOKEN.finditer(text)]
        assert spans.cut(text) == TOKEN.findall(text)
        assert [spans[index] for index in range(len(expected))] == expected
    tokens = [batch[at] for at in range(len(batch))]
    hashes = batch.hashes.tolist()
    assert len(set(zip(tokens, hashes, strict=True))) == len(set(tokens)) == len(set(hashes))


@settings(deadline=None, max_examples=200)
@given(texts)
def test_remembered_sums_are_the_sums_of_the_features(text: str) -> None:
    tokens = TOKEN.findall(text)
    scores = SCORER.scores(text)
    assert sorted(scores) == [at for at, token in enumerate(tokens) if roles_of(token) & CAPITALISED]
    for at, score in scores.items():
        expected = tuple(sum(table[bucket(feature)] for feature in features(tokens, at)) for table in load_weights())
        assert (name_score(score), place_score(score)) == expected
        assert (score >= least_score(-SCALE)) == (name_score(score) >= -SCALE)
    assert len(LABELS) == 2


@settings(deadline=None, max_examples=100)
@given(st.lists(texts, max_size=8), st.sampled_from(sorted(THRESHOLDS)))
def test_names_of_a_batch_are_those_of_each_text_by_a_fresh_scorer(contents: list[str], profile: str) -> None:
    together = person_mentions(contents, FORGETFUL, THRESHOLDS[profile])
    assert together == [person_mentions([text], SCORER, THRESHOLDS[profile])[0] for text in contents]


def test_a_text_of_too_many_capitalised_words_is_read_by_the_lists_alone() -> None:
    contents = ["Ask Maria Garcia", "Xyzzy " * DENSE_TOKENS + "Maria", "Maria Garcia again"]
    found = dict(SCORER.candidates(TokenBatch(contents), THRESHOLDS["pii"]))
    assert [found[at].is_dense for at in range(3)] == [False, True, False]
    assert found[1].capitalised == [DENSE_TOKENS]
    mentions = person_mentions(contents, SCORER, THRESHOLDS["pii"])
    assert [[mention.canonical for mention in of_text] for of_text in mentions] == [
        ["maria|garcia"],
        ["maria"],
        ["maria|garcia"],
    ]
    sparser = TokenBatch([contents[1].removeprefix("Xyzzy ")])
    assert not any(candidates.is_dense for _, candidates in SCORER.candidates(sparser, THRESHOLDS["pii"]))


def test_a_scorer_whose_table_is_full_starts_anew() -> None:
    scorer = Scorer(capacity=64)
    words = " ".join(f"word{number}" for number in range(300))
    for text in ("Ask Maria Garcia", words, "Ask Maria Garcia", words + " Maria Garcia"):
        assert scorer.scores(text) == SCORER.scores(text)
        assert scorer.known_tokens <= max(64, len(text.split()) + 1)
    assert scorer.scores("Ask Maria Garcia") == SCORER.scores("Ask Maria Garcia")
    assert scorer.scores("Ask somebody New") and scorer.known_tokens <= 64


@settings(deadline=None, max_examples=200)
@given(texts, st.sampled_from(sorted(SCANNERS)))
def test_a_redacted_text_scanned_again_is_scanned_as_the_whole(text: str, profile: str) -> None:
    once, _ = REDACTORS[profile].redact_text(text)
    assert SCANNERS[profile].scan(once) == SCANNERS[profile].scan(once, again=True) == []


POISON = ["Maria " * 20_000, json.dumps([{"type": "hologram"}])]


@settings(deadline=None, max_examples=50)
@given(st.lists(texts | st.sampled_from(POISON), max_size=6), st.sampled_from(sorted(SCANNERS)))
def test_calls_redacted_together_are_redacted_as_each_alone(contents: list[str], profile: str) -> None:
    redactor = REDACTORS[profile]
    tool = ToolDefinition(name="f", description="Finds Maria and the price", parameters_json="{}")
    calls = [
        (Request(messages=(_message(text),), tools=(tool,) if at % 2 else ()), Answer(content=text[::2]))
        for at, text in enumerate(contents)
    ]
    for call, together in zip(calls, redactor.redact_all(calls), strict=True):
        try:
            assert together == redactor.redact(*call)
        except PoisonError as error:
            assert isinstance(together, PoisonError)
            assert (together.reason, together.detail) == (error.reason, error.detail)


def _message(text: str) -> ChatMessage:
    is_parts = text == POISON[1]
    return ChatMessage(role="user", content=None if is_parts else text, parts_json=text if is_parts else None)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_plain_text_is_each_character_made_plain(text: str) -> None:
    seen, places = plain(text)
    assert seen == "".join(plain(char)[0] for char in text)
    if places is not None:
        assert len(places) == len(seen) + 1
