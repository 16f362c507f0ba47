"""Realistic calls for the benchmarks: the demo's traffic as request bodies and as raw observations."""

import hashlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from infra.demo.teacher import token_counts
from infra.demo.traffic import BFCL_NAME, WEIGHTS, Step, Traffic
from services.router.wire import parse_request
from shared.events.calls import Answer, Attempt, ToolCall
from shared.events.observations import ObservationRaw
from shared.events.vocabulary import AttemptVerdict, ModelKind

TENANT = "bench"
FRONTIER = "base/frontier"


def steps(seed: int) -> Iterator[tuple[str, Step]]:
    """Endless (episode id, step) in the demo's mix: narrow tasks, follow-ups, repeats, other prompts."""
    rng = Random(seed)
    weights = {**WEIGHTS, BFCL_NAME: 1.0 - sum(WEIGHTS.values())}
    streams = {name: Traffic(name, seed) for name in weights}
    while True:
        name = rng.choices(list(weights), list(weights.values()))[0]
        episode = streams[name].next()
        for step in episode.steps:
            yield f"{seed}-{episode.id}", step


def body(step: Step) -> dict[str, Any]:
    """What an OpenAI client would post."""
    return {"model": "auto", "messages": list(step.messages), "tools": list(step.tools)}


def observation(number: int, episode: str, step: Step, at_ms: int) -> ObservationRaw:
    """The call as the router would have observed it, answered right by the frontier model."""
    calls = tuple(
        ToolCall(id=f"call_{index}", name=name, arguments_json=json.dumps(arguments))
        for index, (name, arguments) in enumerate(step.expected)
    )
    answer = Answer(content=step.text, tool_calls=calls, finish_reason="tool_calls" if calls else "stop")
    written = [call.arguments_json for call in calls] or step.text
    read, wrote = token_counts(list(step.messages), list(step.tools), written)
    attempt = Attempt(
        model=FRONTIER,
        kind=ModelKind.FRONTIER,
        verdict=AttemptVerdict.OK,
        latency_ms=900.0,
        ttft_ms=520.0,
        prompt_tokens=read,
        completion_tokens=wrote,
        cost_usd=(read * 0.002 + wrote * 0.008) / 1000,
    )
    digest = hashlib.blake2b(f"{episode}|{number}".encode(), digest_size=16).hexdigest()
    return ObservationRaw(
        event_id=digest,
        tenant=TENANT,
        episode=hashlib.blake2b(episode.encode(), digest_size=16).hexdigest(),
        occurred_at_ms=at_ms,
        request=parse_request(body(step)),
        answer=answer,
        attempts=(attempt,),
        served_by=FRONTIER,
        producer="bench/1",
    )


def observations(count: int, seed: int, at_ms: int) -> list[ObservationRaw]:
    """``count`` observations with ids of their own."""
    source = steps(seed)
    return [observation(number, *next(source), at_ms + number) for number in range(count)]
