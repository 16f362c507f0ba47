"""The demo's own parts: traffic that repeats, a teacher that knows the answers, accounts that add up, a report that escapes."""

import asyncio
import json
from collections import defaultdict
from random import Random
from typing import Any

import httpx
import pytest

from infra.demo.accounting import FRONTIER, slice_of
from infra.demo.agents import CallMade, is_right
from infra.demo.report import Claim, ClusterRow, Report, as_html, as_json, as_text
from infra.demo.tasks import TASKS, TODAY
from infra.demo.teacher import LATENCY_SOURCE, Teacher, answer_message, token_counts
from infra.demo.traffic import BFCL_NAME, WEIGHTS, Step, Traffic, bfcl_steps
from infra.demo.watch import Placed
from shared.events.calls import ToolCall, ToolDefinition
from shared.models import MODELS_FILE, call_cost_usd, load_models
from shared.prompting.calls import check_calls

FRONTIER_ENTRY = next(model for model in load_models(MODELS_FILE, at_ms=1)[0] if model.model == FRONTIER)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_has_thousands_of_distinct_fillings_that_fit_its_schema(task: Any) -> None:
    rng = Random(3)
    fillings = [task.fill(rng) for _ in range(20_000)]
    assert len({json.dumps(filling.arguments, sort_keys=True) for filling in fillings}) >= 5_000
    tools = [
        ToolDefinition(name=t["function"]["name"], parameters_json=json.dumps(t["function"]["parameters"]))
        for t in task.tools
    ]
    for filling in fillings[:200]:
        call = ToolCall(name=filling.tool, arguments_json=json.dumps(filling.arguments))
        assert check_calls([call], tools) is None
        assert all(value in filling.text for value in filling.planted)


def test_copied_arguments_stand_in_the_request_and_the_hard_task_needs_the_calendar() -> None:
    rng = Random(4)
    for task in TASKS[:4]:
        for _ in range(50):
            filling = task.fill(rng)
            assert all(
                str(value) in filling.text for value in filling.arguments.values() if not isinstance(value, float)
            )
    hard = TASKS[4].fill(rng)
    assert len(hard.arguments) >= 5 and hard.arguments["starts_at"][:10] > TODAY.isoformat()
    assert hard.arguments["starts_at"][:10] not in hard.text


def test_same_seed_same_traffic_with_repeats_families_and_follow_ups() -> None:
    first, again, other = Traffic("ticket", 1), Traffic("ticket", 1), Traffic("ticket", 2)
    episodes = [first.next() for _ in range(400)]
    assert episodes == [again.next() for _ in range(400)] != [other.next() for _ in range(400)]
    texts = [episode.steps[0].messages[-1]["content"] for episode in episodes]
    assert len(set(texts)) < len(texts)
    assert any(len(episode.steps) == 2 and episode.steps[1].expected for episode in episodes)
    assert any(len(episode.steps) == 2 and not episode.steps[1].expected for episode in episodes)


def test_narrow_tool_calls_are_most_of_the_spend_and_three_tasks_most_of_that() -> None:
    spend: dict[tuple[str, str], float] = defaultdict(float)
    for task, weight in [*WEIGHTS.items(), (BFCL_NAME, 1.0 - sum(WEIGHTS.values()))]:
        traffic = Traffic(task, 5)
        for _ in range(500):
            for place, step in enumerate(traffic.next().steps):
                kind = "text" if not step.expected else "follow-up" if place else "first"
                tokens = token_counts(list(step.messages), list(step.tools), answer_message(step))
                spend[task, kind] += weight * call_cost_usd(FRONTIER_ENTRY, *tokens)
    narrow = sum(usd for (task, kind), usd in spend.items() if task != BFCL_NAME and kind != "text")
    # Follow-ups are clusters of their own: what three specialists can take over is the first step of their tasks.
    three = sum(spend[task, "first"] for task in ("refund", "ticket", "forecast"))
    whole = sum(spend.values())
    assert narrow >= 0.8 * whole and three >= 0.65 * whole


