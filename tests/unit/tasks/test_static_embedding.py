"""The static embedding reads words apart from each other, and gives what the whole text would."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from tokenizers import Tokenizer

from shared.tasks.features import Embed, Vector, load_wordllama

EMBED = load_wordllama()


@pytest.fixture(scope="module")
def of_whole_text() -> Embed:
    spec = find_spec("wordllama")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    with safe_open(str(folder / "weights" / "l2_supercat_256.safetensors"), framework="np") as weights:
        table = weights.get_tensor("embedding.weight").astype(np.float32)

    def embed(texts: list[str]) -> Vector:
        rows = [table[tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0) for text in texts]
        return np.stack(rows)

    return embed  # type: ignore[return-value]


@pytest.mark.parametrize(
    "text",
    [
        "cancel my order please", "what is the balance of account", "é ü 東京 tower", "two  spaces", " leads and trails ", "a\nb c\td",
        "▁ itself ▁▁ twice", "x" * 40, "don't can't e-mail", "word word word",
    ],
)  # fmt: skip
def test_words_apart_give_what_the_text_gives(text: str, of_whole_text: Embed) -> None:
    for _ in range(2):  # the second time from what is remembered
        assert np.array_equal(EMBED([text]), of_whole_text([text]))


def test_the_empty_text_is_nothing() -> None:
    assert not EMBED(["", "a"])[0].any()
