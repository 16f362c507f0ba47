"""The worker's job without a log: ``python -m services.trainer_worker.offline train | evaluate`` (``flywheel train``).

Reads records of ``observation.clustered`` as JSON Lines (the fields of the schema; those with a default may be absent), runs
the same job as the service, and writes one JSON document to standard output; progress goes to standard error. Exit code 1
where the data set is refused, 2 for input that cannot be read. Rows without a redaction proof are left out here too.
"""

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from services.trainer_worker.base_model import prepare
from services.trainer_worker.control import Step
from services.trainer_worker.jobs import run_job
from services.trainer_worker.logic import Row, build_dataset
from services.trainer_worker.main import code_version
from shared.errors import FlywheelError, PoisonError, SettingsError
from shared.events import ObservationClustered, TrainingRequested
from shared.events.training import DatasetQuery
from shared.ids import content_hash
from shared.policy import Policy, load_policy
from shared.prompting.template import Template, template_by_hash
from shared.schema.convert import from_plain
from shared.weights import file_sha256

REFUSED, WRONG_INPUT = 1, 2
ALL_ROWS = 1_000_000


def read_lines(path: Path) -> list[ObservationClustered]:
    """Raises :class:`SettingsError` with file, line and field; never with content."""
    rows = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    rows.append(_observation(line, f"{path}:{number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {type(error).__name__}") from None
    return rows


def _observation(line: str, where: str) -> ObservationClustered:
    try:
        observation: ObservationClustered = from_plain(ObservationClustered)(
            _completed(ObservationClustered, json.loads(line))
        )
    except KeyError as error:
        raise SettingsError(f"{where}: field {error} is missing, unknown, or a word outside its list") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SettingsError(f"{where}: no record of observation.clustered ({type(error).__name__})") from None
    return observation


def _completed(cls: type, plain: dict[str, Any]) -> dict[str, Any]:
    """``plain`` with the defaults of absent fields, at any depth."""
    hints = get_type_hints(cls, include_extras=True)
    result = dict(plain)
    for field in dataclasses.fields(cls):
        if field.name not in result and field.default is not MISSING:
            result[field.name] = field.default
        inner = _inner_class(hints[field.name])
        value = result.get(field.name)
        if inner is not None and isinstance(value, dict):
            result[field.name] = _completed(inner, value)
        elif inner is not None and isinstance(value, list):
            result[field.name] = [_completed(inner, item) for item in value]
    return result


def _inner_class(hint: Any) -> type | None:
    """The dataclass inside a field's type, if there is one: of a tuple, an optional, or itself."""
    if get_origin(hint) is Annotated:
        return _inner_class(get_args(hint)[0])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint
    return next((found for part in get_args(hint) if (found := _inner_class(part)) is not None), None)


def choose_cluster(rows: Sequence[ObservationClustered], wanted: str) -> list[ObservationClustered]:
    """The rows of one cluster. Raises :class:`SettingsError` that lists the clusters where the choice is not clear."""
    counts = Counter(row.cluster for row in rows)
    if not wanted and len(counts) == 1:
        return list(rows)
    if wanted not in counts:
        known = ", ".join(f"{cluster} ({count})" for cluster, count in counts.most_common(10)) or "none"
        raise SettingsError(f"no rows of cluster {wanted!r}; there are {known}")
    return [row for row in rows if row.cluster == wanted]


def _query(rows: Sequence[ObservationClustered], max_rows: int, max_test_rows: int, family_cap: int) -> DatasetQuery:
    return DatasetQuery(
        topic="observation.clustered", ranges=(), clusters=(rows[0].cluster,), task_key=rows[0].task_key,
        max_rows=max_rows, max_test_rows=max_test_rows, family_cap=family_cap,
    )  # fmt: skip


def train(arguments: argparse.Namespace, policy: Policy) -> dict[str, Any]:
    """One job over the file's rows. Raises :class:`PoisonError` where the worker would refuse."""
    training = policy.training
    rows = choose_cluster(read_lines(arguments.input), arguments.cluster)
    query = _query(rows, training.max_rows, training.max_test_rows, training.family_cap)
    request = TrainingRequested(
        job_id=content_hash("offline", rows[0].cluster, *sorted(row.event_id for row in rows)),
        cluster=rows[0].cluster,
        label=arguments.label or rows[0].cluster,
        version=1,
        fencing_token=1,
        dataset=query,
        base_model=training.base_model,
        profile=arguments.profile or training.profile,
        seed=arguments.seed,
        time_budget_s=training.time_budget_s,
        policy_version=policy.version,
        requested_at_ms=0,
    )
    result = run_job(
        request,
        rows,
        min_examples=arguments.min_examples or training.min_examples,
        models_dir=arguments.models_dir,
        adapters_dir=arguments.out,
        device=arguments.device,
        threads=arguments.threads,
        code_version=code_version(),
        report=_report,
    )
    record = result.record
    return {
        "model": result.model,
        "adapter": str(result.folder),
        "manifest_digest": result.manifest_digest,
        "rows_train": record.rows_train if record else 0,
        "rows_test": record.rows_test if record else 0,
        "dataset_hash": record.dataset_hash if record else "",
        "provenance_hash": record.provenance_hash if record else "",
        "free_arguments": list(record.free_arguments) if record else [],
        "seconds": round(result.seconds, 3),
        "metrics": result.metrics,
    }


def _report(step: Step) -> None:
    loss = "" if step.loss is None else f"  loss {step.loss:.4f}"
    left = "" if step.eta_s is None else f"  {step.eta_s:.0f} s left"
    sys.stderr.write(f"{step.phase}  {step.step}/{step.steps}{loss}{left}\n")


def evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """The adapter's metrics on rows of its cluster that it was not trained on."""
    manifest, template = checked_manifest(arguments.adapter)
    rows = choose_cluster(read_lines(arguments.input), arguments.cluster or str(manifest["cluster"]))
    unseen = unseen_rows(rows, arguments.adapter, template)[: arguments.max_rows]
    if not unseen:
        raise PoisonError("no_unseen_rows", f"all of {len(rows)} rows were trained on or cannot be judged by")

    # torch takes seconds and gigabytes: it is loaded when there is something to evaluate.
    import torch
    from peft import PeftModel

    from services.trainer_worker import evaluate as evaluation
    from services.trainer_worker import train as training

    torch.set_num_threads(arguments.threads)
    base = next(link["base"] for link in manifest["provenance"]["links"] if "base" in link)
    folder, device = prepare(base, arguments.models_dir), training.pick_device(arguments.device)
    model, tokenizer = training.load_base(folder, device)
    adapted = PeftModel.from_pretrained(model, str(arguments.adapter)).eval()
    metrics = evaluation.evaluate(adapted, tokenizer, unseen, template, manifest["free_arguments"])
    return {"model": manifest["name"], "cluster": rows[0].cluster, "rows": len(unseen), "metrics": metrics}


def checked_manifest(adapter: Path) -> tuple[dict[str, Any], Template]:
    """The manifest and its template. Raises :class:`SettingsError` for a folder that is not as it was written."""
    from services.trainer_worker.artefact import MANIFEST  # brings torch

    try:
        manifest: dict[str, Any] = json.loads((adapter / MANIFEST).read_text())
        for name, facts in manifest["files"].items():
            if file_sha256(adapter / name) != facts["sha256"]:
                raise SettingsError(f"{adapter / name}: not the file that the manifest names")
        template = template_by_hash(manifest["template"]["hash"])
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{adapter}: no adapter of this project ({type(error).__name__})") from None
    if template is None:
        raise SettingsError(f"{adapter}: prompt template {manifest['template']['name']} is not known to this version")
    return manifest, template


def unseen_rows(rows: Sequence[ObservationClustered], adapter: Path, template: Template) -> list[Row]:
    """Judgeable rows whose event the adapter was not trained on."""
    from services.trainer_worker.artefact import ROWS  # brings torch

    learned = set()
    with (adapter / ROWS).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["side"] == "train":
                learned.add(row["event_id"])
    dataset = build_dataset(rows, _query(rows, ALL_ROWS, ALL_ROWS, ALL_ROWS), template)
    return [row for _, side in dataset.sides() for row in side if row.event_id not in learned]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flywheel", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in (verbs.add_parser("train"), verbs.add_parser("evaluate")):
        verb.add_argument("--input", type=Path, required=True)
        verb.add_argument("--cluster", default="")
        verb.add_argument("--models-dir", type=Path, default=Path(".flywheel/models"))
        verb.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
        verb.add_argument("--threads", type=int, default=1)
    learn, judge = verbs.choices["train"], verbs.choices["evaluate"]
    learn.add_argument("--out", type=Path, required=True)
    learn.add_argument("--label", default="")
    learn.add_argument("--policy", default="service")
    learn.add_argument("--profile", default="")
    learn.add_argument("--min-examples", type=int, default=0)
    learn.add_argument("--seed", type=int, default=0)
    judge.add_argument("--adapter", type=Path, required=True)
    judge.add_argument("--max-rows", type=int, default=200)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    try:
        if arguments.verb == "train":
            document = train(arguments, load_policy(arguments.policy))
        else:
            document = evaluate(arguments)
    except PoisonError as error:
        sys.stderr.write(f"refused: {error}\n")
        return REFUSED
    except FlywheelError as error:
        sys.stderr.write(f"error: {error}\n")
        return WRONG_INPUT
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
