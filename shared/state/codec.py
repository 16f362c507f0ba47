"""How a store's values travel in a changelog: one byte for codec and version, then the value.

Byte 1 is JSON (UTF-8, no NaN), byte 2 is raw bytes. A tombstone (no value at all) is a deletion.
"""

import json
from typing import Any, Literal

from shared.errors import CorruptedError

_JSON_V1 = b"\x01"
_BYTES_V1 = b"\x02"

Codec = Literal["json", "bytes"]

_encode_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_decode_json = json.JSONDecoder().raw_decode


def encode_value(codec: Codec, value: Any) -> bytes:
    """Raises ``TypeError`` or ``ValueError`` for a value that its codec cannot hold."""
    if codec == "json":
        return _JSON_V1 + _encode_json(value).encode()
    if not isinstance(value, bytes):
        raise TypeError(f"a bytes store holds bytes, not {type(value).__name__}")
    return _BYTES_V1 + value


def decode_value(codec: Codec, payload: bytes) -> Any:
    """Raises :class:`CorruptedError` for an entry that was not written by ``codec``."""
    mark = payload[:1]
    if codec == "json" and mark == _JSON_V1:
        try:
            text = payload[1:].decode()  # of bytes, json would first guess the encoding
            value, end = _decode_json(text)
        except ValueError as error:
            raise CorruptedError("a changelog entry holds no JSON") from error
        if end != len(text):
            raise CorruptedError("a changelog entry holds more than JSON")
        return value
    if codec == "bytes" and mark == _BYTES_V1:
        return payload[1:]
    raise CorruptedError(f"a changelog entry was written by an unknown codec (mark {mark.hex() or 'none'})")


def codec_of(payload: bytes) -> Codec:
    """The codec that wrote an entry, by its mark. Raises :class:`CorruptedError` for a mark of none."""
    codec: Codec = "bytes" if payload[:1] == _BYTES_V1 else "json"
    decode_value(codec, payload)
    return codec
