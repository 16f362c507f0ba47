"""One process of a streaming service: a group member whose every owned task runs a :class:`TaskLoop`.

Rebalances are eager: all tasks are suspended, then those that come back go on from memory, new ones are opened, and
those that went elsewhere are let go. Shutdown is a state: stop fetching → drain → commit → leave the group.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from shared import telemetry
from shared.clock import Clock, SystemClock
from shared.errors import FatalError, TransientError
from shared.stream.broker import Broker, Consumer
from shared.stream.dead_letters import DEAD_LETTER_TOPIC, DeadLetterFactory
from shared.stream.engine import Engine, Timing
from shared.stream.guarded import gave_up
from shared.stream.inquiry import report
from shared.stream.offload import OffloadWhenLong
from shared.stream.processor import Application, TaskId
from shared.stream.records import TopicPartition
from shared.stream.restore import Offload
from shared.stream.retry import Backoff
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables
from shared.stream.task import Journal, Phase, changelog_topic
from shared.stream.task_loop import TaskLoop

_log = logging.getLogger(__name__)


async def check_topics(broker: Broker, co_partitioned: Sequence[str], others: Sequence[str]) -> int:
    """The partition count of ``co_partitioned``. Raises :class:`FatalError` for a missing topic or unequal counts."""
    counts = await broker.admin().topics()
    missing = [topic for topic in (*co_partitioned, *others) if topic not in counts]
    if missing:
        raise FatalError(
            f"topics do not exist, or this user may not see them: {', '.join(missing)}; `flywheel topics apply` creates "
            "them, `flywheel topics acl` grants them"
        )
    sizes = {topic: counts[topic] for topic in co_partitioned}
    if len(set(sizes.values())) > 1:
        raise FatalError(f"topics that are joined need equal partition counts, but have {sizes}")
    return next(iter(sizes.values()))


async def start_when_possible(start: Callable[[], Awaitable[None]], stop: asyncio.Event) -> bool:
    """Call ``start`` until the broker answers; ``False`` if told to stop first."""
    failures, backoff = 0, Backoff()
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            starting = asyncio.ensure_future(start())
            try:
                await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not starting.done():
                    starting.cancel()
                    await asyncio.wait([starting])
            if stop.is_set() and starting.cancelled():
                return False
            error = gave_up() if starting.cancelled() else starting.exception()
            if error is None:
                return True
            if not isinstance(error, TransientError):
                raise error
            failures += 1
            if failures == 1:
                _log.warning("the broker is away; trying again", extra={"error": telemetry.describe_error(error)})
            await asyncio.wait([stopped], timeout=backoff.delay_s(failures))
        return False
    finally:
        stopped.cancel()


class Runner:
    """Runs ``application`` until told to stop. One object per process and run."""

    def __init__(
        self,
        application: Application,
        broker: Broker,
        serde: Serde,
        *,
        make_dead_letter: DeadLetterFactory,
        clock: Clock | None = None,
        timing: Timing | None = None,
        offload: Offload | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._application = application
        self._broker = broker
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._timing = timing if timing is not None else Timing()
        self._tables = BroadcastTables(broker, serde, application.broadcasts)
        self._consumer: Consumer = broker.consumer(application.name, application.topics, self)
        self._engine = Engine(
            application,
            broker,
            self._consumer,
            serde,
            make_dead_letter,
            self._clock,
            self._tables,
            offload if offload is not None else OffloadWhenLong(),
            self._timing,
            journal,
        )
        self._loops: dict[int, TaskLoop] = {}
        self._failed: asyncio.Future[None] | None = None
        self._assigned = False
        self._stopping = False

    async def run(self, stop: asyncio.Event, grace_s: float = 20.0) -> None:
        """Work until ``stop`` is set, then drain within ``grace_s`` and leave. Raises what ended a task or a table."""
        self._failed = asyncio.get_running_loop().create_future()
        side: list[asyncio.Future[Any]] = [asyncio.ensure_future(stop.wait()), self._failed]
        try:
            if await start_when_possible(self._start, stop):
                side.append(asyncio.ensure_future(self._tables.run()))
                await asyncio.wait(side, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping = True
            await self._drain(grace_s)
            outcomes = [future for future in side if future.done() and not future.cancelled()]
            for future in side:
                future.cancel()
        for future in outcomes:
            future.result()

    def ready(self) -> bool:
        """Every assigned task runs (none may be assigned, when there are more members than partitions)."""
        return self._assigned and all(loop.phase is Phase.RUNNING for loop in self._loops.values())

    def stalled(self, limit_s: float) -> list[str]:
        """Tasks whose loop made no step for ``limit_s``: the process is stuck and should be restarted. A suspended one
        waits for the group, which may take as long as the broker is away."""
        moving = [loop for loop in self._loops.values() if loop.phase in (Phase.RUNNING, Phase.RESTORING)]
        late_s = self._clock.monotonic_s() - limit_s
        return [loop.task.transactional_id for loop in moving if loop.progress_s < late_s]

    async def state_report(self) -> dict[str, Any]:
        """What every task's stores hold, as counts and digests (see :mod:`shared.stream.inquiry`)."""
        asked = {number: loop.inquiry for number, loop in self._loops.items()}
        return {"application": self._application.name, **await report(asked, self._engine.offload)}

    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Rebalances take everything away first. Never raises: the client would swallow it."""
        if partitions or self._loops:
            _log.info("a rebalance began", extra={"application": self._application.name, "count": len(self._loops)})
        await asyncio.gather(*[loop.suspend(self._timing.revoke_s) for loop in self._loops.values()])

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        if self._stopping:
            return
        owned: dict[int, set[str]] = {}
        for partition in partitions:
            owned.setdefault(partition.partition, set()).add(partition.topic)
        for number, topics in owned.items():
            if topics != set(self._application.topics):
                self._fail(FatalError(f"partition {number} was assigned of {sorted(topics)} only; counts differ"))
                return
        gone = [self._loops.pop(number) for number in set(self._loops) - owned.keys()]
        await asyncio.gather(*[loop.close() for loop in gone])
        for number in sorted(owned):
            loop = self._loops.get(number)
            if loop is None:
                task = TaskId(self._application.name, self._application.topics, number)
                loop = self._loops[number] = TaskLoop(task, self._engine, self._publish_phases)
            loop.start().add_done_callback(self._loop_ended)
        self._assigned = True
        if not owned:
            _log.warning("no partition is left for this member", extra={"application": self._application.name})
        self._publish_phases()

    async def _start(self) -> None:
        application = self._application
        changelogs = [changelog_topic(application.name, spec.name) for spec in application.stores]
        others = [*application.broadcasts, DEAD_LETTER_TOPIC]
        await check_topics(self._broker, [*application.topics, *changelogs], others)
        await self._tables.start()
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            await self._tables.stop()
            raise

    async def _drain(self, grace_s: float) -> None:
        loops, self._loops = list(self._loops.values()), {}
        try:
            await asyncio.gather(*[loop.suspend(grace_s * 0.7) for loop in loops])
            await asyncio.gather(*[loop.close() for loop in loops], return_exceptions=True)
        finally:
            await self._consumer.stop()
            await self._tables.stop()
        clean = sum(loop.phase is Phase.CLOSED_CLEAN for loop in loops)
        _log.info(
            "left the group",
            extra={"application": self._application.name, "count": len(loops), "state": f"{clean} clean"},
        )

    def _loop_ended(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)

    def _publish_phases(self) -> None:
        telemetry.publish_phases([loop.phase for loop in self._loops.values()], self._application.name)
