"""From the registry's YAML to ``model.registered``: only what differs from what the topic holds is written.

Specialists in the topic are the promoter's and are never touched; entries that left the file stay as they are (retire one
by ``state: deprecated``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from infra.local.kafka_runtime import Announce
from infra.local.topics import open_broker
from shared.clock import SystemClock
from shared.errors import FatalError, PoisonError, TransientError
from shared.events import ModelRegistered
from shared.models import MODELS_FILE, Refusal, load_models
from shared.schema.codec import Codec
from shared.settings import KafkaSettings, Settings
from shared.stream.broker import Broker, OutRecord, Reader
from shared.stream.records import TopicPartition
from shared.stream.serde import Serde

TOPIC = "model.registered"
POLL_RECORDS, POLL_S = 1000, 0.5
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RegistryResult:
    """Names entered (or that would be, in a dry run), names already there unchanged, and refused entries."""

    entered: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Refusal, ...]


def apply_registry(
    settings: KafkaSettings, schemas_dir: Path, path: Path = MODELS_FILE, *, dry_run: bool = False
) -> RegistryResult:
    """Enter the file's good entries that differ from the topic's. Callable inside and outside an event loop.

    Raises :class:`shared.errors.SettingsError` for a file that cannot be read, :class:`FatalError` without a broker.
    """
    models, refused = load_models(path, SystemClock().now_ms())

    async def apply(broker: Broker, serde: Serde) -> tuple[str, ...]:
        return await enter_models(broker, serde, models, dry_run=dry_run)

    entered = with_log(settings, schemas_dir, apply)
    unchanged = tuple(model.model for model in models if model.model not in entered)
    return RegistryResult(entered, unchanged, tuple(refused))


def enter_registry(settings: KafkaSettings, announce: Announce, path: Path = MODELS_FILE) -> None:
    """The step of a start between topics and services: apply the registry and say what came of it."""
    result = apply_registry(settings, Settings().schemas_dir, path)
    for refusal in result.refused:
        announce(f"warning: refused {refusal}")
    announce(f"registry: {len(result.entered)} models entered" if result.entered else "registry: all there")


async def enter_models(
    broker: Broker, serde: Serde, models: list[ModelRegistered], *, dry_run: bool = False
) -> tuple[str, ...]:
    """Write those of ``models`` that differ from what the topic holds; returns their names."""
    changed = changed_entries(models, await read_registry(broker, serde))
    if changed and not dry_run:
        await _write(broker, serde, changed)
    return tuple(model.model for model in changed)


def registered_models(settings: KafkaSettings, schemas_dir: Path) -> list[ModelRegistered]:
    """Every entry of the topic, specialists included, by name. Raises :class:`FatalError` without a broker."""
    found = with_log(settings, schemas_dir, read_registry)
    return [found[name] for name in sorted(found)]


def changed_entries(models: list[ModelRegistered], known: Mapping[str, ModelRegistered]) -> list[ModelRegistered]:
    """Entries that say something else than the topic does, whenever they were registered."""
    return [model for model in models if not _is_same(model, known.get(model.model))]


def _is_same(model: ModelRegistered, known: ModelRegistered | None) -> bool:
    return known is not None and replace(known, registered_at_ms=model.registered_at_ms) == model


def with_log(settings: KafkaSettings, schemas_dir: Path, use: Callable[[Broker, Serde], Awaitable[_T]]) -> _T:
    """``use`` of a log, closed after it, on an event loop of its own."""

    async def run() -> _T:
        broker = open_broker(settings)
        try:
            return await use(broker, Codec.from_dir(schemas_dir))
        except TransientError as error:
            raise FatalError(
                f"Kafka at {settings.bootstrap_servers} gives no answer ({error}): 'flywheel up' starts one, "
                "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS names another"
            ) from error
        finally:
            await broker.close()

    with ThreadPoolExecutor(max_workers=1) as own_loop:
        return own_loop.submit(lambda: asyncio.run(run())).result()


async def read_registry(broker: Broker, serde: Serde) -> dict[str, ModelRegistered]:
    """The latest entry of each name, as the topic held them at the call."""
    reader = broker.reader()
    await reader.start()
    try:
        partitions = await reader.partitions(TOPIC)
        positions, ends = await reader.beginnings(partitions), await reader.stable_ends(partitions)
        left = [partition for partition in partitions if positions[partition] < ends[partition]]
        reader.assign({partition: positions[partition] for partition in left})
        found: dict[str, ModelRegistered] = {}
        while left:
            await _collect(reader, left, serde, found)
            left = [partition for partition in left if await reader.position(partition) < ends[partition]]
        return found
    finally:
        await reader.stop()


async def _collect(
    reader: Reader, partitions: list[TopicPartition], serde: Serde, found: dict[str, ModelRegistered]
) -> None:
    for record in await reader.poll(partitions, POLL_RECORDS, POLL_S):
        name = (record.key or b"").decode(errors="replace")
        if record.value is None:
            found.pop(name, None)
            continue
        try:
            event = serde.decode(record.topic, record.value)
        except PoisonError:  # what cannot be read is not what the file says: it is entered again
            found.pop(name, None)
            continue
        if isinstance(event, ModelRegistered):
            found[name] = event


async def _write(broker: Broker, serde: Serde, models: list[ModelRegistered]) -> None:
    producer = broker.producer()
    await producer.start()
    try:
        records = [OutRecord(TOPIC, model.model.encode(), serde.encode(TOPIC, model)) for model in models]
        await producer.send(records)
    finally:
        await producer.close()
