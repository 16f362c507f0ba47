"""Loopback ports: taking a free one, and refusing a taken one with its name and the way out."""

import errno
import socket

from shared.errors import SettingsError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago. Another process may take it first: starts retry."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_port(port: int, server: str, setting: str) -> None:
    """Raise :class:`SettingsError` naming ``port`` and ``setting`` if somebody listens on it already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = f"is taken{_holder(port)}" if error.errno == errno.EADDRINUSE else "needs privileges to open"
            raise SettingsError(
                f"port {port} for {server} {why}: stop that process, or set {setting} to another port (0 takes a free one)"
            ) from error


def accepts(port: int, timeout_s: float = 0.5) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def _holder(port: int) -> str:
    """Who listens, where the system lets us see it. psutil is imported here: the failure path alone needs it."""
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):
        return ""
    return ""
