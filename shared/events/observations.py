"""One call on its way through curation: raw → redacted → unique → clustered. Each stage is the last, plus."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from shared.events.calls import Answer, Attempt, Request, RoutingDecision
from shared.events.shaping import advanced
from shared.events.vocabulary import CallOutcome, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRaw:
    """One client call as it happened. May hold personal data: only the redactor may read it."""

    event_id: Annotated[str, "unique per client call; a re-send keeps it"]
    tenant: Annotated[str, "name of the API key's owner, never the key"]
    episode: Annotated[str, "conversation or agent run that the call belongs to"]
    step: Annotated[int, "number of assistant turns before this call"] = 0
    parent_event_id: Annotated[str | None, "previous call of the episode"] = None
    traceparent: Annotated[str | None, "W3C trace context"] = None
    occurred_at_ms: Annotated[int, "epoch milliseconds at which the call came in"]
    request: Annotated[Request, "what was asked"]
    answer: Annotated[Answer | None, "what was answered; absent on failure and where anonymised"] = None
    attempts: Annotated[tuple[Attempt, ...], "models tried, in order"] = ()
    outcome: Annotated[CallOutcome, "how the call ended for the client"] = CallOutcome.SUCCESS
    outcome_label: Annotated[str | None, "label given by the client"] = None
    served_by: Annotated[str | None, "model whose answer the client got"] = None
    routing: Annotated[RoutingDecision | None, "the routing decision; absent for imported calls"] = None
    producer: Annotated[str, "program that observed the call"] = ""
    mapping_version: Annotated[str, "version of the producer's mapping to this record"] = "1"
    anonymised: Annotated[bool, "prompt replaced by its keyed hash, answer dropped"] = False
    prompt_hash: Annotated[str | None, "keyed hash of the prompt"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionProof:
    """What shows that a record went through redaction."""

    rule_set: Annotated[str, "version of the rules"]
    profile: Annotated[str, "pii or hipaa"]
    counts: Annotated[dict[str, int], "entities replaced, by type"]
    source_partition: Annotated[int, "partition of the raw record"]
    source_offset: Annotated[int, "offset of the raw record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRedacted(ObservationRaw):
    """The same call with every identifier replaced by a placeholder, and keyed hashes taken from the raw values."""

    proof: Annotated[RedactionProof, "redaction proof"]
    task_key: Annotated[str, "keyed hash of tenant, tools, template, tool_choice and response format"]
    template_id: Annotated[str, "hash of the folded system and developer messages and the role skeleton"]
    tool_signature: Annotated[str, "hash of the canonical tool definitions"]
    step_hash: Annotated[str, "keyed hash of the newest turn and step, raw values"]
    answer_hash: Annotated[str, "keyed hash of the answer, raw values"]
    anchor_date: Annotated[str | None, "date that relative words refer to, ISO 8601"] = None
    untrainable_reason: Annotated[str | None, "code why the record may not train a specialist; absent if it may"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationUnique(ObservationRedacted):
    """The same call, known as new, as an exact repeat, or as a member of a family of near-duplicates."""

    fingerprint: Annotated[str, "128-bit hash of step and answer"]
    repeat_of: Annotated[str | None, "event id of the original of an exact repeat"] = None
    family: Annotated[str, "event id of the family's original, the own id for an original"]
    family_similarity: Annotated[float, "exact Jaccard to the family's original"] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationClustered(ObservationUnique):
    """The same call, placed. An exact repeat has lost its payload: no messages, no answer."""

    cluster: Annotated[str, "cluster id"]
    micro_cluster: Annotated[str, "micro-cluster id"]
    sub_key: Annotated[str, "role of the last message and last tool called before"]
    similarity: Annotated[float, "cosine to the nearest representative"] = 0.0
    map_version: Annotated[int, "version of the published matcher that placed it, 0 while provisional"] = 0
    epoch: Annotated[int, "epoch of that matcher"] = 0
    provisional: Annotated[bool, "placed by a micro-cluster that no published matcher holds"] = False
    split: Annotated[Split, "side of the train / test split"] = Split.UNKNOWN


S = TypeVar("S", bound=ObservationRaw)


def advance(stage: type[S], observation: ObservationRaw, **more: Any) -> S:
    """The observation at its next stage: all its fields, overridden and completed by ``more``.

    Raises ``TypeError`` if a field of the stage is missing.
    """
    return advanced(stage, observation, **more)
