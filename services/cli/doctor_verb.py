"""``flywheel doctor``: what the embedded stack needs of this machine, checked one by one."""

import typer

from services.cli.output import OutputFormat, OutputOption, show_rows


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  flywheel doctor")(doctor)


def doctor(output: OutputOption = OutputFormat.TABLE) -> None:
    """Check this machine and these settings. Exit code 1 if something would keep the stack from starting."""
    from infra.local.checks import examine
    from infra.local.settings import LocalSettings

    findings = examine(LocalSettings())
    show_rows([{"check": item.name, "ok": item.ok, "finding": item.finding} for item in findings], output)
    if not all(item.ok for item in findings):
        raise typer.Exit(1)
