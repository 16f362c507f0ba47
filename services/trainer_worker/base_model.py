"""The base model: found inside an installed package, checked by hash, prepared once as safetensors."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from shared.weights import packaged_weights

END_OF_TURN = "<|im_end|>"
MANIFEST = "prepared.json"


def prepare(model: str, models_dir: Path) -> Path:
    """Folder with config, safetensors weights (bfloat16) and tokenizer; made once (about 20 s), then found by hash."""
    base = packaged_weights(model)
    gguf = base.path()
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
