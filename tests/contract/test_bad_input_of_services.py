"""Bad input of every application, through the real engine on the in-memory log: each record that cannot be processed
becomes a dead letter that names its position, reason and attempt; nothing stops, nothing is left behind, and before
redaction no payload is kept."""

import asyncio
import hashlib
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest

from services.shadow_evaluator.processor import ASSIGNMENTS, CLUSTERS, REGISTRY, SOURCE, ShadowEvaluator
from services.trainer_worker.lease import LeaseTiming
from services.trainer_worker.processor import TrainerWorker
from services.trainer_worker.processor import application as trainer_application
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import SystemClock
from shared.events import TOPIC_EVENTS, DeadLetter
from shared.lifecycle import make_dead_letter
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import Broker, NewTopic, OutRecord
from shared.stream.engine import Timing
from shared.stream.processor import Application, AsyncApplication
from shared.stream.runner import Runner
from tests.contract.test_topics_of_services import APPLICATIONS
from tests.fuzz.decoding import sample

CODEC = Codec.from_dir(SCHEMAS_DIR)
TOPICS = load_topics(SCHEMAS_DIR / "topics.yaml")
CANARY = b"Jane Roe, 078-05-1120"
PARTITIONS, PARTITION = 2, 1
TIMING = Timing(revoke_s=2.0, fenced_pause_s=0.05, idle_s=0.05)


async def _never(*_: Any) -> Any:
    raise AssertionError("bad input must not get this far")


def _refused(*_: Any) -> Any:
    raise AssertionError("bad input must not get this far")


def _shadow_evaluator() -> AsyncApplication:
    evaluator = ShadowEvaluator(_never, SystemClock(), budget=10, sample_rate=1.0, patience_s=1.0)
    return AsyncApplication("shadow_evaluator", (SOURCE,), evaluator, broadcasts=(ASSIGNMENTS, CLUSTERS, REGISTRY))


def _trainer_worker() -> AsyncApplication:
    worker = TrainerWorker(
        _never,
        _refused,
        SystemClock(),
        "test",
        0.0,
        LeaseTiming(60.0, 60.0),
        ended=lambda _request, _status: None,
        stuck=lambda: None,
    )
    return trainer_application(worker)


EVERY: dict[str, Callable[[], Application | AsyncApplication]] = {
    **APPLICATIONS,
    "shadow_evaluator": _shadow_evaluator,
    "trainer_worker": _trainer_worker,
}


def bad_records(topic: str) -> list[tuple[str, OutRecord]]:
    """Reason code → a record of ``topic`` that must end with it. Each holds content that must not be seen again."""
    valid = CODEC.encode(topic, sample(TOPIC_EVENTS[topic], random.Random(3)))
    foreign = "metrics.windowed" if topic != "metrics.windowed" else "dead.letter"
    other = CODEC.encode(foreign, sample(TOPIC_EVENTS[foreign], random.Random(4)))
    bad = [
        ("unknown_framing", b"k", b"\x07" + CANARY),
        ("unknown_framing", b"k", b"\x00"),
        ("empty_value", b"k", b""),
        ("unknown_schema", b"k", struct.pack(">BI", 0, 2**31) + CANARY),
        ("bad_avro", b"k", valid[:-1]),
        ("bad_avro", b"k", valid + CANARY),
        ("wrong_subject", b"k", other + CANARY),
        ("bad_key", b"\xff" + CANARY, valid),
    ]
    return [(reason, OutRecord(topic, key, value, partition=PARTITION)) for reason, key, value in bad]


def runner_of(application: Application | AsyncApplication, broker: Broker) -> Runner | AsyncRunner:
    """The engine that an application is made for."""
    if isinstance(application, Application):
        return Runner(application, broker, CODEC, make_dead_letter=make_dead_letter, timing=TIMING)
    return AsyncRunner(application, broker, CODEC, make_dead_letter=make_dead_letter, timing=TIMING)


