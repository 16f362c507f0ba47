"""``flywheel lag``: who is behind, by how much, and who never committed anything."""

import logging
from typing import Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_document, show_rows

BEHIND = 1


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  flywheel lag  ·  flywheel lag --group deduper  ·  flywheel lag --max 1000 -o json")(
        lag
    )


def lag(
    group: Annotated[str, typer.Option(help="one consuming service; default: all")] = "",
    limit: Annotated[
        int | None, typer.Option("--max", min=0, help="exit code 1 if a partition is further behind than this")
    ] = None,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Show committed offset, stable end and lag of every consuming service. Never committed is not zero."""
    from infra.local.reach import current_kafka
    from infra.local.registry import with_log
    from infra.local.settings import LocalSettings
    from services.cli.lag import GROUPS, measure, totals
    from shared.settings import Settings

    if group and group not in GROUPS:
        raise typer.BadParameter(f"{group}: there are {', '.join(GROUPS)}", param_hint="--group")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    chosen = {group: GROUPS[group]} if group else GROUPS
    rows = with_log(current_kafka(LocalSettings()), Settings().schemas_dir, lambda broker, _: measure(broker, chosen))
    shown: list[dict[str, Any]] = [
        {
            "group": row.group,
            "topic": row.topic,
            "partition": row.partition,
            "committed": row.committed,
            "end": row.end,
            "lag": row.lag,
            "state": "no offset committed" if row.lag is None else "",
        }
        for row in rows
    ]
    sums = totals(rows)
    if output is OutputFormat.JSON:
        show_document({"partitions": shown, "groups": sums}, output, "")
    else:
        show_rows(shown, output)
        show_rows(sums, output)
    over = [] if limit is None else [row for row in rows if row.behind > limit]
    for row in over:
        known = "never committed" if row.committed is None else f"committed {row.committed}"
        note(f"{row.group} is {row.behind} behind on {row.topic}[{row.partition}] ({known}, stable end {row.end})")
    if over:
        raise typer.Exit(BEHIND)
