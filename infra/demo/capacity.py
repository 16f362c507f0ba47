"""How many completions a second the model server gives on this machine, measured before traffic starts."""

import asyncio
import time

import httpx

from shared.prompting.template import COMPACT_CHATML
from shared.serving import CompletionClient

PROMPT = "What will the weather be like in Leeds over the next 7 days? Use metric units."
ROUNDS, AT_ONCE = 6, 2


async def measure(base_url: str, model: str) -> float:
    """Completions per second of about 30 tokens, two at a time; the first pair warms up and does not count."""
    prompt = COMPACT_CHATML.opening + PROMPT + COMPACT_CHATML.closing
    async with httpx.AsyncClient() as http:
        client = CompletionClient(http, base_url)
        tokens = started_s = 0.0
        for number in range(ROUNDS + 1):
            if number == 1:
                tokens, started_s = 0.0, time.monotonic()
            done = await asyncio.gather(
                *[client.complete(model, prompt, COMPACT_CHATML, timeout_s=60.0) for _ in range(AT_ONCE)]
            )
            tokens += sum(completion.completion_tokens for completion in done)
        elapsed_s = time.monotonic() - started_s
    return tokens / elapsed_s / 30.0
