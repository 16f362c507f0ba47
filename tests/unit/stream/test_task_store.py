"""A task's store: staged writes, order of iteration, changelog and restore."""

import math

import pytest

from shared.errors import CorruptedError, FatalError
from shared.state.codec import decode_value, encode_value
from shared.state.store import TaskState, TaskStore
from shared.stream.processor import StoreSpec
from shared.stream.testing import FixedTables


def store_with(**values: object) -> TaskStore:
    store = TaskStore(StoreSpec("s"))
    for key, value in values.items():
        store.put(key, value)
    store.apply()
    return store


def test_staged_writes_are_seen_at_once_and_dropped_or_kept_as_a_whole() -> None:
    store = store_with(a=1, b=2)
    store.put("c", 3)
    store.delete("a")
    assert (store.get("a"), store.get("c"), len(store), "a" in store, "c" in store) == (None, 3, 2, False, True)
    store.discard()
    assert dict(store.items()) == {"a": 1, "b": 2}
    assert len(store) == 2
    store.put("c", 3)
    store.delete("a")
    store.apply()
    assert dict(store.items()) == {"b": 2, "c": 3}


def test_items_come_in_the_order_of_their_last_write_before_and_after_a_restore() -> None:
    store = store_with(a=1, b=2, c=3)
    store.put("a", 4)
    assert [key for key, _ in store.items()] == ["b", "c", "a"]
    changes = store.changes()
    store.apply()
    assert [key for key, _ in store.items()] == ["b", "c", "a"]
    restored = store_with(a=1, b=2, c=3)
    for change in changes:
        restored.restore(change.key, change.value)
    assert list(restored.items()) == list(store.items())


def test_items_are_a_snapshot_that_writes_do_not_disturb() -> None:
    store = store_with(a=1, b=2)
    for key, value in store.items():
        store.put(key, value + 10)
        store.put(f"{key}{key}", 0)
    assert dict(store.items()) == {"a": 11, "aa": 0, "b": 12, "bb": 0}


def test_deleting_what_is_absent_writes_nothing() -> None:
    store = store_with(a=1)
    store.delete("b")
    assert store.changes() == []


def test_a_key_put_and_deleted_in_one_transaction_leaves_a_tombstone() -> None:
    store = store_with()
    store.put("a", 1)
    store.delete("a")
    assert [(change.key, change.value) for change in store.changes()] == [("a", None)]
    store.apply()
    assert len(store) == 0


def test_none_is_no_value() -> None:
    with pytest.raises(ValueError, match="delete the key"):
        store_with().put("a", None)


@pytest.mark.parametrize("value", [0, False, "", [], {}, 1.5, "ü⟦EMAIL_1⟧", {"a": [1, {"b": None}]}])
def test_json_values_come_back_as_they_were(value: object) -> None:
    assert decode_value("json", encode_value("json", value)) == value


def test_bytes_values_come_back_as_they_were() -> None:
    assert decode_value("bytes", encode_value("bytes", b"\x00\xff")) == b"\x00\xff"


def test_what_a_codec_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        encode_value("bytes", "text")
    with pytest.raises(ValueError, match="JSON"):
        encode_value("json", math.nan)


@pytest.mark.parametrize("payload", [b"", b"\x02raw", b"\x01{", b"\x09x"])
def test_foreign_entries_are_corruption(payload: bytes) -> None:
    with pytest.raises(CorruptedError):
        decode_value("json", payload)


def test_a_state_knows_only_its_declared_stores() -> None:
    state = TaskState((StoreSpec("a"),), FixedTables())
    state.store("a").put("k", 1)
    state.discard()
    assert state.snapshot() == {"a": {}}
    with pytest.raises(FatalError, match="'b'"):
        state.store("b")
