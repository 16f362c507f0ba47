"""One child process: own group, output in a log file, ends with its parent, stopped and killed by its own id only."""

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_ROTATE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Account:
    """A system account that a server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process id that a recycled number cannot be mistaken for: ``started`` differs between two lives of one pid."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The identity of a running process; ``None`` if there is none, or only its unreaped remains."""
        stat = Path(f"/proc/{pid}/stat")
        if not Path("/proc/self/stat").exists():
            return cls._by_psutil(pid)
        try:
            # The command name may hold blanks and brackets: fields are counted from the last bracket.
            fields = stat.read_text().rpartition(")")[2].split()
        except (OSError, UnicodeDecodeError):
            return None
        if fields[0] in ("Z", "X"):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return cls(pid, f"{boot[:8]}:{fields[19]}")

    @classmethod
    def _by_psutil(cls, pid: int) -> "ProcessId | None":
        import psutil

        try:
            process = psutil.Process(pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else cls(pid, f"{process.create_time():.0f}")
        except psutil.Error:
            return None

    def is_running(self) -> bool:
        return ProcessId.of(self.pid) == self


class ChildProcess:
    """A supervised child. Not started until ``start``; may be started again after it ended.

    ``stop_signal`` asks for a clean stop; ``clean_codes`` are the exit codes that mean one (a JVM answers SIGTERM
    with 143). On Linux the kernel sends ``stop_signal`` to the child when this process dies, however it dies.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        clean_codes: frozenset[int] = frozenset({0}),
        account: Account | None = None,
        nice: int = 0,
    ) -> None:
        self.name = name
        self.argv = tuple(argv)
        self.log_path = log_path
        self.clean_codes = clean_codes
        self._env = dict(env)
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._account = account
        self._nice = nice
        self._popen: subprocess.Popen[bytes] | None = None
        self._asked: int | None = None
        self.identity: ProcessId | None = None

    def start(self) -> None:
        if self.is_running:
            raise RuntimeError(f"{self.name} runs already")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        rotate(self.log_path)
        with self.log_path.open("ab") as log:
            _from_lasting_thread(lambda: self._popen_with(log.fileno()))

    def _popen_with(self, log_fd: int) -> None:
        """Runs in the starter thread and records the child there: an interrupt of the caller loses no child."""
        account = self._account
        self._popen = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=log_fd,
            stderr=log_fd,
            env=self._env,
            cwd=self._cwd,
            process_group=0,
            preexec_fn=_in_child(self._stop_signal, self._nice),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        self.identity = ProcessId.of(self._popen.pid)

    @property
    def stop_signal(self) -> signal.Signals:
        return self._stop_signal

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll() if self._popen else None

    @property
    def ended_cleanly(self) -> bool:
        return self.exit_code in self.clean_codes

    def signal(self, number: int) -> None:
        """Send one signal to the process alone (not to its group); nothing if it has ended."""
        if self._popen is not None:
            self._popen.send_signal(number)

    def wait(self, timeout_s: float) -> int | None:
        """The exit code, or ``None`` if it still runs after ``timeout_s``."""
        if self._popen is None:
            return None
        try:
            return self._popen.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def ask_to_stop(self) -> None:
        """Send the stop signal, once a life: our services take a second one for "abort"."""
        if self.is_running and self._asked != self.pid:
            self._asked = self.pid
            self.signal(signal.SIGCONT)
            self.signal(self._stop_signal)

    def stop(self, grace_s: float) -> int | None:
        """Ask, wait up to ``grace_s``, then kill. Returns the exit code; idempotent."""
        if not self.is_running:
            return self.exit_code
        self.ask_to_stop()
        code = self.wait(grace_s)
        if code is None:
            self.kill()
            code = self.exit_code
        return code

    def kill(self) -> None:
        """SIGKILL to the process and what it started in its group; returns when it has ended."""
        if self._popen is None or self._popen.poll() is not None:
            return
        # The child leads its group and is not reaped yet, so that number still means this group and no other.
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._popen.kill()
        self._popen.wait()

    def log_tail(self, lines: int = 12) -> str:
        return tail(self.log_path, lines)


def rotate(log_path: Path, limit_bytes: int = LOG_ROTATE_BYTES) -> None:
    """Move a log that outgrew ``limit_bytes`` aside, keeping one predecessor."""
    if log_path.exists() and log_path.stat().st_size > limit_bytes:
        log_path.replace(log_path.with_suffix(log_path.suffix + ".1"))


def tail(path: Path, lines: int) -> str:
    """The last lines of a log file; empty if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 65536))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def _in_child(stop_signal: int, nice: int) -> Callable[[], None] | None:
    """What the child does to itself before it becomes the program: yield, and ask to end with its parent."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent_pid = os.getpid()

    def settle() -> None:
        prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
        if os.getppid() != parent_pid:  # the parent died between fork and prctl: no signal would ever come
            os._exit(1)
        if nice:
            os.nice(nice)

    return settle


_requests: "queue.SimpleQueue[tuple[Callable[[], None], queue.SimpleQueue[BaseException | None]]]" = queue.SimpleQueue()
_starter_lock = threading.Lock()
_starter_pid = 0


def _from_lasting_thread(start: Callable[[], None]) -> None:
    """Start a child from a thread that lives as long as this process.

    The kernel's death signal fires when the *thread* that forked ends, not the process: a child started from a worker
    thread of a pool or a test would die with that thread.
    """
    global _starter_pid
    with _starter_lock:
        if _starter_pid != os.getpid():
            threading.Thread(target=_serve_starts, name="process-starter", daemon=True).start()
            _starter_pid = os.getpid()
    answer: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    _requests.put((start, answer))
    if (error := answer.get()) is not None:
        raise error


def _serve_starts() -> None:
    while True:
        start, answer = _requests.get()
        try:
            start()
            answer.put(None)
        except BaseException as error:
            answer.put(error)
