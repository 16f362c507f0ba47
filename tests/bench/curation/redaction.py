"""Redaction against its goals: recall and leaks on planted values, over-redaction, rate, time on hostile input.

``python -m tests.bench.curation.redaction [DATA_FOLDER]`` prints one row a goal; ``quality``, ``written``, ``speed`` or
``peer`` (Presidio, in an environment of its own) alone after it, ``verbose`` shows what went wrong, ``write`` puts the rows into ``RESULTS.md``.
The public data (presidio-research, dlp-benchmark) is read from the folder, with its hash printed; without a folder only
generated traffic and the prompts of ``bfcl-eval`` are measured.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from tests.bench.curation import written
from tests.bench.curation.goals import HEAD, Row
from tests.bench.curation.redaction_quality import quality
from tests.bench.curation.redaction_speed import peer, speed
from tests.bench.results import this_machine, write_section

PARTS = ("quality", "written", "speed", "peer")


def written_sets() -> Iterator[Row]:
    """What is found in the sets of :mod:`tests.bench.curation.written` today."""
    for profile, names in written.SETS:
        redactor = Redactor(Scanner(profile))
        for name in names:
            yield from written.rows(name, *written.measured(redactor, name))


def main(arguments: list[str]) -> None:
    flags = [argument for argument in arguments if argument in (*PARTS, "verbose", "write")]
    data = next((Path(argument) for argument in arguments if argument not in flags), None)
    machine = this_machine("google-re2", "Faker", "bfcl-eval").lines()
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "quality": lambda: quality(data, 6 if "verbose" in flags else 0),
        "written": written_sets,
        "speed": speed,
        "peer": lambda: peer(data),
    }
    rows: list[str] = []
    for part in [part for part in PARTS if part in flags] or PARTS:
        for row in parts[part]():
            print(row, flush=True)
            rows.append(str(row))
    if "write" in flags:
        write_section("Redaction", [*machine, "", *HEAD, *rows])


if __name__ == "__main__":
    main(sys.argv[1:])
