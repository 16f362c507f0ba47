"""What the redactor finds and leaves alone, against its goals: planted values, labelled public text, harmless prompts."""

import csv
import gzip
import hashlib
import io
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request
from tests.bench.curation.goals import Row
from tests.bench.curation.planted import HARMLESS, Planted, planted

GOAL_RECALL, GOAL_LOOK_ALIKES, GOAL_NAMES_LEFT, GOAL_STRUCTURED, GOAL_PROMPTS = 0.95, 0.4, 0.01, 0.97, 0.1
CLEAN_PROMPTS = Path(__file__).with_name("templates") / "function_calls_without_identifiers.txt"
NAME_KINDS = frozenset(("person", "first", "last"))
FREE_IN_PII = frozenset(
    ("date", "part_date", "city", "zip", "hospital", "old", "url", "order", "device", "ip", "address_tail")
)
"""Kinds that the narrow profile leaves alone where nothing ties them to a person."""
STRUCTURED = frozenset(
    "CREDIT_CARD EMAIL_ADDRESS IBAN_CODE IP_ADDRESS PHONE_NUMBER US_SSN DOMAIN_NAME US_DRIVER_LICENSE".split()  # noqa: SIM905
)


_STATE = re.compile(r"\b[A-Z]{2}(?= \d{5})")
"""A state is no identifier, in either profile."""


def spans_of(redactor: Redactor, text: str, *, as_tool: bool = False) -> list[tuple[int, int]]:
    if as_tool:
        outcome = redactor.redact(Request(messages=(ChatMessage(role="tool", content=text),)), None)
    else:
        outcome = redactor.redact(Request(), Answer(content=text))
    return [(span.start, span.end) for span in outcome.spans]


