"""One supervised process, server or service, with its crash history: what the stack asks of either in the same words."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from infra.local.process import ChildProcess
from infra.local.restarts import RestartPolicy, Restarts
from infra.local.server import Server
from infra.local.services import ServiceSpec
from infra.local.settings import CHECKOUT
from infra.local.state import Entry


class Supervised:
    """``check`` notices an end that nobody asked for, plans the next start with growing pauses, and makes it."""

    def __init__(
        self,
        name: str,
        kind: Literal["server", "service"],
        start: Callable[[], ChildProcess],
        policy: RestartPolicy,
        health_port: int = 0,
    ) -> None:
        self.name = name
        self.kind = kind
        self.health_port = health_port
        self._start = start
        self._process: ChildProcess | None = None
        self._restarts = Restarts(policy)
        self._wanted = False
        self._down = False

    def start(self, now_s: float) -> None:
        self._wanted = True
        self._process = self._start()
        self._down = False
        self._restarts.started(now_s)

    def check(self, now_s: float) -> str:
        """What happened since the last look, as a line; empty if nothing did."""
        if not self._wanted or self._process is None or self._process.is_running:
            return ""
        if not self._down:
            self._down = True
            self._restarts.ended(now_s)
            if self._restarts.gave_up:
                return f"{self.name} ended again ({self.exit_code}) and is not restarted any more; its log: {self.log_path}"
            pause_s = (self._restarts.due_at_s or now_s) - now_s
            return f"{self.name} ended ({self.exit_code}); restarting in {pause_s:.1f} s; its log: {self.log_path}"
        if self._restarts.is_due(now_s):
            try:
                self.start(now_s)
            except Exception as error:  # a port taken meanwhile, a full disk: the supervisor itself must go on
                self._restarts.ended(now_s)
                return f"{self.name} could not be restarted: {error}"
            return f"{self.name} restarted"
        return ""

    def retire(self) -> None:
        """From now on its end is wanted."""
        self._wanted = False

    def signal(self, number: int) -> None:
        if self._process:
            self._process.signal(number)

    def ask_to_stop(self) -> None:
        if self._process:
            self._process.ask_to_stop()

    def stop(self, grace_s: float) -> int | None:
        return self._process.stop(grace_s) if self._process else None

    def kill(self) -> None:
        if self._process:
            self._process.kill()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.is_running

    @property
    def gave_up(self) -> bool:
        return self._restarts.gave_up

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        return self._process.exit_code if self._process else None

    @property
    def log_path(self) -> Path | None:
        return self._process.log_path if self._process else None

    def log_tail(self) -> str:
        return self._process.log_tail() if self._process else ""

    def entry(self) -> Entry | None:
        """Its line in the state file; ``None`` if it was never started or has been stopped for good."""
        process = self._process
        if process is None or process.identity is None or not (self._wanted or process.is_running):
            return None
        return Entry(
            name=self.name, kind=self.kind, pid=process.identity.pid, started=process.identity.started,
            stop_signal=int(process.stop_signal), restarts=self._restarts.total, health_port=self.health_port,
            log=str(process.log_path), failed=self.gave_up,
        )  # fmt: skip


def server_unit(name: str, server: Server, policy: RestartPolicy) -> Supervised:
    def start() -> ChildProcess:
        server.start()
        assert server.process is not None
        return server.process

    return Supervised(name, "server", start, policy)


def service_unit(
    spec: ServiceSpec, name: str, env: Mapping[str, str], log_path: Path, health_port: int, policy: RestartPolicy
) -> Supervised:
    def start() -> ChildProcess:
        process = ChildProcess(
            name, [sys.executable, "-m", spec.main_module], log_path=log_path, env=env, cwd=CHECKOUT, nice=spec.nice
        )
        process.start()
        return process

    return Supervised(name, "service", start, policy, health_port)
