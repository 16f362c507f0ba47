"""Where a group goes on after its position was lost, or to step over what halts it: planned, then committed with its
audit row in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.cli.lag import PartitionLag
from shared.audit_trail import ChainWriter
from shared.errors import SettingsError
from shared.stream.broker import Admin
from shared.stream.records import TopicPartition

CHAIN = "cli.offsets"
ACTION = "offsets.set"
KEPT_ELSEWHERE = {"recorder": "its positions stand in PostgreSQL: use 'flywheel replay postgres'"}


@dataclass(frozen=True, slots=True)
class Move:
    """One partition's committed offset, from → to. ``committed`` is ``None`` where nothing was ever committed."""

    topic: str
    partition: int
    committed: int | None
    to: int
    beginning: int
    end: int

    @property
    def effect(self) -> str:
        start = self.committed if self.committed is not None else self.beginning
        if self.to > start:
            lost = max(0, self.beginning - start)
            skipped = self.to - max(start, self.beginning)
            return f"{skipped} records are skipped" + (f", {lost} have expired unread" if lost else "")
        return f"{start - self.to} records are read again" if self.to < start else "stays"


def plan(rows: Sequence[PartitionLag], place: str, to: str) -> list[Move]:
    """Moves of one group's partitions. ``place`` is ``TOPIC`` or ``TOPIC/PARTITION``; ``to`` is ``earliest``,
    ``latest`` or an offset. Raises :class:`SettingsError` for what the group does not read or the log does not hold."""
    topic, _, number = place.partition("/")
    chosen = [row for row in rows if row.topic == topic and (not number or str(row.partition) == number)]
    if not chosen:
        known = ", ".join(sorted({row.topic for row in rows}))
        raise SettingsError(f"{place}: the group reads no such partition; it reads {known or 'nothing that exists'}")
    return [Move(row.topic, row.partition, row.committed, _target(row, to), row.beginning, row.end) for row in chosen]


def _target(row: PartitionLag, to: str) -> int:
    if to in ("earliest", "latest"):
        return row.beginning if to == "earliest" else row.end
    if not to.isdigit():
        raise SettingsError(f"{to}: earliest, latest or an offset")
    if not row.beginning <= int(to) <= row.end:
        raise SettingsError(
            f"{row.topic}[{row.partition}] holds offsets {row.beginning} to {row.end}: {to} is not among them"
        )
    return int(to)


async def require_nobody_home(admin: Admin, group: str) -> None:
    """A running member would go on from memory and commit over what is set. Raises :class:`SettingsError`."""
    if group in KEPT_ELSEWHERE:
        raise SettingsError(f"{group}: {KEPT_ELSEWHERE[group]}")
    members = await admin.members(group)
    if members:
        raise SettingsError(
            f"{group} has {members} running member{'s' * (members > 1)}: stop the service first (a killed one is "
            "forgotten when its session ends, after 10 s)"
        )


async def commit(chain: ChainWriter, group: str, moves: Sequence[Move]) -> None:
    """All of ``moves`` and the audit row that tells of them, or nothing."""
    offsets = {TopicPartition(move.topic, move.partition): move.to for move in moves}
    told = [{"topic": m.topic, "partition": m.partition, "from": m.committed, "to": m.to} for m in moves]
    await chain.write([], ACTION, group, {"moves": told}, offsets=offsets, group=group)
