"""Small decisions of the engine: partitions, retries, watermarks."""

import pytest

from shared.stream.partitioner import murmur2, partition_for
from shared.stream.retry import Backoff, GiveUp, Retry, decide
from shared.stream.watermark import Watermark


@pytest.mark.parametrize(
    ("data", "digest"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536), (b"abc", 479470107)],
)
def test_murmur2_is_the_one_of_kafkas_java_client(data: bytes, digest: int) -> None:
    """Values from Kafka's own test of its hash."""
    assert murmur2(data) == digest & 0xFFFFFFFF


def test_partitions_are_within_range() -> None:
    assert {partition_for(b"k%d" % n, 4) for n in range(200)} == {0, 1, 2, 3}


def test_backoff_grows_to_its_longest() -> None:
    backoff = Backoff(first_s=1, factor=2, longest_s=5)
    assert [backoff.delay_s(n) for n in (1, 2, 3, 4, 1000)] == [1, 2, 4, 5, 5]


def test_attempts_end() -> None:
    assert decide(1, 3, Backoff(first_s=1)) == Retry(1)
    assert decide(3, 3, Backoff()) == GiveUp("attempts_exhausted")


def test_the_watermark_is_the_lowest_unfinished_offset() -> None:
    watermark = Watermark(10)
    for offset in (10, 12, 20):
        watermark.take(offset)
    watermark.finish(12)
    assert (watermark.committable, watermark.in_flight, watermark.span) == (10, 2, 3)
    watermark.finish(10)
    assert watermark.committable == 20
    watermark.finish(20)
    assert watermark.committable == 21
    watermark.advance(25)
    assert watermark.committable == 25


def test_the_watermark_refuses_what_cannot_be() -> None:
    watermark = Watermark(5)
    with pytest.raises(ValueError, match="behind"):
        watermark.take(4)
    with pytest.raises(ValueError, match="not in flight"):
        watermark.finish(5)
