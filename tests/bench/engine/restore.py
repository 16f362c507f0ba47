"""How long a task's state takes to come back from its changelogs: the engine's own restore, then the service's index."""

import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from services.clusterer.logic.cluster import Cluster
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application as clusterer
from services.deduper.logic.document import ORIGINAL, Document
from services.deduper.logic.signatures import PARAMETERS
from services.deduper.logic.verdicts import Span
from services.deduper.processor import application as deduper
from shared.lifecycle import make_dead_letter
from shared.state.codec import encode_value
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.offload import OffloadWhenLong
from shared.stream.outcome import NOTHING, Outcomes
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message
from shared.stream.restore import restore
from shared.stream.tables import BroadcastTables
from shared.stream.task import Work, changelog_topic
from shared.tasks.features import DIMENSION, Featuriser, load_wordllama
from tests.bench.engine.arena import Arena
from tests.bench.engine.event import WORDS, codec_for

AT_MS = 1_700_000_000_000
TASK_KEYS = 50
Entry = tuple[str, str, bytes]
"""Store, key, encoded value."""


@dataclass(frozen=True, slots=True)
class Restored:
    """One task's restore. ``log_s`` reads and applies the changelogs; ``index_s`` is what the service builds on them."""

    what: str
    entries: int
    kept: int
    mib: float
    log_s: float
    index_s: float

    @property
    def entries_per_s(self) -> float:
        return self.entries / self.log_s


class Idle:
    """A processor of which only the store matters."""

    def restored(self, state: State) -> None: ...

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        return NOTHING

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return NOTHING


def counts(entries: int) -> tuple[str, Application, Iterator[Entry]]:
    """A JSON store of small values, every key written once."""
    application = Application("counting", ("calls",), lambda _: Idle(), stores=(StoreSpec("counts"),))

    def written() -> Iterator[Entry]:
        for number in range(entries):
            yield (
                "counts",
                f"episode-{number:08d}",
                encode_value("json", {"count": number % 97, "at_ms": AT_MS + number}),
            )

    return "JSON store of small values", application, written()


def documents(count: int) -> tuple[str, Application, Iterator[Entry]]:
    """The deduper's window at its largest: every call an original with its tokens."""
    rng = Random(5)
    vocabulary = [zlib.crc32(f"{word}{number}".encode()) for word in WORDS for number in range(60)]
    span = Span(generations=24, generation_ms=3_600_000, generation_records=100_000)

    def written() -> Iterator[Entry]:
        for number in range(count):
            tokens = np.array(sorted(set(rng.choices(vocabulary, k=25))), dtype=np.uint32)
            document = Document(
                ORIGINAL,
                generation=number // span.generation_records,
                sequence=number + 1,
                trainable=True,
                fingerprint=rng.randbytes(16),
                salt=rng.randrange(TASK_KEYS),
                words=tokens,
            )
            yield "documents", f"{number:032x}", encode_value("bytes", document.encode())
        header = {
            "generation": (count - 1) // span.generation_records,
            "started_at_ms": AT_MS,
            "high_ms": AT_MS + count,
        }
        header |= {"records": count % span.generation_records, "sequence": count}
        yield "header", "header", encode_value("json", {"parameters": PARAMETERS, **header})

    return "deduper: window of originals", deduper(threshold=0.8, span=span), written()


def micros(count: int, entries: int) -> tuple[str, Application, Iterator[Entry]]:
    """The clusterer with ``count`` micro-clusters, written ``entries`` times before compaction, and as many sides."""
    rng, numbers = Random(6), np.random.default_rng(6)
    task_key, sub_key = "task" * 8, "user"

    def written() -> Iterator[Entry]:
        for number in range(entries):
            row = number % count
            sums = numbers.standard_normal(DIMENSION).astype(np.float32)
            words = dict.fromkeys(rng.sample(WORDS, 20), 3)
            micro = Micro(f"micro-{row:06d}", f"cluster-{row % 40:04d}", task_key, sub_key, row + 1, sums, number)
            micro.words.update(words)
            yield "micros", micro.id, encode_value("bytes", micro.encode())
            yield "sides", f"episode\x1f{number:032x}", encode_value("json", ["train", number])
        for number in range(40):
            cluster = Cluster(f"cluster-{number:04d}", task_key, sub_key, "bench", number + 1)
            yield "clusters", cluster.id, encode_value("json", cluster.encode())
        shard = {"records": entries, "merge_at": 2 * entries, "offered": []}
        yield "shards", f"{task_key}\x1f{sub_key}", encode_value("json", shard)
        yield "clock", "clock", encode_value("json", {"calls": entries, "born": count})

    application = clusterer(featuriser=Featuriser(load_wordllama()), parameters=Parameters())
    return f"clusterer: {count:,} micro-clusters", application, written()


async def measure(arena: Arena, state: tuple[str, Application, Iterator[Entry]]) -> Restored:
    """Write the changelogs, then restore them as a task that opens does. Raises if an entry is missing."""
    what, application, entries = state
    topics = {spec.name: changelog_topic(application.name, spec.name) for spec in application.stores}
    await arena.create(*[NewTopic(topic, 1) for topic in topics.values()])
    records = [OutRecord(topics[store], key.encode(), value, (), 0) for store, key, value in entries]
    await arena.fill(records)
    expected: dict[Any, bytes | None] = {(record.topic, record.key): record.value for record in records}
    serde = codec_for("bench")
    tables = BroadcastTables(arena.broker, serde, ()).snapshot()
    work = Work(application, TaskId(application.name, application.topics, 0), serde, make_dead_letter, tables)
    started_s = time.monotonic()
    read = await restore(arena.broker, work, OffloadWhenLong(), lambda: None)
    log_s = time.monotonic() - started_s
    work.restored()
    index_s = time.monotonic() - started_s - log_s
    kept = sum(len(work.state.store(name)) for name in topics)
    await arena.broker.admin().delete_topics(list(topics.values()))
    if read != len(records) or kept != len(expected):
        raise ValueError(f"{what}: {read} of {len(records)} entries read, {kept} of {len(expected)} keys kept")
    mib = sum(len(record.value or b"") + len(record.key or b"") for record in records) / 2**20
    return Restored(what, read, kept, mib, log_s, index_s)
