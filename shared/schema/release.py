"""Release of schemas: writes the next version of each subject whose event class changed, if the change is compatible.

Run as ``python -m shared.schema.release``; ``--check`` only says what would be released and fails if anything would.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.events import TOPIC_EVENTS
from shared.schema.derive import schema_of
from shared.schema.evolution import incompatibilities
from shared.schema.registry import SchemaRegistry, schema_sha256

SCHEMAS_DIR = Path(__file__).resolve().parent.parent.parent / "schemas"


def pending(registry: SchemaRegistry, events: Mapping[str, type] = TOPIC_EVENTS) -> dict[str, dict[str, Any]]:
    """Schemas that differ from their latest release, by subject."""
    derived = {topic: schema_of(event) for topic, event in events.items()}
    return {
        subject: schema
        for subject, schema in derived.items()
        if subject not in registry.latest or registry.latest[subject].sha256 != schema_sha256(schema)
    }


def release(schemas_dir: Path, check: bool, events: Mapping[str, type] = TOPIC_EVENTS) -> list[str]:
    """Lines that say what was (or would be) released. Raises ``ValueError`` on an incompatible change.

    The index is replaced last and in one step: a running process may read the folder at any moment.
    """
    index = schemas_dir / "released.json"
    entries = json.loads(index.read_text()) if index.exists() else []
    registry = SchemaRegistry.from_dir(schemas_dir) if entries else SchemaRegistry([])
    lines = []
    for subject, schema in sorted(pending(registry, events).items()):
        latest = registry.latest.get(subject)
        if latest is not None and (problems := incompatibilities(schema, latest.schema)):
            raise ValueError(f"{subject}: {'; '.join(problems)}")
        version = latest.version + 1 if latest else 1
        lines.append(f"{subject} v{version}")
        if check:
            continue
        path = schemas_dir / subject / f"v{version}.avsc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")
        next_id = max((entry["id"] for entry in entries), default=0) + 1
        entries.append({"subject": subject, "version": version, "id": next_id, "sha256": schema_sha256(schema)})
    if not check:
        draft = index.with_suffix(".new")
        draft.write_text(json.dumps(entries, indent=1) + "\n")
        draft.replace(index)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a release is due")
    arguments = parser.parse_args()
    try:
        lines = release(SCHEMAS_DIR, arguments.check)
    except ValueError as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines or ["nothing to release"])
    return 1 if arguments.check and lines else 0


if __name__ == "__main__":
    sys.exit(main())
