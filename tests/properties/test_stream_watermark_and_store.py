"""Invariants of the watermark committer and of the staged store, for any order of events."""

from hypothesis import given
from hypothesis import strategies as st

from shared.state.store import TaskStore
from shared.stream.processor import StoreSpec
from shared.stream.watermark import Watermark

GAPS = st.lists(st.integers(min_value=1, max_value=4), min_size=1, max_size=40)


@given(GAPS, st.data())
def test_the_watermark_never_passes_unfinished_work_and_ends_at_the_position(
    gaps: list[int], data: st.DataObject
) -> None:
    offsets = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    watermark = Watermark(0)
    unfinished: set[int] = set()
    to_take = list(offsets)
    last = watermark.committable
    while to_take or unfinished:
        if to_take and (not unfinished or data.draw(st.booleans())):
            offset = to_take.pop(0)
            watermark.take(offset)
            unfinished.add(offset)
        else:
            offset = data.draw(st.sampled_from(sorted(unfinished)))
            watermark.finish(offset)
            unfinished.remove(offset)
        assert watermark.committable <= min(unfinished, default=watermark.position)
        assert watermark.committable >= last, "a committed offset never goes back"
        assert watermark.in_flight == len(unfinished) <= watermark.span
        last = watermark.committable
    assert watermark.committable == offsets[-1] + 1
    assert watermark.span == 0


KEYS = st.sampled_from("abcde")
WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers()),
        st.tuples(st.just("delete"), KEYS, st.just(0)),
        st.tuples(st.just("apply"), st.just(""), st.just(0)),
        st.tuples(st.just("discard"), st.just(""), st.just(0)),
    ),
    max_size=60,
)


@given(WRITES)
def test_a_store_equals_a_plain_dictionary_and_the_replay_of_its_changelog(writes: list[tuple[str, str, int]]) -> None:
    store, replay = TaskStore(StoreSpec("s")), TaskStore(StoreSpec("s"))
    kept: dict[str, int] = {}
    now = dict(kept)
    for verb, key, value in writes:
        if verb == "put":
            store.put(key, value)
            now.pop(key, None)
            now[key] = value
        elif verb == "delete":
            store.delete(key)
            now.pop(key, None)
        elif verb == "apply":
            for change in store.changes():
                replay.restore(change.key, change.value)
            store.apply()
            kept = dict(now)
        else:
            store.discard()
            now = dict(kept)
        assert list(store.items()) == list(now.items())
        assert len(store) == len(now)
        assert all((key in store) == (key in now) and store.get(key) == now.get(key) for key in "abcde")
        assert list(store.snapshot().items()) == list(replay.snapshot().items()) == list(kept.items())
