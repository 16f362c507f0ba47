"""What spares the redactor work gives the same as the work itself."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner, plain
from services.ingest_redactor.logic.tagger import (
    ASCII_TOKEN,
    LABELS,
    SCALE,
    TOKEN,
    Tagger,
    bucket,
    features,
    least_score,
    load_weights,
    name_score,
    place_score,
)
from services.ingest_redactor.logic.token_spans import TokenSpans
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request, ToolDefinition

TAGGER = Tagger()
SCANNERS = {"pii": Scanner("pii"), "hipaa": Scanner("hipaa")}
REDACTORS = {name: Redactor(scanner) for name, scanner in SCANNERS.items()}
WORDS = [
    "Maria", "GARCIA", "O'Brien-Lee", "Anne's", "Wędrychowicz", "von", "Dr.", "Paris", "the order of", "B", "İlker", "x",
    "maria garcia", "7 Oak Street", "member id ABC-123456", "415-555-2671", "bob@example.com", "born 1985-03-12", "\n",
    "４１１１ 1111 1111 1111", "\u200b", "⟦NAME_3⟧", ", ", "a quiet and uneventful stretch of words that hold nobody", "_",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=80)


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(max_codepoint=127) | st.sampled_from("⟦⟧")))
def test_tokens_of_ascii_are_the_tokens(text: str) -> None:
    assert ASCII_TOKEN.findall(text) == TOKEN.findall(text)


@settings(deadline=None, max_examples=200)
@given(texts)
def test_remembered_sums_are_the_sums_of_the_features(text: str) -> None:
    tokens = TOKEN.findall(text)
    expected = [
        tuple(sum(table[bucket(feature)] for feature in features(tokens, at)) for table in load_weights())
        for at in range(len(tokens))
    ]
    scores = TAGGER.scores(tokens, range(len(tokens)))
    assert [(name_score(score), place_score(score)) for score in scores] == expected
    assert len(LABELS) == 2
    for score in scores:
        assert (score >= least_score(-SCALE)) == (name_score(score) >= -SCALE)


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


@given(st.text(max_size=80), st.integers(-1, 2))
def test_a_token_stands_where_the_pattern_finds_it(text: str, offset: int) -> None:
    expected = [match.span() for match in TOKEN.finditer(text)]
    spans = TokenSpans(text, TOKEN.findall(text))
    asked = [*range(len(expected))[::3], *range(len(expected))[:: offset or 1]]
    assert [spans[at] for at in asked] == [expected[at] for at in asked]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_plain_text_is_each_character_made_plain(text: str) -> None:
    seen, places = plain(text)
    assert seen == "".join(plain(char)[0] for char in text)
    if places is not None:
        assert len(places) == len(seen) + 1
