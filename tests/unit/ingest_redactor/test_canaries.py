"""Canaries: planted secrets through every way in which a record can fail reach no result, no reason and no log."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from services.ingest_redactor.logic.eligibility import Limits
from services.ingest_redactor.logic.scanner import Scanner
from services.ingest_redactor.processor import application
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.events.observations import ObservationRaw
from shared.stream.outcome import Emit, Rejected, Skipped
from shared.stream.testing import Harness

CANARIES = ("canary.bird@example.com", "4111 1111 1111 1111", "sk-canarycanarycanary1234", "Zyxwyn Canarybird")
TEXT = f"My name is {CANARIES[3]}, mail {CANARIES[0]}, card {CANARIES[1]}, key {CANARIES[2]}."
LIMITS = Limits(max_cost_usd=0.5, verified_labels=frozenset(), unsafe_labels=frozenset())
EVENT = ObservationRaw(
    event_id="e1",
    tenant="acme",
    episode="p1",
    occurred_at_ms=1,
    request=Request(messages=(ChatMessage(role="user", content=TEXT),)),
    answer=Answer(content=TEXT, tool_calls=(ToolCall(name="f", arguments_json=json.dumps({"note": TEXT})),)),
)
MANY = " ".join(f"canary{number}@example.com" for number in range(1500))


def asking(**changes: Any) -> ObservationRaw:
    return replace(EVENT, request=replace(EVENT.request, messages=(ChatMessage(role="user", **changes),)))


class _Breaking(Scanner):
    def __init__(self, error: Exception) -> None:
        super().__init__("pii")
        self._error = error

    def scan_all(self, texts: list[str], *, again: bool = False) -> list[Any]:
        raise self._error


class _NeverSettling(Scanner):
    """Finds something new in what it has replaced, for ever."""

    def scan_all(self, texts: list[str], *, again: bool = False) -> list[Any]:
        from services.ingest_redactor.logic.mentions import Mention

        return [[Mention(0, 1, "ID", f"{len(text)}{text[:1]}", "d1", 0)] for text in texts]


FAILING = {
    "picture": asking(parts_json=json.dumps([{"type": "image_url", "image_url": {"url": TEXT}}])),
    "unknown part": asking(parts_json=json.dumps([{"type": "hologram", "text": TEXT}])),
    "parts that are no list": asking(parts_json=json.dumps({"type": "text", "text": TEXT})),
    "parts that are no json": asking(parts_json=f"[{TEXT}"),
    "too many entities": asking(content=MANY),
    "too many mentions": asking(content=f"{CANARIES[0]} " * 20_000),
    "event id": replace(EVENT, event_id=CANARIES[0]),
    "parent event id": replace(EVENT, parent_event_id=CANARIES[0]),
}
BREAKING = {
    "rule raises": _Breaking(RuntimeError(TEXT)),
    "rule recurses": _Breaking(RecursionError(TEXT)),
    "memory": _Breaking(MemoryError(TEXT)),
    "codec": _Breaking(UnicodeDecodeError("utf-8", TEXT.encode(), 0, 1, TEXT)),
    "never settles": _NeverSettling("pii"),
}
PASSING = {
    "plain": EVENT,
    "broken arguments": replace(
        EVENT, answer=Answer(tool_calls=(ToolCall(name="f", arguments_json=f'{{"a": "{TEXT}"'),))
    ),
    "tool definition": replace(
        EVENT, request=replace(EVENT.request, tools=(ToolDefinition(name="f", description=TEXT, parameters_json="{"),))
    ),
    "options": replace(EVENT, request=replace(EVENT.request, options_json=json.dumps({"user": TEXT, "stop": [TEXT]}))),
    "options that are no json": replace(EVENT, request=replace(EVENT.request, options_json=TEXT)),
    "label, producer, trace": replace(EVENT, outcome_label=TEXT, producer=TEXT, traceparent=TEXT, episode=TEXT),
    "deeply nested": asking(
        content=json.dumps({"a": json.dumps({"b": json.dumps({"c": json.dumps({"d": json.dumps([TEXT])})})})})
    ),
}


def results(event: ObservationRaw, scanner: Scanner | None = None) -> list[Any]:
    return Harness(application(hash_key=b"key", profile="pii", limits=LIMITS, scanner=scanner)).feed([event])


def assert_silent(outcome: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    written = repr(outcome) + caplog.text
    assert not [canary for canary in (*CANARIES, "Canarybird", "canary") if canary in written]


@pytest.mark.parametrize("way", sorted(FAILING))
def test_what_cannot_be_redacted_is_rejected_without_a_word_of_it(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = results(FAILING[way])
    assert [type(one) for one in outcome] == [Rejected]
    assert_silent(outcome, caplog)


@pytest.mark.parametrize("way", sorted(BREAKING))
def test_whatever_a_rule_raises_rejects_without_its_message(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = results(EVENT, BREAKING[way])
    assert [type(one) for one in outcome] == [Rejected]
    assert_silent(outcome, caplog)


@pytest.mark.parametrize("way", sorted(PASSING))
def test_what_passes_passes_without_them(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = results(PASSING[way])
    assert [type(one) for one in outcome] == [Emit]
    assert_silent(outcome, caplog)


@pytest.mark.parametrize(
    "said",
    [
        "Please ask Prof. Quillon Canarybird, card 4111 1111 1111 1111.",
        "Please ask Professor Quillon Canarybird.",
        "Dr. Quillon Canarybird, room 4, will call.",
    ],
)
def test_after_a_title_first_and_last_name_go_though_no_list_knows_them(
    said: str, caplog: pytest.LogCaptureFixture
) -> None:
    (outcome,) = results(asking(content=said))
    assert isinstance(outcome, Emit) and "Quillon" not in repr(outcome.outputs[0].event.request)
    assert_silent([outcome.outputs[0].event.request], caplog)


def test_anonymised_calls_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    outcome = results(replace(EVENT, anonymised=True))
    assert outcome == [Skipped("anonymised")]
    assert_silent(outcome, caplog)
