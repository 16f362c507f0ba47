"""The loop in real processes: log → trained → promoted → routed → a planted regression → demoted; and nothing leaked."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import re2

from shared.schema.release import SCHEMAS_DIR
from tests.e2e.leaks import file_bytes, postgres_text, redis_bytes, topic_bytes
from tests.e2e.loop import TASK, Loop, running_loop

# Bounds of waiting tell a dead loop from a slow one: they say nothing of how fast it should be.
TRAINED_WITHIN_S, RAMPED_WITHIN_S, ACTIVE_WITHIN_S, DEMOTED_WITHIN_S = 1_200.0, 900.0, 600.0, 300.0
CALLS_PER_S = 5.0
# Training shares the two cores with the traffic and learns nothing from it.
CALLS_PER_S_IN_TRAINING = 1.0
PLANTED_TASK, PLANTED_PER_S = "order-status", 0.5


@pytest.mark.timeout(3_300)
def test_promoted_routed_regressed_demoted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_loop(tmp_path / "home") as loop:
            stop = asyncio.Event()
            loop.agents.rates.update({TASK: CALLS_PER_S, PLANTED_TASK: PLANTED_PER_S})
            running = asyncio.create_task(loop.agents.run(stop))
            try:
                await _up_and_down(loop)
            finally:
                stop.set()
                await running
            await asyncio.sleep(3.0)
            await _nothing_leaked(loop, tmp_path / "home")

    asyncio.run(scenario())


async def _up_and_down(loop: Loop) -> None:
    clusters = loop.watcher.clusters
    await loop.until(lambda: any(view.requested for view in clusters.values()), "a training job", RAMPED_WITHIN_S)
    loop.agents.rates[TASK] = CALLS_PER_S_IN_TRAINING
    await loop.until(lambda: bool(loop.watcher.jobs), "the end of training", TRAINED_WITHIN_S)
    loop.agents.rates[TASK] = CALLS_PER_S
    await loop.until(lambda: any(view.ramped for view in clusters.values()), "first ramp stage", RAMPED_WITHIN_S)
    loop.agents.rates[TASK] = 4.0
    await loop.until(lambda: any(view.active for view in clusters.values()), "an active specialist", ACTIVE_WITHIN_S)
    cluster, view = next((name, view) for name, view in clusters.items() if view.active)
    model = view.assignment.primary if view.assignment is not None else None
    assert model is not None and [change.action for change in view.history[:2]] == ["shadow", "ramp"]
    served = [call for call in loop.ledger.calls if call.model == model]
    assert served and sum(call.right for call in served) / len(served) >= 0.8
    assert not [call for call in loop.ledger.calls if call.error], "no call failed"

    loop.agents.rates[TASK] = 3.0
    loop.proxy.cut = model
    await loop.until(lambda: not clusters[cluster].active, "demotion", DEMOTED_WITHIN_S)
    demotion = clusters[cluster].history[-1]
    assert demotion.action == "demote" and "format errors" in demotion.reason
    assert loop.proxy.cut_count <= 50, "demoted within fifty answers"
    failed = [call for call in loop.ledger.calls if call.error or not call.model]
    assert not failed, "every cut answer was rescued by the frontier model"


async def _nothing_leaked(loop: Loop, home: Path) -> None:
    """Bytes of every topic but raw, both databases and every file are searched for every planted identifier."""
    planted = [value.encode() for value in sorted(loop.ledger.planted)]
    assert len(planted) > 30
    pattern = _any_of(planted)
    addresses = loop.stack.addresses
    places: list[tuple[str, bytes]] = []
    async for place in topic_bytes(loop.broker, SCHEMAS_DIR, frozenset({"observation.raw"})):
        places.append(place)
    assert addresses.postgres is not None and addresses.redis is not None
    async for place in postgres_text(addresses.postgres):
        places.append(place)
    async for place in redis_bytes(addresses.redis):
        places.append(place)
        places.append((place[0], base64.b64decode(place[1].split(b":", 1)[-1] + b"==")))
    places += file_bytes(home, leave_out=("kafka", "postgres", "redis", "gguf"))
    raw = [
        text async for topic, text in topic_bytes(loop.broker, SCHEMAS_DIR, frozenset(_topics() - {"observation.raw"}))
    ]
    assert any(pattern.search(text) for text in raw), "the identifiers did pass through raw"
    kinds = {place.split()[0] for place, _ in places}
    assert {"observation.clustered", "postgres", "redis"} <= kinds and any(
        p.endswith("dataset.jsonl") for p, _ in places
    )
    leaks = sorted({f"{place}: {match.group()!r}" for place, text in places for match in pattern.finditer(text)})
    assert leaks == []


def _any_of(values: list[bytes]) -> Any:
    """Any of the values in either case. One automaton: the time is that of reading, however many there are."""
    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 1 << 30
    return re2.compile(b"|".join(re2.escape(value) for value in values), options)


def _topics() -> set[str]:
    from shared.schema.topics import load_topics

    return set(load_topics(SCHEMAS_DIR / "topics.yaml"))
