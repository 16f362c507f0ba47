"""The LoRA loop: completion-only loss, the head on completion positions alone, length-sorted batches, no padding to spare.

Sources: LoRA, arXiv 2106.09685; the CPU settings were measured on two cores (eager attention, no dropout, batch 4).
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from services.trainer_worker.logic import Row
from services.trainer_worker.profiles import Profile
from shared.errors import FlywheelError, PoisonError

BATCHES_PER_BUCKET = 8
REPORT_EVERY_STEPS = 5


class NotLearningError(FlywheelError):
    """The loss is no number: this job can only fail again."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as token ids; ``completion_start`` is the first position whose token is learned."""

    ids: tuple[int, ...]
    completion_start: int


@dataclass(frozen=True, slots=True)
class Progress:
    step: int
    steps: int
    loss: float
    eta_s: float


@dataclass(frozen=True, slots=True)
class Trained:
    model: Any
    tokenizer: Any
    steps: int
    final_loss: float
    seconds: float
    stopped: str


def pick_device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise PoisonError("no_gpu", "device cuda was asked for and none is there; set FLYWHEEL_TRAINER__DEVICE=cpu")
    return wanted


def load_base(folder: Path, device: str) -> tuple[Any, Any]:
    """Model and tokenizer. bfloat16 where the processor multiplies it natively, else float32."""
    native = device != "cpu" or _cpu_has_bf16()
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model: Any = AutoModelForCausalLM.from_pretrained(
        str(folder), dtype=torch.bfloat16 if native else torch.float32, attn_implementation="eager"
    )
    return model.to(device), tokenizer


def encode(rows: Sequence[Row], tokenizer: Any, max_tokens: int, max_over_length_share: float) -> list[Encoded]:
    """Token ids. Too long examples are left out, never cut; too many of them refuse the set."""
    encoded, too_long = [], 0
    for row in rows:
        prompt = tokenizer(row.prompt, add_special_tokens=False)["input_ids"]
        completion = tokenizer(row.completion, add_special_tokens=False)["input_ids"]
        if len(prompt) + len(completion) > max_tokens:
            too_long += 1
            continue
        encoded.append(Encoded(tuple(prompt + completion), len(prompt)))
    if too_long > max_over_length_share * len(rows):
        raise PoisonError("prompts_too_long", f"{too_long} of {len(rows)} examples are longer than {max_tokens} tokens")
    return encoded


def train(
    base: Any,
    tokenizer: Any,
    rows: Sequence[Encoded],
    profile: Profile,
    seed: int,
    time_budget_s: float,
    report: Callable[[Progress], None],
    now_s: Callable[[], float] = time.monotonic,
) -> Trained:
    """Train an adapter. Stops at the planned steps, at the time budget (after at least one epoch), or once learned.

    The same rows, seed and number of threads give the same weights on CPU. Raises :class:`NotLearningError`.
    """
    torch.manual_seed(seed)
    model = get_peft_model(base, _lora(profile))
    model.train()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.data = parameter.data.float()
    optimiser = torch.optim.AdamW(trainable, lr=profile.learning_rate, weight_decay=0.0)
    steps = profile.steps(len(rows))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _rate(steps, max(1, round(profile.warmup_share * steps))))
    started_s, stopped, step = now_s(), "planned", 0
    recent: list[float] = []
    rng = random.Random(seed)  # noqa: S311 - a shuffle that must repeat, not a secret
    for batch in _batches(rows, profile.batch_size, steps, rng):
        loss = _step(model, batch, tokenizer.pad_token_id)
        if not math.isfinite(loss_value := float(loss.detach())):
            raise NotLearningError(f"loss is {loss_value} at step {step}")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainable, profile.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        schedule.step()
        step += 1
        recent = [*recent[-(2 * REPORT_EVERY_STEPS - 1) :], loss_value]
        elapsed_s = now_s() - started_s
        if step % REPORT_EVERY_STEPS == 0 or step == steps:
            report(Progress(step, steps, sum(recent) / len(recent), elapsed_s / step * (steps - step)))
        if max(recent) < profile.stop_loss and len(recent) == 2 * REPORT_EVERY_STEPS:
            stopped = "learned"
            break
        if elapsed_s > time_budget_s and step * profile.batch_size >= len(rows):
            stopped = "time_budget"
            break
    model.eval()
    return Trained(model, tokenizer, step, sum(recent) / max(len(recent), 1), now_s() - started_s, stopped)


def _lora(profile: Profile) -> LoraConfig:
    return LoraConfig(
        r=profile.rank,
        lora_alpha=profile.alpha,
        lora_dropout=0.0,
        target_modules=list(profile.modules),
        task_type="CAUSAL_LM",
    )


def _rate(steps: int, warmup: int) -> Callable[[int], float]:
    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return max(0.0, (steps - step) / max(1, steps - warmup))

    return factor


def _step(model: Any, batch: Sequence[Encoded], pad_id: int) -> Any:
    """Loss over completion tokens. Hidden states first, the head only where a completion token is predicted."""
    device = next(model.parameters()).device
    width = max(len(row.ids) for row in batch)
    ids = torch.full((len(batch), width), pad_id, dtype=torch.long)
    mask = torch.zeros((len(batch), width), dtype=torch.long)
    learned = torch.zeros((len(batch), width), dtype=torch.bool)
    for index, row in enumerate(batch):
        ids[index, : len(row.ids)] = torch.tensor(row.ids)
        mask[index, : len(row.ids)] = 1
        learned[index, row.completion_start : len(row.ids)] = True
    ids, mask, learned = ids.to(device), mask.to(device), learned.to(device)
    causal = model.base_model.model
    hidden = causal.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    logits = causal.lm_head(hidden[:, :-1][learned[:, 1:]])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][learned[:, 1:]])


def _batches(rows: Sequence[Encoded], size: int, steps: int, rng: random.Random) -> Iterator[list[Encoded]]:
    """Shuffled epochs; inside a bucket of eight batches rows of like length stand together."""
    done = 0
    while done < steps:
        order = list(rows)
        rng.shuffle(order)
        bucket = size * BATCHES_PER_BUCKET
        batches: list[list[Encoded]] = []
        for start in range(0, len(order), bucket):
            part = sorted(order[start : start + bucket], key=lambda row: len(row.ids))
            batches.extend(part[i : i + size] for i in range(0, len(part), size))
        rng.shuffle(batches)
        yield from batches[: steps - done]
        done += len(batches)


def _cpu_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
