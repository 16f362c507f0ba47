"""``flywheel redact | dedupe | cluster``: the logic of the curation services on JSON Lines, without a broker.

Standard input or a file in, standard output out, one line out per line in, order kept. Lines of the wrong shape are named
on standard error by number, their output line is ``{"error": …}``, and the exit code is 1 at the end.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def _readable(file: Path | None) -> Path | None:
    """Typer's own check of a file refuses the dash."""
    if file is not None and str(file) != "-" and not file.is_file():
        raise typer.BadParameter(f"{file} is no file")
    return file


FileArgument = Annotated[
    Path | None, typer.Argument(help="JSON Lines; standard input if absent or '-'", callback=_readable)
]
StateOption = Annotated[Path | None, typer.Option("--state", help="folder that carries the state from run to run")]


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  echo \'{"text": "I am ann@example.com"}\' | flywheel redact')(redact)
    app.command(epilog="Example:  flywheel dedupe calls.jsonl --state window/")(dedupe)
    app.command(epilog="Example:  flywheel cluster calls.jsonl --state tasks/ > placed.jsonl")(cluster)


def _complain(text: str) -> None:
    typer.echo(text, err=True)


def _finish(bad_lines: int) -> None:
    if bad_lines:
        raise typer.Exit(1)


def redact(
    file: FileArgument = None,
    profile: Annotated[str, typer.Option(help="pii, or hipaa for all eighteen identifiers")] = "pii",
    explain: Annotated[bool, typer.Option("--explain", help="say in each span which rule found it")] = False,
) -> None:
    """Replace identifiers by placeholders: {"text"} or {"messages", "tools", "response"} in, the same and "spans" out."""
    from services.cli.curation_lines import LineRunner, line_batches, stream_of
    from services.cli.curation_redact import redact_lines
    from services.ingest_redactor.logic.redaction import Redactor
    from services.ingest_redactor.logic.scanner import Scanner

    if profile != "pii" and profile != "hipaa":
        raise typer.BadParameter("profile is pii or hipaa")
    redactor = Redactor(Scanner("hipaa" if profile == "hipaa" else "pii"))
    runner = LineRunner(typer.echo, _complain)
    with stream_of(file) as stream:
        for results in runner.results(
            line_batches(stream), lambda values: redact_lines(redactor, values, explain=explain)
        ):
            runner.write(results)
    _finish(runner.bad_lines)


def dedupe(file: FileArgument = None, state: StateOption = None) -> None:
    """Find repeats and families: {"id", "text", "key"?} in, {"id", "duplicate_of", "similarity", "repeat"} out."""
    from services.cli.curation_dedupe import run

    _finish(run(file, state))


def cluster(
    file: FileArgument = None,
    state: StateOption = None,
    recluster_every: Annotated[int, typer.Option(min=0, help="recluster after so many lines; 0: only at the end")] = 0,
) -> None:
    """Find tasks: {"id", "text", "tools"?, "argument_keys"?, "key"?} in, {"id", "micro", "cluster"} out, final map."""
    from services.cli.curation_cluster import TaskFinder
    from services.cli.curation_lines import LineRunner, attempted, line_batches, stream_of
    from services.cli.curation_state import held
    from shared.tasks.features import Featuriser, load_wordllama
    from shared.tasks.sentences import minilm_if_installed

    runner = LineRunner(typer.echo, _complain)
    path = None if state is None else state / "tasks.json"
    with held(state), stream_of(file) as stream:
        finder = TaskFinder(Featuriser(load_wordllama()), minilm_if_installed(), recluster_every)
        if path is not None and path.exists():
            finder.load(_load(path), path)
        batches = runner.results(line_batches(stream), lambda values: [attempted(finder.place, one) for one in values])
        placed = [result for results in batches for result in results]
        finder.finish()
        if placed:
            runner.write(result if "error" in result else finder.final(result) for result in placed)
        if path is not None:
            _save(path, finder.saved())
    _finish(runner.bad_lines)


def _load(path: Path) -> dict[str, Any]:
    from shared.errors import SettingsError

    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path} is damaged: delete it and start anew") from error
    if not isinstance(value, dict):
        raise SettingsError(f"{path} is damaged: delete it and start anew")
    return value


def _save(path: Path, value: dict[str, Any]) -> None:
    """Written beside and moved into place: a crash leaves the old state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
