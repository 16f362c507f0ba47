"""The engine benchmark's own arithmetic: what is exact, a rate, a slope, a goal; and its lock file and command lines."""

import re
from pathlib import Path

import pytest

from tests.bench.engine.__main__ import PEERS_LOCK
from tests.bench.engine.arena import Contender
from tests.bench.engine.event import calls, changed, check_exact, codec_for, number_and_step
from tests.bench.engine.options import Options, parse
from tests.bench.engine.report import at_least, at_most, goal_table, speed_goals
from tests.bench.engine.soak import slope
from tests.bench.engine.throughput import Speed, rate


def outputs(count: int) -> list[bytes]:
    codec = codec_for("sink")
    return [codec.encode("sink", changed(call)) for _, call in calls(count, seed=1)]


def test_exact_outputs_pass() -> None:
    check_exact(outputs(50), 50)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda made: made[1:], "1 of 50 records lost, 0 doubled"),
        (lambda made: [*made, made[3]], "0 of 50 records lost, 1 doubled"),
        (lambda made: [*made[1:], made[3]], "1 of 50 records lost, 1 doubled"),
    ],
)
def test_a_lost_or_doubled_record_is_told(broken, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=said):
        check_exact(broken(outputs(50)), 50)


def test_an_unchanged_record_is_told() -> None:
    codec = codec_for("sink")
    with pytest.raises(ValueError, match="50 unchanged"):
        check_exact([codec.encode("sink", call) for _, call in calls(50, seed=1)], 50)


def test_the_first_fields_are_read_without_decoding() -> None:
    assert [number_and_step(payload) for payload in outputs(3)] == [(0, 1), (1, 1), (2, 1)]
    with pytest.raises(ValueError, match="no call"):
        number_and_step(b"\x00\x00\x00\x00\x01" + bytes(30))


def test_records_of_the_benchmark_are_of_the_size_it_says() -> None:
    sizes = [len(payload) for payload in outputs(200)]
    assert 800 <= sum(sizes) / len(sizes) <= 1_000


def test_a_rate_leaves_out_the_first_tenth() -> None:
    slow_start = [0] * 10 + [10_000 + number * 10 for number in range(91)]
    assert rate(slow_start) == pytest.approx(100.0)
    with pytest.raises(ValueError, match="too few"):
        rate([5] * 100)


def test_a_slope_is_that_of_the_line() -> None:
    assert slope([(second, 50 + 0.25 * second) for second in range(100)]) == pytest.approx(0.25)


def test_goals_say_what_was_measured_held_or_missed() -> None:
    assert at_least("rate", 0.85, 0.85).holds
    assert not at_least("rate", 0.849, 0.85).holds
    assert at_most("p99", 1.25, 1.25).holds
    assert not at_most("p99", 1.26, 1.25).holds
    lines = goal_table([at_least("rate", 0.5, 0.85), at_most("p99", 1.0, 1.25)])
    assert lines[2:] == ["| rate ≥ 0.85 | 0.50 | **missed** |", "| p99 ≤ 1.25 | 1.00 | held |"]


def test_each_size_is_compared_with_the_bare_loop_of_that_size() -> None:
    def runs(per_s: float) -> list[Speed]:
        return [Speed(per_s, 1.0, 1.0, 1.0)] * 3

    speeds = {
        Contender("engine_plain", 4, 500): runs(900), Contender("aiokafka", 4, 500): runs(1_000),
        Contender("engine", 4, 500): runs(700), Contender("typed_loop", 4, 500): runs(875),
        Contender("engine_plain", 40, 500): runs(800), Contender("aiokafka", 40, 500): runs(1_000),
        Contender("quix", 4, 2_000): runs(1_200), Contender("faust", 4, 2_000): runs(100),
    }  # fmt: skip
    assert [(round(goal.value, 2), goal.holds) for goal in speed_goals(speeds)] == [
        (0.9, True), (0.8, False), (0.8, False), (0.75, True), (9.0, True),
    ]  # fmt: skip


def test_a_ratio_is_of_runs_of_one_round() -> None:
    def runs(*per_s: float) -> list[Speed]:
        return [Speed(one, 1.0, 1.0, 1.0) for one in per_s]

    speeds = {
        Contender("engine", 4, 500): runs(1_000, 450, 270),
        Contender("typed_loop", 4, 500): runs(1_000, 500, 300),
    }
    (goal,) = speed_goals(speeds)
    assert round(goal.value, 2) == 0.9
    assert goal.text.endswith("(rounds 1.00, 0.90, 0.90)")


def test_a_contender_reads_back_its_command_line(tmp_path: Path) -> None:
    options = Options("127.0.0.1:9092", "g-1", "a.b", "c.d", 40, 500, 100, tmp_path / "call.avsc", tmp_path)
    assert parse(options.argv()) == options


def test_the_peers_lock_pins_and_hashes_everything_and_names_no_registry() -> None:
    text = PEERS_LOCK.read_text()
    assert "://" not in text
    pins = re.findall(r"(?m)^([a-z0-9._-]+)==\S+", text)
    assert "quixstreams" in pins
    assert not re.findall(r"(?m)^[a-z0-9._-]+(?!.*==)", text)
    for block in re.split(r"(?m)^(?=[a-z0-9._-]+==)", text)[1:]:
        assert "--hash=sha256:" in block
