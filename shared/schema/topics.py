"""The loader of ``schemas/topics.yaml``, the one registry of topics."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import SettingsError

Deployment = Literal["embedded", "compose"]


class TopicSpec(BaseModel):
    """One topic. ``retention_ms`` is ``-1`` for ever; compacted topics have none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    key: str
    partitions: dict[Deployment, int]
    cleanup: Literal["delete", "compact"]
    retention_ms: int | None = None
    timestamp: Literal["CreateTime", "LogAppendTime"] = "CreateTime"
    max_message_bytes: int
    owner: tuple[str, ...]
    consumers: tuple[str, ...]
    data: Literal["raw", "redacted", "derived", "control"]

    def config(self) -> dict[str, str]:
        """Topic configuration in Kafka's own names."""
        config = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": self.timestamp,
        }
        if self.retention_ms is not None:
            config["retention.ms"] = str(self.retention_ms)
        return config


def load_topics(path: Path) -> dict[str, TopicSpec]:
    """All topics by name, changelogs included. Raises ``SettingsError`` that names the file, topic and field."""
    try:
        document = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing: it is the registry of topics") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {error}") from None
    defaults = document["defaults"]
    found: dict[str, TopicSpec] = {}
    for name, entry in document["topics"].items():
        found[name] = _spec(path, {**defaults, **entry, "name": name})
    for store, entry in document["changelogs"].items():
        service = store.split(".")[0]
        name = f"{store}.changelog"
        about = f"state of {service}, store {store.split('.', 1)[1]}"
        fixed = {"name": name, "about": about, "key": "store key", "owner": [service], "consumers": [service]}
        found[name] = _spec(path, {**defaults, **fixed, "data": "derived", **entry})
    return found


def _spec(path: Path, entry: dict[str, object]) -> TopicSpec:
    try:
        return TopicSpec.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: topic {entry['name']}: {field}: {first['msg']}") from None
