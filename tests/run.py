"""Runs the rungs of the testing ladder in order, each with its budget, and closes with one line that sums them.

``python -m tests.run`` runs what ``make test`` promises; ``python -m tests.run servers`` one rung; ``sim`` and ``chaos``
the long rows. Fails if a test failed, was skipped, or none ran. Standard library only.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).resolve().parents[1]
NO_TESTS_COLLECTED = 5

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("types", ("mypy", "shared", "services", "infra", "tests")),
)


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: folders under ``tests`` and the marker expression that picks from them."""

    name: str
    budget_s: int
    folders: tuple[str, ...]
    marks: str


LADDER = (
    Rung("no-io", 300, ("unit", "properties", "contract", "conformance", "architecture"), "not servers and not long"),
    Rung("simulation", 180, ("simulation",), "not servers and not long"),
    Rung("servers", 900, ("conformance", "integration", "faults"), "servers and not long"),
    Rung("e2e", 420, ("e2e",), "not long"),
)
LONG = (
    Rung("sim", 3600, ("simulation", "properties"), "not servers"),
    Rung("chaos", 5400, ("faults", "conformance", "integration", "e2e"), "long"),
)
CHECK_BUDGET_S = 60


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def is_good(self) -> bool:
        return self.failed == 0 and self.skipped == 0 and self.passed > 0


def main(names: Sequence[str]) -> int:
    known = {rung.name: rung for rung in (*LADDER, *LONG)}
    unknown = [name for name in names if name not in known and name != "check"]
    if unknown:
        say(f"no rung {', '.join(unknown)}; there are check, {', '.join(known)}")
        return 2
    chosen = [known[name] for name in names if name != "check"] if names else list(LADDER)
    started = time.monotonic()
    total = Tally()
    if not names or "check" in names:
        total.add(run_checks())
    for rung in chosen:
        total.add(run_rung(rung))
    say(f"all rungs: {time.monotonic() - started:.0f} s")
    if total.skipped:
        say("a skipped test proves nothing here: it counts as a failure")
    print(total.line(), flush=True)
    return 0 if total.is_good else 1


def run_checks() -> Tally:
    """Lint, format, types. Each counts as one test."""
    tally = Tally()
    started = time.monotonic()
    heading("check", CHECK_BUDGET_S)
    for title, command in CHECKS:
        done = subprocess.run([sys.executable, "-m", *command], cwd=CHECKOUT, check=False).returncode == 0
        say(f"{title}: {'ok' if done else 'FAILED'}")
        tally.add(Tally(passed=int(done), failed=int(not done)))
    closing("check", CHECK_BUDGET_S, started, tally)
    return tally


def run_rung(rung: Rung) -> Tally:
    """One pytest process; its counts come from its report file, not from its text."""
    folders = [f"tests/{folder}" for folder in rung.folders if holds_tests(CHECKOUT / "tests" / folder)]
    if not folders:
        say(f"== {rung.name}: no tests")
        return Tally()
    heading(rung.name, rung.budget_s)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flywheel-tests-") as scratch:
        report = Path(scratch) / "report.xml"
        command = [sys.executable, "-m", "pytest", *folders, "-m", rung.marks, f"--junitxml={report}", "--durations=5"]
        command += ["--durations-min=1.0", f"--basetemp={scratch}/work"]
        code = subprocess.run(
            command, cwd=CHECKOUT, check=False, env=os.environ | {"FLYWHEEL_RUNG": rung.name}
        ).returncode
        tally = counted(report, code)
    closing(rung.name, rung.budget_s, started, tally)
    return tally


def counted(report: Path, code: int) -> Tally:
    """The counts of a pytest report. A run that broke before or after its tests counts as one failure more."""
    tally = Tally()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            counts = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            bad = counts["failures"] + counts["errors"]
            tally.add(Tally(max(0, counts["tests"] - bad - counts["skipped"]), bad, counts["skipped"]))
    if code not in (0, NO_TESTS_COLLECTED) and tally.failed == 0:
        tally.failed += 1
    return tally


def holds_tests(folder: Path) -> bool:
    return folder.is_dir() and any(folder.rglob("test_*.py"))


def heading(name: str, budget_s: int) -> None:
    say(f"== {name} (budget {budget_s} s)")


def closing(name: str, budget_s: int, started: float, tally: Tally) -> None:
    took_s = time.monotonic() - started
    over = "  OVER BUDGET" if took_s > budget_s else ""
    say(f"== {name}: {tally.line()} in {took_s:.0f} s of {budget_s} s{over}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
