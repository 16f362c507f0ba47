"""The redactor as a processor: proof on each record, eligibility, and failing closed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.ingest_redactor.logic.anchor import anchor_date
from services.ingest_redactor.logic.eligibility import Limits, untrainable_reason
from services.ingest_redactor.logic.scanner import Scanner
from services.ingest_redactor.processor import application
from shared.events.calls import Answer, Attempt, ChatMessage, Request, RoutingDecision, ToolCall
from shared.events.observations import ObservationRaw, ObservationRedacted
from shared.events.vocabulary import AttemptVerdict, CallOutcome, ModelKind
from shared.stream.outcome import Emit, Rejected, Skipped
from shared.stream.testing import Harness
from shared.tasks import identity

KEY = b"key"
LIMITS = Limits(max_cost_usd=0.5, verified_labels=frozenset({"verified"}), unsafe_labels=frozenset({"unsafe"}))
SCANNER = Scanner("pii")
REQUEST = Request(
    messages=(
        ChatMessage(role="system", content="You are support. Today is 2026-03-02."),
        ChatMessage(role="user", content="Refund Maria Garcia, maria.garcia@example.com"),
    )
)
EVENT = ObservationRaw(
    event_id="e1",
    tenant="acme",
    episode="p1",
    occurred_at_ms=1_700_000_000_000,
    request=REQUEST,
    answer=Answer(tool_calls=(ToolCall(name="refund", arguments_json='{"email": "maria.garcia@example.com"}'),)),
    attempts=(Attempt(model="base/big", kind=ModelKind.FRONTIER, verdict=AttemptVerdict.OK, cost_usd=0.01),),
)


def harness() -> Harness:
    return Harness(application(hash_key=KEY, profile="pii", limits=LIMITS, scanner=SCANNER))


def redacted(event: ObservationRaw) -> ObservationRedacted:
    (result,) = harness().feed([event])
    assert isinstance(result, Emit)
    output = result.outputs[0]
    assert output.topic == "observation.redacted"
    assert output.key == output.event.task_key
    assert isinstance(output.event, ObservationRedacted)
    return output.event


def test_a_record_carries_its_proof_and_hashes_of_the_raw_values() -> None:
    event = redacted(EVENT)
    assert event.proof.counts == {"EMAIL": 1, "NAME": 1}
    assert (event.proof.profile, event.proof.source_partition, event.proof.source_offset) == ("pii", 0, 0)
    assert event.task_key == identity.task_key(REQUEST, "acme", KEY)
    assert event.step_hash == identity.step_hash(REQUEST, KEY)
    assert event.answer_hash == identity.answer_hash(EVENT.answer, KEY)
    assert event.prompt_hash == identity.prompt_hash(REQUEST, KEY)
    assert event.anchor_date == "2026-03-02"
    assert event.untrainable_reason is None
    assert "aria" not in repr(event)


def test_identifiers_outside_the_conversation_are_hidden_too() -> None:
    event = redacted(
        replace(
            EVENT,
            episode="maria.garcia@example.com",
            outcome_label="told Maria Garcia",
            producer="gateway of ann@example.com",
            traceparent="ann@example.com",
            attempts=(replace(EVENT.attempts[0], escalation_reason="bad value maria.garcia@example.com"),),
        )
    )
    assert "example.com" not in repr(event)
    assert "Maria" not in repr(event)


def test_anonymised_calls_and_tombstones_are_skipped() -> None:
    assert harness().feed([replace(EVENT, anonymised=True), None]) == [Skipped("anonymised"), Skipped("tombstone")]


@pytest.mark.parametrize("event_id", ["ann@example.com", "4111111111111111", "MRN 1234567"])
def test_an_event_id_that_names_someone_is_refused(event_id: str) -> None:
    (result,) = harness().feed([replace(EVENT, event_id=event_id)])
    assert isinstance(result, Rejected)
    assert result.reason == "identifier_in_event_id"


@pytest.mark.parametrize("event_id", ["deacfc94c3c9a81e96b1a13a18a5778e", "dea8aec0-b0b8-e34a-8a02-59a2579aba5f"])
def test_a_random_event_id_names_nobody_whatever_its_letters_spell(event_id: str) -> None:
    (result,) = harness().feed([replace(EVENT, event_id=event_id)])
    assert not isinstance(result, Rejected)


class _Broken(Scanner):
    def scan_all(self, texts: list[str], *, again: bool = False) -> list[Any]:
        raise RuntimeError(f"leaks {texts}")


class _BrokenByOne(Scanner):
    def scan_all(self, texts: list[str], *, again: bool = False) -> list[Any]:
        if any("unlucky" in text for text in texts):
            raise RuntimeError
        return super().scan_all(texts, again=again)


def test_a_record_that_breaks_a_rule_takes_no_other_of_its_batch_along() -> None:
    app = application(hash_key=KEY, profile="pii", limits=LIMITS, scanner=_BrokenByOne("pii"))
    unlucky = replace(EVENT, answer=Answer(content="an unlucky one"))
    outcome = Harness(app).feed([EVENT, unlucky, EVENT])
    assert [type(one) for one in outcome] == [Emit, Rejected, Emit]


def test_any_exception_rejects_the_record_without_a_word_of_its_content() -> None:
    app = application(hash_key=KEY, profile="pii", limits=LIMITS, scanner=_Broken("pii"))
    assert app.keep_dead_letter_payload is False
    assert Harness(app).feed([EVENT]) == [Rejected("redaction_error", "RuntimeError")]


def test_a_bad_record_does_not_take_its_neighbours_along() -> None:
    picture = ChatMessage(role="user", parts_json='[{"type": "image_url", "image_url": {"url": "x"}}]')
    results: Sequence[Any] = harness().feed([EVENT, replace(EVENT, request=Request(messages=(picture,))), EVENT])
    assert [type(result) for result in results] == [Emit, Rejected, Emit]
    assert results[1].reason == "unknown_content_part"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"outcome": CallOutcome.ERROR}, "outcome_error"),
        ({"answer": None}, "no_answer"),
        ({"answer": Answer(content="")}, "no_answer"),
        ({"outcome_label": "unsafe"}, "unsafe"),
        ({"answer": Answer(content="x", finish_reason="content_filter")}, "unsafe"),
        ({"answer": Answer(content="I'm sorry, but I can't help with that.")}, "refusal"),
        ({"answer": Answer(content="I can't wait to help! Done.")}, None),
        ({"attempts": ()}, "not_frontier"),
        ({"attempts": (), "outcome_label": "Verified"}, None),
        ({"attempts": (replace(EVENT.attempts[0], kind=ModelKind.SPECIALIST),)}, "not_frontier"),
        ({"attempts": (replace(EVENT.attempts[0], verdict=AttemptVerdict.ERROR),)}, "not_frontier"),
        ({"attempts": (*EVENT.attempts, replace(EVENT.attempts[0], kind=ModelKind.SPECIALIST))}, "not_frontier"),
        (
            {
                "attempts": (
                    replace(EVENT.attempts[0], kind=ModelKind.SPECIALIST, verdict=AttemptVerdict.FORMAT_ERROR),
                    *EVENT.attempts,
                )
            },
            None,
        ),
        ({"attempts": (replace(EVENT.attempts[0], cost_usd=0.6),)}, "cost_ceiling"),
    ],
)
def test_what_keeps_a_call_out_of_training(change: dict[str, Any], reason: str | None) -> None:
    assert untrainable_reason(replace(EVENT, **change), LIMITS, unlinked=False) == reason


def test_values_without_a_link_and_foreign_task_keys_keep_a_call_out() -> None:
    stranger = Answer(tool_calls=(ToolCall(name="refund", arguments_json='{"email": "bob@example.com"}'),))
    assert redacted(replace(EVENT, answer=stranger)).untrainable_reason == "unlinked"
    routing = RoutingDecision(decision_id="d", task_key="another")
    assert redacted(replace(EVENT, routing=routing)).untrainable_reason == "task_key_mismatch"
    same = replace(routing, task_key=identity.task_key(REQUEST, "acme", KEY))
    assert redacted(replace(EVENT, routing=same)).untrainable_reason is None


def test_an_answer_that_counts_from_a_day_that_nobody_told_keeps_a_call_out() -> None:
    def reason(system: str, day: str) -> str | None:
        messages = (
            ChatMessage(role="system", content=system),
            ChatMessage(role="user", content="Book it for tomorrow"),
        )
        call = ToolCall(name="book", arguments_json=json.dumps({"day": day}))
        return redacted(
            replace(EVENT, request=Request(messages=messages), answer=Answer(tool_calls=(call,)))
        ).untrainable_reason

    assert reason("You book tables.", "2026-03-03") == "no_anchor"
    assert reason("You book tables. Today is 2026-03-02.", "2026-03-03") is None
    assert reason("You book tables.", "tomorrow") is None


def test_the_anchor_is_the_first_date_of_the_system_messages() -> None:
    def of(text: str, role: str = "system") -> str | None:
        return anchor_date(Request(messages=(ChatMessage(role=role, content=text),)))

    assert of("Today is March 3, 2026, not 2020-01-01.") == "2026-03-03"
    assert of("Tage: 99 Foo 2020") is None
    assert of("2026-03-02", role="user") is None


def test_the_wider_profile_hides_dates_as_well() -> None:
    app = application(hash_key=KEY, profile="hipaa", limits=LIMITS)
    (result,) = Harness(app).feed([EVENT])
    assert isinstance(result, Emit)
    event = result.outputs[0].event
    assert event.request.messages[0].content == "You are support. Today is ⟦DATE_1:iso.mon+0⟧."
    assert event.anchor_date is None
