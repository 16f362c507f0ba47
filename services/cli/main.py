"""``flywheel``: composition of the verbs, exit codes, and errors as one line."""

import importlib
import os
import sys
from typing import Any

import typer

# Every module here has ``register(app)`` and keeps its heavy imports inside its verbs. Add a family by adding a line.
VERBS = (
    "services.cli.stack_verbs",
    "services.cli.topic_verbs",
    "services.cli.schema_verbs",
    "services.cli.doctor_verb",
    "services.cli.registry_verbs",
    "services.cli.learning_verbs",
    "services.cli.curation",
    "services.cli.lag_verb",
    "services.cli.offset_verbs",
    "services.cli.state_verbs",
    "services.cli.dlq_verbs",
    "services.cli.replay_verbs",
)

DONE, FAILED, WRONG_USAGE = 0, 1, 2

EPILOG = "Examples:  flywheel up  ·  flywheel status --output json  ·  flywheel topics plan  ·  flywheel down"


def build_app() -> typer.Typer:
    """The command tree with every registered family."""
    app = typer.Typer(
        name="flywheel",
        help="Watch agents' calls, train specialists for the tasks that pay, route to them.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for name in VERBS:
        importlib.import_module(name).register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. ``--debug`` anywhere lets tracebacks through."""
    debug = "--debug" in arguments or bool(os.environ.get("FLYWHEEL_DEBUG"))
    words = [word for word in arguments if word != "--debug"]
    try:
        result: Any = build_app()(args=words, prog_name="flywheel", standalone_mode=False)
    except Exception as error:
        if debug:
            raise
        return _explain(error)
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else DONE


def _explain(error: Exception) -> int:
    """One line for the user, and the exit code."""
    from pydantic import ValidationError

    from shared.errors import FlywheelError, SettingsError

    if isinstance(getattr(error, "exit_code", None), int):  # the command line library's own: usage, exit, abort
        code = int(error.exit_code)  # type: ignore[attr-defined]
        show = getattr(error, "show", None)
        if callable(show):
            show()
        return code
    if type(error).__name__ == "Abort":
        typer.echo("aborted", err=True)
        return FAILED
    if isinstance(error, ValidationError):
        typer.echo(f"error: {_settings_problem(error)}", err=True)
        return WRONG_USAGE
    if isinstance(error, FlywheelError):
        typer.echo(f"error: {error}", err=True)
        return WRONG_USAGE if isinstance(error, SettingsError) else FAILED
    typer.echo(f"error: {type(error).__name__}: {error} (run again with --debug for the traceback)", err=True)
    return FAILED


def _settings_problem(error: Any) -> str:
    """Which variable is wrong and why; the value itself may be a secret and is not repeated."""
    problems = []
    for item in error.errors(include_input=False, include_url=False):
        variable = "FLYWHEEL_" + "__".join(str(part) for part in item["loc"]).upper()
        problems.append(f"{variable}: {item['msg']}")
    return "; ".join(problems)


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
