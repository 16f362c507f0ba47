"""``flywheel up | down | status | reset``: the embedded stack of this checkout."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_document, show_rows

if TYPE_CHECKING:
    from infra.local.settings import LocalSettings
    from infra.local.stack import Stack


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  flywheel up  ·  flywheel up --detach  ·  flywheel up --only servers")(up)
    app.command(epilog="Example:  flywheel down")(down)
    app.command(epilog="Example:  flywheel prepare")(prepare)
    app.command(epilog="Example:  flywheel status --output json")(status)
    app.command(epilog="Example:  flywheel reset --yes")(reset)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="return once everything runs, and leave it running")
    ] = False,
    only: Annotated[
        str, typer.Option(help="'servers' for Kafka, PostgreSQL and Redis alone, or services as a comma-separated list")
    ] = "",
) -> None:
    """Start Kafka, PostgreSQL, Redis and every service, on loopback; Ctrl-C stops them all."""
    from infra.local.supervisor import run, start_detached

    services = chosen_services(only)
    config = _settings()
    if detach:
        start_detached(config, services, note)
        note("up; 'flywheel status' shows it, 'flywheel down' stops it")
        return
    run(config, services, note, _greet)


def prepare() -> None:
    """Fetch and check the embedded broker, once; 'up' does it too. Nothing to do where Kafka is external."""
    from infra.local.kafka import record_classes
    from infra.local.kafka_runtime import prepare_kafka
    from infra.local.settings import default_cache

    config = _settings()
    if not config.kafka_is_external:
        prepare_kafka(config.cache or default_cache(config.home), note, record_classes)


def down(output: OutputOption = OutputFormat.TABLE) -> None:
    """Stop the stack, and whatever a killed supervisor left running."""
    from infra.local.supervisor import stop_stack

    stopped = stop_stack(_settings())
    text = f"stopped: {', '.join(stopped)}" if stopped else "nothing was running"
    show_document({"stopped": stopped}, output, text)


def status(output: OutputOption = OutputFormat.TABLE) -> None:
    """Show every process. Exit code 1 if a server or a started service is not running."""
    from infra.local.supervisor import stack_status

    rows = stack_status(_settings())
    columns = ("name", "kind", "state", "pid", "restarts", "address")
    show_rows([asdict(row) for row in rows], output, columns)
    servers_up = all(row.state in ("running", "external") for row in rows if row.kind == "server")
    broken = [row.name for row in rows if row.state == "failed" or (row.state == "stopped" and row.log)]
    if not servers_up or broken:
        raise typer.Exit(1)


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Delete all data of the stopped stack: topics, tables, keys, logs, passwords."""
    from infra.local.supervisor import reset_home

    config = _settings()
    if not yes:
        typer.confirm(f"Delete all data under {config.home}?", abort=True)
    deleted = [str(path) for path in reset_home(config)]
    show_document({"deleted": deleted}, output, f"deleted {len(deleted)} entries" if deleted else "nothing to delete")


def chosen_services(only: str) -> tuple[str, ...]:
    """The services that ``--only`` names: none for ``servers``, all without it. Raises a usage error for unknown names."""
    from infra.local.services import SERVICES

    if only == "servers":
        return ()
    names = tuple(name.strip() for name in only.split(",") if name.strip()) or tuple(SERVICES)
    unknown = [name for name in names if name not in SERVICES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are servers, {', '.join(SERVICES)}", param_hint="--only")
    return names


def _settings() -> "LocalSettings":
    from infra.local.settings import LocalSettings

    return LocalSettings()


def _greet(stack: "Stack") -> None:
    places = stack.addresses.without_passwords()
    note("up: " + "  ".join(f"{name} {address}" for name, address in places.items()))
    note(f"logs: {stack.home / 'logs'}   Ctrl-C stops everything")
