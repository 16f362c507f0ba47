"""What a tick does: one small piece of work on shards that no call is waiting for."""

from services.clusterer.logic.discovery import Discovery
from services.clusterer.logic.micro import Micro, embedded
from services.clusterer.logic.shard import ShardKey
from shared.tasks.features import Embed

EMBEDDED_A_TICK = 64
LEFT_TO_RECLUSTER = 256
"""Exemplars that may be left to embed when a recluster comes: about a second of it."""


def idle_shard(discovery: Discovery, now_ms: int) -> ShardKey | None:
    """The shard that has been silent for longest among those whose weekly recluster is due and that no call will start:
    it has had calls since the last one, and none for a while. ``now_ms``: time of the log."""
    parameters = discovery.parameters
    due = [
        (shard.seen_ms, key)
        for key, shard in discovery.shards.items()
        if shard.records - shard.reclustered_at >= parameters.born_size
        and now_ms - shard.seen_ms >= parameters.idle_ms
        and now_ms - shard.reclustered_ms >= parameters.recluster_ms
    ]
    return min(due)[1] if due else None


def embed_ahead(discovery: Discovery, embed: Embed) -> int:
    """Embeds a few exemplars of the shard that lacks most, heaviest first, so that its recluster need not embed them all
    while calls wait. Changes no result: a vector depends on its text alone. Returns how many."""
    missing: list[Micro] = []
    for shard in discovery.shards.values():
        lacking = [micro for micro in shard.table.micros if micro.sentence is None]
        if len(lacking) > max(LEFT_TO_RECLUSTER, len(missing)):
            missing = lacking
    missing.sort(key=lambda micro: (-micro.count, micro.born))
    chosen = missing[:EMBEDDED_A_TICK]
    embedded(chosen, embed)
    for micro in chosen:
        discovery.dirty.micros[micro.id] = None
    return len(chosen)
