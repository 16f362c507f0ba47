"""Batches as the client would have filled them, record by record, read back from the bytes that go to the broker."""

from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from shared.brokers.kafka.record_batch import RecordBatch, in_batches
from shared.stream.broker import OutRecord

HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=2).map(tuple)
RECORDS = st.lists(
    st.builds(
        OutRecord,
        st.just("out"),
        st.none() | st.binary(max_size=20),
        st.none() | st.binary(max_size=600),
        HEADERS,
        st.none(),
    ),
    max_size=40,
)


def content(batch: RecordBatch) -> list[tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]:
    read = DefaultRecordBatch(bytes(batch._build()))
    return [(record.offset, record.key, record.value, tuple(record.headers)) for record in read]


@given(RECORDS, st.integers(200, 5_000))
def test_batches_hold_every_record_in_order_and_count_from_nought(records: list[OutRecord], limit: int) -> None:
    batches = in_batches(records, limit, transactional=True)

    held = [content(batch) for batch in batches]
    assert [record[1:] for batch in held for record in batch] == [(r.key, r.value, r.headers) for r in records]
    assert [[record[0] for record in batch] for batch in held] == [list(range(b.record_count())) for b in batches]
    assert all(len(batch) == 1 for batch, made in zip(held, batches, strict=True) if made.size() > limit)


def test_a_record_larger_than_a_batch_gets_one_of_its_own() -> None:
    small, large = OutRecord("out", b"k", b"v"), OutRecord("out", b"k", b"v" * 1_000)

    batches = in_batches([small, large, small], 200, transactional=False)

    assert [[len(value or b"") for _, _, value, _ in content(batch)] for batch in batches] == [[1], [1_000], [1]]
