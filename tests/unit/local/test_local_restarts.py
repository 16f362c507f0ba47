"""Restarting: growing pauses, forgiveness after a long life, and an end to it."""

from hypothesis import given
from hypothesis import strategies as st

from infra.local.restarts import RestartPolicy, Restarts


def test_pauses_double_up_to_a_limit_and_then_it_gives_up() -> None:
    policy = RestartPolicy(first_s=1.0, longest_s=5.0, settled_s=60.0, attempts=4)
    restarts = Restarts(policy)
    pauses = []
    now_s = 0.0
    while not restarts.gave_up:
        restarts.started(now_s)
        restarts.ended(now_s + 0.1)
        if restarts.due_at_s is not None:
            pauses.append(round(restarts.due_at_s - now_s - 0.1, 6))
            assert not restarts.is_due(restarts.due_at_s - 0.01)
            assert restarts.is_due(restarts.due_at_s)
            now_s = restarts.due_at_s
    assert pauses == [1.0, 2.0, 4.0, 5.0]
    assert restarts.total == 5


def test_a_long_life_forgives_earlier_crashes() -> None:
    restarts = Restarts(RestartPolicy(first_s=1.0, settled_s=60.0))
    restarts.started(0.0)
    restarts.ended(1.0)
    restarts.started(2.0)
    restarts.ended(62.0)
    assert restarts.crashes_in_a_row == 1
    assert restarts.due_at_s == 63.0


@given(st.integers(min_value=1, max_value=50), st.floats(0.01, 5), st.floats(5, 100))
def test_a_pause_never_leaves_its_bounds(crashes: int, first_s: float, longest_s: float) -> None:
    pause_s = RestartPolicy(first_s=first_s, longest_s=longest_s, attempts=50).delay_s(crashes)
    assert pause_s is not None
    assert first_s <= pause_s <= longest_s
