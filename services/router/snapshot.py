"""What a decision reads: one immutable snapshot of who serves what, swapped whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered
from shared.events.calls import Request
from shared.tasks.matcher import Match


class RequestMatcher(Protocol):
    """:class:`shared.tasks.matcher.MatcherIndex`, as the router uses it."""

    def update(self, cluster_id: str, event: ClusterChanged | None) -> None: ...

    def match(self, request: Request, task_key: str) -> Match | None: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``version`` counts the changes applied; it is logged with every decision."""

    version: int = 0
    assignments: Mapping[str, AssignmentChanged] = field(default_factory=dict)
    models: Mapping[str, ModelRegistered] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


class SnapshotHolder:
    """The current snapshot and the matcher beside it. One writer; readers take ``current`` once per decision."""

    def __init__(self, matcher: RequestMatcher) -> None:
        self.matcher = matcher
        self.current = Snapshot()
        self._assignments: dict[str, AssignmentChanged] = {}
        self._clusters: dict[str, ClusterChanged] = {}
        self._models: dict[str, ModelRegistered] = {}
        self._version = 0

    def assign(self, event: AssignmentChanged) -> bool:
        """Newer versions win; returns whether this one did."""
        known = self._assignments.get(event.cluster)
        if known is not None and known.version >= event.version:
            return False
        self._assignments[event.cluster] = event
        self._swap()
        return True

    def cluster(self, event: ClusterChanged) -> bool:
        known = self._clusters.get(event.cluster)
        if known is not None and _age(known) >= _age(event):
            return False
        self._clusters[event.cluster] = event
        self.matcher.update(event.cluster, event)
        self._swap()
        return True

    def model(self, event: ModelRegistered) -> bool:
        known = self._models.get(event.model)
        if known is not None and known.registered_at_ms > event.registered_at_ms:
            return False
        self._models[event.model] = event
        self._swap()
        return True

    def _swap(self) -> None:
        self._version += 1
        self.current = Snapshot(
            version=self._version,
            assignments=dict(self._assignments),
            models=dict(self._models),
            labels={cluster: event.label for cluster, event in self._clusters.items()},
        )


def _age(event: ClusterChanged) -> tuple[int, int, int]:
    return event.epoch, event.matcher.version if event.matcher else 1 << 62, event.changed_at_ms
