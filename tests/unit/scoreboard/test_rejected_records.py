"""What the scoreboard cannot score becomes a dead letter before its agent takes the next record; a backlog of it halts."""

import asyncio
import random
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from services.scoreboard.adapters import GROUP, Halt, _body
from services.scoreboard.logic import Scoreboard
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import SystemClock
from shared.events import TOPIC_EVENTS
from shared.lifecycle import make_dead_letter
from shared.stream.broker import NewTopic
from shared.stream.publisher import Publisher
from shared.stream.rejections import Rejections
from tests.contract.test_bad_input_of_services import CODEC, bad_records, read_dead_letters
from tests.fuzz.decoding import sample

TOPIC = "outcome.reported"
GOOD = CODEC.encode(TOPIC, sample(TOPIC_EVENTS[TOPIC], random.Random(1)))


class Stream:
    """Messages as faust hands them to an agent. ``taken`` counts those that the agent asked for."""

    def __init__(self, messages: list[tuple[bytes | None, bytes | None]]) -> None:
        self._messages = messages
        self.taken = 0
        self.current_event: Any = None

    async def __aiter__(self) -> AsyncIterator[bytes | None]:
        for offset, (key, value) in enumerate(self._messages):
            message = SimpleNamespace(
                topic=TOPIC, partition=0, offset=offset, timestamp=1.5, key=key, value=value, headers=None
            )
            self.current_event = SimpleNamespace(message=message)
            self.taken += 1
            yield value


class Fragile(Scoreboard):
    def add(self, event: object) -> None:
        raise ValueError("Jane Roe")


class Scene:
    """One agent over one stream, with its letters on a log."""

    def __init__(self, scoreboard: Scoreboard, messages: list[tuple[bytes | None, bytes | None]], limit: int) -> None:
        cluster = MemoryCluster()
        cluster.create_topic(NewTopic("dead.letter", 1))
        self.broker, self.halt, self.stream = MemoryBroker(cluster), Halt(), Stream(messages)
        publisher = Publisher(self.broker, CODEC)
        rejections = Rejections(GROUP, publisher, CODEC, make_dead_letter, SystemClock(), limit)
        self.agent = _body(CODEC, scoreboard, rejections, self.halt)(self.stream)

    async def letters(self) -> list[tuple[int, str]]:
        return [(letter.origin_offset, letter.reason) for letter in await read_dead_letters(self.broker)]


def test_every_bad_record_can_be_found_and_the_good_ones_are_scored() -> None:
    bad = bad_records(TOPIC)

    async def scenario() -> None:
        scoreboard = Scoreboard(60, 10**9)
        scene = Scene(scoreboard, [(r.key, r.value) for _, r in bad] + [(b"k", None), (b"k", GOOD)], 100)
        await scene.agent
        assert await scene.letters() == list(enumerate(reason for reason, _ in bad))

    asyncio.run(scenario())


def test_an_exception_of_the_rules_is_a_letter_without_its_text() -> None:
    async def scenario() -> None:
        scene = Scene(Fragile(60, 10**9), [(b"k", GOOD)], 100)
        await scene.agent
        (letter,) = await read_dead_letters(scene.broker)
        assert (letter.reason, letter.detail) == ("processor_error", "ValueError")

    asyncio.run(scenario())


def test_a_backlog_where_everything_fails_calls_a_halt_and_takes_nothing_more() -> None:
    async def scenario() -> None:
        scene = Scene(Scoreboard(60, 10**9), [(b"k", b"\x07")] * 20, 5)
        agent = asyncio.ensure_future(scene.agent)
        async with asyncio.timeout(60):
            await scene.halt.called.wait()
        assert scene.halt.error is not None and "rejected 5 records in a row" in str(scene.halt.error)
        assert not agent.done() and scene.stream.taken == 5
        assert len(await scene.letters()) == 5, "faust takes the one in hand for done: it has its letter too"
        agent.cancel()
        await asyncio.gather(agent, return_exceptions=True)

    asyncio.run(scenario())