def hidden(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    """Whether every letter and digit of a value lies inside redacted spans."""
    states = {place for match in _STATE.finditer(text, start, end) for place in range(*match.span())}
    return all(
        not text[at].isalnum() or at in states or any(low <= at < high for low, high in spans)
        for at in range(start, end)
    )


def touched(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(text[at].isalnum() and any(low <= at < high for low, high in spans) for at in range(start, end))


def upper_bound(failures: int, trials: int) -> float:
    """One-sided 95 % Clopper-Pearson bound of a share, by bisection."""
    low, high = failures / max(trials, 1), 1.0
    for _ in range(50):
        middle = (low + high) / 2
        tail = sum(
            math.exp(
                math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
                + k * math.log(middle) + (trials - k) * math.log1p(-middle)
            )
            for k in range(failures + 1)
        ) if middle < 1 else 0.0  # fmt: skip
        low, high = (middle, high) if tail > 0.05 else (low, middle)
    return high


class Tally:
    """Counts by kind, and a few examples of what went wrong."""

    def __init__(self) -> None:
        self.all: Counter[str] = Counter()
        self.good: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, good: bool, example: str) -> None:
        self.all[kind] += 1
        self.good[kind] += good
        if not good:
            self.wrong[kind].append(example)

    def share(self, kinds: Iterable[str] | None = None) -> tuple[int, int]:
        chosen = self.all if kinds is None else [kind for kind in self.all if kind in set(kinds)]
        return sum(self.good[kind] for kind in chosen), sum(self.all[kind] for kind in chosen)

    def lines(self, examples: int) -> Iterator[str]:
        for kind in sorted(self.all):
            shown = " | ".join(text.replace("\n", "⏎") for text in self.wrong[kind][:examples])
            yield f"    {kind:24} {self.good[kind]:5}/{self.all[kind]:<5} {shown}"


def percent(good: int, count: int) -> str:
    return f"{100 * good / max(count, 1):.2f} % ({good}/{count})"


def clinical(redactor: Redactor, name: str, count: int = 1500, seed: int = 20_001) -> tuple[Tally, Tally]:
    """Planted identifiers by kind (good: hidden), harmless look-alikes by kind (good: untouched)."""
    recall, harmless = Tally(), Tally()
    for case in planted(name, count, seed):
        spans = spans_of(redactor, case.text)
        for value in case.values:
            shown = case.text[value.start : value.end]
            if value.kind in HARMLESS:
                harmless.add(value.kind, not touched(case.text, value.start, value.end, spans), shown)
            else:
                recall.add(value.kind, hidden(case.text, value.start, value.end, spans), shown)
    return recall, harmless


def clinical_rows(name: str, recall: Tally, harmless: Tally) -> Iterator[Row]:
    kept, every = harmless.share()
    found, values = recall.share()
    yield Row(
        f"{name}, hipaa: recall", percent(found, values), f"≥ {GOAL_RECALL}", found >= GOAL_RECALL * max(values, 1)
    )
    yield Row(
        f"{name}, hipaa: look-alikes redacted",
        percent(every - kept, every),
        f"≤ {GOAL_LOOK_ALIKES:.0%}",
        every - kept <= GOAL_LOOK_ALIKES * every,
    )


def agent(redactor: Redactor, name: str, count: int = 2000, seed: int = 30_001) -> Tally:
    """Planted identifiers of agents' traffic by kind; good: hidden."""
    kept = Tally()
    for case in planted(name, count, seed):
        _agent_case(redactor, case, name == "tool_results", kept)
    return kept


def agent_rows(name: str, kept: Tally) -> Iterator[Row]:
    for label, kinds, goal in (
        ("names", NAME_KINDS, GOAL_NAMES_LEFT),
        ("other identifiers", set(kept.all) - NAME_KINDS, 0.0),
    ):
        good, every = kept.share(kinds)
        bound = 100 * upper_bound(every - good, every)
        yield Row(
            f"{name}, pii: {label} left",
            f"{percent(every - good, every)}, 95 % upper bound {bound:.2f} %",
            f"≤ {goal:.0%}" if goal else "0",
            every - good <= goal * every,
        )


def _agent_case(redactor: Redactor, case: Planted, as_tool: bool, kept: Tally) -> None:
    spans = spans_of(redactor, case.text, as_tool=as_tool)
    for value in case.values:
        if value.kind in HARMLESS or value.kind in FREE_IN_PII:
            continue
        shown = case.text[max(0, value.start - 20) : value.end + 5]
        kept.add(value.kind, hidden(case.text, value.start, value.end, spans), shown)


def presidio(redactor: Redactor, data: Path) -> tuple[list[Row], Tally]:
    """Labelled sentences of presidio-research; good: every letter and digit of the span hidden, as whatever type."""
    path = data / "presidio-research" / "synth_dataset_v2.json.gz"
    tally = Tally()
    for row in json.loads(gzip.decompress(path.read_bytes())):
        spans = spans_of(redactor, row["full_text"])
        for span in row["spans"]:
            start, end = span["start_position"], span["end_position"]
            shown = row["full_text"][max(0, start - 20) : end + 5]
            tally.add(span["entity_type"], hidden(row["full_text"], start, end, spans), shown)
    name = f"presidio-research v2 ({_hash(path)}), {redactor.profile}"
    good, every = tally.share(STRUCTURED)
    return [
        Row(
            f"{name}: structured recall", percent(good, every), f"≥ {GOAL_STRUCTURED}", good >= GOAL_STRUCTURED * every
        ),
        Row(f"{name}: names", percent(*tally.share({"PERSON"}))),
    ], tally


def dlp(redactor: Redactor, data: Path) -> tuple[list[Row], Tally]:
    """Sentences of dlp-benchmark; good: something found in a positive, nothing in a negative."""
    path = data / "dlp-benchmark" / "General_Sensitive_Data_Benchmarking_Dataset.csv.gz"
    rows = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8", "replace")))
    tally = Tally()
    for row in rows:
        is_touched = bool(spans_of(redactor, row["Example"]))
        tally.add(f"{row['Type']} {row['Subtype']}", is_touched == (row["Type"] == "Positive"), row["Example"])
    good, every = tally.share({kind for kind in tally.all if kind.startswith("Negative")})
    name = f"dlp-benchmark ({_hash(path)}), {redactor.profile}"
    return [
        Row(f"{name}: harmless sentences touched", percent(every - good, every)),
        Row(f"{name}: direct positives with something found", percent(*tally.share({"Positive Direct"}))),
    ], tally


def function_call_prompts() -> dict[str, str]:
    """Single-turn prompts of bfcl-eval by id."""
    prompts = {}
    folder = files("bfcl_eval") / "data"
    for kind in (
        "simple_python",
        "multiple",
        "parallel",
        "live_simple",
        "live_multiple",
        "irrelevance",
        "live_irrelevance",
    ):
        for line in (folder / f"BFCL_v4_{kind}.json").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            turns: list[dict[str, Any]] = row["question"][0]
            prompts[row["id"]] = "\n".join(turn["content"] for turn in turns if turn["role"] == "user")
    return prompts


def function_calls(redactor: Redactor, count: int | None = None) -> Tally:
    """Prompts that were read and found free of identifiers; good: untouched."""
    prompts, tally = function_call_prompts(), Tally()
    for name in CLEAN_PROMPTS.read_text().split()[:count]:
        spans = spans_of(redactor, prompts[name])
        tally.add("prompt", not spans, f"{name} {[prompts[name][start:end] for start, end in spans]}")
    return tally


def _hash(path: Path) -> str:
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def quality(data: Path | None, examples: int) -> Iterator[Row]:
    """Every measurement of what is found; of each kind so many examples of what went wrong are printed."""
    pii, hipaa = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))
    for name in ("clinical", "clinical_unseen", "clinical_held_out"):
        tallies = clinical(hipaa, name)
        yield from clinical_rows(name, *tallies)
        _show(tallies, examples)
    for name in ("agent", "tool_results", "agent_unseen", "agent_held_out"):
        tally = agent(pii, name)
        yield from agent_rows(name, tally)
        _show([tally], examples)
    if data is not None:
        for rows, tally in (presidio(hipaa, data), dlp(pii, data), dlp(hipaa, data)):
            yield from rows
            _show([tally], examples)
    tally = function_calls(pii)
    good, every = tally.share()
    yield Row(
        "function-calling prompts without identifiers touched, pii",
        percent(every - good, every),
        f"≤ {GOAL_PROMPTS:.0%}",
        every - good <= GOAL_PROMPTS * every,
    )
    _show([tally], 8 * examples)


def _show(tallies: Iterable[Tally], examples: int) -> None:
    if examples:
        print(*(line for tally in tallies for line in tally.lines(examples)), sep="\n")
