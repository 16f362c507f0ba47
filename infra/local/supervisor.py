"""The supervisor process of ``flywheel up``, and the commands that talk to it through the state file.

Detached, it runs as ``python -m infra.local.supervisor``. It ends on SIGINT or SIGTERM within the grace budget; a second
signal kills what is left at once. If it is killed itself, the kernel ends its children, and the next ``up`` or ``down``
ends whatever survived, by recorded ids.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from infra.local.health import is_ready
from infra.local.kafka_runtime import Announce
from infra.local.postgres import outside_folder
from infra.local.process import tail
from infra.local.registry import enter_registry
from infra.local.services import SERVERS, SERVICES
from infra.local.settings import CHECKOUT, LocalSettings
from infra.local.stack import Stack
from infra.local.state import MARKER_FILE, Entry, end_leftovers, forget_state, read_state, send, wait_gone
from shared.errors import FatalError, FlywheelError, SettingsError

DETACHED_TIMEOUT_S = 300.0
SERVICES_READY_S = 120.0
SUPERVISOR_LOG = "supervisor.log"


def run(
    config: LocalSettings,
    services: Collection[str] = tuple(SERVICES),
    announce: Announce = lambda _line: None,
    on_ready: Callable[[Stack], None] = lambda _stack: None,
) -> None:
    """Run the stack until a signal asks for its end; returns when all is stopped. Call it from the main thread."""
    asked = threading.Event()
    stack = Stack(config, announce=announce, supervise=True, fixed_health_ports=True)
    restore = _on_stop_signals(asked, stack)
    try:
        stack.prepare()
        stack.start_servers()
        enter_registry(stack.kafka_settings, announce)
        chosen = [name for name in SERVICES if name in services]
        for name in chosen:
            announce(f"starting {name}")
            stack.start_service(name)
        _wait_for(stack, chosen, announce)
        stack.mark_ready()
        on_ready(stack)
        asked.wait()
    except _StopRequestedError:
        pass
    finally:
        asked.set()
        if stack.running():
            announce("stopping")
        stack.stop()
        restore()


def _wait_for(stack: Stack, services: Collection[str], announce: Announce) -> None:
    """A service that is not ready in time is named, and no reason to stop the others: it is supervised like them."""
    deadline = time.monotonic() + SERVICES_READY_S
    for name in services:
        try:
            stack.wait_service(name, timeout_s=max(0.1, deadline - time.monotonic()))
        except FatalError as error:
            announce(f"warning: {error}")


class _StopRequestedError(BaseException):
    """Raised by the first stop signal while the stack still starts, so that no long step holds the stop up."""


def _on_stop_signals(asked: threading.Event, stack: Stack) -> Callable[[], None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            stack.hurry()
            return
        starting = not stack.is_ready
        asked.set()
        if starting:
            raise _StopRequestedError

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def start_detached(config: LocalSettings, services: Collection[str], announce: Announce) -> None:
    """Start a supervisor of its own session and return when its stack is up. Raises :class:`FatalError` with its log."""
    state = read_state(config.home)
    if state is not None and state.supervisor.is_running():
        raise SettingsError(
            f"a stack runs already in {config.home}: 'flywheel status' shows it, 'flywheel down' stops it"
        )
    log_path = config.home / "logs" / SUPERVISOR_LOG
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infra.local.supervisor", "--services", ",".join(services)]
    environment = os.environ | {"FLYWHEEL_HOME": str(config.home.resolve()), "PYTHONPATH": str(CHECKOUT)}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
            cwd=CHECKOUT,
        )
    deadline = time.monotonic() + DETACHED_TIMEOUT_S
    shown = 0
    while time.monotonic() < deadline:
        lines = log_path.read_text(errors="replace").splitlines()
        for line in lines[shown:]:
            announce(line)
        shown = len(lines)
        state = read_state(config.home)
        if state is not None and state.pid == process.pid and state.phase == "ready":
            return
        if process.poll() is not None:
            raise FatalError(f"the stack did not start:\n{tail(log_path, 15)}")
        time.sleep(0.1)
    process.terminate()
    raise FatalError(f"the stack was not up after {DETACHED_TIMEOUT_S:.0f} s; its log: {log_path}")


def stop_stack(config: LocalSettings) -> list[str]:
    """Stop the stack of this state folder, and whatever a killed supervisor left. Returns the names that were running."""
    state = read_state(config.home)
    if state is None:
        return []
    running = [entry.name for entry in state.entries if entry.identity.is_running()]
    grace_s = config.local.grace_s
    if send(state.supervisor, signal.SIGTERM) and not wait_gone([state.supervisor], 2 * grace_s + 5):
        send(state.supervisor, signal.SIGKILL)
        wait_gone([state.supervisor], 5.0)
    left = read_state(config.home) or state
    end_leftovers(left.entries, grace_s)
    forget_state(config.home)
    return running


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One line of ``flywheel status``."""

    name: str
    kind: str
    state: Literal["running", "starting", "stopped", "failed", "external"]
    pid: int | None
    restarts: int
    address: str
    log: str


def stack_status(config: LocalSettings) -> list[ProcessStatus]:
    """Every server and service with its state, whether or not a stack runs."""
    state = read_state(config.home)
    entries = {entry.name: entry for entry in state.entries} if state else {}
    addresses = state.addresses if state else {}
    external = {
        "kafka": config.kafka_is_external,
        "postgres": config.postgres.dsn is not None,
        "redis": config.redis.url is not None,
    }
    rows = []
    for name in (*SERVERS, *SERVICES, *(name for name in entries if name not in SERVERS and name not in SERVICES)):
        kind = "server" if name in SERVERS else "service"
        if external.get(name, False):
            rows.append(ProcessStatus(name, kind, "external", None, 0, addresses.get(name, ""), ""))
            continue
        rows.append(_status(name, kind, entries.get(name), addresses.get(name, "")))
    return rows


def _status(name: str, kind: str, entry: Entry | None, address: str) -> ProcessStatus:
    if entry is None:
        return ProcessStatus(name, kind, "stopped", None, 0, "", "")
    where = address if kind == "server" else f"http://127.0.0.1:{entry.health_port}"
    if not entry.identity.is_running():
        return ProcessStatus(
            name, kind, "failed" if entry.failed else "stopped", None, entry.restarts, where, entry.log
        )
    ready = kind == "server" or is_ready(entry.health_port)
    return ProcessStatus(name, kind, "running" if ready else "starting", entry.pid, entry.restarts, where, entry.log)


def reset_home(config: LocalSettings) -> list[Path]:
    """Delete all state of a stopped stack; returns what was deleted. Refuses a folder that no stack ever used."""
    home = config.home.resolve()
    state = read_state(home)
    if state and (state.supervisor.is_running() or any(entry.identity.is_running() for entry in state.entries)):
        raise SettingsError(f"a stack runs in {home}: 'flywheel down' first")
    if not home.exists():
        return []
    if not (home / MARKER_FILE).exists():
        raise SettingsError(f"{home} was not made by this program (no {MARKER_FILE} in it): nothing deleted")
    doomed = [path for path in sorted(home.iterdir()) if path.name not in (MARKER_FILE, "cache")]
    outside = outside_folder(home)
    doomed += [outside] if outside.exists() else []
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return doomed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", default=",".join(SERVICES), help="comma-separated; empty for the servers alone")
    arguments = parser.parse_args()

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        run(LocalSettings(), tuple(filter(None, arguments.services.split(","))), say)
    except FlywheelError as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
