"""Request-side features: a static embedding of what the user asks for, beside hashed structure.

Values (names, numbers, identifiers, capitalised runs, placeholders) are dropped first, so that a raw request and its
redacted form have nearly the same vector. A vector is the embedding with a frozen mean removed, and the signed hashes of
verbs and JSON keys with frozen weights, each block scaled to its share of a unit vector. Nothing here learns: mean and
weights travel with each published matcher.
"""

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.events.calls import ChatMessage, Request
from shared.tasks.boilerplate import Runs, own_words
from shared.tasks.feature_mean import FEATURE_MEAN
from shared.tasks.identity import message_text, newest_step
from shared.tasks.jsontext import keys_and_texts, parse_structure
from shared.tasks.verbs import CANONICAL
from shared.tasks.words import content_words

Vector = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vector]

FEATURE_VERSION = "wordllama-256+structure-128/2"
EMBEDDING_DIMENSION = 256
STRUCTURE_DIMENSION = 128
DIMENSION = EMBEDDING_DIMENSION + STRUCTURE_DIMENSION
STRUCTURE_SHARE = 0.15
"""Share of structure in a vector's squared length, where a request has any."""
TOOLS_GIVEN, KEYS_GIVEN = "extra:tools:", "extra:argument_keys:"
GIVEN_SHARE = 0.5
"""The same where argument keys are given beside the text: they say more than its verbs."""
OFFERED_SHARE = 0.28
"""The same where only tools are given: many tasks share what is on offer."""
SENTENCE_CHARS = 200
_KNOWN_WORDS, _KNOWN_CHARS = 1 << 15, 32
"""Of so many words, each of so many characters at most, the tokens are remembered."""
_VERB = "verb:"
_PLACEHOLDER = re.compile(r"⟦[^⟦⟧]{1,64}⟧")
MAX_TEXT_CHARS = 4000
"""Longer turns lose their middle before they are embedded: bounds the time of one match. What changes from call to call
stands at either end."""
WEIGHTS: Mapping[str, float] = {"verb": 1.0, "key": 0.7, "extra": 1.0, "nothing": 1.0}
"""Weight of structure tokens by kind; a matcher may publish weights of single tokens beside them."""


class RawFeatures(NamedTuple):
    """What a request gives before mean and weights are applied."""

    embedding: Vector
    tokens: Mapping[str, int]
    words: tuple[str, ...] = ()
    """Words of the newest user turn without its values, for labels."""
    text: str = ""
    """Beginning of that turn as it stands, placeholders dropped: what a sentence model reads. Never matched on."""


def _words_and_keys(step: Sequence[ChatMessage]) -> tuple[list[str], list[str]]:
    """Words of the newest user turn without its values, and the JSON keys of that turn and of what came after it."""
    words: list[str] = []
    keys: list[str] = []
    for index, message in enumerate(step):
        text = _ends(message_text(message)) if index == 0 else message_text(message)
        if index and message.role != "tool":
            continue
        structure = parse_structure(text) if len(text) <= MAX_TEXT_CHARS else None
        if structure is None:
            if index == 0:
                words += content_words(text)
            continue
        for part, is_key in keys_and_texts(structure):
            if is_key:
                keys.append(part)
            elif index == 0:
                words += content_words(part)
    return words, keys


def _ends(text: str) -> str:
    if len(text) <= MAX_TEXT_CHARS:
        return text
    return f"{text[: MAX_TEXT_CHARS // 2]}\n{text[-MAX_TEXT_CHARS // 2 :]}"


