"""``flywheel state verify``: is what the running services hold what their changelogs say?"""

import logging
from dataclasses import asdict
from typing import Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_rows

DIFFERS = 1
COLUMNS = ("service", "store", "partition", "entries", "replayed", "end", "result")


def register(app: typer.Typer) -> None:
    state = typer.Typer(help="What the streaming services keep.", no_args_is_help=True)
    state.command(
        epilog="Examples:  flywheel state verify  ·  flywheel state verify --service deduper --port deduper=18308"
    )(verify)
    app.add_typer(state, name="state")


def verify(
    service: Annotated[str, typer.Option(help="one service with state; default: all")] = "",
    port: Annotated[
        list[str] | None,
        typer.Option(help="SERVICE=PORT of a health page on this machine; default: the running stack's"),
    ] = None,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Hold each task's state against a replay of its changelog, by counts and digests. Exit code 1 on a difference.

    A service that does not run is not compared: its changelogs are read for corrupt entries, and that is said.
    """
    from infra.local.reach import current_kafka
    from infra.local.registry import with_log
    from infra.local.settings import LocalSettings
    from services.cli.state_verify import ask, claims
    from services.cli.state_verify import verify as verify_service
    from shared.settings import Settings

    kept = _stores()
    if service and service not in kept:
        raise typer.BadParameter(f"{service}: services with state are {', '.join(kept)}", param_hint="--service")
    ports = _ports(port or [], kept)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command

    async def use(broker: Any, _serde: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for name in [service] if service else kept:
            said = claims(name, [ask(number) for number in ports.get(name, [])])
            rows += [asdict(found) for found in await verify_service(broker, name, kept[name], said, note)]
        return rows

    rows = with_log(current_kafka(LocalSettings()), Settings().schemas_dir, use)
    show_rows(rows, output, COLUMNS)
    bad = [row for row in rows if not row["is_good"]]
    for row in bad:
        note(f"{row['service']}.{row['store']}[{row['partition']}]: {row['result']}; restart the service to restore it")
    if bad:
        raise typer.Exit(DIFFERS)


def _stores() -> dict[str, list[str]]:
    """Stores by service, from the registry of topics."""
    from shared.schema.topics import load_topics
    from shared.settings import Settings

    found: dict[str, list[str]] = {}
    for name in load_topics(Settings().schemas_dir / "topics.yaml"):
        if name.endswith(".changelog"):
            service, store, _ = name.split(".")
            found.setdefault(service, []).append(store)
    return found


def _ports(given: list[str], kept: dict[str, list[str]]) -> dict[str, list[int]]:
    """Health ports by service: those given, else those of the running stack."""
    from infra.local.settings import LocalSettings
    from infra.local.state import read_state

    found: dict[str, list[int]] = {}
    for word in given:
        name, _, number = word.partition("=")
        if name not in kept or not number.isdigit():
            raise typer.BadParameter(f"{word}: write SERVICE=PORT, services with state are {', '.join(kept)}")
        found.setdefault(name, []).append(int(number))
    state = read_state(LocalSettings().home)
    for entry in state.entries if state is not None else ():
        if not given and entry.kind == "service" and entry.health_port and entry.identity.is_running():
            found.setdefault(entry.name, []).append(entry.health_port)
    return found
