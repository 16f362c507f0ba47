"""Apache Kafka as one child process: KRaft, broker and controller in one JVM, loopback only."""

import base64
import shutil
import socket
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from infra.local.kafka_runtime import Announce, KafkaRuntime, prepare_kafka
from infra.local.ports import LOOPBACK
from infra.local.process import ChildProcess
from infra.local.server import Port, Server, plain_environment
from infra.local.settings import default_cache
from shared.errors import FatalError

# A JVM that was asked to stop says 128 + SIGTERM; that is its clean exit.
CLEAN_CODES = frozenset({0, 143})
RECORD_LIMIT_BYTES = 5 * 1024 * 1024
# Chosen for one node on two cores: up in 0.75 s at 180 MiB. A 256 MiB heap does not hold the stock cleaner buffer.
PROPERTIES: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "4",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "message.max.bytes": str(RECORD_LIMIT_BYTES + 64 * 1024),
    "replica.fetch.max.bytes": str(RECORD_LIMIT_BYTES + 64 * 1024),
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.cleaner.threads": "1",
    "num.io.threads": "2",
    "num.network.threads": "1",
    "num.recovery.threads.per.data.dir": "1",
    "num.replica.fetchers": "1",
    "background.threads": "2",
}
# After a kill -9 the restarted broker registers again only when its old session has run out: 11 s by default. The
# shortest session suits tests; a machine that also trains models may starve a heartbeat for longer than that.
STEADY_SESSION: Mapping[str, str] = {"broker.session.timeout.ms": "6000", "broker.heartbeat.interval.ms": "1000"}
FAST_SESSION: Mapping[str, str] = {"broker.session.timeout.ms": "1500", "broker.heartbeat.interval.ms": "300"}


class KafkaServer(Server):
    """``address`` is the bootstrap address, ``127.0.0.1:<port>``. ``properties`` override the broker's."""

    name = "kafka"
    title = "Kafka"

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        controller_port: int = 0,
        cache: Path | None = None,
        fast_failover: bool = False,
        properties: Mapping[str, str] | None = None,
        min_free_mb: int = 1024,
        announce: Announce = lambda _line: None,
    ) -> None:
        super().__init__(home, min_free_mb=min_free_mb)
        self._port = Port(port, "Kafka", "FLYWHEEL_LOCAL__KAFKA_PORT")
        self._controller_port = Port(controller_port, "Kafka's controller", "FLYWHEEL_LOCAL__KAFKA_CONTROLLER_PORT")
        self._cache = cache or default_cache(home)
        self._session = FAST_SESSION if fast_failover else STEADY_SESSION
        self._properties = dict(properties or {})
        self._announce = announce
        self._runtime: KafkaRuntime | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port.number}"

    def prepare(self) -> KafkaRuntime:
        """Fetch the jars and write the class archive, once per cache; ``start`` does it too."""
        if self._runtime is None:
            self._runtime = prepare_kafka(self._cache, self._announce, record_classes)
        return self._runtime

    def use(self, runtime: KafkaRuntime) -> None:
        """Run this program instead of preparing one."""
        self._runtime = runtime

    def _claim_ports(self) -> None:
        self._port.claim()
        self._controller_port.claim()

    def _launch(self) -> ChildProcess:
        runtime = self.prepare()
        properties_file = self._write_properties()
        self._format(runtime, properties_file)
        return self._process(runtime.command("kafka.Kafka", str(properties_file), flags=self._flags()))

    def _process(self, argv: list[str]) -> ChildProcess:
        return ChildProcess(
            self.title, argv, log_path=self.log_path, env=plain_environment(), cwd=self.home / self.name,
            clean_codes=CLEAN_CODES,
        )  # fmt: skip

    def _flags(self) -> tuple[str, ...]:
        """Native libraries unpack into our own folder: a killed JVM leaves its scratch files behind."""
        scratch = self.home / self.name / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        return (f"-Djava.io.tmpdir={scratch}",)

    def _listeners(self, controller: str) -> dict[str, str]:
        return {
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
        }

    def _write_properties(self) -> Path:
        folder = self.folder
        controller = f"{LOOPBACK}:{self._controller_port.number}"
        properties = {
            **PROPERTIES,
            **self._session,
            **self._listeners(controller),
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(folder / "data"),
            **self._properties,
        }
        path = folder / "server.properties"
        path.write_text("".join(f"{key}={_escaped(value)}\n" for key, value in properties.items()), encoding="ascii")
        return path

    def _format_arguments(self, properties_file: Path) -> tuple[str, ...]:
        return ("format", "-t", new_cluster_id(), "-c", str(properties_file))

    def _format(self, runtime: KafkaRuntime, properties_file: Path) -> None:
        if (self.home / self.name / "data" / "meta.properties").exists():
            return
        result = subprocess.run(
            runtime.command("kafka.tools.StorageTool", *self._format_arguments(properties_file)), check=False,
            capture_output=True, text=True, env=plain_environment(), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if result.returncode != 0:
            raise FatalError(
                f"Kafka's data folder could not be formatted: {result.stderr.strip() or result.stdout.strip()}"
            )

    def _answers(self) -> bool:
        return has_live_broker(self._port.number)


def new_cluster_id() -> str:
    """A random cluster id. One that begins with ``-`` would be read as an option (1 in 64): drawn again."""
    while True:
        drawn = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not drawn.startswith("-"):
            return drawn


def record_classes(runtime: KafkaRuntime) -> None:
    """Run a broker in a scratch folder and let the JVM archive the classes it loaded. A failure costs start-up time only."""
    with tempfile.TemporaryDirectory(prefix="flywheel-kafka-") as scratch:
        server = _ArchivingServer(Path(scratch))
        server.use(runtime)
        try:
            server.start()
            server.wait_ready(90)
        except FatalError:
            return
        finally:
            server.stop(60)


class _ArchivingServer(KafkaServer):
    """A broker that writes the class archive when it ends."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, cache=home, min_free_mb=0)

    def _launch(self) -> ChildProcess:
        runtime = self.prepare()
        properties_file = self._write_properties()
        self._format(runtime, properties_file)
        record = (
            f"-XX:SharedArchiveFile={runtime.base_archive}",
            f"-XX:ArchiveClassesAtExit={runtime.class_archive}",
            *self._flags(),
        )
        return self._process(runtime.command("kafka.Kafka", str(properties_file), flags=record, archive=False))


def has_live_broker(port: int, timeout_s: float = 1.0) -> bool:
    """Whether the cluster lists a broker that is not fenced: an open port alone comes earlier.

    One Metadata request (version 1, no topics), spoken here in full so that the stack needs no Kafka client.
    """
    client = b"flywheel-local"
    body = struct.pack(">hhih", 3, 1, 1, len(client)) + client + struct.pack(">i", 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(body)) + body)
            length = struct.unpack(">i", _receive(connection, 4))[0]
            answer = _receive(connection, length)
    except OSError:
        return False
    return bool(struct.unpack_from(">i", answer, 4)[0] >= 1)


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        if not chunk:
            raise ConnectionError("closed")
        received += chunk
    return received


def _escaped(value: str) -> str:
    """Java reads property files as Latin-1 with ``\\uXXXX`` for the rest, and backslash as an escape."""
    value = value.replace("\\", "\\\\")
    units = value.encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)
