"""Answers compared through a real HTTP client: parity, format, deferral, time-outs, and a specialist that is not there."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from services.shadow_evaluator.processor import ShadowEvaluator
from shared.clock import ManualClock
from shared.errors import FatalError
from shared.events import ModelRegistered, ObservationClustered, ShadowCompared
from shared.events.calls import Answer, ToolCall
from shared.events.vocabulary import AttemptVerdict
from shared.prompting.surrogates import Surrogates
from shared.stream.outcome import Deferred, Emitted, Result, Skipped
from shared.stream.records import Message
from shared.stream.testing import FixedTables, handle_all

Seen = Callable[..., ObservationClustered]


def run(evaluator: ShadowEvaluator, tables: FixedTables, *events: Any) -> list[Result]:
    messages = [Message("observation.clustered", 0, 500 + index, 0, "c1", event) for index, event in enumerate(events)]
    return asyncio.run(handle_all(evaluator, messages, tables))


def one(evaluator: ShadowEvaluator, tables: FixedTables, event: ObservationClustered) -> ShadowCompared:
    (result,) = run(evaluator, tables, event)
    assert isinstance(result, Emitted) and len(result.outputs) == 1, result
    emit = result.outputs[0]
    assert (emit.topic, emit.key) == ("shadow.compared", "c1")
    assert isinstance(emit.event, ShadowCompared)
    return emit.event


def good_answer(prompt: str) -> str:
    """What a perfect specialist says: the values as they stand in its prompt."""
    order, mail = re.findall(r"Order (\S+) of (\S+), please", prompt)[0]
    return json.dumps({"name": "track", "arguments": {"mail": mail.upper(), "order": order}})


def test_the_same_call_is_parity_on_surrogates(evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any) -> None:  # fmt: skip
    server.says = good_answer
    event = one(evaluator, tables, seen(1))
    assert event.comparable and event.parity and event.format_valid and not event.would_escalate
    assert event.verdict is AttemptVerdict.OK and event.precision == event.recall == 1.0
    assert event.specialist_digest == event.frontier_digest != ""
    assert event.frontier_latency_ms == 900.0 and event.frontier_cost_usd == 0.001
    assert event.cost_usd == pytest.approx((30 * 0.00002 + 12 * 0.0003) / 1000)
    assert event.latency_ms > 0 and event.ttft_ms is not None and event.compared_at_ms > 0
    assert event.slices == {"tenant": "t", "sub_key": "user", "prompt_tokens": "<=64"}
    (prompt,) = server.prompts
    mail = Surrogates("e1", "shadow").text("⟦EMAIL_1⟧")
    assert mail in prompt and "⟦" not in prompt
    assert server.headers[0]["authorization"] == "Bearer secret"
    assert not event.in_training_family and one(evaluator, tables, seen(2, family="e9")).in_training_family


@pytest.mark.parametrize(
    ("text", "verdict", "valid"),
    [
        ('{"name":"track","arguments":{"order":"wrong"}}', AttemptVerdict.OK, True),
        ('{"name":"track","arguments":{"mail":"x"}}', AttemptVerdict.FORMAT_ERROR, False),
        ("I would track it", AttemptVerdict.FORMAT_ERROR, False),
        ("DEFER", AttemptVerdict.DEFERRED, True),
    ],
)
def test_other_answers_are_no_parity(
    evaluator: ShadowEvaluator,
    tables: FixedTables,
    seen: Seen,
    server: Any,
    text: str,
    verdict: AttemptVerdict,
    valid: bool,
) -> None:
    server.says = lambda _prompt: text
    event = one(evaluator, tables, seen(1))
    assert (event.verdict, event.format_valid, event.parity) == (verdict, valid, False)
    assert event.comparable and event.would_escalate is (verdict is not AttemptVerdict.OK)


def test_free_arguments_are_left_out(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, entry: ModelRegistered
) -> None:
    server.says = lambda _prompt: '{"name":"track","arguments":{"order":"A1","mail":"another"}}'
    assert not one(evaluator, tables, seen(1)).parity
    assert entry.training is not None
    tables.set("model.registered", entry.model, replace(entry, training=replace(entry.training, free_arguments=("track.mail",))))  # fmt: skip
    assert one(evaluator, tables, seen(1)).parity


@pytest.mark.parametrize(("text", "parity"), [("DEFER", True), ('{"name":"track","arguments":{"order":"A1"}}', False)])
def test_an_answer_without_calls_is_matched_by_deferral_alone(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, text: str, parity: bool
) -> None:
    server.says = lambda _prompt: text
    event = one(evaluator, tables, seen(1, answer=Answer(content="No such order.")))
    assert event.frontier_without_calls and event.parity is parity and event.frontier_digest == ""


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (httpx.ReadTimeout("slow"), AttemptVerdict.TIMEOUT),
        (httpx.ReadError("reset"), AttemptVerdict.ERROR),
        (httpx.Response(500, text="boom"), AttemptVerdict.ERROR),
        (httpx.Response(400, json={"error": {"code": "context_length_exceeded"}}), AttemptVerdict.TOO_LONG),
    ],
)
def test_failures_are_results(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, failure: Any, verdict: AttemptVerdict
) -> None:
    server.says = lambda _prompt: failure
    event = one(evaluator, tables, seen(1))
    assert event.verdict is verdict and event.comparable and event.would_escalate
    assert not event.format_valid and not event.parity and event.cost_usd > 0


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (httpx.Response(404, json={"error": {"code": "model_not_found"}}), "adapter_missing"),
        (httpx.Response(503, json={"error": {"code": "not_ready"}}), "server_away"),
        (httpx.ConnectError("refused"), "server_away"),
    ],
)
def test_a_specialist_that_is_not_there_is_waited_for(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, failure: Any, reason: str
) -> None:
    server.says = lambda _prompt: failure
    (result,) = run(evaluator, tables, seen(1))
    assert isinstance(result, Deferred) and result.reason == reason
    server.says = good_answer
    assert one(evaluator, tables, seen(1)).parity, "a call that was put off is compared later"


def test_a_specialist_that_never_loads_does_not_hold_up_the_others(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, clock: ManualClock
) -> None:
    server.says = lambda _prompt: httpx.Response(404)
    assert isinstance(run(evaluator, tables, seen(1))[0], Deferred)
    clock.advance(61)
    assert run(evaluator, tables, seen(1), seen(2)) == [Skipped("adapter_missing")] * 2
    server.says = good_answer
    assert one(evaluator, tables, seen(3)).parity
    server.says = lambda _prompt: httpx.Response(404)
    assert isinstance(run(evaluator, tables, seen(4))[0], Deferred), "its patience begins again"


def test_a_model_that_is_not_registered_yet_is_waited_for(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, entry: ModelRegistered
) -> None:
    tables.set("model.registered", entry.model, None)
    (result,) = run(evaluator, tables, seen(1))
    assert isinstance(result, Deferred) and result.reason == "model_unknown"


def test_a_refused_token_stops_the_process(evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any) -> None:  # fmt: skip
    server.says = lambda _prompt: httpx.Response(401)
    with pytest.raises(FatalError, match="FLYWHEEL_SHADOW__TOKEN"):
        run(evaluator, tables, seen(1))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [('{"order":"⟦ACCOUNT_3⟧"}', "unlinked"), ('{"mail":"⟦EMAIL_1⟧"}', "answer_breaks_schema")],
)
def test_what_cannot_be_judged_by_is_told_and_not_asked(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any, arguments: str, reason: str
) -> None:
    answer = Answer(tool_calls=(ToolCall(name="track", arguments_json=arguments),))
    event = one(evaluator, tables, seen(1, answer=answer))
    assert not event.comparable and event.slices["left_out"] == reason and server.prompts == []


def test_a_prompt_the_router_would_not_send_is_no_comparison(
    evaluator: ShadowEvaluator, tables: FixedTables, seen: Seen, server: Any
) -> None:
    call = seen(1)
    long = replace(call.request.messages[0], content=f"Order A1 of ⟦EMAIL_1⟧, please {'more ' * 200}")
    event = one(evaluator, tables, seen(1, request=replace(call.request, messages=(long,))))
    assert not event.comparable and event.verdict is AttemptVerdict.TOO_LONG and event.would_escalate
    assert server.prompts == []
