"""The model registry as YAML: validated entry by entry, each refusal with file, line and reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import SettingsError
from shared.events import ModelRegistered
from shared.events.vocabulary import ModelKind, Stage

MODELS_FILE = Path(__file__).resolve().parent.parent / "infra" / "registry" / "models.yaml"


class ModelEntry(BaseModel):
    """One model as operators write it."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str = Field(pattern=r"^base/[a-z0-9][a-z0-9.-]*$")
    kind: Literal["frontier", "base"]
    model_name: str = Field(min_length=1)
    params: int = Field(ge=0)
    context_len: int = Field(gt=0)
    license: str = Field(min_length=1)
    max_tokens_per_s: float = Field(gt=0)
    cost_per_1k_input_usd: float = Field(ge=0)
    cost_per_1k_output_usd: float = Field(ge=0)
    supported_clusters: tuple[str, ...]
    safety_grade: str = Field(pattern="^[ABCD]$")
    eval_scores: dict[str, float]
    state: Literal["candidate", "active", "deprecated"]
    endpoint: str = Field(default="", pattern=r"^(https?://\S+)?$")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that does not enter the registry."""

    file: str
    line: int
    model: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.model}: {self.reason}"


def load_models(path: Path, at_ms: int) -> tuple[list[ModelRegistered], list[Refusal]]:
    """Good entries as events, bad ones as refusals. Raises ``SettingsError`` if the file itself cannot be read."""
    try:
        text = path.read_text()
        document, tree = yaml.safe_load(text), yaml.compose(text)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("models"), list):
        raise SettingsError(f"{path}: expected a mapping with price_version and models")
    good: dict[str, ModelRegistered] = {}
    bad: list[Refusal] = []
    for entry, line in zip(document["models"], _lines(tree), strict=True):
        name = str(entry.get("model", "?")) if isinstance(entry, dict) else "?"
        try:
            model = ModelEntry.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
            bad.append(Refusal(path.name, line, name, reason))
            continue
        if model.model in good:
            bad.append(Refusal(path.name, line, name, "model: given twice"))
            continue
        good[model.model] = _event(model, str(document.get("price_version", "")), at_ms)
    return list(good.values()), bad


def _event(entry: ModelEntry, price_version: str, at_ms: int) -> ModelRegistered:
    values = entry.model_dump(exclude={"kind", "state"})
    return ModelRegistered(
        **values,
        kind=ModelKind(entry.kind),
        state=Stage(entry.state),
        price_version=price_version,
        registered_at_ms=at_ms,
    )


def _lines(tree: Any) -> list[int]:
    models = next(value for key, value in tree.value if key.value == "models")
    return [node.start_mark.line + 1 for node in models.value]


def call_cost_usd(model: ModelRegistered, prompt_tokens: int, completion_tokens: int) -> float:
    """Price of one call at the registry's prices."""
    per_1k = prompt_tokens * model.cost_per_1k_input_usd + completion_tokens * model.cost_per_1k_output_usd
    return per_1k / 1000
