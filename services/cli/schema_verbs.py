"""``flywheel schema check``: event classes, released schemas and the registry of topics agree."""

import typer

from services.cli.output import OutputFormat, OutputOption, show_rows


def register(app: typer.Typer) -> None:
    schema = typer.Typer(help="Contracts of the log.", no_args_is_help=True)
    schema.command(epilog="Example:  flywheel schema check")(check)
    schema.command(name="list", epilog="Example:  flywheel schema list --output json")(list_released)
    app.add_typer(schema, name="schema")


def check(output: OutputOption = OutputFormat.TABLE) -> None:
    """Check that every released schema is intact and that no change waits for a release. Exit code 1 otherwise."""
    from shared.events import TOPIC_EVENTS
    from shared.schema.registry import SchemaRegistry
    from shared.schema.release import release
    from shared.schema.topics import load_topics
    from shared.settings import Settings

    folder = Settings().schemas_dir
    problems = []
    try:
        problems += [f"{line}: changed since its release" for line in release(folder, check=True)]
    except ValueError as error:
        problems.append(str(error))
    topics = {name for name in load_topics(folder / "topics.yaml") if not name.endswith(".changelog")}
    subjects = set(SchemaRegistry.from_dir(folder).latest)
    problems += [f"{name}: a topic without a schema" for name in sorted(topics - subjects)]
    problems += [f"{name}: an event without a topic" for name in sorted(set(TOPIC_EVENTS) - topics)]
    rows = [{"problem": problem} for problem in problems]
    show_rows(rows, output)
    if problems:
        raise typer.Exit(1)
    if output is OutputFormat.TABLE:
        typer.echo(f"{len(subjects)} subjects: released, intact, in use")


def list_released(output: OutputOption = OutputFormat.TABLE) -> None:
    """List the released schemas."""
    from shared.schema.registry import SchemaRegistry
    from shared.settings import Settings

    latest = SchemaRegistry.from_dir(Settings().schemas_dir).latest
    rows = [
        {"subject": name, "version": entry.version, "id": entry.id, "sha256": entry.sha256}
        for name, entry in sorted(latest.items())
    ]
    show_rows(rows, output)
