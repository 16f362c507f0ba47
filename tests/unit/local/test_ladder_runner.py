"""The runner's counts come from report files, and the set-up reads locks entry by entry."""

from pathlib import Path

import pytest

from infra.requirements.set_up import CUDA_PACKAGES, LOCK, lock_entries
from tests.run import LADDER, LONG, Tally, counted, main

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"></testsuite></testsuites>'


@pytest.mark.parametrize(
    ("counts", "code", "expected"),
    [
        ((5, 0, 0, 0), 0, "5 passed, 0 failed, 0 skipped"),
        ((5, 1, 1, 1), 1, "2 passed, 2 failed, 1 skipped"),
        ((0, 0, 0, 0), 5, "0 passed, 0 failed, 0 skipped"),
        ((3, 0, 0, 0), 3, "3 passed, 1 failed, 0 skipped"),
    ],
)
def test_counts_of_a_rung(tmp_path: Path, counts: tuple[int, ...], code: int, expected: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(*counts))
    assert counted(report, code).line() == expected


def test_a_run_without_a_report_failed(tmp_path: Path) -> None:
    assert counted(tmp_path / "missing.xml", 2) == Tally(failed=1)


@pytest.mark.parametrize(
    ("tally", "good"),
    [(Tally(1), True), (Tally(), False), (Tally(9, failed=1), False), (Tally(9, skipped=1), False)],
)
def test_nothing_run_and_skipped_tests_are_no_success(tally: Tally, good: bool) -> None:
    assert tally.is_good is good


def test_an_unknown_rung_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "there are check, no-io" in capsys.readouterr().out


def test_every_test_folder_is_on_the_ladder() -> None:
    tests = Path(__file__).resolve().parents[2]
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py")}
    assert folders <= {folder for rung in (*LADDER, *LONG) for folder in rung.folders}


def test_lock_entries_keep_every_line_and_know_the_cuda_packages() -> None:
    text = LOCK.read_text()
    entries = lock_entries(text)
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    assert "".join(lines for _name, lines in entries) == body
    names = {name for name, _lines in entries}
    cuda = {name for name in names if CUDA_PACKAGES.match(name)}
    assert {"torch", "triton", "nvidia-cublas"} <= cuda
    assert not {"transformers", "numpy", "torchvision"} & cuda
