"""Bytes ↔ events: Confluent framing (byte 0, schema id as 4 big-endian bytes) around an Avro body."""

import io
import struct
from pathlib import Path
from typing import Any

import fastavro
from fastavro.types import Schema as ParsedSchema

from shared.errors import PoisonError
from shared.events import TOPIC_EVENTS
from shared.schema.convert import from_plain, to_plain
from shared.schema.registry import SchemaRegistry

HEADER = struct.Struct(">BI")
MAGIC = 0


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

    @classmethod
    def from_dir(cls, schemas_dir: Path) -> "Codec":
        return cls(SchemaRegistry.from_dir(schemas_dir))

    def encode(self, topic: str, event: object) -> bytes:
        """Raises ``KeyError`` for a topic without a subject and ``TypeError`` for an event of another class."""
        header, schema, plain = self._writers[topic]
        expected = self._topic_events[topic]
        if type(event) is not expected:
            raise TypeError(f"{topic} carries {expected.__name__}, not {type(event).__name__}")
        buffer = io.BytesIO()
        buffer.write(header)
        fastavro.schemaless_writer(buffer, schema, plain(event))
        return buffer.getvalue()

    def decode(self, topic: str, payload: bytes) -> Any:
        if not payload:
            raise PoisonError("empty_value")
        if len(payload) < HEADER.size or payload[0] != MAGIC:
            raise PoisonError("unknown_framing", f"first byte {payload[0]}, {len(payload)} bytes")
        _, schema_id = HEADER.unpack_from(payload)
        entry = self._registry.by_id.get(schema_id)
        if entry is None:
            raise PoisonError("unknown_schema", f"id {schema_id}")
        if entry.subject != topic:
            raise PoisonError("wrong_subject", f"id {schema_id} is {entry.subject}")
        latest = self._registry.latest[topic]
        buffer = io.BytesIO(payload)
        buffer.seek(HEADER.size)
        try:
            plain = fastavro.schemaless_reader(buffer, self._parsed[schema_id], self._parsed[latest.id])
            event = from_plain(self._topic_events[topic])(plain)  # type: ignore[arg-type]
        # Hostile bytes make the reader raise anything from EOFError to MemoryError; all of it means one thing.
        except Exception as error:
            raise PoisonError("bad_avro", type(error).__name__) from None
        if buffer.tell() != len(payload):
            raise PoisonError("bad_avro", "bytes after the record")
        return event
