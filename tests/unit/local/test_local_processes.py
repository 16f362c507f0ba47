"""Child processes: stopped by a request, killed after the grace, identified by more than a number."""

import signal
import sys
from pathlib import Path

import pytest

from infra.local.process import ChildProcess, ProcessId, rotate, tail
from infra.local.state import Entry, StackState, end_leftovers, read_state, send, write_state

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
POLITE = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('up', flush=True); time.sleep(600)"


def child(tmp_path: Path, program: str) -> ChildProcess:
    process = ChildProcess("child", [sys.executable, "-c", program], log_path=tmp_path / "child.log", env={})
    process.start()
    while "up" not in tail(process.log_path, 5):
        assert process.is_running, process.log_tail()
    return process


def test_stop_asks_first(tmp_path: Path) -> None:
    process = child(tmp_path, POLITE)
    identity = process.identity
    assert identity is not None
    assert identity.is_running()
    assert process.stop(grace_s=30) == 7
    assert not process.ended_cleanly
    assert not identity.is_running()
    assert process.stop(grace_s=30) == 7


def test_stop_kills_after_the_grace(tmp_path: Path) -> None:
    process = child(tmp_path, STUBBORN)
    assert process.stop(grace_s=0.1) == -signal.SIGKILL


def test_a_stopped_process_can_start_again(tmp_path: Path) -> None:
    process = child(tmp_path, POLITE)
    first = process.identity
    with pytest.raises(RuntimeError, match="runs already"):
        process.start()
    process.kill()
    process.start()
    assert process.identity != first
    process.kill()


def test_a_recycled_process_number_is_left_alone(tmp_path: Path) -> None:
    process = child(tmp_path, STUBBORN)
    try:
        assert process.pid is not None
        stranger = ProcessId(process.pid, "another life")
        assert not send(stranger, signal.SIGKILL)
        assert end_leftovers([Entry("old", "service", process.pid, "another life")], grace_s=0.1) == []
        assert process.is_running
    finally:
        process.kill()


def test_leftovers_are_ended_services_before_servers(tmp_path: Path) -> None:
    processes = [child(tmp_path / name, POLITE) for name in ("server", "service")]
    entries = [
        Entry(kind, kind, process.identity.pid, process.identity.started)
        for kind, process in zip(("server", "service"), processes, strict=True)
        if process.identity
    ]
    assert end_leftovers(entries, grace_s=30) == ["server", "service"]
    assert [process.wait(10) for process in processes] == [7, 7]


def test_a_missing_program_is_an_error_for_the_caller(tmp_path: Path) -> None:
    process = ChildProcess("none", [str(tmp_path / "missing")], log_path=tmp_path / "log", env={})
    with pytest.raises(FileNotFoundError):
        process.start()
    assert not process.is_running


def test_state_survives_a_round_trip_and_damage(tmp_path: Path) -> None:
    state = StackState(1, "x", "ready", (Entry("kafka", "server", 2, "y", restarts=3),), {"kafka": "127.0.0.1:1"})
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
    (tmp_path / "state.json").write_text("{")
    assert read_state(tmp_path) is None


def test_logs_rotate_by_size(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("12345")
    rotate(log, limit_bytes=5)
    assert log.exists()
    rotate(log, limit_bytes=4)
    assert not log.exists()
    assert (tmp_path / "a.log.1").read_text() == "12345"
