"""What the adapter learned, on rows it never saw: format, parity, precision and recall by greedy decoding."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from services.trainer_worker.logic import Row
from services.trainer_worker.train import Encoded, _step
from shared.prompting.calls import compare_calls, parse_calls
from shared.prompting.template import Template

BATCH = 8


def evaluate(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    template: Template,
    free_arguments: Sequence[str],
    check: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Shares in [0, 1] over ``rows``. Empty rows give no metric: absence is no evidence. ``check`` is called for every
    batch, and may raise."""
    if not rows:
        return {}
    formats = parities = 0
    precision = recall = 0.0
    ordered = sorted(rows, key=lambda row: len(row.prompt))
    for start in range(0, len(ordered), BATCH):
        check()
        batch = ordered[start : start + BATCH]
        for row, text in zip(batch, _complete(model, tokenizer, batch, template), strict=True):
            parsed = parse_calls(text, row.tools, row.event_id)
            if parsed.problem is not None:
                continue
            formats += 1
            parity = compare_calls(parsed.calls, row.answer.tool_calls, row.tools, free_arguments)
            parities += parity.equal
            precision += parity.precision
            recall += parity.recall
    count = len(rows)
    return {
        "test_rows": float(count),
        "format": formats / count,
        "parity": parities / count,
        "precision": precision / count,
        "recall": recall / count,
    }


@torch.inference_mode()
def validation_loss(model: Any, tokenizer: Any, rows: Sequence[Encoded]) -> float:
    """Mean loss over completion tokens of unseen rows, batch by batch."""
    losses = [float(_step(model, rows[i : i + BATCH], tokenizer.pad_token_id)) for i in range(0, len(rows), BATCH)]
    return sum(losses) / max(len(losses), 1)


@torch.inference_mode()
def _complete(model: Any, tokenizer: Any, rows: Sequence[Row], template: Template) -> list[str]:
    """Greedy completions, stop token removed. Prompts are padded on the left, so that all end at one position."""
    tokenizer.padding_side = "left"
    encoded = tokenizer([row.prompt for row in rows], add_special_tokens=False, return_tensors="pt", padding=True)
    device = next(model.parameters()).device
    width = encoded["input_ids"].shape[1]
    output = model.generate(
        input_ids=encoded["input_ids"].to(device),
        attention_mask=encoded["attention_mask"].to(device),
        max_new_tokens=template.max_completion_tokens,
        do_sample=False,
        eos_token_id=tokenizer.convert_tokens_to_ids(template.stop),
        pad_token_id=tokenizer.pad_token_id,
    )
    texts = tokenizer.batch_decode(output[:, width:], skip_special_tokens=False)
    return [text.split(template.stop)[0] for text in texts]
