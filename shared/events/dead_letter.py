"""The one envelope of every dead letter."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that could not be processed: where it stands and why. Key: origin topic.

    Before redaction ``payload`` is always absent; ``detail`` never holds content.
    """

    origin_topic: Annotated[str, "topic of the record"]
    origin_partition: Annotated[int, "its partition"]
    origin_offset: Annotated[int, "its offset"]
    application: Annotated[str, "service that rejected it"]
    reason: Annotated[str, "code"]
    detail: Annotated[str, "field, type or size, never content"] = ""
    attempt: Annotated[int, "tries made"] = 1
    payload: Annotated[bytes | None, "the record's value, only after redaction"] = None
    payload_sha256: Annotated[str | None, "hash of the value"] = None
    failed_at_ms: Annotated[int, "epoch milliseconds"]
