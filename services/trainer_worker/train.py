"""The LoRA loop: completion-only loss, the head on completion positions alone, length-sorted batches, no padding to spare.

Sources: LoRA, arXiv 2106.09685; the CPU settings were measured on two cores (eager attention, no dropout, batch 4).
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

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
    seed: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a run needs to go on: the position in the order of rows is given by ``seed`` and ``step``."""

    step: int
    seed: int
    elapsed_s: float
    recent: tuple[float, ...]
    weights: dict[str, torch.Tensor]
    moments: dict[str, torch.Tensor]


class Keep(Protocol):
    """Where snapshots go."""

    def due(self, elapsed_s: float) -> bool: ...

    def save(self, snapshot: Snapshot) -> object: ...


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
    *,
    check: Callable[[], None] = lambda: None,
    resume: Snapshot | None = None,
    keep: Keep | None = None,
) -> Trained:
    """Train an adapter. Stops at the planned steps, at the time budget (after at least one epoch), or once learned.

    The same rows, seed and number of threads give the same weights on CPU, resumed or not: a run that goes on from
    ``resume`` keeps that one's seed, order of rows, optimiser and spent time. ``check`` is called at every step, and may
    raise. Raises :class:`NotLearningError`.
    """
    run = _Run(base, rows, profile, seed if resume is None else resume.seed, resume)
    started_s, stopped = now_s() - run.elapsed_s, "planned"
    for batch in islice(_batches(rows, profile.batch_size, run.steps, run.order), run.step, None):
        check()
        run.take(batch, tokenizer.pad_token_id)
        run.elapsed_s = now_s() - started_s
        if run.step % REPORT_EVERY_STEPS == 0 or run.step == run.steps:
            eta_s = run.elapsed_s / run.step * (run.steps - run.step)
            report(Progress(run.step, run.steps, run.mean_loss(), eta_s))
        if max(run.recent) < profile.stop_loss and len(run.recent) == 2 * REPORT_EVERY_STEPS:
            stopped = "learned"
            break
        if run.elapsed_s > time_budget_s and run.step * profile.batch_size >= len(rows):
            stopped = "time_budget"
            break
        if keep is not None and keep.due(run.elapsed_s):
            keep.save(run.snapshot())
    run.model.eval()
    return Trained(run.model, tokenizer, run.step, run.mean_loss(), run.elapsed_s, stopped, run.seed)


class _Run:
    """The moving parts of a run: model, optimiser, rate, and how far it is."""

    def __init__(
        self, base: Any, rows: Sequence[Encoded], profile: Profile, seed: int, resume: Snapshot | None
    ) -> None:
        torch.manual_seed(seed)
        self.seed = seed
        self.order = random.Random(seed)  # noqa: S311 - a shuffle that must repeat, not a secret
        self.model: Any = get_peft_model(base, _lora(profile))
        self.model.train()
        self._named = {name: value for name, value in self.model.named_parameters() if value.requires_grad}
        for parameter in self._named.values():
            parameter.data = parameter.data.float()
        self._profile = profile
        self._optimiser = torch.optim.AdamW(list(self._named.values()), lr=profile.learning_rate, weight_decay=0.0)
        self.steps = profile.steps(len(rows))
        self._rate = _rate(self.steps, max(1, round(profile.warmup_share * self.steps)))
        self.step, self.elapsed_s = 0, 0.0
        self.recent: list[float] = []
        if resume is not None:
            self._restore(resume)

    def take(self, batch: Sequence[Encoded], pad_id: int) -> None:
        """One optimiser step."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._profile.learning_rate * self._rate(self.step)
        loss = _step(self.model, batch, pad_id)
        if not math.isfinite(value := float(loss.detach())):
            raise NotLearningError(f"loss is {value} at step {self.step}")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self._named.values()), self._profile.clip)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.recent = [*self.recent[-(2 * REPORT_EVERY_STEPS - 1) :], value]

    def mean_loss(self) -> float:
        return sum(self.recent) / max(len(self.recent), 1)

    def snapshot(self) -> Snapshot:
        weights, moments = {}, {}
        for name, parameter in self._named.items():
            weights[name] = parameter.detach().cpu().clone().contiguous()
            for kind, value in self._optimiser.state[parameter].items():
                moments[f"{name}|{kind}"] = value.detach().cpu().clone().contiguous()
        return Snapshot(self.step, self.seed, self.elapsed_s, tuple(self.recent), weights, moments)

    def _restore(self, snapshot: Snapshot) -> None:
        """Raises ``KeyError`` or ``RuntimeError`` where the snapshot is of another shape."""
        state: dict[int, dict[str, Any]] = {}
        for index, (name, parameter) in enumerate(self._named.items()):
            parameter.data.copy_(snapshot.weights[name])
            state[index] = {kind: snapshot.moments[f"{name}|{kind}"] for kind in ("step", "exp_avg", "exp_avg_sq")}
        self._optimiser.load_state_dict({"state": state, "param_groups": self._optimiser.state_dict()["param_groups"]})
        self.step, self.elapsed_s = snapshot.step, snapshot.elapsed_s
        self.recent = list(snapshot.recent)


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
