"""Bytes ↔ events: Confluent framing (byte 0, schema id as 4 big-endian bytes) around an Avro body."""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from fastavro import schemaless_reader, schemaless_writer
from fastavro.types import Schema as ParsedSchema

from shared.errors import PoisonError
from shared.events import TOPIC_EVENTS
from shared.schema.convert import from_plain, to_plain
from shared.schema.registry import Released, SchemaRegistry

HEADER = struct.Struct(">BI")
MAGIC = 0
_unpack_header = HEADER.unpack_from


class Codec:
    """Encodes with the latest released schema of the topic's subject; decodes any released version of it.

    ``decode`` raises :class:`PoisonError` with one of ``empty_value``, ``unknown_framing``, ``unknown_schema``,
    ``wrong_subject``, ``bad_avro`` and nothing else, whatever the bytes.
    """

    def __init__(self, registry: SchemaRegistry, topic_events: dict[str, type] | None = None) -> None:
        self._registry = registry
        self._topic_events = topic_events if topic_events is not None else TOPIC_EVENTS
        self._parsed: dict[int, ParsedSchema] = {
            entry.id: fastavro.parse_schema(entry.schema, named_schemas={}) for entry in registry.by_id.values()
        }
        self._writers = {
            topic: (HEADER.pack(MAGIC, latest.id), self._parsed[latest.id], to_plain(event))
            for topic, event in self._topic_events.items()
            if (latest := registry.latest.get(topic)) is not None
        }
        # Per topic and id on the wire: writer's schema, reader's schema (none where they are one), and what makes the event.
        self._readers = {
            (topic, entry.id): (self._parsed[entry.id], self._reader_schema(topic, entry), from_plain(event))
            for topic, event in self._topic_events.items()
            for entry in registry.by_id.values()
            if entry.subject == topic
        }

    @classmethod
    def from_dir(cls, schemas_dir: Path) -> "Codec":
        return cls(SchemaRegistry.from_dir(schemas_dir))

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
        reader = self._readers.get((topic, schema_id))
        if reader is None:
            raise self._unreadable(schema_id)
        written, read, assemble = reader
        buffer = BytesIO(payload)
        buffer.seek(HEADER.size)
        try:
            event = assemble(schemaless_reader(buffer, written, read))  # type: ignore[arg-type]  # a record is a dict
        # Hostile bytes make the reader raise anything from EOFError to MemoryError; all of it means one thing.
        except Exception as error:
            raise PoisonError("bad_avro", type(error).__name__) from None
        if buffer.tell() != len(payload):
            raise PoisonError("bad_avro", "bytes after the record")
        return event

    def _unreadable(self, schema_id: int) -> PoisonError:
        entry = self._registry.by_id.get(schema_id)
        if entry is None:
            return PoisonError("unknown_schema", f"id {schema_id}")
        return PoisonError("wrong_subject", f"id {schema_id} is {entry.subject}")

    def _reader_schema(self, topic: str, written: Released) -> ParsedSchema | None:
        latest = self._registry.latest[topic]
        return None if latest.id == written.id else self._parsed[latest.id]
