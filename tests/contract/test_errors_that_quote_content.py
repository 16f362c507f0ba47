"""Errors whose text quotes the content at hand, raised in every service, through the real engine on the in-memory log:
the text reaches no topic, no dead letter, no log line, no metric and no error that ends the process."""

import asyncio
import io
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import generate_latest

from services.ingest_redactor.processor import application as redactor
from services.trainer_worker.lease import LeaseTiming
from services.trainer_worker.processor import TrainerWorker
from services.trainer_worker.processor import application as trainer
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import SystemClock
from shared.errors import FatalError
from shared.events import TOPIC_EVENTS, ObservationClustered
from shared.events.training import DatasetQuery
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.outcome import Outcomes, Result
from shared.stream.processor import Application, AsyncApplication, Context, State
from shared.stream.records import Message
from shared.telemetry import JsonLines
from tests.contract.test_bad_input_of_services import CODEC, EVERY, PARTITIONS, TOPICS, runner_of
from tests.fuzz.decoding import sample
from tests.unit.ingest_redactor.test_canaries import BREAKING, CANARIES, EVENT, LIMITS, TEXT

ERRORS: dict[str, Callable[[], Exception]] = {
    "rule": lambda: RuntimeError(TEXT),
    "time-out": lambda: TimeoutError(TEXT),
    "system": lambda: OSError(28, TEXT, TEXT),
    "key": lambda: KeyError(TEXT),
    "codec": lambda: UnicodeDecodeError("utf-8", TEXT.encode(), 0, 1, TEXT),
    "chained": lambda: _chained(),
}
Services = Application | AsyncApplication


def _chained() -> Exception:
    try:
        raise ValueError(TEXT)
    except ValueError as cause:
        error = RuntimeError(TEXT)
        error.__cause__ = cause
        error.add_note(TEXT)
        return error


class Raising:
    """A processor of either kind. ``only_ticks``: records pass."""

    def __init__(self, make: Callable[[], Exception], *, only_ticks: bool = False) -> None:
        self._make = make
        self._only_ticks = only_ticks

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        raise self._make()

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        if self._only_ticks:
            raise self._make()
        return Outcomes()

    async def handle(self, message: Message, tables: Context) -> Result:
        raise self._make()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Every log line, of every level, as the services write them."""
    lines, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(lines), root.level
    handler.setFormatter(JsonLines("test"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


async def kept_by(application: Services, records: list[OutRecord]) -> tuple[MemoryCluster, str]:
    """The log once ``application`` went past ``records`` or ended, and what ended it."""
    cluster = MemoryCluster(rebalance_timeout_s=1.0)
    for name in TOPICS:
        cluster.create_topic(NewTopic(name, PARTITIONS))
    broker, stop = MemoryBroker(cluster), asyncio.Event()
    for record in records:
        cluster.append(record)
    runner = runner_of(application, broker)
    running = asyncio.create_task(runner.run(stop, grace_s=10.0))
    ends = {p: end for p, end in (await broker.admin().end_offsets(application.topics)).items() if end}
    async with asyncio.timeout(60):
        while not running.done():
            offsets = cluster.group(application.name).offsets
            if ends and all(offsets.get(partition, 0) >= end for partition, end in ends.items()):
                stop.set()
            await asyncio.sleep(0.02)
    error = running.exception()
    assert error is None or isinstance(error, FatalError), error
    return cluster, str(error or "")


def assert_silent(cluster: MemoryCluster, ended_by: str, logged: io.StringIO, *, but: Sequence[str] = ()) -> None:
    kept = [(topic, record) for topic in TOPICS if topic not in but for record in cluster.records(topic)]
    places = [("the error", ended_by.encode()), ("the log", logged.getvalue().encode()), ("metrics", generate_latest())]
    places += [(topic, b"%r %r %r" % (record.key, record.value, record.headers)) for topic, record in kept]
    assert logged.getvalue(), "something was logged"
    wanted = [canary.encode() for canary in (*CANARIES, "Canarybird", "canary.bird")]
    assert [(place, canary) for place, text in places for canary in wanted if canary in text] == []


def letters(cluster: MemoryCluster) -> list[Any]:
    return [CODEC.decode("dead.letter", record.value or b"") for record in cluster.records("dead.letter")]


def ordinary(application: Services) -> list[OutRecord]:
    """One sound record of each input, without a secret: only the errors hold them."""
    return [
        OutRecord(topic, b"k", CODEC.encode(topic, sample(TOPIC_EVENTS[topic], random.Random(5))), partition=1)
        for topic in application.topics
    ]


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("service", EVERY)
def test_what_a_service_raises_over_a_record_is_told_without_its_text(
    service: str, kind: str, logged: io.StringIO
) -> None:
    application, raising = EVERY[service](), Raising(ERRORS[kind])
    if isinstance(application, Application):
        application = replace(application, processor=lambda _task: raising)
    else:
        application = replace(application, processor=raising, max_attempts=1, transactional_id=None)
    cluster, ended_by = asyncio.run(kept_by(application, ordinary(application)))
    assert len(letters(cluster)) == len(application.topics) and not ended_by
    assert_silent(cluster, ended_by, logged)


@pytest.mark.parametrize("service", [name for name, build in EVERY.items() if isinstance(build(), Application)])
def test_what_a_tick_raises_ends_the_process_without_its_text(service: str, logged: io.StringIO) -> None:
    application = EVERY[service]()
    assert isinstance(application, Application)
    raising = Raising(ERRORS["chained"], only_ticks=True)
    application = replace(application, processor=lambda _task: raising, tick_interval_s=0.01)
    cluster, ended_by = asyncio.run(kept_by(application, []))
    assert "on_tick" in ended_by
    assert_silent(cluster, ended_by, logged)


@pytest.mark.parametrize("way", BREAKING)
def test_a_rule_that_breaks_over_a_secret_leaves_it_in_raw_alone(way: str, logged: io.StringIO) -> None:
    application = redactor(hash_key=b"key", profile="pii", limits=LIMITS, scanner=BREAKING[way])
    record = OutRecord("observation.raw", CANARIES[0].encode(), CODEC.encode("observation.raw", EVENT))
    cluster, ended_by = asyncio.run(kept_by(application, [record]))
    (letter,) = letters(cluster)
    assert letter.payload is None and not cluster.records("observation.redacted")
    assert_silent(cluster, ended_by, logged, but=["observation.raw"])


@pytest.mark.parametrize("where", ["rows", "job"])
@pytest.mark.parametrize("kind", ERRORS)
def test_a_training_job_that_fails_says_what_failed_and_not_over_what(
    kind: str, where: str, logged: io.StringIO
) -> None:
    async def read(_: DatasetQuery) -> list[ObservationClustered]:
        if where == "rows":
            raise ERRORS[kind]()
        return []

    def job(*_: object) -> Any:
        raise ERRORS[kind]()

    worker = TrainerWorker(
        read, job, SystemClock(), "test", 0.0, LeaseTiming(60.0, 60.0),
        ended=lambda _request, _status: None, stuck=lambda: None,
    )  # fmt: skip
    application = trainer(worker)

    async def scenario() -> tuple[MemoryCluster, str]:
        return await kept_by(application, ordinary(application))

    cluster, ended_by = asyncio.run(scenario())
    (result,) = [CODEC.decode("training.completed", r.value or b"") for r in cluster.records("training.completed")]
    assert result.reason == type(ERRORS[kind]()).__name__
    assert_silent(cluster, ended_by, logged)
