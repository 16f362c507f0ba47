"""``flywheel redact | dedupe | cluster``: the logic of the curation services on JSON Lines, without a broker.

Standard input or a file in, standard output out, one line out per line in, order kept. Lines of the wrong shape are named
on standard error by number, their output line is ``{"error": …}``, and the exit code is 1 at the end.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

FileArgument = Annotated[Path | None, typer.Argument(help="JSON Lines; standard input if absent or '-'")]
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
    from services.cli.curation_lines import LineRunner, lines_of, redact_line
    from services.ingest_redactor.logic.redaction import Redactor
    from services.ingest_redactor.logic.scanner import Scanner

    if profile != "pii" and profile != "hipaa":
        raise typer.BadParameter("profile is pii or hipaa")
    redactor = Redactor(Scanner("hipaa" if profile == "hipaa" else "pii"))
    runner = LineRunner(typer.echo, _complain)
    for result in runner.results(lines_of(file), lambda value: redact_line(redactor, value, explain=explain)):
        runner.write(result)
    _finish(runner.bad_lines)


def dedupe(file: FileArgument = None, state: StateOption = None) -> None:
    """Find repeats and families: {"id", "text", "key"?} in, {"id", "duplicate_of", "similarity", "repeat"} out."""
    from services.cli.curation_dedupe import run

    _finish(run(file, state))


def cluster(
    file: FileArgument = None,
    state: StateOption = None,
    recluster_every: Annotated[int, typer.Option(min=0, help="merge again after so many lines; 0: as they come")] = 0,
) -> None:
    """Find tasks: {"id", "text", "tools"?, "argument_keys"?, "key"?} in, {"id", "micro", "cluster"} out, final map."""
    from services.cli.curation_lines import BadLineError, LineRunner, field_of, lines_of
    from services.clusterer.logic.discovery import Call
    from shared.events.calls import ChatMessage, Request
    from shared.tasks.features import Featuriser, load_wordllama

    featuriser = Featuriser(load_wordllama())
    discovery = _load_discovery(featuriser, state)
    placed: list[Any] = []

    def place(value: dict[str, Any]) -> dict[str, Any]:
        event_id, text = field_of(value, "id"), field_of(value, "text")
        extra: list[str] = []
        for name in ("tools", "argument_keys"):
            words = value.get(name) or []
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise BadLineError(f"{name!r} is no list of text")
            extra += [f"{name}:{word}" for word in words]
        raw = featuriser.raw(Request(messages=(ChatMessage(role="user", content=text),)), extra)
        key = str(value.get("key") or "")
        placement = discovery.place(Call(event_id, key, "user:-", "", len(placed), raw, None))
        discovery.changes()
        discovery.written()
        if recluster_every and (len(placed) + 1) % recluster_every == 0:
            discovery.merge((key, "user:-"), len(placed))
        return {"id": event_id, "micro": placement.micro, "cluster": placement.cluster}

    runner = LineRunner(typer.echo, _complain)
    for result in runner.results(lines_of(file), place):
        placed.append(result)
    for result in placed:
        micro = discovery.micros.get(result.get("micro", ""))
        runner.write(result if micro is None else {**result, "cluster": micro.cluster})
    if state is not None:
        _save_discovery(discovery, state)
    _finish(runner.bad_lines)


def _load_discovery(featuriser: Any, state: Path | None) -> Any:
    from services.clusterer.logic.cluster import Cluster, Published
    from services.clusterer.logic.discovery import Discovery
    from services.clusterer.logic.micro import Micro
    from services.clusterer.logic.parameters import Parameters
    from shared.errors import SettingsError
    from shared.tasks.features import FEATURE_VERSION

    discovery = Discovery(featuriser, Parameters())
    path = None if state is None else state / "tasks.json"
    if path is None or not path.exists():
        return discovery
    saved = _load(path)
    if saved.get("features") != FEATURE_VERSION:
        raise SettingsError(f"{path} was written with other features: delete it and start anew")
    discovery.load(
        micros=[Micro.decode(name, base64.b64decode(data)) for name, data in saved["micros"].items()],
        clusters=[Cluster.decode(name, data) for name, data in saved["clusters"].items()],
        published={name: Published.decode(data) for name, data in saved["published"].items()},
        shards={
            (key, sub): (records, merge_at, tuple(offered)) for key, sub, records, merge_at, offered in saved["shards"]
        },
        born=saved["born"],
    )
    return discovery


def _save_discovery(discovery: Any, state: Path) -> None:
    from shared.tasks.features import FEATURE_VERSION

    shards: Iterator[tuple[tuple[str, str], Any]] = iter(discovery.shards.items())
    saved = {
        "features": FEATURE_VERSION,
        "micros": {name: _encode(micro.encode()) for name, micro in discovery.micros.items()},
        "clusters": {name: one.encode() for name, one in discovery.clusters.items()},
        "published": {name: one.encode() for name, one in discovery.published.items()},
        "shards": [[*key, shard.records, shard.merge_at, list(shard.offered)] for key, shard in shards],
        "born": discovery.born,
    }
    _save(state / "tasks.json", saved)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


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
