"""A random language model of a few thousand weights, and rows for it: training for real, in milliseconds a step."""

from random import Random
from types import SimpleNamespace
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from services.trainer_worker.train import Encoded

VOCABULARY = 96
TOKENIZER = SimpleNamespace(pad_token_id=0)


def tiny_model() -> Any:
    """The same weights every time, in float32."""
    torch.manual_seed(11)
    config: Any = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128,
    )  # fmt: skip
    config._attn_implementation = "eager"
    make: Any = LlamaForCausalLM
    return make(config)


def rows(count: int = 40) -> list[Encoded]:
    rng = Random(5)
    made = []
    for _ in range(count):
        prompt = [rng.randrange(1, VOCABULARY) for _ in range(rng.randint(4, 12))]
        made.append(Encoded((*prompt, *prompt[:3]), len(prompt)))
    return made
