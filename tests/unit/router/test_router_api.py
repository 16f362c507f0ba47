"""The router's HTTP face over fakes: who answers, what is shown, what is observed, and what a failure looks like."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from shared.events.vocabulary import AttemptVerdict, CallOutcome, OutcomeKind
from tests.unit.router.router_fakes import (
    GOOD_ANSWER,
    SPECIALIST,
    TOOL,
    Routed,
    frontier_whole,
    routed,
    specialist_says,
    sse,
    text_chunk,
)

BODY: dict[str, Any] = {
    "model": "auto",
    "messages": [{"role": "user", "content": "A table in Leeds, for jane.canary@example.com"}],
    "tools": [TOOL],
}
TEXT_BODY = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


def post(router: Routed, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    async def call() -> httpx.Response:
        async with router.client() as client:
            return await client.post(
                path, content=body if isinstance(body, bytes) else json.dumps(body), headers=headers
            )

    return asyncio.run(call())


def chat(router: Routed, body: Any = BODY, headers: dict[str, str] | None = None) -> httpx.Response:
    return post(router, "/v1/chat/completions", body, headers)


def frames(response: httpx.Response) -> list[tuple[str, Any]]:
    found = []
    for block in response.text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((lines["event"], json.loads(lines["data"])))
    return found


def data_lines(response: httpx.Response) -> list[str]:
    return [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]


def test_specialist_answers_as_tool_calls() -> None:
    router = routed()
    response = chat(router)
    document = response.json()
    assert response.status_code == 200 and document["model"] == SPECIALIST
    call = document["choices"][0]["message"]["tool_calls"][0]
    assert call["function"] == {"name": "book", "arguments": '{"city":"Leeds"}'}
    assert document["choices"][0]["finish_reason"] == "tool_calls"
    assert router.frontier_bodies == []
    observation = router.observer.of("observation.raw")[0]
    assert observation.served_by == SPECIALIST and observation.routing.cluster == "c1"
    assert [a.verdict for a in observation.attempts] == [AttemptVerdict.OK]
    outcome = router.observer.of("outcome.reported")[0]
    assert (outcome.kind, outcome.cluster, outcome.format_valid) == (OutcomeKind.ATTEMPT, "c1", True)


@pytest.mark.parametrize(
    ("answer", "reason", "verdict"),
    [
        ("{broken", "not_json", AttemptVerdict.FORMAT_ERROR),
        ('{"name":"book","arguments":{}}', "missing_argument", AttemptVerdict.FORMAT_ERROR),
        ("DEFER", "deferred", AttemptVerdict.DEFERRED),
    ],
)
def test_failed_specialist_goes_up_the_chain_unseen(answer: str, reason: str, verdict: AttemptVerdict) -> None:
    router = routed(specialist_handler=specialist_says(answer))
    response = chat(router)
    assert response.status_code == 200 and response.json()["model"] == "base/frontier"
    assert answer not in response.text
    attempts = router.observer.of("observation.raw")[0].attempts
    assert [(a.verdict, a.escalation_reason) for a in attempts] == [(verdict, reason), (AttemptVerdict.OK, None)]
    outcome = router.observer.of("outcome.reported")[0]
    assert outcome.rescued and outcome.format_valid is (verdict is AttemptVerdict.DEFERRED)


def test_cut_short_completion_is_a_format_error() -> None:
    router = routed(specialist_handler=specialist_says(GOOD_ANSWER[:-3], "length"))
    assert chat(router).json()["model"] == "base/frontier"
    assert router.observer.of("observation.raw")[0].attempts[0].escalation_reason == "cut_short"


@pytest.mark.parametrize("status", [404, 500])
def test_broken_specialist_server_costs_no_request(status: int) -> None:
    router = routed(specialist_handler=lambda _: httpx.Response(status, json={}))
    assert chat(router).json()["model"] == "base/frontier"


def test_breaker_leaves_a_dead_specialist_alone() -> None:
    def dead(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    router = routed(specialist_handler=dead)
    for _ in range(4):
        assert chat(router).status_code == 200
    assert [len(event.attempts) for event in router.observer.of("observation.raw")] == [2, 2, 2, 1]
    assert router.observer.of("observation.raw")[-1].routing.reason == "rejected_health"


def test_stream_shows_the_plan_then_the_checked_answer() -> None:
    response = chat(routed(), BODY | {"stream": True, "stream_options": {"include_usage": True}})
    assert response.text.startswith(": plan {")
    lines = data_lines(response)
    chunks = [json.loads(line) for line in lines[:-1]]
    assert lines[-1] == "[DONE]" and len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[1]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] == "book"
    assert chunks[2]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[3]["choices"] == [] and chunks[3]["usage"]["prompt_tokens"] == 100
    assert "\nid:" not in response.text


def test_frontier_stream_is_passed_on_under_one_id() -> None:
    router = routed()
    response = chat(router, TEXT_BODY | {"stream": True})
    chunks = [json.loads(line) for line in data_lines(response)[:-1]]
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == "Hello"
    assert {chunk["model"] for chunk in chunks} == {"base/frontier"} and len({chunk["id"] for chunk in chunks}) == 1
    assert all("usage" not in chunk for chunk in chunks)
    observation = router.observer.of("observation.raw")[0]
    assert observation.answer.content == "Hello" and observation.attempts[0].prompt_tokens == 100


def test_failed_specialist_in_a_stream_is_invisible_but_for_a_comment() -> None:
    response = chat(routed(specialist_handler=specialist_says("{")), BODY | {"stream": True})
    assert f": escalated {SPECIALIST}: not_json" in response.text
    assert "Hel" in response.text and data_lines(response)[-1] == "[DONE]"


def test_stream_error_before_a_byte_keeps_its_status() -> None:
    refuse = {"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": "429"}}
    router = routed(frontier_handler=lambda _: httpx.Response(429, json=refuse))
    response = chat(router, TEXT_BODY | {"stream": True})
    assert response.status_code == 429 and response.json() == refuse
    assert router.observer.of("observation.raw")[0].outcome is CallOutcome.ERROR


def test_stream_error_after_a_byte_is_an_error_event() -> None:
    router = routed(frontier_handler=lambda _: sse(text_chunk("Hel"), "{broken"))
    lines = data_lines(chat(router, TEXT_BODY | {"stream": True}))
    assert "error" in json.loads(lines[-1])
    assert router.observer.of("observation.raw")[0].outcome is CallOutcome.ERROR


def test_router_credentials_never_reach_the_client() -> None:
    router = routed(frontier_handler=lambda _: httpx.Response(401, json={"error": {"message": "bad key sk-up"}}))
    response = chat(router, TEXT_BODY)
    assert response.status_code == 502 and "sk-up" not in response.text


def test_frontier_gets_the_whole_body_under_its_own_name() -> None:
    router = routed(frontier_handler=frontier_whole)
    chat(router, TEXT_BODY | {"temperature": 0.3, "seed": 4})
    assert router.frontier_bodies[0]["model"] == "gpt-4.1"
    assert (router.frontier_bodies[0]["temperature"], router.frontier_bodies[0]["seed"]) == (0.3, 4)


def test_opted_out_call_leaves_no_trace() -> None:
    router = routed()
    assert chat(router, BODY, {"x-flywheel-opt-out": "1"}).status_code == 200
    assert router.observer.records == []


def test_anonymised_call_has_the_hash_in_the_prompt_s_place() -> None:
    router = routed()
    chat(router, BODY, {"x-flywheel-anonymise": "true"})
    observation = router.observer.of("observation.raw")[0]
    assert observation.anonymised and len(observation.prompt_hash) == 32
    assert observation.request.messages == () and observation.answer is None
    assert "canary" not in repr(observation)
    assert observation.routing.task_key


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, "body"),
        (b"\xff\xfe", 400, "body"),
        ({"messages": []}, 400, "messages"),
        (BODY | {"model": "gpt-99"}, 404, "model"),
        ({"messages": [{"role": "user", "content": "x" * 200_000}]}, 413, "body"),
    ],
)
def test_bad_requests_have_openai_s_error_shape(body: object, status: int, param: str) -> None:
    response = chat(routed(), body)
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["param"] == param


def test_budget_that_no_model_fits_is_refused_without_retry() -> None:
    response = chat(routed(), TEXT_BODY, {"x-flywheel-max-cost-usd": "0.000000001"})
    assert response.status_code == 402 and response.headers["x-should-retry"] == "false"


def test_keys_are_checked_and_name_the_tenant() -> None:
    router = routed(keys={"acme": "sk-a", "globex": "sk-b"})
    assert chat(router).status_code == 401
    assert chat(router, BODY, {"authorization": "Bearer sk-c"}).status_code == 401
    assert chat(router, BODY, {"authorization": "Bearer sk-b"}).status_code == 200
    assert router.observer.of("observation.raw")[0].tenant == "globex"


def test_ask_sends_the_plan_first_and_the_metrics_last() -> None:
    router = routed()
    response = post(router, "/v1/ask", {"prompt": "hello", "metadata": {"task_type": "greeting"}})
    events = frames(response)
    assert [name for name, _ in events] == ["plan", "token", "token", "metrics"]
    plan, metrics = events[0][1], events[-1][1]
    assert plan["primary_model"] == "base/frontier" and plan["task_type"] == "greeting"
    assert {"escalation_chain", "justification", "expected_cost_range_usd", "expected_latency_p95_ms"} <= set(plan)
    assert {
        "decision_id", "served_by", "latency_ms", "ttft_ms", "prompt_tokens", "completion_tokens", "cost_usd", "attempts",
        "router_overhead_ms", "outcome", "escalations", "finish_reason",
    } <= set(metrics)  # fmt: skip
    assert metrics["decision_id"] == plan["decision_id"] and metrics["cost_usd"] > 0
    assert "".join(data["text"] for name, data in events if name == "token") == "Hello"


def test_ask_shows_an_escalation_and_the_plan_s_hint() -> None:
    router = routed(specialist_handler=specialist_says("{"))
    events = frames(post(router, "/v1/ask", {"messages": BODY["messages"], "tools": [TOOL]}))
    assert [name for name, _ in events] == ["plan", "escalation", "token", "token", "metrics"]
    assert events[-1][1]["escalations"] == 1
    hint = frames(post(router, "/v1/ask", {"prompt": "translate this"}))[0][1]
    assert hint["cluster"] is None and hint["cluster_hint"] == "translation"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "a", "messages": []}, "prompt"),
        ({"prompt": "a", "safety_level": "none"}, "safety_level"),
        ({"prompt": "a", "surprise": 1}, "surprise"),
        ({"prompt": "a", "max_cost": -1}, "max_cost"),
    ],
)
def test_bad_questions_name_the_field(body: object, param: str) -> None:
    response = post(routed(), "/v1/ask", body)
    assert response.status_code == 400 and response.json()["error"]["param"] == param


def test_ask_flags_anonymise_and_opt_out() -> None:
    router = routed()
    post(router, "/v1/ask", {"prompt": "canary", "opt_out": True})
    assert router.observer.records == []
    post(router, "/v1/ask", {"prompt": "canary", "anonymise": True})
    assert "canary" not in repr(router.observer.of("observation.raw"))


def test_models_are_listed_and_found() -> None:
    async def call() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        async with routed().client() as client:
            return (
                await client.get("/v1/models"),
                await client.get(f"/v1/models/{SPECIALIST}"),
                await client.get("/v1/models/nope"),
            )

    listed, found, missing = asyncio.run(call())
    assert [item["id"] for item in listed.json()["data"]] == ["auto", "base/frontier", SPECIALIST]
    assert found.json()["id"] == SPECIALIST and missing.status_code == 404


def test_later_label_and_safety_incident_are_reported_for_the_cluster() -> None:
    router = routed()
    decision_id = chat(router).headers["x-flywheel-decision-id"]
    assert post(router, f"/v1/outcomes/{decision_id}", {"label": "good"}).status_code == 202
    assert post(router, f"/v1/outcomes/{decision_id}", {"safety_incident": True}).status_code == 202
    attempt, label, incident = router.observer.of("outcome.reported")
    assert (label.kind, label.label, label.model) == (OutcomeKind.LABEL, "good", attempt.model)
    assert (incident.kind, incident.cluster) == (OutcomeKind.SAFETY, "c1")
    assert post(router, "/v1/outcomes/nonsense", {"label": "good"}).status_code == 404
