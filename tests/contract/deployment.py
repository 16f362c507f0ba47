"""The deployment files as data, for the tests that hold them against the code. No container engine is needed."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from infra.local.settings import LocalSettings
from shared.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
INTERPOLATED = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
K8S = CHECKOUT / "infra" / "k8s"


@dataclass
class Stage:
    """One stage of the Dockerfile: its instructions in order, without those of its base."""

    name: str
    base: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for word, rest in self.lines if word == instruction]


@cache
def dockerfile() -> dict[str, Stage]:
    """Stages by name."""
    text = (CHECKOUT / "infra" / "docker" / "Dockerfile").read_text()
    joined = re.sub(r"\\\n\s*", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    found: dict[str, Stage] = {}
    stage: Stage | None = None
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = found[name] = Stage(name, base)
        else:
            assert stage is not None, f"{line!r} stands before any FROM"
            stage.lines.append((word, rest.strip()))
    return found


def lineage(name: str) -> Iterator[Stage]:
    """A stage and the stages it is built on, nearest first."""
    while name in dockerfile():
        stage = dockerfile()[name]
        yield stage
        name = stage.base


def copied(name: str) -> list[str]:
    """Paths of the checkout that end up in an image, as COPY names them."""
    lines = [line for stage in lineage(name) for line in stage.all("COPY") if not line.startswith("--from")]
    return [source for line in lines for source in line.split()[:-1]]


def settings_of(service: str) -> type[Settings]:
    """The settings class of a service: the one its module declares."""
    module = import_module(f"services.{service}.settings")
    kinds = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Settings) and value.__module__ == module.__name__
    ]
    assert len(kinds) == 1, f"{service}: one settings class, not {kinds}"
    return kinds[0]


def setting_at(settings: Settings | LocalSettings, variable: str) -> Any:
    """The value that ``variable`` sets. Raises ``AttributeError`` for a variable that names no setting."""
    for name, info in type(settings).model_fields.items():
        if info.alias == variable:
            return getattr(settings, name)
    value: Any = settings
    for part in variable.removeprefix("FLYWHEEL_").lower().split("__"):
        value = getattr(value, part)
    return value


def as_written(value: Any) -> Any:
    """A setting as a comparable value."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def as_meant(text: str) -> Any:
    """An environment value as the settings will read it: JSON for lists and objects."""
    return json.loads(text) if text[:1] in "[{" else text


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with compose's ``${…}`` replaced: from ``values``, else by its default; a required one must be there."""

    def fill(match: re.Match[str]) -> str:
        name, kind, rest = match["name"], match["kind"], match["rest"] or ""
        if name in values:
            return values[name]
        assert kind == "-", f"{name} has neither value nor default"
        return rest

    return INTERPOLATED.sub(fill, text)


def required(text: str) -> set[str]:
    """Variables of ``text`` that compose refuses to start without."""
    return {match["name"] for match in INTERPOLATED.finditer(text) if match["kind"] == "?"}


@cache
def manifests() -> tuple[tuple[str, dict[str, Any]], ...]:
    """(file name, object) of every manifest, kustomizations left out."""
    return tuple(
        (str(path.relative_to(K8S)), one)
        for path in sorted(K8S.rglob("*.yaml"))
        if path.name != "kustomization.yaml"
        for one in yaml.safe_load_all(path.read_text())
    )


def objects(*kinds: str) -> list[dict[str, Any]]:
    return [one for _, one in manifests() if one["kind"] in kinds]
