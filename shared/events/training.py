"""A training job from request to result, and the registry of models."""

from dataclasses import dataclass
from typing import Annotated

from shared.events.vocabulary import ModelKind, Stage, TrainingPhase, TrainingStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRange:
    """Offsets ``start`` ≤ o < ``end`` of one partition."""

    partition: Annotated[int, "partition"]
    start: Annotated[int, "first offset"]
    end: Annotated[int, "offset after the last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetQuery:
    """A data set as a query over the log: the same query gives the same rows while the log is kept."""

    topic: Annotated[str, "topic queried"]
    ranges: Annotated[tuple[OffsetRange, ...], "offsets queried"]
    clusters: Annotated[tuple[str, ...], "clusters whose rows count"]
    task_key: Annotated[str, "task key of those clusters"]
    max_rows: Annotated[int, "rows at most, train side"]
    max_test_rows: Annotated[int, "rows at most, test side"]
    family_cap: Annotated[int, "rows a family may give at first; raised until max_rows or all are used"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequested:
    """One job, attempt by attempt. Key: cluster."""

    job_id: Annotated[str, "hash of cluster, data set query and base model"]
    cluster: Annotated[str, "cluster id"]
    label: Annotated[str, "readable name of the cluster"]
    version: Annotated[int, "version that the specialist will carry"]
    attempt: Annotated[int, "1 for the first try"] = 1
    fencing_token: Annotated[int, "results with a lower one are refused"]
    dataset: Annotated[DatasetQuery, "what to learn from"]
    base_model: Annotated[str, "registry name of the base"]
    profile: Annotated[str, "training profile"]
    seed: Annotated[int, "random state of shuffle, initialisation and surrogates"] = 0
    time_budget_s: Annotated[float, "training stops after this long"] = 900.0
    epoch: Annotated[int, "cluster epoch that the data belongs to"] = 1
    policy_version: Annotated[str, "policy digest"]
    requested_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgressed:
    """Heartbeat of a running job. Key: cluster."""

    job_id: Annotated[str, "job"]
    cluster: Annotated[str, "cluster id"]
    attempt: Annotated[int, "attempt"]
    fencing_token: Annotated[int, "token of the attempt"]
    phase: Annotated[TrainingPhase, "what it is doing"]
    step: Annotated[int, "optimiser steps done"] = 0
    steps: Annotated[int, "optimiser steps planned"] = 0
    loss: Annotated[float | None, "training loss, mean over the last steps"] = None
    eta_s: Annotated[float | None, "seconds left, estimated"] = None
    worker: Annotated[str, "process that works on it"] = ""
    progressed_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecord:
    """What a specialist was trained on: what shadow must leave out, and the chain of hashes back to the log."""

    job_id: Annotated[str, "job"]
    dataset_hash: Annotated[str, "hash over event ids and content digests"]
    dataset: Annotated[DatasetQuery, "the query"]
    rows_train: Annotated[int, "rows trained on"]
    rows_test: Annotated[int, "rows tested on"]
    step_hashes: Annotated[tuple[str, ...], "step hashes of all rows"]
    episodes: Annotated[tuple[str, ...], "episodes of all rows"]
    families: Annotated[tuple[str, ...], "families of all rows"]
    provenance_hash: Annotated[str, "hash chain over data set, base, code, configuration, adapter"]
    free_arguments: Annotated[tuple[str, ...], "free-text arguments left out of parity, fixed before shadow"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCompleted:
    """Result of a job. Key: cluster."""

    job_id: Annotated[str, "job"]
    cluster: Annotated[str, "cluster id"]
    attempt: Annotated[int, "attempt"]
    fencing_token: Annotated[int, "token of the attempt"]
    status: Annotated[TrainingStatus, "succeeded, failed or refused"]
    reason: Annotated[str, "code, for failed and refused"] = ""
    model: Annotated[str, "registry name, immutable: label-cluster@vN"] = ""
    base_model: Annotated[str, "registry name of the base"] = ""
    base_digest: Annotated[str, "sha256 of the base weights"] = ""
    adapter_uri: Annotated[str, "where the adapter folder lies"] = ""
    manifest_digest: Annotated[str, "sha256 of the adapter's manifest"] = ""
    prompt_template_hash: Annotated[str, "hash of the prompt template in the manifest"] = ""
    max_prompt_tokens: Annotated[int, "longer prompts go to the frontier model"] = 0
    metrics: Annotated[dict[str, float], "validation loss, format, parity, precision, recall, F1 …"]
    record: Annotated[TrainingRecord | None, "what it was trained on; absent unless succeeded"] = None
    training_s: Annotated[float, "seconds of training and evaluation"] = 0.0
    cost_usd: Annotated[float, "price of the job at the price table"] = 0.0
    epoch: Annotated[int, "cluster epoch that the data belongs to"] = 1
    completed_at_ms: Annotated[int, "epoch milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistered:
    """One entry of the model registry. Key: model; bases and frontier models under ``base/…``."""

    model: Annotated[str, "registry name"]
    kind: Annotated[ModelKind, "frontier, base or specialist"]
    model_name: Annotated[str, "name that the serving endpoint knows"]
    params: Annotated[int, "number of parameters, 0 if not published"] = 0
    context_len: Annotated[int, "tokens of context"] = 0
    license: Annotated[str, "SPDX id, or the name of the terms"] = ""
    max_tokens_per_s: Annotated[float, "decode rate, one stream"] = 0.0
    cost_per_1k_input_usd: Annotated[float, "price of 1,000 tokens read"] = 0.0
    cost_per_1k_output_usd: Annotated[float, "price of 1,000 tokens written"] = 0.0
    price_version: Annotated[str, "version of the price table"] = ""
    supported_clusters: Annotated[tuple[str, ...], "cluster ids or tags; * for any"] = ()
    safety_grade: Annotated[str, "A best … D"] = "C"
    eval_scores: Annotated[dict[str, float], "named scores"]
    state: Annotated[Stage, "lifecycle state"] = Stage.CANDIDATE
    adapter_uri: Annotated[str | None, "adapter folder, for specialists"] = None
    base_model: Annotated[str | None, "base, for specialists"] = None
    endpoint: Annotated[str, "base URL of the serving endpoint; empty: the settings' default"] = ""
    prompt_template_hash: Annotated[str, "hash of the prompt template in the manifest"] = ""
    manifest_digest: Annotated[str, "sha256 of the adapter's manifest"] = ""
    max_prompt_tokens: Annotated[int, "longer prompts go to the frontier model; 0: context_len"] = 0
    training: Annotated[TrainingRecord | None, "what a specialist was trained on"] = None
    registered_at_ms: Annotated[int, "epoch milliseconds"]
