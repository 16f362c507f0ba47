"""The benchmarks' own arithmetic and their page of results."""

from pathlib import Path

import pytest

from tests.bench.calls import observations
from tests.bench.load import posting
from tests.bench.results import quantile, write_section


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_quantile_is_the_smallest_value_that_covers_the_share(share: float, expected: int) -> None:
    assert quantile(list(range(100, 0, -1)), share) == expected


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_run_replaces_its_own_section_alone(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    write_section("Router", ["- first router run"], page)
    write_section("Pipeline", ["- pipeline run", "", "| a | b |"], page)
    write_section("Router", ["- second router run"], page)
    text = page.read_text()
    assert text.startswith("# Benchmarks\n")
    assert text.count("## Router") == text.count("## Pipeline") == 1
    assert "first router run" not in text
    assert "second router run" in text
    assert text.index("## Pipeline") < text.index("## Router")


def test_the_observations_of_a_benchmark_are_distinct_and_repeatable() -> None:
    made = observations(200, seed=5, at_ms=1_700_000_000_000)
    assert made == observations(200, seed=5, at_ms=1_700_000_000_000)
    assert len({one.event_id for one in made}) == 200
    assert {one.event_id for one in made}.isdisjoint(
        one.event_id for one in observations(200, seed=6, at_ms=1_700_000_000_000)
    )


def test_a_posted_request_says_its_length_in_bytes() -> None:
    request = posting("/v1/x", "é".encode(), [("x-episode", "e1")])
    head, _, body = request.partition(b"\r\n\r\n")
    assert b"Content-Length: 2" in head
    assert b"x-episode: e1" in head
    assert body == "é".encode()
