"""The codec of the contenders that are not this engine: fastavro on plain dicts. Standard library and fastavro only."""

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro

Transformed = Callable[[bytes], bytes]
"""An input's value as an output's value."""

SOURCE_ID, SINK_ID = 1, 2
HEADER_BYTES = 5
_SINK_HEADER = struct.pack(">BI", 0, SINK_ID)


class PlainCodec:
    """Decodes what was written to the source, encodes what goes to the sink: one schema. This engine's ``Serde`` too."""

    def __init__(self, schema: Path) -> None:
        self._schema = fastavro.parse_schema(json.loads(schema.read_text()))

    def decode(self, topic: str, payload: bytes) -> dict[str, Any]:
        buffer = io.BytesIO(payload)
        buffer.seek(HEADER_BYTES)
        plain: dict[str, Any] = fastavro.schemaless_reader(buffer, self._schema)  # type: ignore[assignment]
        return plain

    def encode(self, topic: str, event: Any) -> bytes:
        buffer = io.BytesIO()
        buffer.write(_SINK_HEADER)
        fastavro.schemaless_writer(buffer, self._schema, event)
        return buffer.getvalue()

    def transformed(self, payload: bytes) -> bytes:
        """Decode, change one field, encode."""
        plain = self.decode("", payload)
        plain["step"] += 1
        return self.encode("", plain)
