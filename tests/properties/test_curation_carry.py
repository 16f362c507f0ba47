"""Ids over a recluster: the matching is the best there is, one to one, and equal groups keep their ids."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from services.clusterer.logic.carry import carried, hungarian, overlaps

matrices = st.integers(1, 7).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(-9, 9), min_size=rows, max_size=rows + 3).filter(lambda row: len(row) >= rows),
        min_size=rows, max_size=rows,
    )
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(matrices)
def test_the_matching_costs_what_the_reference_finds(rows: list[list[int]]) -> None:
    width = min(len(row) for row in rows)
    cost = np.array([row[:width] for row in rows], dtype=np.float64)
    chosen = hungarian(cost)
    assert len(set(chosen)) == len(rows)
    assert cost[range(len(rows)), chosen].sum() == cost[linear_sum_assignment(cost)].sum()


partitions = st.lists(
    st.tuples(st.sampled_from([None, "a", "b", "c", "d"]), st.integers(0, 5), st.integers(1, 9)), max_size=30
)


@settings(deadline=None, max_examples=150)
@given(partitions, st.floats(0.05, 1.0))
def test_no_id_is_carried_twice_and_every_carried_one_overlaps_enough(
    rows: list[tuple[str | None, int, int]], least: float
) -> None:
    old, new, both = overlaps([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    ids = carried(old, new, both, least)
    names = [name for name, _ in ids.values()]
    assert len(names) == len(set(names))
    for group, (name, jaccard) in ids.items():
        shared = both[name, group]
        assert jaccard == shared / (old[name] + new[group] - shared)
        assert jaccard >= least


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=30), st.permutations(range(6)))
def test_an_unchanged_partition_keeps_every_id_whatever_its_numbers(
    rows: list[tuple[int, int]], renamed: list[int]
) -> None:
    before = [f"c{group}" for group, _ in rows]
    after = [renamed[group] for group, _ in rows]
    old, new, both = overlaps(before, after, [count for _, count in rows])
    ids = carried(old, new, both, 0.3)
    assert {group: ids[group] for group in ids} == {renamed[group]: (f"c{group}", 1.0) for group, _ in rows}
