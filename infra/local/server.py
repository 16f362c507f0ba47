"""What the three embedded servers have in common: the five verbs, ports, free disk, and waiting until they answer."""

import importlib.util
import os
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path

from infra.local.ports import free_port, require_port
from infra.local.process import ChildProcess
from shared.errors import FatalError, SettingsError

READY_POLL_S = 0.03
START_ATTEMPTS = 3


class Server(ABC):
    """One embedded server. ``start`` returns once the process runs, ``wait_ready`` once it answers requests.

    Data lie under ``home/<name>`` and survive ``stop``, ``kill`` and a later ``start``. A port of 0 is replaced by a
    free one at the first start and kept from then on, so that an address stays valid over a restart.
    Raises :class:`SettingsError` for a taken port or a full disk, :class:`FatalError` if the server dies while starting.
    """

    name: str
    title: str

    def __init__(self, home: Path, *, min_free_mb: int = 1024) -> None:
        self.home = home
        self.min_free_mb = min_free_mb
        self.log_path = home / "logs" / f"{self.name}.log"
        self.process: ChildProcess | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """What a client needs to reach it; valid after ``start``."""

    @abstractmethod
    def _launch(self) -> ChildProcess:
        """Prepare the data folder and describe the process, not started yet."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves requests now; never raises for a server that is not there."""

    @abstractmethod
    def _claim_ports(self) -> None:
        """Settle the ports and refuse taken ones."""

    def start(self) -> None:
        if self.is_running:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        require_free_disk(self.home, self.min_free_mb)
        self._claim_ports()
        self.process = self._launch()
        self.process.start()

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Returns once requests are answered; call it after ``start``."""
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if not self.is_running:
                raise FatalError(
                    f"{self.title} ended while starting ({self._exit()}); its log: {self.log_path}\n{self._tail()}"
                )
            if time.monotonic() > deadline:
                raise FatalError(
                    f"{self.title} gave no answer within {timeout_s:.0f} s; its log: {self.log_path}\n{self._tail()}"
                )
            time.sleep(READY_POLL_S)

    def stop(self, grace_s: float = 20.0) -> int | None:
        """Clean stop; killed after ``grace_s``. Returns the exit code, ``None`` if it never ran."""
        return self.process.stop(grace_s) if self.process else None

    def kill(self) -> None:
        """As a power cut would, for this process: SIGKILL, nothing flushed."""
        if self.process:
            self.process.kill()

    @property
    def folder(self) -> Path:
        """This server's own folder, closed to other accounts: it holds what clients sent."""
        folder = self.home / self.name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def remove_data(self) -> None:
        """Delete this server's data; it must be stopped."""
        if self.is_running:
            raise RuntimeError(f"{self.title} runs: stop it before its data are deleted")
        shutil.rmtree(self.home / self.name, ignore_errors=True)

    def _exit(self) -> str:
        return f"exit code {self.process.exit_code}" if self.process else "not started"

    def _tail(self) -> str:
        return self.process.log_tail() if self.process else ""


class Port:
    """A configured port: fixed, or 0 for one that is free at the first start."""

    def __init__(self, configured: int, server: str, setting: str) -> None:
        self.number = configured
        self._server = server
        self._setting = setting

    def claim(self) -> None:
        if self.number == 0:
            self.number = free_port()
        else:
            require_port(self.number, self._server, self._setting)


def require_free_disk(folder: Path, min_free_mb: int) -> None:
    """Raise :class:`SettingsError` with the numbers if ``folder``'s disk has less than ``min_free_mb`` left."""
    free_mb = shutil.disk_usage(folder).free // (1024 * 1024)
    if free_mb < min_free_mb:
        raise SettingsError(
            f"the disk of {folder} is nearly full: {free_mb} MB free, {min_free_mb} MB needed; free some space, move the "
            "state with FLYWHEEL_HOME, or lower FLYWHEEL_LOCAL__MIN_FREE_MB"
        )


def package_folder(name: str) -> Path:
    """Where an installed package's files lie, without running any of its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SettingsError(f"the package {name} is missing: install the extra 'local' (make setup)")
    return Path(spec.origin).parent


def plain_environment() -> dict[str, str]:
    """The environment of a server process: no secrets, no variables that change a runtime's behaviour behind our back."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
