"""Record batches of the client, filled many records at a time."""

from collections.abc import Sequence

from aiokafka.producer.message_accumulator import BatchBuilder

from shared.stream.broker import OutRecord

_UNCOMPRESSED = 0
_NO_HEADERS: list[tuple[str, bytes]] = []


class RecordBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka ships no types
    """A batch that ``AIOKafkaProducer.send_batch`` takes. The client's own ``append`` costs twice what its compiled
    builder does, so a run of records is handed to that builder here."""

    _relative_offset: int

    def extend(self, records: Sequence[OutRecord], start: int) -> int:
        """Append ``records`` from ``start`` on while they fit; returns the index of the first left out. A batch takes
        its first record whatever its size."""
        append, first = self._builder.append, start - self._relative_offset
        for index in range(start, len(records)):
            _, key, value, headers, _ = records[index]
            if append(index - first, None, key, value, list(headers) if headers else _NO_HEADERS) is None:
                break
        else:
            index = len(records)
        self._relative_offset = index - first
        return index


def in_batches(records: Sequence[OutRecord], batch_bytes: int, *, transactional: bool) -> list[RecordBatch]:
    """``records`` of one partition in as few batches of ``batch_bytes`` as hold them, in order."""
    batches: list[RecordBatch] = []
    done = 0
    while done < len(records):
        batch = RecordBatch(batch_bytes, _UNCOMPRESSED, is_transactional=transactional)
        done = batch.extend(records, done)
        batches.append(batch)
    return batches
