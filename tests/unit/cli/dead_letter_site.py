"""A log with two readers of one topic, dead letters, and an operator: for the tests of replays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from services.cli.dead_letters import Letter
from services.cli.dlq_replay import DeadLetterReplay
from services.ingest_redactor.logic.eligibility import Limits
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import ManualClock
from shared.events import MetricsWindowed, ShadowCompared
from shared.events.vocabulary import AttemptVerdict, ComparisonKind
from shared.lifecycle import make_dead_letter
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.engine import Timing
from shared.stream.outcome import Emit, Emitted, Outcomes, Rejected, Result, Skipped
from shared.stream.processor import Application, State
from shared.stream.records import Message
from shared.stream.runner import Runner

CODEC = Codec.from_dir(SCHEMAS_DIR)
SPECS = load_topics(SCHEMAS_DIR / "topics.yaml")
COMPARED, SCORES, ASSIGNED, RAW, LETTERS = (
    "shadow.compared", "metrics.windowed", "assignment.changed", "observation.raw", "dead.letter",
)  # fmt: skip
LIMITS = Limits(max_cost_usd=0.5, verified_labels=frozenset(), unsafe_labels=frozenset())
SECRET = "maria.garcia@example.com"


def comparison(number: int) -> ShadowCompared:
    return ShadowCompared(
        comparison_id=f"x{number}", cluster=f"c{number % 3}", event_id=f"e{number}", model="m@v1",
        kind=ComparisonKind.CANDIDATE, verdict=AttemptVerdict.OK, format_valid=True, parity=True, slices={},
        compared_at_ms=number,
    )  # fmt: skip


def score(application: str, compared: ShadowCompared) -> MetricsWindowed:
    return MetricsWindowed(
        window_id=f"{application}:{compared.comparison_id}", cluster=compared.cluster, model="m@v1", window_start_ms=0,
        window_s=1, calls=1, successes=1, format_errors=0, tool_parse_errors=0, escalations=0, cost_usd=0.0,
        latency_ms_sum=0.0, latency_ms_max=0.0,
    )  # fmt: skip


class Scoring:
    """Emits one score per comparison, except for those it rejects for now."""

    def __init__(self, name: str, broken: set[str]) -> None:
        self.name, self.broken = name, broken

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        return Outcomes([self._one(message) for message in batch])

    def _one(self, message: Message) -> Result:
        event = message.event
        if not isinstance(event, ShadowCompared):
            return Skipped("other")
        if event.comparison_id in self.broken:
            return Rejected("not_yet")
        return Emitted((Emit(SCORES, event.cluster, score(self.name, event)),))

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return Outcomes()


class Site:
    """A log with two readers of one topic, and an operator."""

    def __init__(self) -> None:
        self.broker = MemoryBroker(MemoryCluster())
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.redacted: dict[str, str] = {}

    async def create(self) -> "Site":
        topics = (COMPARED, SCORES, ASSIGNED, RAW, "observation.redacted", LETTERS, "promotion.audit")
        await self.broker.admin().create_topics([NewTopic(topic, 2) for topic in topics])
        return self

    async def write(self, topic: str, events: Sequence[tuple[str, Any]]) -> None:
        producer = self.broker.producer()
        await producer.start()
        encoded = [(k, e if isinstance(e, bytes) else CODEC.encode(topic, e)) for k, e in events]
        await producer.send([OutRecord(topic, key.encode(), value) for key, value in encoded])
        await producer.close()

    @asynccontextmanager
    async def running(self, *applications: Application) -> AsyncIterator[None]:
        """Run until all lag is gone, then stop."""
        stop = asyncio.Event()
        runners = [
            Runner(one, self.broker, CODEC, make_dead_letter=make_dead_letter, timing=Timing(idle_s=0.02))
            for one in applications
        ]
        tasks = [asyncio.create_task(one.run(stop)) for one in runners]
        try:
            yield
            async with asyncio.timeout(60):
                while not await self._is_idle(applications):
                    await asyncio.sleep(0.01)
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def _is_idle(self, applications: Sequence[Application]) -> bool:
        admin = self.broker.admin()
        for one in applications:
            ends = await admin.end_offsets(one.topics)
            committed = await admin.committed(one.name)
            if any(end > 0 and committed.get(partition) != end for partition, end in ends.items()):
                return False
        return True

    def replay(self, actor: str = "cli:ann") -> DeadLetterReplay:
        async def redact(letters: Sequence[Letter], limit: int | None) -> Mapping[str, str]:
            self.asked += [letter.id for letter in letters[:limit]]
            return {letter.id: "emitted" for letter in letters[:limit]}

        return DeadLetterReplay(self.broker, CODEC, ManualClock(), SPECS, redact, actor=actor)

    def scoring(self, name: str, broken: set[str] | None = None) -> Application:
        held = self.broken if broken is None else broken
        return Application(name, (COMPARED,), lambda _: Scoring(name, held), tick_interval_s=None, commit_interval_ms=5)

    def scores(self) -> Counter[str]:
        return Counter(
            CODEC.decode(SCORES, record.value or b"").window_id for record in self.broker.cluster.records(SCORES)
        )

    def letters(self) -> list[Any]:
        return [CODEC.decode(LETTERS, record.value or b"") for record in self.broker.cluster.records(LETTERS)]
