"""One job carried out: the synchronous part, run in a thread of its own."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.trainer_worker.base_model import prepare
from services.trainer_worker.control import Step
from services.trainer_worker.logic import Dataset, build_dataset, refusal
from services.trainer_worker.profiles import profile_by_name
from shared.errors import PoisonError
from shared.events import ObservationClustered, TrainingRequested
from shared.events.training import TrainingRecord
from shared.events.vocabulary import TrainingPhase
from shared.prompting.template import COMPACT_CHATML, Template
from shared.weights import packaged_weights

if TYPE_CHECKING:
    from services.trainer_worker import checkpoint as checkpointing
    from services.trainer_worker import train as training

MIN_TEST_ROWS = 10
MIN_ROWS_SHARE = 0.8

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobResult:
    """An adapter and what it was made of."""

    model: str
    base_digest: str
    folder: Path
    manifest_digest: str
    template: Template
    max_prompt_tokens: int
    metrics: dict[str, float] = field(default_factory=dict)
    record: TrainingRecord | None = None
    seconds: float = 0.0


def warm_up(base_model: str, models_dir: Path) -> None:
    """Load what every job needs, and prepare the base model, so that the first job does not wait for it."""
    import services.trainer_worker.train as loaded

    folder = prepare(base_model, models_dir)
    logger.info("the base model is ready", extra={"path": folder.name, "device": loaded.pick_device("auto")})


def model_name(request: TrainingRequested) -> str:
    """``<label>-<cluster>@v<version>``: immutable, readable, unique."""
    label = "".join(c if c.isalnum() else "-" for c in request.label.lower()).strip("-")[:40] or "task"
    return f"{label}-{request.cluster[:8]}@v{request.version}"


def run_job(
    request: TrainingRequested,
    observations: Sequence[ObservationClustered],
    min_examples: int,
    models_dir: Path,
    adapters_dir: Path,
    device: str,
    threads: int,
    code_version: str,
    report: Callable[[Step], None],
    check: Callable[[], None] = lambda: None,
    checkpoints_dir: Path | None = None,
    checkpoint_every_s: float = 30.0,
) -> JobResult:
    """Data set → adapter → evaluation → artefact. Raises :class:`PoisonError` with the reason where it must refuse, and
    whatever ``report`` and ``check`` raise. Without ``checkpoints_dir`` nothing is kept of a run that ends early."""
    profile, template = profile_by_name(request.profile), COMPACT_CHATML
    base = packaged_weights(request.base_model)
    report(Step(TrainingPhase.DATA))
    dataset = build_dataset(observations, request.dataset, template)
    refused = refusal(dataset, int(min_examples * MIN_ROWS_SHARE), MIN_TEST_ROWS)
    if refused is not None:
        raise PoisonError(*refused)

    # torch takes seconds and gigabytes: it is loaded when there is something to train.
    import torch

    from services.trainer_worker import checkpoint as checkpointing
    from services.trainer_worker import evaluate as evaluation
    from services.trainer_worker import train as training
    from services.trainer_worker.artefact import write_artefact

    torch.set_num_threads(threads)
    device = training.pick_device(device)
    model, tokenizer = training.load_base(prepare(request.base_model, models_dir), device)
    limit = template.max_prompt_tokens + template.max_completion_tokens
    encoded = training.encode(dataset.train, tokenizer, limit, profile.max_over_length_share)
    longest = max(row.completion_start for row in encoded)
    checkpoints = None
    if checkpoints_dir is not None:
        identity = checkpointing.Identity(dataset.hash, profile.content(), base.sha256)
        checkpoints = checkpointing.Checkpoints(
            checkpoints_dir, request.job_id, request.attempt, identity, checkpoint_every_s
        )
    trained, resumed_at = _train(model, tokenizer, encoded, request, checkpoints, report, check)
    report(Step(TrainingPhase.EVALUATING, trained.steps, trained.steps, trained.final_loss))
    metrics = evaluation.evaluate(trained.model, tokenizer, dataset.test, template, dataset.free_arguments, check)
    unseen = training.encode(dataset.test, tokenizer, limit, profile.max_over_length_share)
    metrics["validation_loss"] = evaluation.validation_loss(trained.model, tokenizer, unseen)
    metrics["training_loss"] = trained.final_loss
    metrics["steps"] = float(trained.steps)
    name = model_name(request)
    made = replace(request, seed=trained.seed)
    folder, digest, provenance = write_artefact(
        adapters_dir, name, trained.model, made, dataset, base, template, profile, metrics, code_version
    )
    return JobResult(
        model=name,
        base_digest=base.sha256,
        folder=folder,
        manifest_digest=digest,
        template=template,
        max_prompt_tokens=min(template.max_prompt_tokens, int(longest * 1.5)),
        metrics={**metrics, "resumed_at_step": float(resumed_at)} if resumed_at else metrics,
        record=_record(request, dataset, provenance),
        seconds=trained.seconds,
    )


def _train(
    model: Any,
    tokenizer: Any,
    encoded: Sequence["training.Encoded"],
    request: TrainingRequested,
    checkpoints: "checkpointing.Checkpoints | None",
    report: Callable[[Step], None],
    check: Callable[[], None],
) -> tuple["training.Trained", int]:
    """The run, from the newest checkpoint of an earlier attempt if there is one, and the step where it went on."""
    from services.trainer_worker import train as training

    resume, passed_over = (None, "") if checkpoints is None else checkpoints.newest()
    if passed_over:
        logger.warning("checkpoints were passed over", extra={"job": request.job_id, "reason": passed_over})
    if request.attempt > 1 and checkpoints is not None:
        step = 0 if resume is None else resume.step
        said = "a job starts over: no checkpoint is to be had" if resume is None else "a job is resumed"
        logger.info(said, extra={"job": request.job_id, "attempt": request.attempt, "step": step})
    try:
        trained = training.train(
            model,
            tokenizer,
            encoded,
            profile_by_name(request.profile),
            request.seed,
            request.time_budget_s,
            lambda p: report(Step(TrainingPhase.TRAINING, p.step, p.steps, p.loss, p.eta_s)),
            check=check,
            resume=resume,
            keep=checkpoints,
        )
    except training.NotLearningError:
        if checkpoints is not None:  # the next attempt takes another seed, from the start
            checkpoints.drop()
        raise
    return trained, 0 if resume is None else resume.step


def _record(request: TrainingRequested, dataset: Dataset, provenance: str) -> TrainingRecord:
    rows = (*dataset.train, *dataset.test)
    return TrainingRecord(
        job_id=request.job_id,
        dataset_hash=dataset.hash,
        dataset=request.dataset,
        rows_train=len(dataset.train),
        rows_test=len(dataset.test),
        step_hashes=tuple(sorted({row.step_hash for row in rows})),
        episodes=tuple(sorted({row.episode for row in rows})),
        families=tuple(sorted({row.family for row in dataset.train})),
        provenance_hash=provenance,
        free_arguments=dataset.free_arguments,
    )
