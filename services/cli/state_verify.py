"""State = replay of its changelog (I5), on a running system: what a task says it holds against what a restore gives."""

import asyncio
import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import CorruptedError, FatalError
from shared.state.codec import Codec, codec_of
from shared.state.digest import StoreDigest, digest_of
from shared.state.store import TaskStore
from shared.stream.broker import Broker
from shared.stream.processor import StoreSpec
from shared.stream.records import Record, TopicPartition
from shared.stream.restore import read_changelogs
from shared.stream.task import changelog_topic

ANSWER_S = 60.0
LOOPBACK = "127.0.0.1"

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a running task says of one store: its content, up to the end of its changelog at that moment."""

    codec: Codec
    content: StoreDigest
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One store of one partition. ``is_good`` is false for a difference or a corrupt entry."""

    service: str
    store: str
    partition: int
    result: str
    is_good: bool
    entries: int | None = None
    replayed: int | None = None
    end: int | None = None


class Replayed:
    """One changelog partition, read with the engine's own restore."""

    def __init__(self, name: str, codec: Codec | None) -> None:
        self._name = name
        self._store = None if codec is None else TaskStore(StoreSpec(name, codec))

    def apply(self, records: Sequence[Record]) -> None:
        """Without a known codec the first entry's mark decides. Raises :class:`CorruptedError`, naming the position."""
        for record in records:
            try:
                if self._store is None and record.value is not None:
                    self._store = TaskStore(StoreSpec(self._name, codec_of(record.value)))
                if self._store is not None:
                    self._store.restore((record.key or b"").decode(), record.value)
            except (CorruptedError, UnicodeDecodeError) as error:
                kind = str(error) if isinstance(error, CorruptedError) else "a key that is no UTF-8"
                raise CorruptedError(f"{record.position}: {kind}") from None

    def content(self) -> StoreDigest:
        if self._store is None:
            return digest_of("json", {})
        return digest_of(self._store.spec.codec, self._store.snapshot())


def ask(port: int) -> dict[str, Any]:
    """``GET /state`` of a process on this machine. Raises :class:`FatalError` with the way out."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/state")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise FatalError(
                f"port {port} answers /state with {answer.status}: is that a streaming service's health port?"
            )
        document: dict[str, Any] = json.loads(body)
        return document
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise FatalError(
            f"port {port} gives no answer ({type(error).__name__}): 'flywheel status' shows who runs"
        ) from error
    finally:
        connection.close()


def claims(service: str, documents: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], Claim]:
    """By store and partition what the processes of ``service`` say. Raises :class:`FatalError` for another's answer."""
    found: dict[tuple[str, int], Claim] = {}
    for document in documents:
        if document["application"] != service:
            raise FatalError(f"the process asked for {service} is {document['application']}: check --port")
        for task in document["tasks"]:
            for store, said in task["stores"].items():
                content = StoreDigest(said["entries"], said["digest"])
                found[store, task["partition"]] = Claim(said["codec"], content, said["end"])
    return found


async def verify(
    broker: Broker,
    service: str,
    stores: Sequence[str],
    said: Mapping[tuple[str, int], Claim],
    announce: Announce = lambda _line: None,
) -> list[Finding]:
    """Every store and partition of ``service``: compared where a task answered, else only read for corrupt entries."""
    counts = await broker.admin().topics()
    findings = []
    for store in stores:
        topic = changelog_topic(service, store)
        if topic not in counts:
            raise FatalError(f"topic {topic} does not exist: 'flywheel topics plan' shows what is missing")
        for number in range(counts[topic]):
            announce(f"{topic}[{number}]")
            findings.append(await _one(broker, service, store, number, said.get((store, number))))
    return findings


async def _one(broker: Broker, service: str, store: str, number: int, claim: Claim | None) -> Finding:
    changelog = TopicPartition(changelog_topic(service, store), number)
    replayed = Replayed(store, None if claim is None else claim.codec)
    ends = None if claim is None else {changelog: claim.end}
    end = None if claim is None else claim.end
    try:
        await read_changelogs(broker, [changelog], replayed.apply, asyncio.to_thread, ends=ends)
    except (CorruptedError, FatalError) as error:
        return Finding(service, store, number, f"corrupt: {error}", False, end=end)
    content = await asyncio.to_thread(replayed.content)
    if claim is None:
        return Finding(
            service,
            store,
            number,
            "not compared: no process answers for it; its entries are sound",
            True,
            None,
            content.entries,
        )
    equal = content == claim.content
    result = "equal" if equal else "differs from the replay of its changelog"
    return Finding(service, store, number, result, equal, claim.content.entries, content.entries, end)
