"""The stack as a library: the three servers, the topics and the service processes of one state folder.

``flywheel up`` runs it in the foreground or detached; the demo and the end-to-end tests drive it step by step::

    with Stack(config) as stack:
        stack.start_servers()
        stack.start_service("router", {"FLYWHEEL_POLICY_PROFILE": "demo"})
        stack.wait_service("router")

Everything started ends with ``stop`` (or the ``with`` block), and, on Linux, with this process however it dies.
"""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

from infra.local.environment import Addresses, service_environment
from infra.local.health import is_ready
from infra.local.kafka import KafkaServer
from infra.local.kafka_runtime import Announce
from infra.local.ports import free_port, require_port
from infra.local.postgres import PostgresServer
from infra.local.process import ProcessId
from infra.local.redis import RedisServer
from infra.local.restarts import RestartPolicy
from infra.local.server import Server
from infra.local.services import SERVERS, SERVICES, ServerName, ServiceSpec, health_port
from infra.local.settings import LocalSettings, default_cache
from infra.local.state import (
    MARKER_FILE,
    StackState,
    end_leftovers,
    forget_state,
    read_state,
    write_state,
)
from infra.local.supervised import Supervised, server_unit, service_unit
from infra.local.topics import apply_topics
from shared.errors import FatalError, SettingsError
from shared.settings import KafkaSettings

CHECK_S = 0.25
Phase = Literal["starting", "ready", "stopping"]