async def run_over(application: Application | AsyncApplication, records: list[OutRecord]) -> list[DeadLetter]:
    """The application's dead letters once it has committed past ``records``."""
    cluster = MemoryCluster(rebalance_timeout_s=1.0)
    for name in TOPICS:
        cluster.create_topic(NewTopic(name, PARTITIONS))
    broker = MemoryBroker(cluster)
    producer = broker.producer()
    await producer.start()
    await producer.send(records)
    stop = asyncio.Event()
    runner = runner_of(application, broker)
    running = asyncio.create_task(runner.run(stop, grace_s=10.0))
    ends = {p: end for p, end in (await broker.admin().end_offsets(application.topics)).items() if end}
    async with asyncio.timeout(60):
        while True:
            if running.done():
                running.result()
            committed = await broker.admin().committed(application.name)
            if all(committed.get(partition, 0) >= end for partition, end in ends.items()):
                break
            await asyncio.sleep(0.02)
        stop.set()
        await running
    return await read_dead_letters(broker)


async def read_dead_letters(broker: Broker) -> list[DeadLetter]:
    """All letters of real services. A broker that other tests share also holds those of their own serde."""
    reader = broker.reader()
    await reader.start()
    partitions = await reader.partitions("dead.letter")
    ends = await reader.stable_ends(partitions)
    reader.assign(dict.fromkeys(partitions, 0))
    letters: list[DeadLetter] = []
    while any([await reader.position(p) < ends[p] for p in partitions]):
        for record in await reader.poll(partitions, 1_000, 0.05):
            if record.value is not None and not record.value.startswith(b"{"):
                letters.append(CODEC.decode("dead.letter", record.value))
    await reader.stop()
    return letters


@pytest.mark.parametrize("service", EVERY)
def test_every_bad_record_can_be_found_with_its_reason(service: str) -> None:
    application = EVERY[service]()
    wanted = [item for topic in application.topics for item in bad_records(topic)]
    letters = asyncio.run(run_over(application, [record for _, record in wanted]))
    offsets = [n for topic in application.topics for n in range(len(bad_records(topic)))]
    found = {(one.origin_topic, one.origin_partition, one.origin_offset): one for one in letters}
    assert len(letters) == len(wanted), "one dead letter each"
    for (reason, record), offset in zip(wanted, offsets, strict=True):
        letter = found[record.topic, PARTITION, offset]
        assert (letter.reason, letter.application, letter.attempt) == (reason, service, 1)
        assert letter.payload_sha256 == hashlib.sha256(record.value or b"").hexdigest()
        assert CANARY.decode() not in letter.detail
        is_raw = TOPICS[record.topic].data == "raw"
        assert letter.payload == (None if is_raw else record.value)


@pytest.mark.parametrize("service", EVERY)
def test_a_tombstone_is_passed_over_or_refused_and_stops_nothing(service: str) -> None:
    application = EVERY[service]()
    tombstones = [OutRecord(topic, b"k", None, partition=PARTITION) for topic in application.topics]
    letters = asyncio.run(run_over(application, tombstones))
    assert {letter.reason for letter in letters} <= {"unexpected_event"}
    assert len(letters) in (0, len(tombstones))
    assert all(letter.payload is None and letter.payload_sha256 is None for letter in letters)


def test_dead_letters_of_raw_hold_nothing_of_the_record() -> None:
    application = EVERY["ingest_redactor"]()
    records = [record for _, record in bad_records("observation.raw")]

    async def scenario() -> list[bytes]:
        return [CODEC.encode("dead.letter", letter) for letter in await run_over(application, records)]

    assert application.keep_dead_letter_payload is False
    assert all(CANARY not in encoded for encoded in asyncio.run(scenario()))


def test_whoever_reads_raw_keeps_no_payload() -> None:
    for service, build in EVERY.items():
        application = build()
        reads_raw = any(TOPICS[topic].data == "raw" for topic in application.topics)
        assert application.keep_dead_letter_payload is not reads_raw, service
