"""The state file: which processes belong to the stack of a state folder, so that a later command can find them.

Processes are named by id *and* start time: an id that the system has given to another process since is left alone.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.local.process import ProcessId
from infra.local.secrets import write_private

STATE_FILE = "state.json"
MARKER_FILE = ".slm-flywheel"


@dataclass(frozen=True, slots=True)
class Entry:
    """One process of the stack, in the order of start."""

    name: str
    kind: str  # server | service
    pid: int
    started: str
    stop_signal: int = signal.SIGTERM
    restarts: int = 0
    health_port: int = 0
    log: str = ""
    failed: bool = False

    @property
    def identity(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


@dataclass(frozen=True, slots=True)
class StackState:
    """What a running (or killed) supervisor wrote down. ``addresses`` hold no passwords."""

    pid: int
    started: str
    phase: str  # starting | ready | stopping
    entries: tuple[Entry, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def supervisor(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


def read_state(home: Path) -> StackState | None:
    """``None`` if no stack was ever started here, or the file is damaged (then there is nothing to trust in it)."""
    try:
        document: dict[str, Any] = json.loads((home / STATE_FILE).read_text())
        entries = tuple(Entry(**entry) for entry in document.pop("entries"))
        return StackState(entries=entries, **document)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_state(home: Path, state: StackState) -> None:
    home.mkdir(parents=True, exist_ok=True)
    write_private(home / STATE_FILE, json.dumps(asdict(state), indent=1))


def forget_state(home: Path) -> None:
    (home / STATE_FILE).unlink(missing_ok=True)


def end_leftovers(entries: Iterable[Entry], grace_s: float) -> list[str]:
    """End what a killed supervisor left behind, services before servers; returns the names of those still alive then."""
    alive = [entry for entry in entries if entry.identity.is_running()]
    for kind in ("service", "server"):
        group = [entry for entry in reversed(alive) if entry.kind == kind]
        for entry in group:
            send(entry.identity, entry.stop_signal)
        wait_gone([entry.identity for entry in group], grace_s)
        for entry in group:
            send(entry.identity, signal.SIGKILL)
        wait_gone([entry.identity for entry in group], 5.0)
    return [entry.name for entry in alive]


def send(identity: ProcessId, number: int) -> bool:
    """Signal exactly this process; ``False`` if it is gone or not ours."""
    if not identity.is_running():
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(identity.pid, number)
        return True
    return False


def wait_gone(identities: Iterable[ProcessId], timeout_s: float) -> bool:
    """Whether all had ended before ``timeout_s`` ran out."""
    deadline = time.monotonic() + timeout_s
    pending = list(identities)
    while pending := [identity for identity in pending if identity.is_running()]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
