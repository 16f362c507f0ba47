"""Bytes ↔ events: Confluent framing (byte 0, schema id as 4 big-endian bytes) around an Avro body.

Old and new processes run side by side during an upgrade. Each reads and writes with the version of its own event class,
whatever newer ones are released beside it: new fields are ignored by old code, and get their default in new code. So the
order of a deployment is: schemas first (to every process's folder), then readers, then writers.
"""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from fastavro import schemaless_reader, schemaless_writer
from fastavro.types import Schema as ParsedSchema

from shared.errors import FatalError, PoisonError, SettingsError, TransientError
from shared.events import TOPIC_EVENTS
from shared.schema.convert import from_plain, to_plain
from shared.schema.derive import schema_of
from shared.schema.registry import Released, SchemaRegistry, schema_sha256

HEADER = struct.Struct(">BI")
MAGIC = 0
# Ids are given out one by one. One that closely follows the newest known is a release that this process has not seen
# yet; any other unknown one is garbage. Wide enough for three releases of every subject at once.
AHEAD = 50
_unpack_header = HEADER.unpack_from

_Reader = tuple[ParsedSchema, ParsedSchema | None, Callable[[Any], Any]]
"""Writer's schema, reader's schema (none where they are one), and what makes the event."""


class Codec:
    """Encodes with the version of the topic's own event class; decodes any released version into it.

    ``decode`` raises :class:`PoisonError` with one of ``empty_value``, ``unknown_framing``, ``unknown_schema``,
    ``wrong_subject``, ``bad_avro`` whatever the bytes. Only an id that was released after this process started is another
    matter: the folder is read again, and if it does not hold the schema, decode raises :class:`FatalError`, so that the
    record waits in the log and no valid record becomes a dead letter (:class:`TransientError` while the folder is being
    written). Raises :class:`SettingsError` for an event class that no released version describes.
    """

    def __init__(
        self, registry: SchemaRegistry, topic_events: dict[str, type] | None = None, schemas_dir: Path | None = None
    ) -> None:
        self._topic_events = topic_events if topic_events is not None else TOPIC_EVENTS
        self._schemas_dir = schemas_dir
        self._by_id: dict[int, Released] = {}
        self._parsed: dict[int, ParsedSchema] = {}
        self._learn(registry)
        self._own = {topic: _version_of(topic, event, registry) for topic, event in self._topic_events.items()}
        self._writers = {
            topic: (HEADER.pack(MAGIC, own.id), self._parsed[own.id], to_plain(self._topic_events[topic]))
            for topic, own in self._own.items()
        }
        self._readers: dict[tuple[str, int], _Reader] = {}

    @classmethod
    def from_dir(cls, schemas_dir: Path, topic_events: dict[str, type] | None = None) -> "Codec":
        return cls(SchemaRegistry.from_dir(schemas_dir), topic_events, schemas_dir)

    def encode(self, topic: str, event: object) -> bytes:
        """Raises ``KeyError`` for a topic without a subject and ``TypeError`` for an event of another class."""
        header, schema, plain = self._writers[topic]
        expected = self._topic_events[topic]
        if type(event) is not expected:
            raise TypeError(f"{topic} carries {expected.__name__}, not {type(event).__name__}")
        buffer = BytesIO()
        buffer.write(header)
        schemaless_writer(buffer, schema, plain(event))
        return buffer.getvalue()

    def decode(self, topic: str, payload: bytes) -> Any:
        if len(payload) < HEADER.size or payload[0] != MAGIC:
            if not payload:
                raise PoisonError("empty_value")
            raise PoisonError("unknown_framing", f"first byte {payload[0]}, {len(payload)} bytes")
        _, schema_id = _unpack_header(payload)
        written, read, assemble = self._readers.get((topic, schema_id)) or self._reader(topic, schema_id)
        buffer = BytesIO(payload)
        buffer.seek(HEADER.size)
        try:
            event = assemble(schemaless_reader(buffer, written, read))
        # Hostile bytes make the reader raise anything from EOFError to MemoryError; all of it means one thing.
        except Exception as error:
            raise PoisonError("bad_avro", type(error).__name__) from None
        if buffer.tell() != len(payload):
            raise PoisonError("bad_avro", "bytes after the record")
        return event

    def _reader(self, topic: str, schema_id: int) -> "_Reader":
        entry = self._by_id.get(schema_id) or self._released_since(topic, schema_id)
        if entry.subject != topic:
            raise PoisonError("wrong_subject", f"id {schema_id} is {entry.subject}")
        own = self._own[topic]
        read = None if own.id == schema_id else self._parsed[own.id]
        reader = self._parsed[schema_id], read, from_plain(self._topic_events[topic])
        self._readers[topic, schema_id] = reader
        return reader

    def _learn(self, registry: SchemaRegistry) -> None:
        for entry in registry.by_id.values():
            if entry.id not in self._parsed:
                self._by_id[entry.id] = entry
                self._parsed[entry.id] = fastavro.parse_schema(entry.schema, named_schemas={})

    def _released_since(self, topic: str, schema_id: int) -> Released:
        newest = max(self._by_id)
        if not newest < schema_id <= newest + AHEAD:
            raise PoisonError("unknown_schema", f"id {schema_id}")
        if self._schemas_dir is not None:
            try:
                self._learn(SchemaRegistry.from_dir(self._schemas_dir))
            except (OSError, ValueError) as error:
                raise TransientError(f"the released schemas cannot be read now: {type(error).__name__}") from error
        if schema_id in self._by_id:
            return self._by_id[schema_id]
        raise FatalError(
            f"{topic} holds a record of schema id {schema_id}, and this process knows ids up to {newest}: a newer writer "
            f"runs already. Bring the released schemas to {self._schemas_dir} and start again; the record waits"
        )


def _version_of(topic: str, event: type, registry: SchemaRegistry) -> Released:
    """The released version that describes ``event``. Several may: one that was taken back is released once more."""
    sha256 = schema_sha256(schema_of(event))
    fitting = [one for one in registry.by_id.values() if one.subject == topic and one.sha256 == sha256]
    if not fitting:
        raise SettingsError(
            f"no released schema of {topic} describes {event.__name__} as this code has it: schemas are released "
            "(python -m shared.schema.release) and brought to every process before code that uses them"
        )
    return max(fitting, key=lambda one: one.version)