class Featuriser:
    """Requests to vectors. ``embed`` maps texts to rows of pooled token embeddings, the empty text to zeros."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed

    def raw(self, request: Request, extra: Sequence[str] = ()) -> RawFeatures:
        """Features before mean and weights. ``extra`` adds structure tokens that the request does not show."""
        step = newest_step(request)
        words, keys = _words_and_keys(step)
        tokens = _verbs(words)
        for token in (*(f"key:{key.lower()}" for key in dict.fromkeys(keys)), *(f"extra:{token}" for token in extra)):
            tokens[token] = tokens.get(token, 0) + 1
        if not words and not tokens:
            tokens["nothing:"] = 1
        embedding = self._embed([" ".join(words)])[0]
        text = message_text(step[0])[: 2 * SENTENCE_CHARS] if step else ""
        text = " ".join((_PLACEHOLDER.sub(" ", text) if "⟦" in text else text).split())
        return RawFeatures(embedding=embedding, tokens=tokens, words=tuple(words), text=text[:SENTENCE_CHARS])

    def without(self, raw: RawFeatures, boilerplate: Runs) -> RawFeatures:
        """The same of what a request says beside the boilerplate of its shard; unchanged where it holds none, or nothing
        else."""
        words = own_words(raw.words, boilerplate)
        if len(words) == len(raw.words):
            return raw
        tokens = _verbs(words) | {token: count for token, count in raw.tokens.items() if not token.startswith(_VERB)}
        text = " ".join(words)
        return RawFeatures(self._embed([text])[0], tokens, words, text[:SENTENCE_CHARS])

    def vector(self, request: Request, extra: Sequence[str] = ()) -> Vector:
        """The vector under the default mean and weights."""
        return project(self.raw(request, extra), default_mean(), WEIGHTS)


def _verbs(words: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        if word in CANONICAL:
            token = f"{_VERB}{CANONICAL[word]}"
            counts[token] = counts.get(token, 0) + 1
    return counts


def default_mean() -> Vector:
    """Mean embedding of short English requests, frozen; see :mod:`shared.tasks.feature_mean`."""
    return FEATURE_MEAN


def project(raw: RawFeatures, mean: Vector, weights: Mapping[str, float]) -> Vector:
    """Unit vector of raw features under a published mean and published weights."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    structure = _structure(raw.tokens, weights)
    structure_norm = float(np.sqrt(structure @ structure))
    has_text = bool(raw.embedding.any())
    share = _structure_share(raw.tokens) if has_text else 1.0
    if structure_norm > 0.0:
        vector[EMBEDDING_DIMENSION:] = structure * (share**0.5 / structure_norm)
    else:
        share = 0.0
    if has_text:
        centred = raw.embedding - mean
        norm = float(np.sqrt(centred @ centred))
        if norm > 0.0:
            vector[:EMBEDDING_DIMENSION] = centred * ((1.0 - share) ** 0.5 / norm)
    return vector


def _structure_share(tokens: Mapping[str, int]) -> float:
    if any(token.startswith(KEYS_GIVEN) for token in tokens):
        return GIVEN_SHARE
    return OFFERED_SHARE if any(token.startswith(TOOLS_GIVEN) for token in tokens) else STRUCTURE_SHARE


def _structure(tokens: Mapping[str, int], weights: Mapping[str, float]) -> Vector:
    block = np.zeros(STRUCTURE_DIMENSION, dtype=np.float32)
    # Beside the arguments of the call, the tools on offer say little, the more of them the less.
    tools = sum(token.startswith(TOOLS_GIVEN) for token in tokens)
    damped = 1.0 / tools if tools and any(token.startswith(KEYS_GIVEN) for token in tokens) else 1.0
    for token in tokens:
        weight = weights.get(token)
        if weight is None:
            weight = weights.get(token.partition(":")[0], 1.0)
        if token.startswith(TOOLS_GIVEN):
            weight *= damped
        digest = zlib.crc32(token.encode())
        block[digest % STRUCTURE_DIMENSION] += weight if digest & 0x8000_0000 else -weight
    return block


def load_wordllama() -> Embed:
    """Mean-pooled static token embeddings from the weights inside the ``wordllama`` package (MIT).

    Reads the package's files without importing it: its import configures logging and pulls in an HTTP client. One text's
    row does not depend on the others in the call. Raises ``FileNotFoundError`` if the package is not installed.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package wordllama is not installed: install the extra of this service")
    folder = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    with safe_open(str(folder / "weights" / "l2_supercat_256.safetensors"), framework="np") as weights:
        table = np.ascontiguousarray(weights.get_tensor("embedding.weight"), dtype=np.float32)

    known: dict[str, list[int]] = {}

    def ids_of(text: str) -> list[int]:
        """Words apart from each other: no token of this vocabulary reaches over a space, and most words come again."""
        words = text.split(" ")
        if not all(words):
            return tokenizer.encode(text, add_special_tokens=False).ids
        ids: list[int] = []
        for word in words:
            of_word = known.get(word)
            if of_word is None:
                of_word = tokenizer.encode(word, add_special_tokens=False).ids
                if len(word) <= _KNOWN_CHARS:
                    if len(known) >= _KNOWN_WORDS:
                        known.clear()
                    known[word] = of_word
            ids += of_word
        return ids

    def embed(texts: Sequence[str]) -> Vector:
        rows = np.zeros((len(texts), EMBEDDING_DIMENSION), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            if text and (ids := ids_of(text)):
                row[:] = np.add.reduce(table.take(ids, axis=0), axis=0) / np.float32(len(ids))
        return rows

    return embed


def encode_weights(weights: Mapping[str, float]) -> str:
    """One spelling of equal weights, to tell matchers that share a feature space."""
    return json.dumps(dict(weights), sort_keys=True)


def decode_weights(spelling: str) -> dict[str, float]:
    """What :func:`encode_weights` spelt."""
    weights: dict[str, float] = json.loads(spelling)
    return weights
