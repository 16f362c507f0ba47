"""Copies of records, on every log: done by the service they are meant for, skipped by all others, attempts added up."""

import asyncio
import json

from shared.stream.broker import OutRecord
from shared.stream.records import Position
from shared.stream.replays import earlier_attempts, is_replay, is_replay_for_another, replay_headers
from tests.conformance.support import (
    DEAD_LETTERS,
    Log,
    Names,
    Running,
    counting_application,
    create_for,
    is_caught_up,
    until,
    values,
    write,
)
from tests.conformance.test_async_tasks_on_a_log import Answering, AsyncRunning, application, create_for_async


def copies(names: Names, reader: str) -> list[OutRecord]:
    """One original and four copies of records, of which the last is rejected: ``reader`` tried each twice before."""
    headers = replay_headers((("traceparent", b"t"),), Position(names.source, 0, 0), reader, 2)
    bodies = [json.dumps({"id": number}).encode() for number in range(4)] + [b"no json"]
    return [OutRecord(names.source, b"k", body, headers if n else (), 0) for n, body in enumerate(bodies)]


async def caught_up(log: Log, names: Names) -> None:
    await until(lambda: is_caught_up(log, names.app, names.source))


async def letters_of(log: Log, names: Names) -> list[tuple[str, int]]:
    found = [letter for letter in await values(log, DEAD_LETTERS) if letter["application"] == names.app]
    return [(letter["reason"], letter["attempt"]) for letter in found]


def test_a_copy_for_another_reader_is_skipped(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, copies(names, "somebody-else"))
        running = await Running(counting_application(names), log, log.broker()).ready()
        await caught_up(log, names)
        await running.stopped()
        assert [output["id"] for output in await values(log, names.sink)] == [0]
        assert await letters_of(log, names) == [], "not even looked at"

    asyncio.run(scenario())


def test_a_copy_for_this_reader_is_done_and_its_attempts_add_up(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, copies(names, names.app))
        running = await Running(counting_application(names), log, log.broker()).ready()
        await caught_up(log, names)
        await running.stopped()
        assert [output["id"] for output in await values(log, names.sink)] == [0, 1, 2, 3]
        assert await letters_of(log, names) == [("bad_json", 3)]

    asyncio.run(scenario())


def test_the_async_sibling_does_the_same(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for_async(log, names)
        await write(log, copies(names, "somebody-else") + copies(names, names.app)[1:])
        running = AsyncRunning(application(names, Answering(names)), log)
        await caught_up(log, names)
        await running.stopped()
        assert sorted(output["id"] for output in await values(log, names.sink)) == [0, 1, 2, 3]
        assert await letters_of(log, names) == [("bad_json", 3)]

    asyncio.run(scenario())


def test_headers_of_a_copy_of_a_copy_name_the_last_original() -> None:
    first = replay_headers((("traceparent", b"t"),), Position("a", 0, 7), "deduper", 1)
    second = replay_headers(first, Position("a", 1, 9), "deduper", 3)
    assert dict(second) == {
        "traceparent": b"t", "replay_of": b"a/1/9", "replay_for": b"deduper", "earlier_attempts": b"3",
    }  # fmt: skip
    assert len(second) == 4 and is_replay(second) and not is_replay(())
    assert is_replay_for_another(second, "recorder") and not is_replay_for_another(second, "deduper")
    assert (earlier_attempts(second), earlier_attempts(()), earlier_attempts((("earlier_attempts", b"x"),))) == (
        3,
        0,
        0,
    )
