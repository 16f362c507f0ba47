"""Parameters of task discovery, measured on template traffic with paraphrases and, for text answers, on CLINC150."""

from dataclasses import dataclass, field

from services.clusterer.logic.regroup import RegroupParameters


@dataclass(frozen=True, slots=True)
class Parameters:
    """Similarities are cosines of :mod:`shared.tasks.features` vectors."""

    leader: float = 0.72
    """A call joins the nearest micro-cluster from here on."""
    full_leader: float = 0.35
    """The same once the shard is full: only what is far from all of it takes the place of the stalest."""
    radius: float = 0.55
    """Radius of published representatives; outside it a call is provisional and goes to the frontier model."""
    pure_radius: float = 0.45
    """The same where nearly all answers call one tool: slot values move such requests, not their task."""
    purity: float = 0.95
    """Share of answers from which a cluster counts as pure."""
    merge_cut: float = 0.40
    """Average similarity from which two groups are one task, where answers say nothing (text)."""
    same_tool_bonus: float = 0.45
    """Added where both groups' answers call the same tools: paraphrases share few words in a static embedding."""
    other_tool_malus: float = 0.40
    """Taken off where they call different ones."""
    other_tool_leader: float = 0.80
    """A call joins a micro-cluster whose answers call other tools than its own only from here on."""
    dominance: float = 0.6
    """Share of a group's answers that makes a tool its own."""
    born_size: int = 20
    """Calls after which a cluster is published: below it everything is provisional."""
    freeze_size: int = 200
    """Calls from which a cluster's id and representatives stay. Not above the N that training asks for."""
    growth: float = 1.5
    """A cluster is published again when it has grown by this factor."""
    representatives: int = 64
    max_micros: int = 4096
    """Micro-clusters per task key and sub-key; beyond it the stalest provisional one is dropped."""
    first_merge: int = 8
    """Calls of a shard after which it is first merged; then at each growth by half."""
    max_compared: int = 96
    """Micro-clusters of a shard up to which a new one is compared with whole clusters; beyond it with the nearest only."""
    max_groups: int = 256
    """Groups looked at in one merge, heaviest first: bounds its time."""
    regroup: RegroupParameters = field(default_factory=RegroupParameters)
    max_regrouped: int = 4096
    """Micro-clusters grouped in one recluster, heaviest first; the others follow the nearest. Bounds time and memory."""
    recluster_records: int = 500
    """Calls of a shard between two reclusters at least."""
    recluster_ms: int = 7 * 86_400_000
    """Event time after which a shard is reclustered."""
    retire_ms: int = 90 * 86_400_000
    """Event time without a call after which a cluster is retired by a recluster."""
    idle_ms: int = 3_600_000
    """Time of the log without a call after which a tick starts the recluster that no call will start."""
    half_life_ms: int = 30 * 86_400_000
    """Event time after which a call weighs half in its micro-cluster; 0: calls never lose weight."""
    told_drift: float = 0.2
    """Share of its calls from which a cluster that a recluster changed is published for that alone."""
    novel_records: int = 1000
    """Calls that no published matcher held, from which a shard is reclustered earlier."""
    novel_share: float = 0.2
    """Their share of the calls since the last recluster must be at least this."""
    test_share: float = 0.2
    split_families: int = 20
    """Families from which the split is by family; below it by episode."""
    sides_remembered: int = 100_000
    """Episodes and families whose side of the split is remembered, the newest."""