def test_public_prompts_come_with_answers_that_their_tools_take() -> None:
    steps = bfcl_steps()
    assert len(steps) > 400 and {step.task for step in steps} == {BFCL_NAME}
    assert Traffic(BFCL_NAME, 1).next().steps[0] in steps


def ask(teacher: Teacher, step: Step, stream: bool = False) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(teacher.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://teacher") as client:
            body = {"model": "m", "messages": list(step.messages), "tools": list(step.tools), "stream": stream}
            return await client.post("/v1/chat/completions", json=body)

    return asyncio.run(call())


class _Message:
    """An answer as the client library shows it."""

    def __init__(self, message: dict[str, Any]) -> None:
        self.content = message.get("content")
        self.tool_calls = [_Call(call) for call in message.get("tool_calls", ())] or None


class _Call:
    def __init__(self, call: dict[str, Any]) -> None:
        self.id = call["id"]
        self.function = type("Function", (), call["function"])


def test_teacher_gives_the_right_answer_and_only_to_what_was_announced() -> None:
    teacher, step = Teacher(1, pace=0.0), Traffic("refund", 1).next().steps[0]
    assert ask(teacher, step).status_code == 400
    teacher.expect(step)
    document = ask(teacher, step).json()
    assert is_right(step, _Message(document["choices"][0]["message"]))
    assert document["usage"]["prompt_tokens"] > 50
    assert "[DONE]" in ask(teacher, step, stream=True).text
    assert "replayed" in LATENCY_SOURCE


def test_wrong_missing_and_text_answers_are_judged() -> None:
    step = Traffic("refund", 1).next().steps[0]
    wrong = answer_message(step)
    wrong["tool_calls"][0]["function"]["arguments"] = '{"invoice_id": "other"}'
    assert not is_right(step, _Message(wrong)) and not is_right(step, _Message({"content": "done"}))
    text = Step("t", (), (), (), text="fine")
    assert is_right(text, _Message({"content": "anything"})) and not is_right(text, _Message(answer_message(step)))


def call(number: int, model: str, right: bool = True, latency_ms: float = 100.0) -> CallMade:
    return CallMade(float(number), "ticket", f"d{number}", model, latency_ms, right, None, True, (1000, 100))


def test_slice_prices_what_was_tried_and_never_in_the_demo_s_favour() -> None:
    calls = [call(1, FRONTIER), call(2, "s@v1", right=False, latency_ms=50.0), call(3, "s@v1")]
    placed = {"d1": Placed("c", (FRONTIER,), 0.0028, 0.0), "d2": Placed("c", ("s@v1",), 0.0001, 0.0001)}
    part = slice_of(calls, placed, FRONTIER_ENTRY)
    assert part.frontier_cost == pytest.approx(3 * 0.0028)
    assert part.cost == pytest.approx(0.0028 + 0.0001 + 0.0028), "a call the log does not hold costs the full price"
    assert (part.calls, part.right, part.specialist_calls, part.specialist_right) == (3, 2, 2, 1)
    assert part.saved == pytest.approx(1 - part.cost / part.frontier_cost)


def test_report_escapes_and_says_replayed_everywhere() -> None:
    row = ClusterRow("c1", "<script>", "ticket", 5, "none: a < b", "seen", "–", "–", 1.0, 2.0, 0.1, 0.2)
    report = Report(
        title="t",
        policy="demo-x",
        machine="2 cores",
        claims=[Claim("a ≥ b", "1", True), Claim("c", "2", False)],
        clusters=[row],
        milestones={"first": 60.0},
        window=None,
        whole=slice_of([], {}, FRONTIER_ENTRY),
        jobs=[],
        spend=[(0.0, 0.0, 0.0), (60.0, 1.0, 0.4)],
        served=[(30.0, 0.1)],
    )
    page = as_html(report)
    assert "<script>" not in page and "&lt;script&gt;" in page and "replayed" in page and "<svg" in page
    assert not report.holds and "MISS  c" in as_text(report) and "replayed" in as_text(report)
    assert json.loads(as_json(report))["claims"][1] == {"what": "c", "seen": "2", "holds": False}
