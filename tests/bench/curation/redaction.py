"""Redaction against its goals: recall and leaks on planted values, over-redaction, rate, time on hostile input.

``python -m tests.bench.curation.redaction [DATA_FOLDER]`` prints one line a goal; ``quality``, ``speed`` or
``peer`` (Presidio, in an environment of its own) alone after it, ``verbose`` shows what went wrong, ``write`` puts the lines into ``RESULTS.md``.
The public data (presidio-research, dlp-benchmark) is read from the folder, with its hash printed; without a folder only
generated traffic and the prompts of ``bfcl-eval`` are measured.
"""

import csv
import gzip
import hashlib
import io
import json
import math
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request
from tests.bench.curation.planted import HARMLESS, Planted, planted
from tests.bench.curation.presidio import analysed
from tests.bench.results import this_machine, write_section

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


def clinical_line(name: str, recall: Tally, harmless: Tally) -> str:
    kept, every = harmless.share()
    return f"{name}, hipaa: recall {percent(*recall.share())}; look-alikes redacted {percent(every - kept, every)}"


def agent(redactor: Redactor, name: str, count: int = 2000, seed: int = 30_001) -> Tally:
    """Planted identifiers of agents' traffic by kind; good: hidden."""
    kept = Tally()
    for case in planted(name, count, seed):
        _agent_case(redactor, case, name == "tool_results", kept)
    return kept


def agent_lines(name: str, kept: Tally) -> Iterator[str]:
    names, others = kept.share(NAME_KINDS), kept.share(set(kept.all) - NAME_KINDS)
    for label, (good, every) in (("names", names), ("other identifiers", others)):
        bound = 100 * upper_bound(every - good, every)
        yield f"{name}, pii: {label} left {percent(every - good, every)}, 95 % upper bound {bound:.2f} %"


def _agent_case(redactor: Redactor, case: Planted, as_tool: bool, kept: Tally) -> None:
    spans = spans_of(redactor, case.text, as_tool=as_tool)
    for value in case.values:
        if value.kind in HARMLESS or value.kind in FREE_IN_PII:
            continue
        shown = case.text[max(0, value.start - 20) : value.end + 5]
        kept.add(value.kind, hidden(case.text, value.start, value.end, spans), shown)


def presidio(redactor: Redactor, data: Path) -> tuple[str, Tally]:
    """Labelled sentences of presidio-research; good: every letter and digit of the span hidden, as whatever type."""
    path = data / "presidio-research" / "synth_dataset_v2.json.gz"
    tally = Tally()
    for row in json.loads(gzip.decompress(path.read_bytes())):
        spans = spans_of(redactor, row["full_text"])
        for span in row["spans"]:
            start, end = span["start_position"], span["end_position"]
            shown = row["full_text"][max(0, start - 20) : end + 5]
            tally.add(span["entity_type"], hidden(row["full_text"], start, end, spans), shown)
    line = (
        f"presidio-research v2 ({_hash(path)}), {redactor.profile}: structured recall {percent(*tally.share(STRUCTURED))};"
        f" names {percent(*tally.share({'PERSON'}))}"
    )
    return line, tally


def dlp(redactor: Redactor, data: Path) -> tuple[str, Tally]:
    """Sentences of dlp-benchmark; good: something found in a positive, nothing in a negative."""
    path = data / "dlp-benchmark" / "General_Sensitive_Data_Benchmarking_Dataset.csv.gz"
    rows = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8", "replace")))
    tally = Tally()
    for row in rows:
        is_touched = bool(spans_of(redactor, row["Example"]))
        tally.add(f"{row['Type']} {row['Subtype']}", is_touched == (row["Type"] == "Positive"), row["Example"])
    good, every = tally.share({kind for kind in tally.all if kind.startswith("Negative")})
    line = (
        f"dlp-benchmark ({_hash(path)}), {redactor.profile}: harmless sentences touched {percent(every - good, every)};"
        f" direct positives with something found {percent(*tally.share({'Positive Direct'}))}"
    )
    return line, tally


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


def events(count: int, seed: int, identifying: float) -> list[tuple[Request, Answer]]:
    """Calls of about 880 characters; a share of them with about eight identifiers."""
    prompts = function_call_prompts()
    clean = [prompts[name] for name in CLEAN_PROMPTS.read_text().split()]
    rows, dense = [], planted("agent", 40 * count, seed)
    import random

    draw = random.Random(seed)
    for index in range(count):
        text, with_values = "", index % 100 < 100 * identifying
        values = 0
        while with_values and values < 8:
            case = next(dense)
            text, values = f"{text}{case.text} ", values + len(case.values)
        while len(text) < 880:
            text += draw.choice(clean) + " "
        text = text[: max(880, len(text) - 400 if with_values else 880)] if not with_values else text
        rows.append((Request(messages=(ChatMessage(role="user", content=text[:-100]),)), Answer(content=text[-100:])))
    draw.shuffle(rows)
    return rows


def rate(profile: Any, identifying: float, count: int = 2000) -> float:
    """Events a second of process time after a warm-up; every text is new, so that no cache of clean texts helps."""
    redactor = Redactor(Scanner(profile))
    best = 0.0
    for request, answer in events(count, 9, identifying):
        redactor.redact(request, answer)
    for seed in (1, 2, 3):
        rows = events(count, seed, identifying)
        started = time.process_time()
        for request, answer in rows:
            redactor.redact(request, answer)
        best = max(best, count / (time.process_time() - started))
    return best


