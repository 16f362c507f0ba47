"""Between the log's bytes and what a processor works with: records to messages, outputs to records.

Many at a time: a call for each record costs as much as what it does.
"""

from collections.abc import Iterable, Sequence

from shared.errors import PoisonError
from shared.stream.broker import MAX_RECORD_BYTES, OutRecord
from shared.stream.outcome import Emit, Rejected, Skipped
from shared.stream.records import Message, Record
from shared.stream.replays import is_replay_for_another
from shared.stream.serde import Serde

REPLAY_FOR_ANOTHER = Skipped("replay_for_another")
_new = tuple.__new__  # what a named tuple calls itself: one call less for every record
_SURELY_FITS = MAX_RECORD_BYTES // 8  # a key takes up to four bytes a character

Unread = Rejected | Skipped
"""Why a record is not shown to a processor: it cannot be read, or is not for this application."""


def decode_all(
    serde: Serde, records: Sequence[Record], application: str
) -> tuple[list[Message], list[tuple[int, Unread]]]:
    """The ``records`` that ``application`` is to see, in order, and the index of each other one with the reason."""
    messages: list[Message] = []
    unread: list[tuple[int, Unread]] = []
    decoded = serde.decode
    for index, (topic, partition, offset, timestamp_ms, raw_key, value, headers) in enumerate(records):
        if headers and is_replay_for_another(headers, application):
            unread.append((index, REPLAY_FOR_ANOTHER))
            continue
        try:
            key = "" if raw_key is None else raw_key.decode()
        except UnicodeDecodeError:
            unread.append((index, Rejected("bad_key", "the key is no UTF-8")))
            continue
        try:
            event = None if value is None else decoded(topic, value)
        except PoisonError as error:
            unread.append((index, Rejected(error.reason, error.detail)))
            continue
        messages.append(_new(Message, (topic, partition, offset, timestamp_ms, key, event, headers)))
    return messages, unread


def decode(serde: Serde, record: Record, application: str) -> Message | Unread:
    """One record as a processor sees it, or why it is not shown."""
    messages, unread = decode_all(serde, (record,), application)
    return messages[0] if messages else unread[0][1]


def encode_all(serde: Serde, emits: Iterable[Emit]) -> list[OutRecord]:
    """One record for each of ``emits``. Raises :class:`PoisonError` if one is above the record limit, and what
    ``serde`` raises."""
    records: list[OutRecord] = []
    encoded = serde.encode
    for topic, key, event, headers in emits:
        value = None if event is None else encoded(topic, event)
        record = _new(OutRecord, (topic, key.encode(), value, headers, None))
        if headers or len(key) > _SURELY_FITS or (value is not None and len(value) > _SURELY_FITS):
            check_size(record)
        records.append(record)
    return records


def check_size(record: OutRecord) -> None:
    """Raises :class:`PoisonError` for a record that is too large to travel."""
    size_bytes = record.size_bytes()
    if size_bytes > MAX_RECORD_BYTES:
        raise PoisonError("too_large", f"{size_bytes} bytes for {record.topic}")
