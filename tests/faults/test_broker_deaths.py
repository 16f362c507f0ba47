"""Three brokers, replication 3, min in-sync replicas 2: the one that leads, coordinates the group, or coordinates the
transactions dies or is stopped in order, under load; nothing is lost, doubled or restarted."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from shared.brokers.kafka import KafkaTiming
from shared.stream.broker import NewTopic
from tests.conformance.support import (
    DEAD_LETTERS,
    KafkaLog,
    Names,
    Running,
    counting_application,
    lag,
    numbered,
    until,
    values,
    write,
)
from tests.faults.fleet import assert_exactly_once
from tests.faults.kafka_cluster import KafkaCluster
from tests.faults.kafka_roles import group_coordinator, leader, transaction_coordinator

# The client's request time-out must outlast a fail-over, or queued sends expire.
TIMING = KafkaTiming(session_s=10.0, heartbeat_s=0.5, rebalance_s=15.0, fetch_wait_s=0.05, request_s=40.0)
RECORDS = 1500


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    with KafkaCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


async def create_replicated(log: KafkaLog, names: Names) -> None:
    broker = log.broker()
    sizes = {names.source: 4, names.sink: 4, names.changelog: 4, DEAD_LETTERS: 1}
    await broker.admin().create_topics([NewTopic(name, size, replication=3) for name, size in sizes.items()])
    await broker.close()


async def survives(cluster: KafkaCluster, names: Names, role: str, how: str) -> None:
    log = KafkaLog(cluster.bootstrap, TIMING)
    await create_replicated(log, names)
    running = await Running(counting_application(names, max_batch_records=20), log, log.broker()).ready()
    await write(log, numbered(names.source, 100))
    roles = {
        "leader": lambda: leader(cluster.bootstrap, names.source, 0),
        "group_coordinator": lambda: group_coordinator(cluster.bootstrap, names.app),
        "transaction_coordinator": lambda: transaction_coordinator(cluster.bootstrap, f"{names.app}.{names.source}.0"),
    }
    victim = cluster.broker(await roles[role]())
    feeding = asyncio.create_task(feed(log, names, 100))
    await asyncio.sleep(1)
    if how == "kill":
        victim.kill()
    elif how == "stop":
        await asyncio.to_thread(victim.stop, 60)
    else:
        assert victim.process is not None
        victim.process.signal(signal.SIGSTOP)
        await asyncio.sleep(8)
        victim.process.signal(signal.SIGCONT)
    await feeding
    await caught_up(log, names, running)
    if how != "pause":
        victim.start()
        await asyncio.to_thread(victim.wait_ready, 120)
    await running.stopped()
    await assert_exactly_once(log, names, RECORDS)


async def feed(log: KafkaLog, names: Names, start: int) -> None:
    producer = log.broker().producer()
    await producer.start()
    for first in range(start, RECORDS, 50):
        await producer.send(numbered(names.source, 50, start=first))
        await asyncio.sleep(0.1)
    await producer.close()


async def caught_up(log: KafkaLog, names: Names, running: Running) -> None:
    async def done() -> bool:
        if running.task.done():
            running.task.result()
        return await lag(log, names.app) == 0 and len(await values(log, names.sink)) >= RECORDS

    await until(done, 240)


@pytest.mark.timeout(400)
def test_the_death_of_the_leader_of_three_is_survived(cluster: KafkaCluster, names: Names) -> None:
    asyncio.run(survives(cluster, names, "leader", "kill"))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["kill", "stop", "pause"])
@pytest.mark.parametrize("role", ["leader", "group_coordinator", "transaction_coordinator"])
def test_any_of_three_brokers_may_die(cluster: KafkaCluster, names: Names, role: str, how: str) -> None:
    asyncio.run(survives(cluster, names, role, how))
