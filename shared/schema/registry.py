"""The file-backed schema registry: ``schemas/<subject>/vN.avsc``, with ids and hashes in ``released.json``."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Released:
    """One released version. ``id`` is what the wire carries; ids are never used twice."""

    subject: str
    version: int
    id: int
    sha256: str
    schema: dict[str, Any]


def schema_sha256(schema: dict[str, Any]) -> str:
    """Hash of the canonical JSON of a schema: white space and key order do not count, everything else does."""
    return hashlib.sha256(json.dumps(schema, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class SchemaRegistry:
    """All released versions, read once. Raises ``SettingsError`` if a file is missing, changed or not released."""

    def __init__(self, released: list[Released]) -> None:
        self.by_id = {entry.id: entry for entry in released}
        self.latest: dict[str, Released] = {}
        for entry in sorted(released, key=lambda entry: (entry.subject, entry.version)):
            self.latest[entry.subject] = entry
        if len(self.by_id) != len(released):
            raise SettingsError("released.json gives one id to two schemas")

    @classmethod
    def from_dir(cls, schemas_dir: Path) -> "SchemaRegistry":
        index = schemas_dir / "released.json"
        try:
            entries = json.loads(index.read_text())
        except FileNotFoundError:
            raise SettingsError(f"{index} is missing: schemas_dir must name the folder of released schemas") from None
        return cls([cls._load(schemas_dir, **entry) for entry in entries])

    @staticmethod
    def _load(schemas_dir: Path, subject: str, version: int, id: int, sha256: str) -> Released:
        path = schemas_dir / subject / f"v{version}.avsc"
        try:
            schema = json.loads(path.read_text())
        except FileNotFoundError:
            raise SettingsError(f"{path} is released but missing") from None
        if schema_sha256(schema) != sha256:
            raise SettingsError(f"{path} was changed after its release: restore it and release a new version")
        return Released(subject, version, id, sha256, schema)
