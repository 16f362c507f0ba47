"""``flywheel replay postgres | redis``: a projection emptied and rebuilt from the log while the system runs."""

import getpass
import logging
from typing import Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_document

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="only show what would be emptied")]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="return once everything is back")]
StillOption = Annotated[float, typer.Option(min=1.0, help="give up when nothing has come back for so many seconds")]


def register(app: typer.Typer) -> None:
    replay = typer.Typer(help="Rebuild a projection from the log; the system runs on.", no_args_is_help=True)
    replay.command(epilog="Examples:  flywheel replay postgres  ·  flywheel replay postgres --dry-run")(postgres)
    replay.command(name="redis", epilog="Examples:  flywheel replay redis  ·  flywheel replay redis -o json")(redis_)
    app.add_typer(replay, name="replay")


def operator() -> str:
    """Who is named in the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def postgres(
    dry_run: DryRunOption = False,
    wait: WaitOption = True,
    still_s: StillOption = 60.0,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Empty the six tables; the recorder reads them again from the start of retention. What expired stays away."""
    from infra.local.reach import current_addresses
    from infra.local.settings import LocalSettings
    from services.cli.adapters import PostgresProjection
    from services.cli.lag import GROUPS
    from services.cli.projections import Patience, replay_postgres, watch
    from services.recorder.logic import TABLES
    from shared.clock import SystemClock

    dsn = current_addresses(LocalSettings()).postgres
    tables = PostgresProjection(dsn, [table.name for table in TABLES])

    async def run(broker: Any, serde: Any) -> dict[str, Any]:
        rows = await tables.rows()
        if not dry_run:
            left = await replay_postgres(broker, serde, SystemClock(), tables, GROUPS["recorder"], operator())
            if wait:
                await watch(left, Patience(still_s), note, "recorder")
        return {"before": rows, "after": await tables.rows()}

    _show(_run(run), output, dry_run, wait)


def redis_(
    dry_run: DryRunOption = False,
    wait: WaitOption = True,
    still_s: StillOption = 60.0,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Delete the routers' shared copy; a router that follows the log writes it again. Routing goes on from memory."""
    from infra.local.reach import current_addresses
    from infra.local.settings import LocalSettings
    from services.cli.adapters import RedisProjection
    from services.cli.projections import Patience, replay_redis, watch
    from shared.clock import SystemClock

    copies = RedisProjection(current_addresses(LocalSettings()).redis)

    async def run(broker: Any, serde: Any) -> dict[str, Any]:
        keys = await copies.keys()
        if not dry_run:
            left = await replay_redis(broker, serde, SystemClock(), copies, operator())
            if wait:
                await watch(left, Patience(still_s), note, "router")
        return {"before": keys, "after": await copies.keys()}

    _show(_run(run), output, dry_run, wait)


def _run(use: Any) -> dict[str, Any]:
    from infra.local.reach import current_kafka
    from infra.local.registry import with_log
    from infra.local.settings import LocalSettings
    from shared.settings import Settings

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    return dict(with_log(current_kafka(LocalSettings()), Settings().schemas_dir, use))


def _show(found: dict[str, Any], output: OutputFormat, dry_run: bool, wait: bool) -> None:
    before, after = found["before"], found["after"]
    if dry_run:
        done, lines = "would be emptied", [f"{name}: {count}" for name, count in before.items()]
    else:
        done = "rebuilt" if wait else "emptied"
        lines = [f"{name}: {count} before, {after[name]} now" for name, count in before.items()]
    show_document({"result": done, **found}, output, "\n".join([done, *lines]))
