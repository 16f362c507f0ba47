"""``flywheel offsets set``: where a group goes on."""

import logging
from typing import Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_rows
from services.cli.replay_verbs import operator

EXAMPLES = (
    "Examples:  flywheel offsets set deduper observation.redacted/2 earliest --dry-run  ·  "
    "flywheel offsets set clusterer observation.unique/0 1042"
)


def register(app: typer.Typer) -> None:
    offsets = typer.Typer(help="Committed offsets of the services' groups.", no_args_is_help=True)
    offsets.command(name="set", epilog=EXAMPLES)(set_)
    app.add_typer(offsets, name="offsets")


def set_(
    group: Annotated[str, typer.Argument(help="the stopped service whose group is moved")],
    place: Annotated[str, typer.Argument(metavar="TOPIC[/PARTITION]", help="what to move")],
    to: Annotated[str, typer.Argument(help="earliest, latest, or an offset: the next one to read")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be skipped or read again")] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Choose where a group goes on: after retention took what it had not read, or past a record that halts it.

    The service must be stopped. Offsets and an audit row are committed in one transaction.
    """
    from infra.local.reach import current_kafka
    from infra.local.registry import with_log
    from infra.local.settings import LocalSettings
    from services.cli.lag import GROUPS, measure
    from services.cli.offsets import CHAIN, Move, commit, plan, require_nobody_home
    from shared.audit_trail import ChainWriter
    from shared.clock import SystemClock
    from shared.settings import Settings

    if group not in GROUPS:
        raise typer.BadParameter(f"{group}: there are {', '.join(GROUPS)}", param_hint="GROUP")

    async def use(broker: Any, serde: Any) -> list[Move]:
        moves = plan(await measure(broker, {group: GROUPS[group]}), place, to)
        await require_nobody_home(broker.admin(), group)
        if not dry_run:
            async with ChainWriter(broker, serde, SystemClock(), chain=CHAIN, actor=operator()) as chain:
                await commit(chain, group, moves)
        return moves

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    moves = with_log(current_kafka(LocalSettings()), Settings().schemas_dir, use)
    rows = [
        {"topic": m.topic, "partition": m.partition, "committed": m.committed, "to": m.to, "effect": m.effect}
        for m in moves
    ]
    show_rows(rows, output)
    note("nothing was changed" if dry_run else f"{group} goes on there at its next start")
