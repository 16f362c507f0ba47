"""Simulated agents: closed loops over the plain ``openai`` client, paced by task, that judge every answer they get."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import openai

from infra.demo.teacher import Teacher, answer_message, token_counts
from infra.demo.traffic import Step, Traffic
from shared.events.calls import ToolCall, ToolDefinition
from shared.prompting.calls import compare_calls

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call as its agent saw it. ``frontier_tokens`` are what an all-frontier system would have paid for."""

    at_s: float
    task: str
    decision_id: str
    model: str
    latency_ms: float
    right: bool
    error: str | None
    narrow_call: bool
    frontier_tokens: tuple[int, int]


@dataclass(slots=True)
class Ledger:
    """Everything the agents did, in order."""

    calls: list[CallMade] = field(default_factory=list)
    planted: set[str] = field(default_factory=set)

    def since(self, at_s: float) -> list[CallMade]:
        return [call for call in self.calls if call.at_s >= at_s]


class Agents:
    """One pacer a task: starts an episode every ``1 / rate`` seconds, steps of an episode one after the other."""

    def __init__(self, base_url: str, teacher: Teacher, ledger: Ledger, seed: int, max_open: int = 60) -> None:
        self._client = openai.AsyncOpenAI(base_url=base_url, api_key="unused", max_retries=0, timeout=TIMEOUT_S)
        self._teacher = teacher
        self._ledger = ledger
        self._seed = seed
        self._open = asyncio.Semaphore(max_open)
        self.rates: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; episodes in hand are finished. A rate of 0 pauses a task; rates may change at any time."""
        async with asyncio.TaskGroup() as group:
            for task in self.rates:
                group.create_task(self._pace(task, stop))

    async def close(self) -> None:
        await self._client.close()

    async def _pace(self, task: str, stop: asyncio.Event) -> None:
        traffic = Traffic(task, self._seed)
        next_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                rate = self.rates.get(task, 0.0)
                now_s = time.monotonic()
                if rate <= 0.0 or now_s < next_s:
                    await asyncio.sleep(0.2 if rate <= 0.0 else min(next_s - now_s, 0.2))
                    continue
                # A closed loop that fell behind does not catch up in a burst.
                next_s = max(next_s + 1.0 / rate, now_s - 1.0)
                await self._open.acquire()
                group.create_task(self._episode(traffic))

    async def _episode(self, traffic: Traffic) -> None:
        try:
            episode = traffic.next()
            for step in episode.steps:
                self._teacher.expect(step)
                await self._call(step, episode.id)
        finally:
            self._open.release()

    async def _call(self, step: Step, episode: str) -> None:
        self._ledger.planted.update(step.planted)
        started_s = time.monotonic()
        model, decision_id, error, message = "", "", None, None
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model="auto",
                messages=list(step.messages),  # type: ignore[arg-type]
                tools=list(step.tools),  # type: ignore[arg-type]
                extra_headers={"x-flywheel-episode": episode},
            )
            decision_id = raw.headers.get("x-flywheel-decision-id", "")
            completion = raw.parse()
            model, message = completion.model, completion.choices[0].message
        except openai.OpenAIError as failure:
            error = type(failure).__name__
        self._ledger.calls.append(
            CallMade(
                at_s=started_s,
                task=step.task,
                decision_id=decision_id,
                model=model,
                latency_ms=(time.monotonic() - started_s) * 1000,
                right=message is not None and is_right(step, message),
                error=error,
                narrow_call=bool(step.expected) and step.task != "bfcl",
                frontier_tokens=token_counts(list(step.messages), list(step.tools), answer_message(step)),
            )
        )


def is_right(step: Step, message: Any) -> bool:
    """Whether an answer is the right one: the same calls, or text where text is right."""
    calls = [
        ToolCall(id=call.id, name=call.function.name, arguments_json=call.function.arguments)
        for call in message.tool_calls or ()
    ]
    if not step.expected:
        return not calls and bool(message.content)
    tools = tuple(
        ToolDefinition(name=t["function"]["name"], parameters_json=json.dumps(t["function"].get("parameters")))
        for t in step.tools
    )
    expected = [ToolCall(name=name, arguments_json=json.dumps(arguments)) for name, arguments in step.expected]
    return compare_calls(calls, expected, tools).equal
