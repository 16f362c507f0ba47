"""A worker stopped inside a transaction, its partitions taken over, and then woken: the hand-over that breaks the usual
recipe, on real Kafka, and the same test with that recipe.

The transaction time-out is 60 s and the test stays under it: at 10 s the coordinator's own abort hides the bug of one
transactional id per process and would fake the cure of one id per input partition.
"""

import asyncio
import signal
import time
from pathlib import Path

from shared.stream.records import TopicPartition
from tests.conformance.support import KafkaLog, Names, committed, create_for, numbered, until, values, write
from tests.faults.fleet import Fleet, assert_exactly_once, sink_has

TRANSACTION_S = 60.0
PARTITIONS = 2
RECORDS = 200


async def sleep_through_a_hand_over(log: KafkaLog, names: Names, fleet: Fleet, mark: Path, *options: str) -> None:
    """Returns just after the sleeper was woken. The second owner has committed everything by then."""
    await create_for(log, names, partitions=PARTITIONS)
    options = (*options, "--transaction-s", str(TRANSACTION_S))
    sleeper = fleet.start("--stop-inside", str(mark), *options)
    await write(log, numbered(names.source, RECORDS))

    async def inside() -> bool:
        return mark.exists()

    await until(inside)
    stopped_s = time.monotonic()
    sleeper.send_signal(signal.SIGSTOP)
    fleet.start(*options)

    async def second_owner_committed_all() -> bool:
        done = await committed(log, names.app)
        ends = {p.partition: end for p, end in (await ends_of(log, names.source)).items()}
        return all(done.get(TopicPartition(names.source, n), 0) >= end for n, end in ends.items())

    await until(second_owner_committed_all, TRANSACTION_S - 15)
    asleep_s = time.monotonic() - stopped_s
    assert asleep_s < TRANSACTION_S - 5, "the coordinator must not have aborted the transaction by itself"
    sleeper.send_signal(signal.SIGCONT)


async def ends_of(log: KafkaLog, topic: str) -> dict[TopicPartition, int]:
    broker = log.broker()
    try:
        return await broker.admin().end_offsets([topic])
    finally:
        await broker.close()


def test_one_id_per_input_partition_fences_the_sleeper(
    fleet: Fleet, names: Names, kafka_bootstrap: str, tmp_path: Path
) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await sleep_through_a_hand_over(log, names, fleet, tmp_path / "inside")
        await assert_exactly_once(log, names, RECORDS)

        async def knows() -> bool:
            return bool(fleet.said(0, "a task is opened again") or fleet.said(0, "a rebalance began"))

        await until(knows, 90)
        await write(log, numbered(names.source, RECORDS, start=RECORDS))
        await sink_has(log, names, 2 * RECORDS)
        await assert_exactly_once(log, names, 2 * RECORDS)

    asyncio.run(scenario())


def test_counter_example_one_id_per_process_doubles(
    fleet: Fleet, names: Names, kafka_bootstrap: str, tmp_path: Path
) -> None:
    """Why the engine has one id per input partition: nothing fences the sleeper, and what it held is committed twice."""
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await sleep_through_a_hand_over(log, names, fleet, tmp_path / "inside", "--id-per-process")
        await sink_has(log, names, RECORDS + 1)
        ids = [output["id"] for output in await values(log, names.sink)]
        assert set(ids) == set(range(RECORDS)), "nothing is lost"
        assert len(ids) > RECORDS, "but something is doubled"

    asyncio.run(scenario())