class Stack:
    """One state folder's processes. A second stack on the same folder is refused while the first one runs.

    ``supervise=True`` starts a thread that restarts what crashes; without it, call ``check`` now and then, or nothing
    is restarted. Thread-safe: every public verb takes one lock.
    """

    def __init__(
        self,
        config: LocalSettings | None = None,
        *,
        announce: Announce = lambda _line: None,
        policy: RestartPolicy | None = None,
        supervise: bool = False,
        fixed_health_ports: bool = False,
        services: Mapping[str, ServiceSpec] = SERVICES,
    ) -> None:
        self.config = config or LocalSettings()
        self.home = self.config.home.resolve()
        self.cache = self.config.cache or default_cache(self.home)
        self._announce = announce
        self._policy = policy or RestartPolicy()
        self._supervise = supervise
        self._fixed_health_ports = fixed_health_ports
        self._services = services
        self._units: dict[str, Supervised] = {}
        self._lock = threading.RLock()
        self._folder_lock: IO[str] | None = None
        self._stopping = threading.Event()
        self._monitor: threading.Thread | None = None
        self._phase: Phase = "starting"
        self.servers: dict[ServerName, Server] = self._embedded_servers()

    def __enter__(self) -> "Stack":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _embedded_servers(self) -> dict[ServerName, Server]:
        """Those whose address is not somebody else's."""
        local, home = self.config.local, self.home
        found: dict[ServerName, Server] = {}
        if not self.config.kafka_is_external:
            found["kafka"] = KafkaServer(
                home, port=local.kafka_port, controller_port=local.kafka_controller_port,
                cache=self.cache, fast_failover=local.fast_failover,
                min_free_mb=local.min_free_mb, announce=self._announce,
            )  # fmt: skip
        if self.config.postgres.dsn is None:
            found["postgres"] = PostgresServer(home, port=local.postgres_port, min_free_mb=local.min_free_mb)
        if self.config.redis.url is None:
            found["redis"] = RedisServer(home, port=local.redis_port, min_free_mb=local.min_free_mb)
        return found

    @property
    def addresses(self) -> Addresses:
        """Where the three servers are, embedded or external; embedded ones are valid after their start."""
        dsn, url = self.config.postgres.dsn, self.config.redis.url
        return Addresses(
            kafka=self.servers["kafka"].address if "kafka" in self.servers else self.config.kafka.bootstrap_servers,
            postgres=dsn.get_secret_value() if dsn else self.servers["postgres"].address,
            redis=url.get_secret_value() if url else self.servers["redis"].address,
        )

    def prepare(self) -> None:
        """Claim the folder, end what a killed predecessor left, fetch the broker once. Idempotent."""
        with self._lock:
            self._claim_folder()
            kafka = self.servers.get("kafka")
            if isinstance(kafka, KafkaServer):
                kafka.prepare()

    def start_servers(self, only: Collection[str] = SERVERS, *, topics: bool = True) -> None:
        """Start the embedded servers among ``only``, wait until they answer, create missing topics.

        Raises :class:`SettingsError` for a taken port, a full disk or topics that do not fit, :class:`FatalError` for
        a server that dies. What had started by then stays until ``stop``.
        """
        self.prepare()
        chosen = [name for name in SERVERS if name in only and name in self.servers]
        for name in chosen:
            self._announce(f"starting {self.servers[name].title}")
            with self._lock:
                unit = server_unit(name, self.servers[name], self._policy)
                self._units[name] = unit
                unit.start(time.monotonic())
                self._write_state()
        for name in chosen:
            self.servers[name].wait_ready(self.config.local.start_timeout_s)
        if topics and "kafka" in only:
            created = apply_topics(self.kafka_settings)
            self._announce(f"topics: {len(created)} created" if created else "topics: all there")
        self._start_monitor()

    def start_service(self, name: str, env: Mapping[str, str] | None = None, instance: str = "") -> None:
        """Start one service process (again, if it had been stopped). ``instance`` tells replicas apart.

        ``env`` adds to and overrides the environment every service gets. Raises :class:`SettingsError` for an unknown
        name. Returns at once: ``wait_service`` waits until it is ready.
        """
        spec = self._services.get(name)
        if spec is None:
            raise SettingsError(f"there is no service {name!r}; there are {', '.join(self._services)}")
        self._claim_folder()
        key = unit_name(name, instance)
        with self._lock:
            if self._stopping.is_set():
                raise FatalError("the stack is stopping")
            if key in self._units and self._units[key].is_running:
                raise FatalError(f"{key} runs already")
            port = health_port(name) if self._fixed_health_ports and not instance else free_port()
            self._units[key] = self._service_unit(spec, key, port, env or {})
            self._units[key].start(time.monotonic())
            self._write_state()
        self._start_monitor()

    def _service_unit(self, spec: ServiceSpec, key: str, port: int, env: Mapping[str, str]) -> Supervised:
        environment = service_environment(os.environ, self.home, self.cache, self.addresses, spec, port) | dict(env)
        if spec.port and (public := int(environment.get(spec.port_setting) or spec.port)):
            require_port(public, f"the service {key}", spec.port_setting)
        return service_unit(spec, key, environment, self.home / "logs" / f"{key}.log", port, self._policy)

    def wait_service(self, name: str, instance: str = "", timeout_s: float = 60.0) -> None:
        """Return once the service says it is ready. Raises :class:`FatalError` with the end of its log if it never does."""
        unit = self._unit(name, instance)
        deadline = time.monotonic() + timeout_s
        while not is_ready(unit.health_port):
            if unit.gave_up or (not unit.is_running and not self._supervised()):
                raise FatalError(f"{unit.name} ended ({unit.exit_code}); its log: {unit.log_path}\n{unit.log_tail()}")
            if time.monotonic() > deadline:
                raise FatalError(
                    f"{unit.name} not ready in {timeout_s:.0f} s; its log: {unit.log_path}\n{unit.log_tail()}"
                )
            time.sleep(0.05)

    def stop_service(self, name: str, instance: str = "", grace_s: float | None = None) -> int | None:
        """Stop one service and forget it; returns its exit code. It is not restarted."""
        unit = self._unit(name, instance)
        with self._lock:
            unit.retire()
        code = unit.stop(self.config.local.grace_s if grace_s is None else grace_s)
        with self._lock:
            self._write_state()
        return code

    def kill_service(self, name: str, instance: str = "") -> None:
        """SIGKILL. A supervised stack starts it again after its back-off; else ``start_service`` does."""
        self._unit(name, instance).kill()

    def service_log(self, name: str, instance: str = "") -> Path:
        return self.home / "logs" / f"{unit_name(name, instance)}.log"

    def service_pid(self, name: str, instance: str = "") -> int | None:
        return self._unit(name, instance).pid

    def health_url(self, name: str, instance: str = "") -> str:
        """Where ``/healthz``, ``/readyz`` and ``/metrics`` of a started service are."""
        return f"http://127.0.0.1:{self._unit(name, instance).health_port}"

    def running(self) -> list[str]:
        """Names of the processes that run now, in the order of their start."""
        with self._lock:
            return [name for name, unit in self._units.items() if unit.is_running]

    def check(self) -> list[str]:
        """One supervision pass: notice what ended, restart what is due. Returns what happened, as lines."""
        with self._lock:
            if self._stopping.is_set():
                return []
            lines = [line for unit in self._units.values() if (line := unit.check(time.monotonic()))]
            if lines:
                self._write_state()
        for line in lines:
            self._announce(line)
        return lines

    def mark_ready(self) -> None:
        """Everything that was to start has started: ``flywheel up --detach`` waits for this."""
        with self._lock:
            self._phase = "ready"
            self._write_state()

    @property
    def is_ready(self) -> bool:
        return self._phase == "ready"

    def hurry(self) -> None:
        """Cut a stop short: what still runs is killed now. Callable from a signal handler while ``stop`` waits."""
        for unit in list(self._units.values()):
            if unit.is_running and unit.pid is not None:
                unit.signal(signal.SIGKILL)

    def stop(self) -> None:
        """Stop services, then servers, each in reverse order of start and within the grace budget; idempotent."""
        self._stopping.set()
        if self._monitor is not None and self._monitor is not threading.current_thread():
            self._monitor.join()
        with self._lock:
            self._phase = "stopping"
            if self._units:
                self._write_state()
            services = [unit for unit in reversed(self._units.values()) if unit.kind == "service"]
            servers = [unit for unit in reversed(self._units.values()) if unit.kind == "server"]
            for unit in services:
                unit.retire()
                unit.ask_to_stop()
            self._end(services)
            self._end(servers)
            self._units.clear()
            self._release_folder()

    def _end(self, units: list[Supervised]) -> None:
        deadline = time.monotonic() + self.config.local.grace_s
        for unit in units:
            unit.retire()
            unit.stop(max(0.1, deadline - time.monotonic()))

    def _unit(self, name: str, instance: str) -> Supervised:
        key = unit_name(name, instance)
        with self._lock:
            if key not in self._units:
                raise SettingsError(f"{key} was not started")
            return self._units[key]

    @property
    def kafka_settings(self) -> KafkaSettings:
        """How to reach this stack's log, with the credentials of an external one."""
        return self.config.kafka.model_copy(update={"bootstrap_servers": self.addresses.kafka})

    def _supervised(self) -> bool:
        return self._monitor is not None and self._monitor.is_alive()

    def _start_monitor(self) -> None:
        with self._lock:
            if self._supervise and self._monitor is None and not self._stopping.is_set():
                self._monitor = threading.Thread(target=self._watch, name="stack-monitor", daemon=True)
                self._monitor.start()

    def _watch(self) -> None:
        while not self._stopping.wait(CHECK_S):
            self.check()

    def _claim_folder(self) -> None:
        with self._lock:
            if self._folder_lock is not None:
                return
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / MARKER_FILE).touch()
            for private in ("logs", "secrets"):
                (self.home / private).mkdir(mode=0o700, exist_ok=True)
            handle = (self.home / "stack.lock").open("w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                handle.close()
                raise SettingsError(
                    f"a stack runs already in {self.home}: 'flywheel down' stops it, FLYWHEEL_HOME names another folder"
                ) from error
            self._folder_lock = handle
            previous = read_state(self.home)
            left = end_leftovers(previous.entries, self.config.local.grace_s) if previous else []
            if left:
                self._announce(f"ended what an earlier run had left: {', '.join(left)}")
            forget_state(self.home)

    def _release_folder(self) -> None:
        if self._folder_lock is not None:
            forget_state(self.home)
            self._folder_lock.close()
            self._folder_lock = None

    def _write_state(self) -> None:
        own = ProcessId.of(os.getpid())
        entries = tuple(entry for unit in self._units.values() if (entry := unit.entry()))
        write_state(
            self.home,
            StackState(
                pid=os.getpid(), started=own.started if own else "", phase=self._phase, entries=entries,
                addresses=self._public_addresses(),
            ),
        )  # fmt: skip

    def _public_addresses(self) -> dict[str, str]:
        return self.addresses.without_passwords()


def unit_name(name: str, instance: str = "") -> str:
    return f"{name}-{instance}" if instance else name
