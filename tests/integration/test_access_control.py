"""Grants generated from the registry of topics, on a broker with users and Kafka's own authorizer: each service can do
what its contract says and nothing else, and refusals are told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import pytest

from infra.local.access import apply_access, wanted_grants
from infra.local.kafka_secured import ADMINISTRATOR
from services.cli.main import run as flywheel
from shared.brokers.kafka import KafkaBroker
from shared.errors import FatalError
from shared.schema.access import USER, Grant, Operation, Pattern, Resource
from shared.settings import KafkaSettings
from shared.stream.broker import OutRecord
from shared.stream.records import Record, TopicPartition
from tests.integration.secured import REGISTRY, SERVICES, TOPICS, WAIT_S, WAY_OUT, Secured, fill, secured_broker

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("secured")) as made:
        asyncio.run(fill(made))
        yield made


class Nothing:
    """A listener that lets rebalances happen."""

    def __init__(self) -> None:
        self.assigned = asyncio.Event()

    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None: ...

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.assigned.set()


async def read_one(broker: KafkaBroker, topic: str) -> Record:
    """The topic's first record, without a group. Raises what the broker says."""
    reader = broker.reader()
    try:
        await reader.start()
        partition = (await reader.partitions(topic))[0]
        reader.assign(await reader.beginnings([partition]))
        async with asyncio.timeout(WAIT_S):
            while True:
                if records := await reader.poll([partition], 1, 0.2):
                    return records[0]
    finally:
        await reader.stop()


async def join(broker: KafkaBroker, group: str, topic: str) -> None:
    """Become a member of a group and read one record of ``topic`` as such."""
    listener = Nothing()
    consumer = broker.consumer(group, [topic], listener)
    try:
        await consumer.start()
        partition = TopicPartition(topic, 0)
        async with asyncio.timeout(WAIT_S):
            await listener.assigned.wait()
            consumer.seek(partition, 0)
            consumer.resume([partition])
            while not await consumer.poll([partition], 1, 0.2):
                pass
    finally:
        await consumer.stop()


async def write_one(broker: KafkaBroker, topic: str, transactional_id: str | None = None) -> None:
    record = OutRecord(topic, b"key", b"value")
    if transactional_id is None:
        producer = broker.producer()
        try:
            await producer.start()
            await producer.send([record])
        finally:
            await producer.close()
        return
    transactional = broker.transactional_producer(transactional_id)
    try:
        await transactional.start()
        await transactional.begin()
        await transactional.send([record])
        await transactional.commit({}, "")
    finally:
        await transactional.close()


async def refusal(attempt: Awaitable[object]) -> str | None:
    """What a refused attempt says; ``None`` if it was allowed. Silence would run into a time limit."""
    try:
        await attempt
    except FatalError as error:
        return str(error)
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_and_writes_exactly_what_its_contract_says(secured: Secured, service: str) -> None:
    owns = any(service in spec.owner for spec in TOPICS.values())

    async def matrix() -> None:
        broker = secured.broker(service)
        try:
            for topic, spec in TOPICS.items():
                for may, attempt in (
                    (service in spec.consumers, read_one(broker, topic)),
                    (service in spec.owner, write_one(broker, topic)),
                ):
                    said = await refusal(attempt)
                    assert (said is None) == may, f"{service}, {topic}, may: {may}, said: {said}"
                    if said is not None:
                        assert WAY_OUT in said
                        assert topic in said or not owns, "who may write nothing may not even begin to produce"
        finally:
            await broker.close()

    asyncio.run(matrix())


def test_only_the_redactor_reads_raw_and_only_the_router_writes_it() -> None:
    raw = {grant for grant in wanted_grants(REGISTRY) if grant.name == "observation.raw"}
    assert raw == {
        Grant("User:ingest_redactor", Resource.TOPIC, "observation.raw", Operation.READ),
        Grant("User:router", Resource.TOPIC, "observation.raw", Operation.WRITE),
        Grant("User:operator", Resource.TOPIC, "observation.raw", Operation.DESCRIBE),
    }


