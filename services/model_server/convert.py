"""A PEFT adapter folder as the GGUF file llama.cpp loads: verified against its manifest, converted once by content."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter
from safetensors import safe_open

from shared.errors import FlywheelError

WEIGHTS, CONFIG, MANIFEST = "adapter_model.safetensors", "adapter_config.json", "manifest.json"
MAX_ADAPTER_BYTES = 512 * 1024 * 1024
_TENSOR = re.compile(r"model\.layers\.(\d+)\.self_attn\.(q|k|v|o)_proj\.lora_(A|B)\.weight$")
_NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output"}


class AdapterRefusedError(FlywheelError):
    """The folder is not what it says: the message names the file and what is wrong with it."""


def verify(folder: Path, manifest_digest: str | None) -> None:
    """Every file is regular, listed in the manifest, and has the size and hash listed there."""
    manifest_path = folder / MANIFEST
    if not manifest_path.is_file() or manifest_path.is_symlink():
        raise AdapterRefusedError(f"{folder.name}: no {MANIFEST}")
    content = manifest_path.read_bytes()
    if manifest_digest is not None and hashlib.sha256(content).hexdigest() != manifest_digest:
        raise AdapterRefusedError(f"{folder.name}: {MANIFEST} is not the registered one")
    try:
        listed = json.loads(content)["files"]
    except (ValueError, KeyError, TypeError):
        raise AdapterRefusedError(f"{folder.name}: {MANIFEST} lists no files") from None
    found = {path.name for path in folder.iterdir()} - {MANIFEST}
    if found != set(listed) or WEIGHTS not in found or CONFIG not in found:
        raise AdapterRefusedError(f"{folder.name}: files differ from the manifest: {sorted(found ^ set(listed))}")
    for name, entry in listed.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise AdapterRefusedError(f"{folder.name}: {name} is no regular file")
        size = path.stat().st_size
        if size != entry["bytes"] or size > MAX_ADAPTER_BYTES:
            raise AdapterRefusedError(f"{folder.name}: {name} has {size} bytes")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                raise AdapterRefusedError(f"{folder.name}: {name} does not match its hash")


def to_gguf(folder: Path, cache_dir: Path, heads: int, kv_heads: int) -> Path:
    """The converted file, made once per content. ``heads`` and ``kv_heads`` are the base's, for the row order of q and k."""
    weights = folder / WEIGHTS
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = cache_dir / f"{digest[:32]}.gguf"
    if target.exists():
        return target
    cache_dir.mkdir(parents=True, exist_ok=True)
    config = json.loads((folder / CONFIG).read_text())
    staging = cache_dir / f".{digest[:32]}.{os.getpid()}"
    writer = GGUFWriter(str(staging), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, values in sorted(_tensors(weights, heads, kv_heads, int(config["r"])).items()):
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    staging.rename(target)
    return target


def _tensors(weights: Path, heads: int, kv_heads: int, rank: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    with safe_open(str(weights), framework="np") as file:
        for key in file.keys():  # noqa: SIM118 - a safetensors handle is no mapping
            match = _TENSOR.search(key)
            if match is None:
                raise AdapterRefusedError(f"{weights.name}: unexpected tensor {key}")
            layer, module, side = match.groups()
            values = np.asarray(file.get_tensor(key), dtype=np.float32)
            if values.ndim != 2 or values.shape[0 if side == "A" else 1] != rank:
                raise AdapterRefusedError(f"{weights.name}: {key} has shape {values.shape}, rank is {rank}")
            if side == "B" and module in "qk":
                values = _interleave(values, heads if module == "q" else kv_heads)
            suffix = "lora_a" if side == "A" else "lora_b"
            result[f"blk.{layer}.{_NAMES[module]}.weight.{suffix}"] = np.ascontiguousarray(values, dtype=np.float16)
    return result


def _interleave(rows: Any, heads: int) -> Any:
    """Rows of q and k in llama.cpp's rotary order: the two halves of each head, interleaved."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
