"""The first record of each run stands for the run: within one partition offsets only rise."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from shared.stream.batches import handed_over, heads
from shared.stream.broker import OutRecord
from shared.stream.records import Record

PLACES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=30)


@given(PLACES)
def test_heads_are_the_first_of_each_run(places: list[tuple[str, int]]) -> None:
    records = [Record(topic, partition, offset, 0, None, None) for offset, (topic, partition) in enumerate(places)]
    assert heads(records) == [next(run) for _, run in groupby(records, lambda record: record[:2])]


@given(PLACES, st.integers(0, 30))
def test_a_record_before_an_offset_shows_in_its_runs_head(places: list[tuple[str, int]], limit: int) -> None:
    records = [Record(topic, partition, offset, 0, None, None) for offset, (topic, partition) in enumerate(places)]
    assert any(record.offset < limit for record in records) == any(record.offset < limit for record in heads(records))


def test_what_is_handed_over_is_let_go_of_once_it_was_read_to_its_end() -> None:
    records = [OutRecord("out", b"a", b"1"), OutRecord("out", b"b", b"2")]
    given_over = handed_over(records)
    assert next(given_over).key == b"a" and len(records) == 2
    assert [record.key for record in given_over] == [b"b"] and records == []
