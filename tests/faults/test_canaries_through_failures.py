"""Planted secrets through every failure path of the real pipeline: they reach no topic but raw, no dead letter, no log, no
metric, no table and no file, whatever fails while they are on their way."""

import asyncio
import contextlib
import json
import re
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import FlywheelError
from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.events.observations import ObservationRaw
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.stream.broker import MAX_RECORD_BYTES, OutRecord
from tests.conformance.support import read
from tests.contract.test_bad_input_of_services import bad_records
from tests.e2e.leaks import file_bytes, postgres_text, topic_bytes
from tests.faults.pipeline import CODEC, MEMBERS, RAW, REDACTED, Pipeline
from tests.unit.ingest_redactor.test_canaries import CANARIES, EVENT, FAILING, PASSING, TEXT

# A name after its title, and a card and a key of their own: nothing else in this test may spell them.
PLANTED = (*CANARIES, "Canarybird", "canary.bird", "Prof. Quillon Vexworth", "Vexworth", "078-05-1120")
TITLED = "Please ask Prof. Quillon Vexworth, card 4111 1111 1111 1111, to mail canary.bird@example.com."
PATTERN = re.compile(b"|".join(re.escape(value.encode()) for value in PLANTED), re.IGNORECASE)
CONTROL = EVENT.event_id


def raw(event: ObservationRaw, number: int) -> OutRecord:
    """``event`` under an id of its own, unless the id itself is what is planted; its key tells of a secret too."""
    if event.event_id == CONTROL:
        event = replace(event, event_id=f"{number:032x}")
    return OutRecord(RAW, f"acme|{CANARIES[0]}".encode(), CODEC.encode(RAW, event))


def poison() -> list[OutRecord]:
    """Undecodable in every way, each with the secrets in its bytes."""
    secret = TEXT.encode()
    return [
        OutRecord(RAW, (record.key or b"") + secret, (record.value or b"") + secret if record.value else record.value)
        for _, record in bad_records(RAW)
    ]


def oversize() -> ObservationRaw:
    """Fits into raw by a hair, and outgrows the record limit once its proof and its hashes are written."""

    def asking(text: str) -> ObservationRaw:
        request = replace(EVENT.request, messages=(ChatMessage(role="user", content=f"{CANARIES[0]} {text}"),))
        return replace(EVENT, request=request, answer=Answer())

    return asking("x" * (MAX_RECORD_BYTES - len(CODEC.encode(RAW, asking(""))) - 150))


def traffic(numbers: range) -> list[OutRecord]:
    """Sound calls that hold the secrets in request, answer and arguments."""
    asked = Request(messages=(ChatMessage(role="user", content=TITLED),))
    answer = Answer(tool_calls=(ToolCall(name="mail", arguments_json=json.dumps({"to": TEXT, "note": TITLED})),))
    return [raw(replace(EVENT, request=asked, answer=answer, episode=f"p{n}"), n) for n in numbers]


async def send(pipeline: Pipeline, records: list[OutRecord]) -> None:
    """Until written: whether a send that failed was written is unknown, so it is sent again, as the spool does."""
    broker = pipeline.log.broker()
    try:
        while True:
            producer = broker.producer()
            try:
                await producer.start()
                await producer.send(records)
                return
            except FlywheelError:
                await asyncio.sleep(0.3)
            finally:
                await producer.close()
    finally:
        await broker.close()


async def undecodable(pipeline: Pipeline) -> None:
    await send(pipeline, poison())


async def not_redactable(pipeline: Pipeline) -> None:
    """Unknown content types, too many entities, ids that are secrets; among them calls that pass in odd shapes."""
    events = [*FAILING.values(), *PASSING.values()]
    await send(pipeline, [raw(event, 1000 + number) for number, event in enumerate(events)])


async def too_large(pipeline: Pipeline) -> None:
    await send(pipeline, [raw(oversize(), 2000)])


