"""Micro-clusters age by event time alone, and the agreement of two partitions is the adjusted Rand index."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from services.clusterer.logic.agreement import adjusted_rand, separation
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.regroup import Members, RegroupParameters, regroup
from shared.tasks.features import DIMENSION

HALF_LIFE_MS = 1000
calls = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3)), min_size=1, max_size=25)


def learnt(chosen: list[tuple[int, int]], half_life_ms: int = HALF_LIFE_MS, replayed: bool = False) -> Micro:
    micro = Micro(id="m", cluster="c", task_key="k", sub_key="u", born=1, sums=np.zeros(DIMENSION, dtype=np.float32))
    for number, (at_ms, direction) in enumerate(chosen):
        micro.add(np.eye(DIMENSION, dtype=np.float32)[direction], f"e{number}", 0.9, at_ms, None, (), "", half_life_ms)
        if replayed:
            micro = Micro.decode("m", micro.encode())
    return micro


@settings(deadline=None)
@given(calls)
def test_a_call_weighs_what_its_age_says(chosen: list[tuple[int, int]]) -> None:
    micro = learnt(chosen)
    newest = max(at_ms for at_ms, _ in chosen)
    expected = np.zeros(DIMENSION)
    for at_ms, direction in chosen:
        expected[direction] += 2.0 ** ((at_ms - newest) / HALF_LIFE_MS)
    assert micro.sums == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert micro.weight == pytest.approx(expected.sum(), rel=1e-6)
    assert micro.weight_at(newest + HALF_LIFE_MS, HALF_LIFE_MS) == pytest.approx(micro.weight / 2)
    assert micro.weight_at(0, HALF_LIFE_MS) == micro.weight
    assert (micro.count, micro.weighed_ms) == (len(chosen), newest)


@settings(deadline=None)
@given(calls, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_only_roundings(chosen: list[tuple[int, int]], rng: object) -> None:
    other = list(chosen)
    rng.shuffle(other)  # type: ignore[attr-defined]
    one, two = learnt(chosen), learnt(other)
    assert two.weight == pytest.approx(one.weight, rel=1e-6)
    assert two.sums == pytest.approx(one.sums, rel=1e-3, abs=1e-6)


@settings(deadline=None)
@given(calls)
def test_a_micro_cluster_restored_after_every_call_is_the_same(chosen: list[tuple[int, int]]) -> None:
    assert learnt(chosen, replayed=True).encode() == learnt(chosen).encode()


@settings(deadline=None)
@given(calls)
def test_without_a_half_life_calls_are_counted(chosen: list[tuple[int, int]]) -> None:
    micro = learnt(chosen, half_life_ms=0)
    assert micro.weight == micro.count == len(chosen)
    by_direction = Counter(direction for _, direction in chosen)
    assert {n: int(micro.sums[n]) for n in by_direction} == dict(by_direction)


def test_a_cluster_written_before_there_was_decay_weighs_its_calls() -> None:
    micro = learnt([(5, 0), (9, 1)])
    data = micro.encode()
    older = data.replace(b',"wt":', b',"_t":').replace(b',"wm":', b',"_m":')
    assert len(older) == len(data)
    decoded = Micro.decode("m", older)
    assert (decoded.weight, decoded.weighed_ms) == (2.0, 9)


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6)), min_size=1, max_size=20)


@settings(deadline=None)
@given(rows)
def test_agreement_is_the_adjusted_rand_index_over_calls(chosen: list[tuple[int, int, int]]) -> None:
    left, right = (np.array([one[side] for one in chosen], dtype=np.int64) for side in (0, 1))
    counts = np.array([one[2] for one in chosen], dtype=np.float32)
    repeats = counts.astype(int)
    expected = adjusted_rand_score(np.repeat(left, repeats), np.repeat(right, repeats))
    assert adjusted_rand(left, right, counts) == pytest.approx(expected, abs=1e-9)
    assert adjusted_rand(left, left, counts) == 1.0


def members(tasks: int, seed: int) -> Members:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(12 * tasks, DIMENSION)).astype(np.float32)
    vectors = (
        noise * np.float32(0.4 / np.sqrt(DIMENSION))
        + np.eye(DIMENSION, dtype=np.float32)[np.arange(12 * tasks) % tasks]
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Members(vectors, None, [None] * len(vectors), np.full(len(vectors), 3.0, dtype=np.float32))


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_a_warm_start_that_is_right_is_kept_and_one_that_mixes_tasks_gives_way_to_the_control(
    tasks: int, seed: int
) -> None:
    given_members = members(tasks, seed)
    truth = [f"c{row % tasks}" for row in range(12 * tasks)]
    right = regroup(given_members, RegroupParameters(), truth)
    assert (right.start, right.agreement) == ("warm", 1.0)
    mixed: list[str | None] = [f"c{row // tasks % 2}" for row in range(12 * tasks)]
    # Seeds of two mixtures: what the rounds make of them may be right; where it is not, the control is taken.
    after = regroup(given_members, RegroupParameters(new_below=-1.0, same_above=2.0, home_margin=1.0), mixed)
    assert after.start == "cold"
    assert after.agreement < 0.9
    assert after.labels.tolist() == [row % tasks for row in range(12 * tasks)]


def test_separation_is_the_margin_to_the_nearest_other_centre() -> None:
    space = np.eye(3, dtype=np.float32)
    centres = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
    labels = np.array([0, 1, 1], dtype=np.int64)
    assert separation(space, labels, np.array([1, 1, 2], dtype=np.float32), centres) == pytest.approx(0.5)
