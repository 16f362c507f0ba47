"""A discovered task: its identity and matcher, its measurements, and every "no" to training it."""

from dataclasses import dataclass
from typing import Annotated

from shared.events.vocabulary import ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """What router and clusterer both match with: representatives of one cluster in feature space."""

    version: Annotated[int, "rises with every publication of the cluster"]
    task_key: Annotated[str, "only requests of this task key can match"]
    sub_key: Annotated[str, "only requests of this sub-key can match"]
    dimension: Annotated[int, "length of one vector"]
    vectors: Annotated[bytes, "at most 64 representatives, little-endian float16, row by row"]
    radii: Annotated[tuple[float, ...], "smallest cosine that still matches, one per representative"]
    feature_mean: Annotated[bytes, "frozen mean subtracted from the embedding, little-endian float16"]
    idf: Annotated[dict[str, float], "frozen weights of structure tokens"]
    feature_version: Annotated[str, "version of the feature code; matchers of another one never match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterChanged:
    """Identity of a cluster, by its clusterer task. Key: cluster."""

    cluster: Annotated[str, "cluster id"]
    task_key: Annotated[str, "task key that it lives in"]
    tenant: Annotated[str, "tenant that it belongs to"]
    state: Annotated[ClusterState, "born, merged, split or retired"]
    label: Annotated[str, "readable name"]
    verbs: Annotated[tuple[str, ...], "frequent verbs"] = ()
    tools: Annotated[tuple[str, ...], "tools offered"] = ()
    exemplars: Annotated[tuple[str, ...], "event ids nearest the centre"] = ()
    parents: Annotated[tuple[str, ...], "clusters it came from"] = ()
    merged_into: Annotated[str | None, "cluster that took it in"] = None
    epoch: Annotated[int, "raised by splits and merges; assignments of another epoch are ignored"] = 1
    drift: Annotated[float, "share of members that changed at the last recluster"] = 0.0
    size: Annotated[int, "calls counted so far"] = 0
    matcher: Annotated[Matcher | None, "absent once merged or retired"] = None
    changed_at_ms: Annotated[int, "epoch milliseconds, event time"]

    @property
    def is_gone(self) -> bool:
        """Merged away, retired, or split with nothing left of it: it can match no call any more."""
        ended = self.state in (ClusterState.MERGED, ClusterState.RETIRED)
        return ended or (self.state is ClusterState.SPLIT and self.matcher is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMeasured:
    """Size, rate, cost and quality of a cluster, by the dispatcher. Key: cluster."""

    cluster: Annotated[str, "cluster id"]
    calls: Annotated[int, "calls counted, repeats included"]
    distinct_calls: Annotated[int, "calls that are no exact repeat"]
    families: Annotated[int, "families of near-duplicates"]
    trainable_rows: Annotated[int, "rows a data set would hold, after family caps"]
    span_s: Annotated[float, "observed span, event time"]
    calls_per_day: Annotated[float, "rate over the span"]
    calls_per_day_low: Annotated[float, "lower 95 % bound of the rate"]
    calls_per_day_high: Annotated[float, "upper 95 % bound of the rate"]
    prompt_tokens_mean: Annotated[float, "tokens read by the frontier model, mean"] = 0.0
    completion_tokens_mean: Annotated[float, "tokens written by the frontier model, mean"] = 0.0
    frontier_cost_usd_mean: Annotated[float, "price of one frontier call, mean"] = 0.0
    frontier_latency_ms_mean: Annotated[float, "latency of one frontier call, mean"] = 0.0
    regret: Annotated[float, "share of spend avoidable at the price table"] = 0.0
    coherence: Annotated[float, "mean similarity of members to their representative"] = 0.0
    diversity: Annotated[float, "distinct share of calls"] = 0.0
    noise: Annotated[float, "provisional share of calls"] = 0.0
    purity: Annotated[float, "share of the most frequent tool set among answers"] = 0.0
    dominant_tool: Annotated[str | None, "most frequent tool of the answers; absent for text"] = None
    expected_saving_usd_per_day: Annotated[float, "central"] = 0.0
    expected_saving_usd_per_day_low: Annotated[float, "lower bound"] = 0.0
    measured_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDeclined:
    """A cluster that gets no specialist for now, and why. Key: cluster."""

    cluster: Annotated[str, "cluster id"]
    reason: Annotated[str, "code of the first trigger or gate that failed"]
    detail: Annotated[str, "the same in words, with figures"]
    evidence: Annotated[dict[str, float], "figures that decided"]
    policy_version: Annotated[str, "policy digest"]
    decided_at_ms: Annotated[int, "epoch milliseconds"]