async def processors_crash(pipeline: Pipeline) -> None:
    """Every process is killed with the records in hand."""
    await send(pipeline, traffic(range(3000, 3100)))
    for number, name in enumerate(MEMBERS):
        pipeline.members[number].kill()
        pipeline.members[number].wait()
        pipeline.members[number] = pipeline._member(name)


async def broker_dies_while_sending(pipeline: Pipeline) -> None:
    sending = asyncio.create_task(send(pipeline, traffic(range(4000, 4200))))
    await asyncio.sleep(0.05)
    pipeline.kafka.kill()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(pipeline.kafka.start)
    await asyncio.to_thread(pipeline.kafka.wait_ready, 120)
    await sending


async def database_away(pipeline: Pipeline) -> None:
    await asyncio.to_thread(pipeline.postgres.kill)
    await send(pipeline, traffic(range(5000, 5050)))
    await asyncio.sleep(2.0)
    await asyncio.to_thread(pipeline.postgres.start)
    await asyncio.to_thread(pipeline.postgres.wait_ready, 120)


WAYS: tuple[Callable[[Pipeline], Awaitable[None]], ...] = (
    undecodable, not_redactable, too_large, processors_crash, broker_dies_while_sending, database_away,
)  # fmt: skip


def metrics(log_dir: Path) -> list[tuple[str, bytes]]:
    """What each process that still answers says of itself."""
    found = []
    for log in log_dir.glob("*.log"):
        for port in set(re.findall(r'"port": (\d+)', log.read_text())):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                found.append((f"metrics of {log.stem}", answer.read()))
    return found


async def everything_kept(pipeline: Pipeline) -> list[tuple[str, bytes]]:
    broker = pipeline.log.broker()
    try:
        kept = [place async for place in topic_bytes(broker, SCHEMAS_DIR, frozenset({RAW}))]
    finally:
        await broker.close()
    kept += [place async for place in postgres_text(pipeline.postgres.address)]
    kept += await asyncio.to_thread(metrics, pipeline.log_dir)
    return kept + file_bytes(pipeline.log_dir, leave_out=("kafka", "postgres"))


async def scenario(pipeline: Pipeline) -> None:
    await pipeline.start()
    for way in WAYS:
        print(way.__name__, flush=True)
        await way(pipeline)
        await send(pipeline, traffic(range(6000 + 10 * WAYS.index(way), 6005 + 10 * WAYS.index(way))))
        await pipeline.caught_up(180)
    kept = await everything_kept(pipeline)
    places = {place for place, _ in kept}
    topics = {topic for topic in load_topics(SCHEMAS_DIR / "topics.yaml") if topic.startswith("observation.")} - {RAW}
    assert topics | {"dead.letter", "postgres slm_observation_raw", "postgres slm_observation_curated"} <= places
    assert {f"{name}.log" for name in MEMBERS} <= places
    assert {f"metrics of {name}" for name in MEMBERS} <= places

    control = b"".join((record.key or b"") + (record.value or b"") for record in await read(pipeline.log, RAW))
    for value in ("Vexworth", *CANARIES):
        assert value.encode() in control, "it did pass through raw"
    letters = [CODEC.decode("dead.letter", r.value or b"") for r in await read(pipeline.log, "dead.letter")]
    reasons = {letter.reason for letter in letters}
    assert {"unknown_framing", "unknown_schema", "bad_avro", "wrong_subject", "bad_key", "too_large"} <= reasons
    assert len(reasons) > 6, "what cannot be redacted has reasons of its own"
    assert len(await read(pipeline.log, REDACTED)) >= 350
    leaks = {(place, match.group()) for place, text in kept for match in PATTERN.finditer(text)}
    assert leaks == set()


@pytest.mark.timeout(500)
def test_planted_secrets_reach_nothing_but_raw_whatever_fails(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, seed=3)
    try:
        asyncio.run(scenario(pipeline))
    finally:
        pipeline.end()
