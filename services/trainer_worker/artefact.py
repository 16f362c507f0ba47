"""The adapter on disk: safetensors, a manifest, and the chain of hashes from the log to the weights. Written once."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from services.trainer_worker.logic import Dataset
from services.trainer_worker.profiles import Profile
from shared.events import TrainingRequested
from shared.prompting.template import Template
from shared.weights import PackagedWeights, file_sha256

WEIGHTS, CONFIG, MANIFEST, ROWS = "adapter_model.safetensors", "adapter_config.json", "manifest.json", "dataset.jsonl"
GENESIS = hashlib.sha256(b"flywheel-provenance-v1").hexdigest()


def chain_hash(links: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over each link and the hash before it: no link can be changed, dropped or moved unseen."""
    current = GENESIS
    for link in links:
        content = json.dumps(link, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        current = hashlib.sha256(f"{current}\n{content}".encode()).hexdigest()
    return current


def write_artefact(
    adapters_dir: Path,
    name: str,
    model: Any,
    request: TrainingRequested,
    dataset: Dataset,
    base: PackagedWeights,
    template: Template,
    profile: Profile,
    metrics: Mapping[str, float],
    code_version: str,
) -> tuple[Path, str, str]:
    """Folder, manifest digest and provenance hash. The folder's name holds both, so nothing is ever overwritten."""
    adapters_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=adapters_dir, prefix=".writing-"))
    try:
        _write_weights(model, staging)
        _write_rows(dataset, staging)
        links: list[Mapping[str, Any]] = [
            {"query": asdict(request.dataset)},
            {"dataset": dataset.hash, "train": len(dataset.train), "test": len(dataset.test)},
            {"base": base.model, "sha256": base.sha256, "license": base.license},
            {"code": code_version, "profile": profile.content(), "seed": request.seed, "template": template.hash},
            {"adapter": file_sha256(staging / WEIGHTS)},
        ]
        provenance = chain_hash(links)
        manifest = {
            "name": name,
            "job_id": request.job_id,
            "cluster": request.cluster,
            "template": {"name": template.name, "hash": template.hash},
            "files": {
                path.name: {"sha256": file_sha256(path), "bytes": path.stat().st_size}
                for path in sorted(staging.iterdir())
            },
            "free_arguments": list(dataset.free_arguments),
            "left_out": dataset.left_out,
            "metrics": dict(metrics),
            "provenance": {"links": links, "hash": provenance},
        }
        text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (staging / MANIFEST).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        folder = adapters_dir / f"{name.replace('@', '-')}-{digest[:12]}"
        if not folder.exists():
            staging.rename(folder)
        return folder, digest, provenance
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_weights(model: Any, folder: Path) -> None:
    from peft import get_peft_model_state_dict

    weights = {
        name: value.detach().cpu().float().contiguous() for name, value in get_peft_model_state_dict(model).items()
    }
    save_file(weights, str(folder / WEIGHTS), metadata={"format": "pt"})
    config = model.peft_config["default"].to_dict()
    plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    plain["base_model_name_or_path"] = ""
    plain["inference_mode"] = True
    (folder / CONFIG).write_text(json.dumps(plain, indent=1, sort_keys=True, default=str) + "\n")


def _write_rows(dataset: Dataset, folder: Path) -> None:
    """The data set beside the adapter: surrogates filled in, one row a line (JSON escapes U+2028 and U+2029)."""
    with (folder / ROWS).open("w") as file:
        for side, rows in dataset.sides():
            for row in rows:
                line = {"side": side, "event_id": row.event_id, "prompt": row.prompt, "completion": row.completion}
                file.write(json.dumps(line) + "\n")
