"""What every contender is told on its command line. Standard library only: one contender runs in another environment."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """``max_batch`` bounds the records of one transaction; ``commit_ms`` its age; ``schema`` is a file of Avro JSON."""

    bootstrap: str
    group: str
    source: str
    sink: str
    partitions: int
    max_batch: int
    commit_ms: int
    schema: Path
    data: Path

    def argv(self) -> list[str]:
        """The command line that :func:`parse` reads back."""
        return [f"--{name.replace('_', '-')}={getattr(self, name)}" for name in Options.__dataclass_fields__]


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(description="one contender of make bench-engine")
    for name in ("bootstrap", "group", "source", "sink"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("partitions", "max-batch", "commit-ms"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("schema", "data"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return Options(**vars(parser.parse_args(arguments)))
