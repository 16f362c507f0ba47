"""``flywheel dlq list | show | replay``: what could not be processed, why, and once more."""

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, note, show_document, show_rows
from services.cli.replay_verbs import operator

if TYPE_CHECKING:
    from services.cli.dead_letters import Letter
    from services.cli.dlq_replay import DeadLetterReplay
    from shared.settings import KafkaSettings

OriginOption = Annotated[str, typer.Option(help="topic that the records came from")]
ApplicationOption = Annotated[str, typer.Option(help="service that rejected them")]
ReasonOption = Annotated[str, typer.Option(help="code, as 'dlq list' shows it")]
COLUMNS = ("position", "application", "reason", "detail", "attempt", "payload_bytes", "failed_at", "state")
NOT_REPLAYED = 1


def register(app: typer.Typer) -> None:
    dlq = typer.Typer(help="Dead letters: records that could not be processed.", no_args_is_help=True)
    dlq.command(name="list", epilog="Example:  flywheel dlq list --application deduper --reason bad_avro")(list_letters)
    dlq.command(epilog="Example:  flywheel dlq show observation.unique/2/1041 --payload")(show)
    dlq.command(epilog="Examples:  flywheel dlq replay --reason bad_avro --dry-run  ·  flywheel dlq replay --limit 10")(
        replay
    )
    app.add_typer(dlq, name="dlq")


