"""``flywheel topics acl``: who may do what on the log, as ``schemas/topics.yaml`` implies it."""

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.schema.access import Grant


def acl(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what differs")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="also take back what services hold beyond it")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="list every grant of the registry, without a broker")
    ] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Grant services what the registry implies. Exit code 1 if a service holds more than that and keeps it."""
    from infra.local.access import apply_access, wanted_grants
    from infra.local.reach import current_kafka
    from infra.local.settings import LocalSettings
    from shared.settings import Settings

    registry = Settings().schemas_dir / "topics.yaml"
    if offline:
        show_rows(_rows("wanted", wanted_grants(registry)), output)
        return
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    plan = asyncio.run(apply_access(current_kafka(LocalSettings()), registry, change=not dry_run, revoke=revoke))
    taken = "would be taken back" if dry_run else "taken back"
    rows = _rows("would be granted" if dry_run else "granted", plan.missing)
    rows += _rows(taken if revoke else "beyond the registry", plan.excess)
    show_rows(rows, output)
    note(f"{len(plan.present)} as the registry says, {len(plan.missing)} missing, {len(plan.excess)} beyond it")
    if plan.excess and not revoke:
        note("`--revoke` takes back what services hold beyond the registry")
        raise typer.Exit(1)


def _rows(state: str, grants: "Iterable[Grant]") -> list[dict[str, Any]]:
    return [
        {
            "principal": grant.principal,
            "operation": str(grant.operation),
            "resource": str(grant.resource),
            "name": grant.name,
            "pattern": str(grant.pattern),
            "state": state,
        }
        for grant in grants
    ]
