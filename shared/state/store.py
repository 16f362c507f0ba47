"""A task's stores: writes are staged, seen at once by later reads, and kept or dropped as a whole.

Entries are iterated in the order of their last write. A changelog, compacted or not, holds that same order, so a store
restored from it iterates as the lost one did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.errors import FatalError
from shared.state.codec import decode_value, encode_value
from shared.stream.processor import StoreSpec, Tables


class _Deleted:
    __slots__ = ()


_DELETED: Final = _Deleted()


@dataclass(frozen=True, slots=True)
class Change:
    """One changelog entry: the latest staged value of a key, encoded; ``None`` deletes the key."""

    store: str
    key: str
    value: bytes | None


class TaskStore:
    """One key-value store of one task (see :class:`shared.stream.processor.Store`)."""

    __slots__ = ("_kept", "_length", "_staged", "spec")

    def __init__(self, spec: StoreSpec) -> None:
        self.spec = spec
        self._kept: dict[str, Any] = {}
        self._staged: dict[str, Any] = {}
        self._length = 0

    def get(self, key: str) -> Any | None:
        value = self._staged.get(key)
        if value is None:
            return self._kept.get(key)
        return None if value is _DELETED else value

    def put(self, key: str, value: Any) -> None:
        if value is None:
            raise ValueError("a store holds no None; delete the key")
        if key not in self:
            self._length += 1
        self._staged.pop(key, None)
        self._staged[key] = value

    def delete(self, key: str) -> None:
        """Deleting an absent key changes nothing and writes nothing."""
        if key in self:
            self._length -= 1
            self._staged.pop(key, None)
            self._staged[key] = _DELETED

    def items(self) -> Iterator[tuple[str, Any]]:
        """Entries as they stand at the call, in the order of their last write; the store may be written meanwhile."""
        staged = dict(self._staged)
        return self._walk(staged)

    def _walk(self, staged: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in self._kept.items():
            if key not in staged:
                yield key, value
        for key, value in staged.items():
            if value is not _DELETED:
                yield key, value

    def __len__(self) -> int:
        return self._length

    def __contains__(self, key: str) -> bool:
        value = self._staged.get(key)
        if value is None:
            return key in self._kept
        return value is not _DELETED

    def changes(self) -> list[Change]:
        """The staged writes, encoded, in the order they were last made. Raises what the codec raises."""
        name, codec = self.spec.name, self.spec.codec
        return [
            Change(name, key, None if value is _DELETED else encode_value(codec, value))
            for key, value in self._staged.items()
        ]

    def apply(self) -> None:
        """Keep the staged writes: their transaction was committed."""
        kept = self._kept
        for key, value in self._staged.items():
            kept.pop(key, None)
            if value is not _DELETED:
                kept[key] = value
        self._staged = {}

    def discard(self) -> None:
        """Drop the staged writes: their transaction was aborted."""
        self._staged = {}
        self._length = len(self._kept)

    def restore(self, key: str, payload: bytes | None) -> None:
        """Apply one changelog entry. Raises :class:`shared.errors.CorruptedError` on a foreign codec."""
        kept = self._kept
        kept.pop(key, None)
        if payload is not None:
            kept[key] = decode_value(self.spec.codec, payload)
        self._length = len(kept)

    def snapshot(self) -> dict[str, Any]:
        """The kept entries (staged writes left out), for comparisons."""
        return dict(self._kept)


class TaskState:
    """Every store of one task plus read-only broadcast tables (see :class:`shared.stream.processor.State`)."""

    def __init__(self, specs: Sequence[StoreSpec], tables: Tables) -> None:
        self._stores = {spec.name: TaskStore(spec) for spec in specs}
        self._tables = tables

    def store(self, name: str) -> TaskStore:
        try:
            return self._stores[name]
        except KeyError:
            raise FatalError(f"the application declares no store named {name!r}") from None

    def table(self, topic: str) -> Mapping[str, Any]:
        return self._tables.table(topic)

    def table_version(self, topic: str) -> int:
        return self._tables.table_version(topic)

    def use_tables(self, tables: Tables) -> None:
        """Show these tables from now on: the engine hands a task one fixed snapshot per batch."""
        self._tables = tables

    def changes(self) -> list[Change]:
        return [change for store in self._stores.values() for change in store.changes()]

    def apply(self) -> None:
        for store in self._stores.values():
            store.apply()

    def discard(self) -> None:
        for store in self._stores.values():
            store.discard()

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Every store's kept entries, for comparisons of a state with its replay."""
        return {name: store.snapshot() for name, store in self._stores.items()}
