"""``flywheel registry validate | apply | list``: the models that a route may name, from YAML into the log."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_rows

if TYPE_CHECKING:
    from shared.events import ModelRegistered
    from shared.models import Refusal

REFUSED = 2

FileOption = Annotated[
    Path | None, typer.Option("--file", "-f", help="registry file; default: infra/registry/models.yaml")
]


def register(app: typer.Typer) -> None:
    registry = typer.Typer(help="Models: the registry file and the topic model.registered.", no_args_is_help=True)
    registry.command(epilog="Example:  flywheel registry validate --file models.yaml")(validate)
    registry.command(epilog="Examples:  flywheel registry apply  ·  flywheel registry apply --dry-run")(apply)
    registry.command(name="list", epilog="Example:  flywheel registry list --output json")(list_models)
    app.add_typer(registry, name="registry")


def validate(file: FileOption = None, output: OutputOption = OutputFormat.TABLE) -> None:
    """Check a registry file without a broker. Exit code 2 if an entry is refused."""
    from shared.models import load_models

    good, bad = load_models(_path(file), at_ms=0)
    rows = [_row(model.model, "good", model=model) for model in good] + _refused_rows(bad)
    show_rows(rows, output, ("model", "result", "line", "reason"))
    _end(bad)


def apply(
    file: FileOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be entered")] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Enter the good entries that differ from the topic's. Exit code 2 if an entry is refused."""
    from infra.local.reach import current_kafka
    from infra.local.registry import apply_registry
    from infra.local.settings import LocalSettings
    from shared.settings import Settings

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    path = _path(file)
    result = apply_registry(current_kafka(LocalSettings()), Settings().schemas_dir, path, dry_run=dry_run)
    word = "would be entered" if dry_run else "entered"
    rows = [_row(name, word) for name in result.entered]
    rows += [_row(name, "unchanged") for name in result.unchanged] + _refused_rows(result.refused)
    show_rows(rows, output, ("model", "result", "line", "reason"))
    _end(result.refused)


def list_models(output: OutputOption = OutputFormat.TABLE) -> None:
    """List what the topic holds: bases, frontier models and specialists, with their state."""
    from infra.local.reach import current_kafka
    from infra.local.registry import registered_models
    from infra.local.settings import LocalSettings
    from shared.settings import Settings

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    models = registered_models(current_kafka(LocalSettings()), Settings().schemas_dir)
    rows = [_row(model.model, "registered", model=model) for model in models]
    columns = ("model", "kind", "state", "license", "safety_grade", "usd_per_1k", "clusters")
    show_rows(rows, output, columns)
    if not rows and output is OutputFormat.TABLE:
        note("no model is registered; 'flywheel registry apply' enters the registry file")


def _path(file: Path | None) -> Path:
    from shared.models import MODELS_FILE

    return file if file is not None else MODELS_FILE


def _row(
    name: str, result: str, line: int | None = None, reason: str = "", *, model: "ModelRegistered | None" = None
) -> dict[str, Any]:
    row: dict[str, Any] = {"model": name, "result": result, "line": line, "reason": reason}
    if model is not None:
        row |= {
            "kind": str(model.kind),
            "state": str(model.state),
            "params": model.params,
            "context_len": model.context_len,
            "license": model.license,
            "safety_grade": model.safety_grade,
            "usd_per_1k": f"{model.cost_per_1k_input_usd:g} in, {model.cost_per_1k_output_usd:g} out",
            "clusters": ", ".join(model.supported_clusters),
            "price_version": model.price_version,
            "adapter_uri": model.adapter_uri,
        }
    return row


def _refused_rows(refused: "Sequence[Refusal]") -> list[dict[str, Any]]:
    return [_row(refusal.model, "refused", refusal.line, refusal.reason) for refusal in refused]


def _end(refused: "Sequence[Refusal]") -> None:
    """Each refusal as ``file:line: model: reason`` on standard error, and the exit code."""
    for refusal in refused:
        note(str(refusal))
    if refused:
        raise typer.Exit(REFUSED)
