"""A shard, one task key and sub-key, and what has changed since it was last written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.clusterer.logic.boilerplate import Sample
from services.clusterer.logic.micro import MicroTable
from shared.tasks.boilerplate import NO_RUNS, Runs
from shared.tasks.features import FEATURE_VERSION

ShardKey = tuple[str, str]


@dataclass(slots=True)
class Shard:
    """Its micro-clusters, and what says when it is merged and reclustered next."""

    table: MicroTable = field(default_factory=MicroTable)
    records: int = 0
    merge_at: int = 0
    offered: tuple[str, ...] = ()
    reclustered_at: int = 0
    """Records at the last recluster."""
    reclustered_ms: int = 0
    """Event time of the last recluster; of the first call where there was none."""
    provisional: int = 0
    """Calls since then that no published matcher held: what is new."""
    impure: bool = False
    """A cluster was published since then whose answers call several tools, and which can be split by them."""
    last_ms: int = 0
    """Event time of the newest call."""
    seen_ms: int = 0
    """Time of the log of the last call."""
    last_recluster: dict[str, Any] = field(default_factory=dict)
    """Its record: when, what it started from, groups, drift, and agreement with its cold control."""
    boilerplate: Runs = NO_RUNS
    """Left out of its calls before they are placed; all its publications carry it."""
    sample: Sample = field(default_factory=Sample)
    feature_version: str = FEATURE_VERSION
    """Of its publications: where the code has another one by now, routers match none of them."""

    def reorganised(self, at_ms: int, record: dict[str, Any]) -> None:
        self.reclustered_at, self.reclustered_ms, self.provisional = self.records, at_ms, 0
        self.impure, self.last_recluster = False, record

    def encode(self) -> dict[str, Any]:
        return {
            "records": self.records, "merge_at": self.merge_at, "offered": list(self.offered),
            "reclustered_at": self.reclustered_at, "reclustered_ms": self.reclustered_ms, "provisional": self.provisional,
            "impure": self.impure, "last_ms": self.last_ms, "seen_ms": self.seen_ms,
            "last_recluster": dict(self.last_recluster), "boilerplate": sorted(self.boilerplate),
            "sample": self.sample.encode(), "feature_version": self.feature_version,
        }  # fmt: skip

    @classmethod
    def decode(cls, data: Mapping[str, Any], table: MicroTable) -> "Shard":
        decoded = {
            "offered": tuple(data["offered"]), "boilerplate": frozenset(data.get("boilerplate", ())),
            "sample": Sample.decode(data["sample"]) if "sample" in data else Sample(),
            "feature_version": data.get("feature_version", ""),
        }  # fmt: skip
        return cls(table=table, **{**data, **decoded})


@dataclass(slots=True)
class Dirty:
    """What has changed since it was last written to the stores."""

    micros: dict[str, None] = field(default_factory=dict)
    dropped_micros: dict[str, None] = field(default_factory=dict)
    clusters: dict[str, None] = field(default_factory=dict)
    dropped_clusters: dict[str, None] = field(default_factory=dict)
    matchers: dict[str, None] = field(default_factory=dict)
    shards: dict[ShardKey, None] = field(default_factory=dict)