def list_letters(
    origin: OriginOption = "",
    application: ApplicationOption = "",
    reason: ReasonOption = "",
    limit: Annotated[int, typer.Option(min=1, help="newest so many")] = 50,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """List dead letters, newest first: where each record stands, who rejected it and why. No content is shown."""
    from services.cli.dead_letters import Filter, read_mailbox, states

    async def use(broker: Any, serde: Any) -> tuple[list[dict[str, Any]], int, int]:
        mailbox = await read_mailbox(broker, serde)
        state = states(mailbox.letters, await _replay(broker, serde).already())
        chosen = [one for one in mailbox.letters if Filter(origin, application, reason).lets(one)]
        return [_row(one, state[one.id]) for one in chosen[::-1][:limit]], len(chosen), len(mailbox.unreadable)

    rows, count, unreadable = _with_log(use)
    show_rows(rows, output, COLUMNS)
    if count > len(rows):
        note(f"{len(rows)} of {count} shown; --limit shows more")
    if unreadable:
        note(f"{unreadable} records of dead.letter cannot be read")
    if not rows and output is OutputFormat.TABLE:
        note("no dead letter")


def show(
    position: Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET of the rejected record, or of the letter")],
    payload: Annotated[bool, typer.Option("--payload", help="show the content too, decoded where it can be")] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Show every dead letter of one record; of its payload only size and hash, unless asked for."""
    from services.cli.dead_letters import parse_position, read_mailbox, states
    from shared.errors import FatalError

    wanted = parse_position(position)

    async def use(broker: Any, serde: Any) -> list[dict[str, Any]]:
        mailbox = await read_mailbox(broker, serde)
        state = states(mailbox.letters, await _replay(broker, serde).already())
        found = [one for one in mailbox.letters if wanted in (one.origin, one.position)]
        rows = [{**_row(one, state[one.id]), "payload_sha256": one.event.payload_sha256} for one in found]
        if payload:
            for row, content in zip(rows, await _payloads(broker, serde, found), strict=True):
                row["payload"] = content
        return rows

    rows = _with_log(use)
    if not rows:
        raise FatalError(f"no dead letter tells of {position}: 'flywheel dlq list' shows those there are")
    if output is OutputFormat.JSON:
        show_rows(rows, output)
        return
    for row in rows:
        lines = [f"{name:<15} {value}" for name, value in row.items() if value is not None]
        show_document(row, output, "\n".join([*lines, ""]))


def replay(
    origin: OriginOption = "",
    application: ApplicationOption = "",
    reason: ReasonOption = "",
    limit: Annotated[int | None, typer.Option(min=1, help="stop after so many were replayed, oldest first")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be done")] = False,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Give rejected records once more to the service that rejected them. Exit code 1 if one was not replayed.

    Records go back to their topic, marked with their origin, with an audit row in the same transaction; what the trail
    knows is not replayed again. Raw observations are read again by the redactor itself, with this environment's hash key
    and policy profile: set both as the running redactor has them.
    """
    from services.cli.dead_letters import Filter

    chosen = Filter(origin, application, reason)

    async def use(broker: Any, serde: Any) -> list[dict[str, Any]]:
        runner = _replay(broker, serde)
        steps = await (runner.plan(chosen, limit) if dry_run else runner.run(chosen, limit))
        return [{**_row(step.letter, ""), "result": step.result} for step in steps]

    rows = _with_log(use)
    show_rows(rows, output, ("position", "application", "reason", "attempt", "result"))
    if not rows and output is OutputFormat.TABLE:
        note("nothing waits for a replay")
    if any(row["result"].startswith(("not replayed", "expired")) for row in rows):
        raise typer.Exit(NOT_REPLAYED)


def _replay(broker: Any, serde: Any) -> "DeadLetterReplay":
    from services.cli.dlq_replay import DeadLetterReplay
    from shared.clock import SystemClock
    from shared.schema.topics import load_topics
    from shared.settings import Settings

    specs = load_topics(Settings().schemas_dir / "topics.yaml")
    return DeadLetterReplay(broker, serde, SystemClock(), specs, _redact, actor=operator(), announce=note)


async def _redact(letters: "Sequence[Letter]", limit: int | None) -> Mapping[str, str]:
    """The redactor's own program over these positions, as its own principal; the operator reads nothing of raw."""
    import asyncio

    return await asyncio.to_thread(_run_redactor, letters, limit)


def _run_redactor(letters: "Sequence[Letter]", limit: int | None) -> Mapping[str, str]:
    from shared.errors import FatalError

    wanted = [
        {
            "letter": one.id,
            "partition": one.origin.partition,
            "offset": one.origin.offset,
            "attempt": one.event.attempt,
            "sha256": one.event.payload_sha256,
        }
        for one in letters
    ]
    command = [sys.executable, "-m", "services.ingest_redactor.replay"]
    done = subprocess.run(  # noqa: S603 - own program, own interpreter
        command,
        input=json.dumps({"actor": operator(), "limit": limit, "letters": wanted}),
        env=_redactor_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FatalError(f"the redactor's replay ended with exit code {done.returncode}: {_last_error(done.stderr)}")
    results: dict[str, str] = json.loads(done.stdout.splitlines()[-1])["results"]
    return results


def _redactor_environment() -> dict[str, str]:
    from infra.local.environment import Addresses, service_environment
    from infra.local.services import SERVICES
    from infra.local.settings import LocalSettings, default_cache
    from shared.errors import SettingsError

    config = LocalSettings()
    if not os.environ.get("FLYWHEEL_HASH_KEY") and not (config.home / "secrets" / "hash_key").exists():
        raise SettingsError(
            f"FLYWHEEL_HASH_KEY is not set and {config.home} holds none: the redactor's replay needs the key that the "
            "running redactor has, or its task keys match nothing"
        )
    addresses = Addresses(_kafka().bootstrap_servers, "", "")
    cache = config.cache or default_cache(config.home)
    environment = service_environment(os.environ, config.home, cache, addresses, SERVICES["ingest_redactor"], 0)
    return {**environment, "FLYWHEEL_LOG_LEVEL": "WARNING"}


def _last_error(stderr: str) -> str:
    """What the program's last log line names as the error; its lines hold no content."""
    for line in reversed(stderr.splitlines()):
        try:
            return str(json.loads(line)["error"])
        except (ValueError, KeyError, TypeError):
            continue
    return stderr.strip().splitlines()[-1] if stderr.strip() else "it said nothing"


async def _payloads(broker: Any, serde: Any, letters: "Sequence[Letter]") -> list[Any]:
    """Decoded payloads; base64 where no schema fits; ``None`` where none was kept."""
    from shared.stream.scan import records_at

    records = await records_at(broker, [one.position for one in letters])
    found = []
    for one in letters:
        envelope: Any = serde.decode("dead.letter", records[one.position].value) if one.position in records else None
        content = None if envelope is None else envelope.payload
        found.append(None if content is None else _readable(serde, one.origin.topic, content))
    return found


def _readable(serde: Any, topic: str, content: bytes) -> Any:
    from shared.errors import PoisonError
    from shared.schema.convert import to_plain

    try:
        event = serde.decode(topic, content)
    except (PoisonError, KeyError):
        return {"base64": base64.b64encode(content).decode()}
    kind: type = type(event)
    return json.loads(json.dumps(to_plain(kind)(event), default=bytes.hex))


def _row(letter: "Letter", state: str) -> dict[str, Any]:
    from shared.replayed import place

    event = letter.event
    return {
        "position": place(letter.origin),
        "letter": letter.id,
        "application": event.application,
        "reason": event.reason,
        "detail": event.detail,
        "attempt": event.attempt,
        "payload_bytes": letter.payload_bytes,
        "failed_at": datetime.fromtimestamp(event.failed_at_ms / 1000, UTC).isoformat(timespec="seconds"),
        "state": state,
    }


def _kafka() -> "KafkaSettings":
    from infra.local.reach import current_kafka
    from infra.local.settings import LocalSettings

    return current_kafka(LocalSettings())


def _with_log(use: Any) -> Any:
    from infra.local.registry import with_log
    from shared.settings import Settings

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    return with_log(_kafka(), Settings().schemas_dir, use)