HOSTILE = (
    "1", "a@", "4 ", "A b ", "+1(", "Mr ", "⟦", "\u200b", "12 Oak ", "-----BEGIN PRIVATE KEY-----", "x:y@", "Aa", "a.", "1-",
    "::", "Maria ", "account ", "{", "[", '"', "\\", "http://", "é", "born on ", "1/1/", ", ",
)  # fmt: skip


def hostile(redactor: Redactor) -> str:
    """Half a MiB and one of each shape. A refused text is a dead letter: it still has to be refused in time."""
    worst = (0.0, "", 0.0)
    for unit in HOSTILE:
        took, refused = [], ""
        for size in (1 << 19, 1 << 20):
            text = unit * (size // len(unit.encode()))
            started = time.process_time()
            try:
                redactor.redact_text(text)
            except PoisonError as error:
                refused = f" refused: {error.reason}"
            took.append(time.process_time() - started)
        worst = max(worst, (took[1], unit, took[1] / max(took[0], 1e-9)))
        print(f"    {unit!r:32} {1000 * took[0]:8.0f} ms {1000 * took[1]:8.0f} ms{refused}")
    return f"hostile text of 1 MiB, worst: {1000 * worst[0]:.0f} ms for {worst[1]!r}, ×{worst[2]:.2f} on doubling"


def _hash(path: Path) -> str:
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def quality(data: Path | None, examples: int) -> Iterator[str]:
    pii, hipaa = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))
    tallies: list[Tally] = []
    for name in ("clinical", "clinical_unseen", "clinical_held_out"):
        tallies = [*clinical(hipaa, name)]
        yield clinical_line(name, *tallies)
        _show(tallies, examples)
    for name in ("agent", "tool_results", "agent_unseen", "agent_held_out"):
        tally = agent(pii, name)
        yield from agent_lines(name, tally)
        _show([tally], examples)
    if data is not None:
        for line, tally in (presidio(hipaa, data), dlp(pii, data), dlp(hipaa, data)):
            yield line
            _show([tally], examples)
    tally = function_calls(pii)
    good, every = tally.share()
    yield f"function-calling prompts without identifiers touched, pii: {percent(every - good, every)}"
    _show([tally], 8 * examples)


def _show(tallies: list[Tally], examples: int) -> None:
    if examples:
        print(*(line for tally in tallies for line in tally.lines(examples)), sep="\n")


def speed() -> Iterator[str]:
    for profile in ("pii", "hipaa"):
        mixed, clean = rate(profile, 0.2), rate(profile, 0.0)
        yield f"rate, {profile}: {mixed:,.0f} events/s (20 % with about eight identifiers), {clean:,.0f} without any"
    yield hostile(Redactor(Scanner("hipaa")))


def peer(data: Path | None) -> Iterator[str]:
    """Presidio beside this project on the same texts, in turn: rate, and recall where labelled text is at hand."""
    redactor = Redactor(Scanner("pii"))
    for request, answer in events(1000, 9, 0.2):
        redactor.redact(request, answer)
    rows = events(200, 4, 0.2)
    started = time.process_time()
    for request, answer in rows:
        redactor.redact(request, answer)
    own = len(rows) / (time.process_time() - started)
    few = rows[:60]
    theirs = analysed([f"{request.messages[0].content}{answer.content}" for request, answer in few])
    rate_of_peer = len(few) / sum(one.took_s for one in theirs)
    yield f"presidio-analyzer with en_core_web_sm: {rate_of_peer:,.1f} events/s; here {own:,.0f}: {own / rate_of_peer:,.0f} times"
    if data is None:
        return
    labelled = json.loads(gzip.decompress((data / "presidio-research" / "synth_dataset_v2.json.gz").read_bytes()))[:500]
    tallies = Tally(), Tally()
    hipaa = Redactor(Scanner("hipaa"))
    for row, one in zip(labelled, analysed([row["full_text"] for row in labelled]), strict=True):
        for tally, spans in zip(tallies, (one.spans, spans_of(hipaa, row["full_text"])), strict=True):
            for span in row["spans"]:
                good = hidden(row["full_text"], span["start_position"], span["end_position"], spans)
                tally.add(span["entity_type"], good, "")
    for name, tally in zip(("presidio", "here"), tallies, strict=True):
        yield (
            f"presidio-research v2, first 500 sentences, {name}: structured recall {percent(*tally.share(STRUCTURED))};"
            f" names {percent(*tally.share({'PERSON'}))}"
        )


def main(arguments: list[str]) -> None:
    flags = [argument for argument in arguments if argument in ("quality", "speed", "peer", "verbose", "write")]
    data = next((Path(argument) for argument in arguments if argument not in flags), None)
    lines: list[str] = []
    machine = this_machine("google-re2", "Faker", "bfcl-eval").lines()
    wanted = {"quality", "speed", "peer"} & set(flags) or {"quality", "speed", "peer"}
    if "quality" in wanted:
        for line in quality(data, 6 if "verbose" in flags else 0):
            print(line, flush=True)
            lines.append(line)
    for part, measured in (("speed", speed), ("peer", lambda: peer(data))):
        for line in measured() if part in wanted else ():
            print(line, flush=True)
            lines.append(line)
    if "write" in flags:
        write_section("Redaction", [*machine, *(f"- {line}" for line in lines)])


if __name__ == "__main__":
    main(sys.argv[1:])