@pytest.mark.parametrize("service", [name for name, takes in SERVICES.items() if takes.group])
def test_a_service_joins_its_own_group_and_no_other(secured: Secured, service: str) -> None:
    topic = next(name for name, spec in TOPICS.items() if service in spec.consumers)
    other = "recorder" if service != "recorder" else "promoter"
    forbidden = next(name for name, spec in TOPICS.items() if service not in (*spec.consumers, *spec.owner))

    async def scenario() -> None:
        broker = secured.broker(service)
        try:
            await join(broker, service, topic)
            with pytest.raises(FatalError, match=f"no permission for group {other}.*{WAY_OUT}"):
                await join(broker, other, topic)
            with pytest.raises(FatalError, match=f"no permission for topic {forbidden}.*{WAY_OUT}"):
                await join(broker, service, forbidden)
        finally:
            await broker.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("service", [name for name, takes in SERVICES.items() if takes.transactional_ids])
def test_a_service_writes_under_its_own_transactional_ids_and_no_other(secured: Secured, service: str) -> None:
    topic = next(name for name, spec in TOPICS.items() if service in spec.owner)
    other = "promoter." if service != "promoter" else "trainer."

    async def scenario() -> None:
        broker = secured.broker(service)
        try:
            await write_one(broker, topic, f"{SERVICES[service].transactional_ids}7")
            with pytest.raises(FatalError, match=f"no permission for transactional id {other}7.*{WAY_OUT}"):
                await write_one(broker, topic, f"{other}7")
        finally:
            await broker.close()

    asyncio.run(scenario())


def test_a_topic_that_may_be_seen_but_not_read_is_refused_and_not_empty(secured: Secured) -> None:
    """The router owns raw, so it sees the topic; a reader without a group must not take the refusal for silence."""

    async def scenario() -> None:
        broker = secured.broker("router")
        try:
            with pytest.raises(FatalError, match=r"no permission for topic observation\.raw"):
                await read_one(broker, "observation.raw")
        finally:
            await broker.close()

    asyncio.run(scenario())


def test_a_wrong_password_is_told_by_every_client(secured: Secured) -> None:
    async def scenario() -> None:
        broker = secured.broker("deduper", "not it")
        producer, transactional = broker.producer(), broker.transactional_producer("deduper.1")
        reader, consumer = broker.reader(), broker.consumer("deduper", ["observation.redacted"], Nothing())
        starts: list[Callable[[], Awaitable[object]]] = [
            broker.admin().topics, producer.start, transactional.start, reader.start, consumer.start,
        ]  # fmt: skip
        for start in starts:
            with pytest.raises(FatalError, match=r"refuses user 'deduper' .*FLYWHEEL_KAFKA__SASL_PASSWORD") as caught:
                await start()
            assert "not it" not in str(caught.value)
        await producer.close()
        await transactional.close()
        await broker.close()

    asyncio.run(scenario())


def test_only_an_administrator_changes_grants(secured: Secured) -> None:
    settings = secured.server.settings("cli")
    with pytest.raises(FatalError, match="only an administrator"):
        asyncio.run(apply_access(settings, REGISTRY, change=True))


def test_what_services_hold_beyond_the_registry_is_shown_and_taken_back(
    secured: Secured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = Grant(USER + "scoreboard", Resource.TOPIC, "observation.raw", Operation.READ)
    foreign = Grant(USER + "someone", Resource.TOPIC, "some.", Operation.READ, pattern=Pattern.PREFIXED)

    async def with_access(grants: list[Grant]) -> set[Grant]:
        broker = secured.broker(ADMINISTRATOR)
        try:
            await broker.access().grant(grants)
            return set(await broker.access().grants())
        finally:
            await broker.close()

    assert asyncio.run(with_access([extra, foreign])) == {*wanted_grants(REGISTRY), extra, foreign}
    for name, value in secured.environment(ADMINISTRATOR).items():
        monkeypatch.setenv(name, value)
    for words, code, state in (
        (["--dry-run"], 1, "beyond the registry"),
        (["--dry-run", "--revoke"], 0, "would be taken back"),
        (["--revoke"], 0, "taken back"),
    ):
        assert flywheel(["topics", "acl", *words, "--output", "json"]) == code
        rows = json.loads(capsys.readouterr().out)
        assert [(row["principal"], row["name"], row["state"]) for row in rows] == [
            ("User:scoreboard", "observation.raw", state)
        ]
    assert asyncio.run(with_access([])) == {*wanted_grants(REGISTRY), foreign}


def test_a_broker_without_an_authorizer_says_so(kafka_bootstrap: str) -> None:
    settings = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    with pytest.raises(FatalError, match="no authorizer"):
        asyncio.run(apply_access(settings, REGISTRY, change=False))
